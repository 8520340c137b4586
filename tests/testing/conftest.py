"""What the tests of the contract suites have in common."""

import pytest
from hypothesis import Phase, settings


@pytest.fixture
def unshrunk():
    """Let properties fail without a search for the smallest example."""
    before = settings.get_current_profile_name()
    phases = [Phase.explicit, Phase.generate]
    settings.register_profile("unshrunk", settings(), phases=phases)
    settings.load_profile("unshrunk")
    yield
    settings.load_profile(before)
