"""Relations: who looks after whom, as the panels say that are in force.

They are asked of the store: of all people of a round at once, and of nobody twice
while nothing changes.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple, Protocol

from hub.coordination.labels.labeller import Labeller
from hub.coordination.panels import ENTITY_SYSTEM, EPISODE, Member, Panel
from hub.coordination.partners import Partners
from hub.model.identifiers import Identifier
from hub.runtime.cache import CACHE_SIZE, Cache
from hub.store import panel_members
from hub.store.generation import generation
from hub.store.journal import moment
from hub.store.panel_members import MemberRow, PanelRow
from hub.store.panel_rows import day_of

#: The entries for one person, by panel.
Links = Mapping[str, tuple[Member, ...]]
#: A number that people are known by: who gave it, and the number itself.
Number = tuple[str, str]
#: The entries for one number, each with its panel.
Entries = tuple[tuple[str, Member], ...]

_NOBODY: Links = {}
_NO_PARTNERS = Partners()
_NO_ENTRIES: Entries = ()


class Contract(NamedTuple):
    """What holds for the entries of a panel that do not say it themselves.

    An entry is stale `stale_days` after it was confirmed; None: never.
    """

    stale_days: int | None = None
    programme: str = ""
    purpose: str = ""
    legal_basis: str = ""


class Source(Protocol):
    """Where the entries are.

    `generation` counts what changed in them. `for_entities` says whether any could be
    about an encounter, and not a person.
    """

    generation: int
    for_entities: bool

    def refresh(self) -> bool:
        """Take note of what changed; say whether anything did."""

    def entries(self, numbers: Iterable[Number]) -> dict[Number, list[Any]]:
        """Return the entries, pairs of panel and member, for those that have some."""


class StoredPanels:
    """The panels of the store that `connection` reads, as far as anybody asks for them.

    `contracts` are by the names of the panels that somebody asks for.
    """

    def __init__(
        self, connection: sqlite3.Connection, contracts: Mapping[str, Contract]
    ) -> None:
        self._connection = connection
        self._contracts = contracts
        self._panels: dict[str, PanelRow] = {}
        self.generation = -1
        self.for_entities = False

    def refresh(self) -> bool:
        """Take note of what changed; say whether anything did."""
        current = generation(self._connection)
        if current == self.generation:
            return False
        # Read before the panels: what changes in between is asked for once more.
        self.generation = current
        self._panels = {
            name: row
            for name, row in panel_members.panels(self._connection).items()
            if row.members and name in self._contracts
        }
        self.for_entities = any(name.startswith(EPISODE) for name in self._panels)
        return True

    def entries(self, numbers: Iterable[Number]) -> dict[Number, list[Any]]:
        """Return the entries for those that have some."""
        found: dict[Number, list[Any]] = {}
        if self._panels:
            for row in panel_members.members_with(self._connection, numbers):
                if row.panel in self._panels:
                    entry = row.panel, self._member(row)
                    found.setdefault((row.system, row.value), []).append(entry)
        return found

    def _member(self, row: MemberRow) -> Member:
        contract = self._contracts[row.panel]
        whole = self._panels[row.panel].confirmed_at or 0
        confirmed = moment(max(row.confirmed_at, whole))
        return Member(
            row.patient_id,
            day_of(row.valid_from),
            day_of(row.valid_to),
            row.programme or contract.programme,
            row.purpose or contract.purpose,
            row.legal_basis or contract.legal_basis,
            confirmed,
            _stale_from(confirmed, contract.stale_days),
        )


def _stale_from(confirmed: datetime, days: int | None) -> Any:
    return None if days is None else (confirmed + timedelta(days=days)).date()


class GivenPanels:
    """Panels in memory that do not change: of a trial, or of a test."""

    generation = 0
    for_entities = True

    def __init__(self, panels: Mapping[str, Panel]) -> None:
        self._panels = panels

    def refresh(self) -> bool:
        """Nothing ever changes."""
        return False

    def entries(self, numbers: Iterable[Number]) -> dict[Number, list[Any]]:
        """Return the entries for those that have some."""
        found: dict[Number, list[Any]] = {}
        for number in numbers:
            entries = [
                (name, member)
                for name, panel in self._panels.items()
                for member in panel.members.get(number, ())
            ]
            if entries:
                found[number] = entries
        return found


class Relations:
    """Looks up on which panels somebody is. `generation` counts what changed in them.

    A decision that was made in an earlier generation may be another one now. Without
    a `source` the `panels` are those that there are. `partners` are those of referrals,
    and `labeller` says how sensitive it is what one of them says.
    """

    def __init__(
        self,
        panels: Mapping[str, Panel] = {},
        source: Source | None = None,
        size: int = CACHE_SIZE,
        partners: Partners = _NO_PARTNERS,
        labeller: Labeller | None = None,
    ) -> None:
        self.partners = partners
        self.labeller = labeller or Labeller()
        self._source = source or GivenPanels(panels)
        self._entries: Cache[Number, Entries] = Cache(
            partial(_load, self._source), size
        )
        self.refresh()

    @property
    def generation(self) -> int:
        """As of when the answers are."""
        return self._source.generation

    def refresh(self) -> None:
        """Take note of what changed since the round before."""
        if self._source.refresh():
            self._entries.clear()

    def expect(self, identifiers: Iterable[Identifier], keys: Iterable[str]) -> None:
        """Read at once what a round of messages will ask for."""
        numbers = {(each.system, each.value) for each in identifiers}
        if self._source.for_entities:
            numbers |= {(ENTITY_SYSTEM, key) for key in keys}
        self._read(self._entries.missing(numbers))

    def links(self, identifiers: tuple[Identifier, ...], keys: Iterable[str]) -> Links:
        """Return the entries for a person by panel, where there are any.

        `keys` are those of what an event is about, for whoever follows one stay.
        """
        numbers = [(each.system, each.value) for each in identifiers]
        if self._source.for_entities:
            numbers += [(ENTITY_SYSTEM, key) for key in dict.fromkeys(keys)]
        missing = self._entries.missing(numbers)
        if len(missing) > 1:
            self._read(missing)
        found: dict[str, tuple[Member, ...]] = {}
        for number in numbers:
            for name, member in self._entries[number]:
                found[name] = (*found.get(name, ()), member)
        return found or _NOBODY

    def _read(self, numbers: set[Number]) -> None:
        if not numbers:
            return
        found = self._source.entries(sorted(numbers))
        for number in numbers:
            self._entries[number] = tuple(found.get(number, _NO_ENTRIES))


def _load(source: Source, number: Number) -> Entries:
    return tuple(source.entries([number]).get(number, _NO_ENTRIES))
