"""What plugin authors test with: fakes, synthetic samples and contract suites.

A contract suite is a class of tests. Subclass it under a name that starts with
``Test``, provide its fixtures, and the plugin has shown that it keeps the
contract that the hub relies on. The bundled plugins do the same.

The suites need pytest, pytest-asyncio and hypothesis, which the hub itself does
not depend on: name them in the plugin's own test requirements. They work in both
modes of pytest-asyncio; in strict mode write asynchronous fixtures with
``pytest_asyncio.fixture``.
"""

import pytest

# A failed assertion of a suite shows its values, as one in a test does. This must
# come before the suites are imported.
pytest.register_assert_rewrite(
    *(
        f"hub.testing.{name}"
        for name in (
            "destination",
            "file_normaliser",
            "file_source",
            "matcher",
            "normaliser",
            "renderer",
            "scorer",
            "source",
        )
    )
)

from hub.testing.clock import FakeClock  # noqa: E402
from hub.testing.desk import MemoryDesk  # noqa: E402
from hub.testing.destination import DestinationContract  # noqa: E402
from hub.testing.file_normaliser import FileNormaliserContract  # noqa: E402
from hub.testing.file_source import FileSourceContract  # noqa: E402
from hub.testing.inbox import MemoryInbox, StoreRefusedError  # noqa: E402
from hub.testing.matcher import MatcherContract  # noqa: E402
from hub.testing.normaliser import NormaliserContract  # noqa: E402
from hub.testing.renderer import RendererContract  # noqa: E402
from hub.testing.scorer import ScorerContract  # noqa: E402
from hub.testing.source import SourceContract, running  # noqa: E402

__all__ = [
    "DestinationContract",
    "FakeClock",
    "FileNormaliserContract",
    "FileSourceContract",
    "MatcherContract",
    "MemoryDesk",
    "MemoryInbox",
    "NormaliserContract",
    "RendererContract",
    "ScorerContract",
    "SourceContract",
    "StoreRefusedError",
    "running",
]
