"""How it stands with partners, as it is shown. The field names are a contract."""

from msgspec import Struct

from hub.coordination.exchanges.reconciling import Reconciliation
from hub.store.views import Instant


class FeedStatus(Struct, frozen=True, kw_only=True):
    """A source of files: the last that came, and the next that is due.

    `expected` is when files are due, as it is configured. `overdue_since` is when a
    file should have come that did not, null where none is missing. `held` counts files
    that wait for a decision, and `active` records that the last file left. `reconciled`
    is the last comparison with what the partner says, without its keys.
    """

    feed: str
    expected: str
    last_exchange: str | None = None
    last_name: str | None = None
    last_state: str | None = None
    last_reason: str | None = None
    last_received_at: Instant | None = None
    next_due: Instant | None = None
    overdue_since: Instant | None = None
    held: int = 0
    active: int = 0
    reconciled: Reconciliation | None = None


class DestinationStatus(Struct, frozen=True, kw_only=True):
    """A destination of files: how many the partner has not acknowledged.

    `overdue` of them should be by now, the first since `overdue_since`.
    """

    destination: str
    unacknowledged: int = 0
    overdue: int = 0
    overdue_since: Instant | None = None


class PartnerStatus(Struct, frozen=True, kw_only=True):
    """A partner with whom files are exchanged, by the name in the configuration."""

    partner: str
    feeds: tuple[FeedStatus, ...] = ()
    destinations: tuple[DestinationStatus, ...] = ()
