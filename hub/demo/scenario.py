"""Who is there, what happens to them, and who must be told."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from hub.demo.expectation import (
    ARCHIVE_EVENTS,
    SOCIAL_EVENTS,
    Expected,
    everyones_notices,
    payer_notices,
)
from hub.demo.panel import Member, choose_members, write_panel
from hub.demo.pathways import FIRST_DAY, SentMessage, Simulation, simulate
from hub.demo.people import make_people
from hub.demo.setting import PANEL


@dataclass(frozen=True, slots=True)
class Scenario:
    """The script of a demonstration; a function of its seed and its first day."""

    simulation: Simulation
    members: tuple[Member, ...]

    @classmethod
    def make(cls, people: int, seed: int, first_day: datetime = FIRST_DAY) -> Self:
        """Return what happens to `people` people from `first_day` on."""
        everybody = make_people(seed, people)
        members = choose_members(everybody, seed)
        return cls(simulate(everybody, seed, first_day), tuple(members))

    def write_panel(self, folder: Path) -> None:
        """Write the payer's panel to where the configuration says that it is."""
        write_panel(folder / PANEL, self.members)

    def messages_of(self, site: str) -> list[SentMessage]:
        """Return the messages of one hospital in the order of sending."""
        return [m for m in self.simulation.messages if m.site == site]

    def expected(self) -> Counter[Expected]:
        """Return every notice that must arrive, at any destination."""
        visits = self.simulation.visits
        return (
            payer_notices(visits, self.members)
            + everyones_notices(visits, "social-services", SOCIAL_EVENTS)
            + everyones_notices(visits, "archive", ARCHIVE_EVENTS)
        )
