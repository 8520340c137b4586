"""What people decided about the meal service, and how the hub is told of it.

Two of three agreed. One of those took it back before anything happened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import msgspec

from hub.demo.errors import ConsentsRefusedError
from hub.demo.people import Person

FEED, RECIPIENT = "consents", "meals"
#: How the service gives numbers to consents.
REGISTER = "MEALS_CONSENTS"
#: Of each three people, by place, one never agreed.
THIRD, NEVER = 3, 2
_TAKEN = 202


@dataclass(frozen=True, slots=True)
class Consents:
    """Who agreed that the meal service is told, and who took that back."""

    agreed: tuple[Person, ...]
    revoked: Person | None

    def standing(self, person: Person) -> bool:
        """Say whether somebody's consent stands."""
        return person in self.agreed and person != self.revoked

    def statements(self, first_day: datetime) -> bytes:
        """Return all that was decided, as the body of a request to the hub."""
        said = [
            _statement(each, place, first_day, {"status": "active"} | _SCOPE)
            for each in self.agreed
            for place in range(len(each.numbers))
        ]
        if self.revoked is not None:
            later = first_day + timedelta(hours=1)
            said += [
                _statement(self.revoked, place, later, {"status": "revoked"})
                for place in range(len(self.revoked.numbers))
            ]
        return msgspec.json.encode({"facts": said})


_SCOPE = {"decision": "permit", "recipients": [RECIPIENT], "mode": "explicit"}


def ask_everybody(people: Sequence[Person]) -> Consents:
    """Return what people decided; the same people decide the same."""
    agreed = tuple(each for each in people if each.index % THIRD != NEVER)
    return Consents(agreed, agreed[0] if agreed else None)


def _statement(
    person: Person, place: int, recorded: datetime, said: dict[str, Any]
) -> dict[str, Any]:
    """Return a statement of somebody whom a hospital knows by a number.

    Each hospital's patients have papers of their own: until the hub knows that two
    numbers are of one person, a consent under the one says nothing of the other.
    """
    site, number = person.numbers[place]
    return {
        "kind": "consent",
        "person": {
            "identifiers": [{"system": site.authority, "value": number, "type": "MR"}]
        },
        "key": {"system": REGISTER, "value": f"{person.index}-{place}"},
        "recorded": recorded.isoformat(),
        **said,
    }


async def tell(admin_url: str, consents: Consents, first_day: datetime) -> int:
    """Post what people decided; return how many bodies the hub took: one.

    Raises ConsentsRefusedError.
    """
    url = f"{admin_url}/api/v1/facts"
    headers = {"Content-Type": "application/json", "Idempotency-Key": "demo-consents"}
    body = consents.statements(first_day)
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, params={"source": FEED}, data=body, headers=headers) as taken,
    ):
        if taken.status != _TAKEN:
            raise ConsentsRefusedError(str(taken.status))
    return 1
