"""What the admin API needs from the hub that it shows."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec import Struct
from prometheus_client import CollectorRegistry

from hub.admin.errors import NoSuchAddressError
from hub.coordination.identity.decisions import Decision
from hub.model.message import Processed, Stored
from hub.registry import PluginStatus
from hub.store.queries import Reader

ReplayKind = Literal["message", "delivery"]

#: Lets a message or delivery, by its id, be worked on again. False where its
#: state is such that there is nothing to do again.
Replay = Callable[[ReplayKind, str], Awaitable[bool]]


#: Stores bytes as a message of the source with this name. Raises KeyError where
#: there is none, and HubError where the hub cannot store.
Take = Callable[[str, bytes], Awaitable[Stored]]


#: Stores what somebody decided about who is who, and says what came of it; None where
#: that is not known in time. Raises HubError where the hub cannot store.
Decide = Callable[[Decision], Awaitable[tuple[Stored, Processed | None]]]


class PartStatus(Struct, frozen=True, kw_only=True):
    """A source or destination: what it is doing.

    `address` is where a source receives; `last_error_code` is empty where
    nothing went wrong since the start.
    """

    name: str
    kind: str
    state: str
    address: str | None = None
    last_error_code: str = ""


class HubStatus(Struct, frozen=True, kw_only=True):
    """Whether the hub can do its work; where not, `reasons` says why."""

    ready: bool
    reasons: list[str] = []
    sources: list[PartStatus] = []
    destinations: list[PartStatus] = []


async def _no_source(name: str, _body: bytes) -> Stored:
    raise KeyError(name)


async def _nobody_decides(_: Decision) -> tuple[Stored, Processed | None]:
    raise NoSuchAddressError


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminContext:
    """The hub as the admin API sees it. `status` is called on the event loop."""

    reader: Reader
    plugins: Sequence[PluginStatus]
    status: Callable[[], HubStatus]
    replay: Replay
    metrics_registry: CollectorRegistry
    take: Take = _no_source
    decide: Decide = _nobody_decides
