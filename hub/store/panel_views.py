"""What the store shows of panels. The field names are a contract."""

from datetime import date

from msgspec import Struct

from hub.store.views import Instant


class LoadView(Struct, frozen=True, kw_only=True):
    """A list that was given for a panel, and what became of it.

    `state` is ``loading``, ``waiting`` for somebody's decision, ``applied``,
    ``refused``, ``failed`` or ``superseded`` by a later list. `members` counts its
    entries; `added` and `removed` the numbers that the version before does not have,
    and those that this one does not have any more. `reason` says what is wrong with
    it, or why somebody decided as they did; `actor` is who did, or who gave it.
    """

    id: str
    panel: str
    version: int
    mode: str
    state: str
    sha256: str
    members: int
    added: int
    removed: int
    reason: str
    actor: str
    created_at: Instant
    settled_at: Instant | None


class PanelView(Struct, frozen=True, kw_only=True):
    """A panel: the version in force, 0 where there is none, and its entries.

    `last_confirmed` is when a whole list was given last; `waiting` is the id of a
    list of which somebody has to decide.
    """

    name: str
    version: int
    members: int
    last_confirmed: Instant | None
    waiting: str | None


class PanelDetail(PanelView, frozen=True, kw_only=True):
    """A panel with the lists that were given last, newest first."""

    loads: list[LoadView]


class MemberView(Struct, frozen=True, kw_only=True):
    """An entry of the version of a panel in force, under the recipient's own number.

    `system` and `value` are by which number a person is known by it.
    """

    patient_id: str
    system: str
    value: str
    valid_from: date | None
    valid_to: date | None
    programme: str
    purpose: str
    legal_basis: str
    confirmed_at: Instant


class EpisodeView(Struct, frozen=True, kw_only=True):
    """One encounter or stay that a subscription follows.

    It ends on `until`, null while that is not known: then `days_after` the end.
    """

    subscription: str
    entity: str
    patient_id: str
    since: Instant
    until: date | None
    days_after: int | None


class VisitNumber(Struct, frozen=True, kw_only=True):
    """By which number a source tells of a visit, and who gave it.

    `scope` is the facility, where no authority was named.
    """

    source: str
    value: str
    system: str
    scope: str = ""


class EpisodeWanted(Struct, frozen=True, kw_only=True):
    """What a subscription is to follow: `entity` is its key, else it is a `visit`.

    `until` is the last day; without one it ends `days_after` the encounter did.
    """

    subscription: str
    patient_id: str
    entity: str = ""
    visit: VisitNumber | None = None
    until: date | None = None
    days_after: int
