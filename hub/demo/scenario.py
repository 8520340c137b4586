"""Who is there, what happens to them, and who must be told."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from hub.demo.consents import Consents, ask_everybody
from hub.demo.expectation import (
    ARCHIVE_EVENTS,
    MEALS_EVENTS,
    NOTIFIED_EVENTS,
    SECOND_PAYER_EVENTS,
    SOCIAL_EVENTS,
    Expected,
    everyones_notices,
    payer_notices,
)
from hub.demo.panel import Member, choose_members, write_panel
from hub.demo.pathways import FIRST_DAY, SentMessage, Simulation, Visit, simulate
from hub.demo.people import make_people
from hub.demo.referring import Hungry, choose_hungry
from hub.demo.roster import Rows, roster_rows
from hub.demo.setting import MEALS, NOTIFIED, SECOND_PANEL, SECOND_PAYER


@dataclass(frozen=True, slots=True)
class Scenario:
    """The script of a demonstration; a function of its seed and its first day."""

    simulation: Simulation
    members: tuple[Member, ...]
    others: tuple[Member, ...]
    consents: Consents
    first_day: datetime

    @classmethod
    def make(cls, people: int, seed: int, first_day: datetime = FIRST_DAY) -> Self:
        """Return what happens to `people` people from `first_day` on."""
        everybody = make_people(seed, people)
        members = choose_members(everybody, seed)
        return cls(
            simulate(everybody, seed, first_day),
            tuple(members),
            tuple(choose_members(everybody, seed, "PB")),
            ask_everybody(everybody),
            first_day,
        )

    def write_panel(self, folder: Path) -> None:
        """Write the other payer's panel to where the configuration says that it is."""
        write_panel(folder / SECOND_PANEL, self.others)

    def roster(self) -> Rows:
        """Return the rows of the roster that the first payer sends."""
        return roster_rows(self.members)

    def hungry(self) -> Hungry:
        """Return who goes home without food enough."""
        return choose_hungry(self.simulation)

    def messages_of(self, site: str) -> list[SentMessage]:
        """Return the messages of one hospital in the order of sending."""
        return [m for m in self.simulation.messages if m.site == site]

    def expected(self) -> Counter[Expected]:
        """Return every notice that must arrive, at any destination."""
        visits = self.simulation.visits
        return (
            payer_notices(visits, self.members)
            + payer_notices(visits, self.members, NOTIFIED, NOTIFIED_EVENTS)
            + everyones_notices(visits, "social-services", SOCIAL_EVENTS)
            + everyones_notices(visits, "archive", ARCHIVE_EVENTS)
            + payer_notices(visits, self.others, SECOND_PAYER, SECOND_PAYER_EVENTS)
            + everyones_notices(self._agreeing(), MEALS, MEALS_EVENTS)
        )

    def _agreeing(self) -> list[Visit]:
        """Return the visits of those whose consent stands."""
        visits = self.simulation.visits
        return [each for each in visits if self.consents.standing(each.person)]
