"""What plugin authors test with: fakes, synthetic samples and contract suites.

A contract suite is a class of tests. Subclass it under a name that starts with
``Test``, provide its fixtures, and the plugin has shown that it keeps the
contract that the hub relies on. The bundled plugins do the same.

The suites need pytest, pytest-asyncio and hypothesis, which the hub itself does
not depend on: name them in the plugin's own test requirements. They work in both
modes of pytest-asyncio; in strict mode write asynchronous fixtures with
``pytest_asyncio.fixture``. To see the values in a failed assertion, call
``pytest.register_assert_rewrite("hub.testing")`` in ``conftest.py``.
"""

from hub.testing.clock import FakeClock
from hub.testing.destination import DestinationContract
from hub.testing.inbox import MemoryInbox, StoreRefusedError
from hub.testing.normaliser import NormaliserContract
from hub.testing.renderer import RendererContract
from hub.testing.source import SourceContract, running

__all__ = [
    "DestinationContract",
    "FakeClock",
    "MemoryInbox",
    "NormaliserContract",
    "RendererContract",
    "SourceContract",
    "StoreRefusedError",
    "running",
]
