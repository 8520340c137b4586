"""What the admin API needs from the hub that it shows."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from msgspec import Struct
from prometheus_client import CollectorRegistry

from hub.admin.errors import NoSuchAddressError
from hub.admin.exchange_acts import ExchangeActs
from hub.admin.limits import Rate
from hub.admin.panel_acts import PanelActs
from hub.admin.referral_acts import ReferralActs
from hub.admin.scoring_acts import NoScorers, ScoringActs
from hub.admin.service_acts import ServiceActs
from hub.config.tables import SourceConfig
from hub.coordination.identity.decisions import Decision
from hub.model.message import Processed, Stored
from hub.registry import PluginStatus
from hub.store.audit import Entry
from hub.store.backfill import Backfilled, Wish
from hub.store.queries import Reader
from hub.store.reading import unknown
from hub.store.subscriptions import SubscriptionView
from hub.store.views import Page
from hub.store.worklists import ItemState, WorklistItem
from hub.store.writer import Apply

ReplayKind = Literal["message", "delivery"]

#: Lets a message or delivery, by its id, be worked on again. False where its
#: state is such that there is nothing to do again.
Replay = Callable[[ReplayKind, str], Awaitable[bool]]


#: Stores bytes as a message of the source with this name, and under the control id
#: that may follow. Raises KeyError where there is no such source, and HubError where
#: the hub cannot store.
Take = Callable[..., Awaitable[Stored]]


#: Stores what somebody decided about who is who, and says what came of it; None where
#: that is not known in time. Raises HubError where the hub cannot store.
Decide = Callable[[Decision], Awaitable[tuple[Stored, Processed | None]]]


#: Does work with a payload in the store, and returns what comes of it once that is
#: committed. Raises HubError where it cannot be.
Write = Callable[[Apply, Any], Awaitable[Any]]


#: Records entries: what somebody did, or is about to see. Raises HubError where it
#: cannot, and then it must not happen.
Audit = Callable[..., Awaitable[None]]


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


async def _no_source(name: str, *_: object) -> Stored:
    raise KeyError(name)


async def _nobody_decides(_: Decision) -> tuple[Stored, Processed | None]:
    raise NoSuchAddressError


async def _nothing_is_written(_apply: Apply, _payload: Any) -> Any:
    raise NoSuchAddressError


async def _nobody_listens(*_: Entry) -> None:
    """Audit nothing: there is no store to do it in."""


class WorklistKeeper(Protocol):
    """What keeps worklists; see `hub.runtime.worklists`.

    Each method raises UnknownIdError for what is not on a worklist, and HubError
    where the store cannot record it.
    """

    async def fetch(
        self, destination: str, *, state: ItemState, since: str | None, limit: int
    ) -> Page[WorklistItem]:
        """Return items, and record that they were fetched."""

    async def acknowledge(
        self, destination: str, delivery: str, by: str = ""
    ) -> WorklistItem:
        """Take note that the recipient has an item."""

    async def close(
        self, destination: str, delivery: str, outcome: str, by: str = ""
    ) -> WorklistItem:
        """Take note of what came of an item."""


class _NoWorklists:
    """There are none."""

    async def fetch(
        self,
        destination: str,
        *,
        state: ItemState,  # noqa: ARG002 - as in WorklistKeeper
        since: str | None,  # noqa: ARG002 - the same
        limit: int,  # noqa: ARG002 - the same
    ) -> Page[WorklistItem]:
        raise unknown(destination)

    async def acknowledge(
        self,
        destination: str,  # noqa: ARG002 - as in WorklistKeeper
        delivery: str,
        by: str = "",  # noqa: ARG002 - the same
    ) -> WorklistItem:
        raise unknown(delivery)

    async def close(
        self,
        destination: str,  # noqa: ARG002 - as in WorklistKeeper
        delivery: str,
        outcome: str,  # noqa: ARG002 - the same
        by: str = "",  # noqa: ARG002 - the same
    ) -> WorklistItem:
        raise unknown(delivery)


async def _no_subscriptions() -> list[SubscriptionView]:
    return []


async def _no_past(wish: Wish) -> Backfilled:
    raise unknown(wish.subscription)


#: As many requests of one token, and of one peer, unless something else is set.
GENEROUS = Rate(600, 60)


_NO_SCORERS = NoScorers()


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminContext:
    """The hub, by its name, as the admin API sees it.

    `status` is called on the event loop.

    `recipients` are the names and classes by which consents can name recipients.
    `hosts` are the names, besides those of loopback, by which it may be asked; `rate`
    is how often one token, and one peer, may ask.
    """

    reader: Reader
    plugins: Sequence[PluginStatus]
    status: Callable[[], HubStatus]
    replay: Replay
    metrics_registry: CollectorRegistry
    take: Take = _no_source
    sources: Mapping[str, SourceConfig] = field(default_factory=dict)
    recipients: frozenset[str] = frozenset()
    decide: Decide = _nobody_decides
    write: Write = _nothing_is_written
    audit: Audit = _nobody_listens
    scoring: ScoringActs = _NO_SCORERS
    panels: PanelActs | None = None
    exchanges: ExchangeActs | None = None
    referrals: ReferralActs | None = None
    services: ServiceActs | None = None
    worklists: WorklistKeeper = _NoWorklists()  # noqa: RUF009 - it has no state
    subscriptions: Callable[[], Awaitable[list[SubscriptionView]]] = _no_subscriptions
    backfill: Callable[[Wish], Awaitable[Backfilled]] = _no_past
    hub: str = "carehub"
    hosts: frozenset[str] = frozenset()
    rate: Rate = GENEROUS
