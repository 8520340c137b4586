"""Panels: which people a recipient looks after, and under which number.

A panel is a list that the recipient gives: as a whole, or as what changed in it.
`hub.coordination.panel_lists` reads one. Source: R-ENC-09, R-ENC-10.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Literal, NamedTuple

from hub.errors import HubError, Recovery
from hub.model.identifiers import Identifier
from hub.model.labels import Labels

#: What a row of a list of changes does: `update` replaces all entries for a number
#: under the recipient's own number, `remove` ends them, `add` leaves the others.
Operation = Literal["add", "update", "remove"]
OPERATIONS: tuple[Operation, ...] = ("add", "update", "remove")

COLUMNS = (
    *("patient_id", "assigning_authority", "identifier", "valid_from", "valid_to"),
    *("programme", "purpose", "legal_basis", "op"),
)
#: Begins the name of a panel that has whom a subscription follows for one stay.
EPISODE = "episode:"
#: By this "assigning authority" an entry is about an encounter or a stay of the hub.
ENTITY_SYSTEM = "urn:carehub:entity"


class PanelError(HubError):
    """A panel file does not hold a panel."""

    code = "PANEL-001"
    summary = "The panel file cannot be used"
    remedy = f"Write a CSV file with the columns {', '.join(COLUMNS)}"
    recovery = Recovery.STOP


class Member(NamedTuple):
    """One entry for a person, from `valid_from` to `valid_to`, both included.

    `confirmed` is when the recipient last said so. From the day `stale_from` on that
    is too long ago to send anything (reason ``relationship.stale``); None: never.
    `stated` are the labels of what the recipient said itself of what this is about.
    """

    patient_id: str
    valid_from: date | None = None
    valid_to: date | None = None
    programme: str = ""
    purpose: str = ""
    legal_basis: str = ""
    confirmed: datetime | None = None
    stale_from: date | None = None
    stated: Labels = Labels()

    def active(self, day: date) -> bool:
        """Say whether the link holds on `day`, whenever it was confirmed."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )

    def begins_after(self, day: date) -> bool:
        """Say whether the link is yet to begin on `day`."""
        return self.valid_from is not None and day < self.valid_from

    def stale(self, day: date) -> bool:
        """Say whether nobody has confirmed the link for too long on `day`."""
        return self.stale_from is not None and self.stale_from <= day


class Entry(NamedTuple):
    """A row of a list: what it does to the entries for one number.

    `system` and `value` are the number, which `patient_id` stands for at the
    recipient. `line` is where in the list it ends.
    """

    line: int
    op: Operation
    system: str
    value: str
    patient_id: str
    valid_from: date | None = None
    valid_to: date | None = None
    programme: str = ""
    purpose: str = ""
    legal_basis: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Whose entries the row is about, and for whom."""
        return self[2:5]

    @property
    def slot(self) -> tuple[date | None, str]:
        """What tells one entry of somebody from another: its first day, and why."""
        return self.valid_from, self.programme


def changed(before: Iterable[Entry], rows: Iterable[Entry]) -> list[Entry]:
    """Return what the entries of one key are after the rows of a list about it.

    Where rows of one list are about the same slot, the last one counts. `update`
    leaves what rows before it in the same list said: a person has several.
    """
    old = {each.slot: each for each in before}
    new: dict[tuple[date | None, str], Entry] = {}
    for each in rows:
        if each.op != "add":
            old.clear()
        if each.op == "remove":
            new.clear()
        else:
            old.pop(each.slot, None)
            new[each.slot] = each
    return [*old.values(), *new.values()]


class Panel(NamedTuple):
    """The members of a panel by identifier; a person may be listed repeatedly."""

    name: str
    members: Mapping[tuple[str, str], tuple[Member, ...]]

    def links(self, identifiers: Iterable[Identifier]) -> Iterator[Member]:
        """Return the entries for a person, in the order of the identifiers."""
        for each in identifiers:
            yield from self.members.get((each.system, each.value), ())
