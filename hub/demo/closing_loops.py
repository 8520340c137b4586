"""Plays two referrals: one that comes to its end, and one that nobody answers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hub.demo.helping import HEARD, STEPS, Helpers
from hub.demo.hospital import Hospital
from hub.demo.people import Person
from hub.demo.referral_listener import ReferralListener
from hub.demo.referring import Hungry, referral, screenings

#: So long ago the hospital asked for help that nobody gave.
FORGOTTEN = timedelta(days=10)
NUMBER = "R-1"

Rest = Callable[[], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True)
class LoopPlayers:
    """The hospital's system, and where it hears; `rest` waits for the hub."""

    hospital: Hospital
    listener: ReferralListener
    admin_url: str
    rest: Rest

    async def play(self, hungry: Hungry) -> tuple[int, list[str]]:
        """Play both; return how many bodies the hub took by its API, and problems.

        Raises HelpRefusedError and HubUnreachableError.
        """
        if not hungry.people:
            return 0, []
        now = datetime.now(UTC)
        before = now - FORGOTTEN
        problems: list[str] = []
        async with Helpers(self.admin_url) as helpers:
            await helpers.note_consents(hungry.people, before - timedelta(hours=1))
            await self.hospital.send(screenings(hungry.people, before))
            problems += await self.rest()
            if hungry.forgotten:
                asked = referral(hungry.forgotten, NUMBER, before)
                await self.hospital.send([asked])
            if hungry.helped:
                problems += await self._help(helpers, hungry.helped)
            problems += await self.rest()
        return 1, problems

    async def _help(self, helpers: Helpers, person: Person) -> list[str]:
        service = await helpers.find_service(person)
        if not service:
            return ["no service was found for somebody without food"]
        key = await helpers.refer(person, service)
        problems = await self.rest()
        for says, given in STEPS:
            await helpers.say(key, says, given)
            problems += await self.rest()
        return problems + self._misheard()

    def _misheard(self) -> list[str]:
        heard = [e.state for e in self.listener.heard if e.number not in {"", NUMBER}]
        if heard == list(HEARD):
            return []
        return [f"the hospital heard of a referral {', '.join(heard) or 'nothing'}"]
