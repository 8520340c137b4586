"""Who helps: a social worker of the hospital, and the people of the food bank.

They use the API of the hub as their own small programs would.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Self

import aiohttp
import msgspec

from hub.demo.errors import HelpRefusedError
from hub.demo.people import Person
from hub.demo.referring import CATEGORY, SITE, number_of

REQUESTER, FOOD_BANK = "st-mary", "food-bank"
#: What becomes of the referral, step by step, and what the food bank says with it.
STEPS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("accepted", {}),
    ("scheduled", {"days": 1}),
    ("no_show", {"note": "She had no ride"}),
    ("scheduled", {"days": 3, "note": "We come to her"}),
    ("completed", {"outcome": {"code": "resolved", "text": "A parcel a week"}}),
)
#: The states in which the hospital hears of it, the hub's own word for each.
HEARD = ("received", "accepted", "scheduled", "accepted", "scheduled", "completed")
_GOOD = frozenset({200, 201, 202})


class Helpers:
    """Talk to a hub at `admin_url`."""

    def __init__(self, admin_url: str) -> None:
        self._url = admin_url
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(self._url)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._http:
            await self._http.close()

    async def look_around(self, postcode: str) -> int:
        """Return how many services there are for the need; none before any is loaded.

        The first who asks waits until the hub has read the map of postcodes.
        """
        wanted = {"category": CATEGORY, "postcode": postcode}
        found = await self._ask("GET", "services/match", params=wanted)
        return len(found["items"])

    async def note_consents(self, people: tuple[Person, ...], when: datetime) -> None:
        """Tell the hub that each agreed that the food bank is told."""
        body = {"facts": [_agreed(each, when) for each in people]}
        await self._ask("POST", "facts", params={"source": "consents"}, json=body)

    async def find_service(self, person: Person) -> str:
        """Return the service that fits somebody's needs best, "" where none does."""
        found = await self._ask("GET", "events", params={"type": "need.identified"})
        number = number_of(person)
        whose = (
            event["subject"]["person"]
            for event in found["items"]
            if any(each["value"] == number for each in event["subject"]["identifiers"])
        )
        wanted = {"person": next(whose, ""), "by": "social worker"}
        if not wanted["person"]:
            return ""
        found = await self._ask("POST", "services/match", json=wanted)
        items = found["matching"]["items"]
        return str(items[0]["service"]) if items else ""

    async def refer(self, person: Person, service: str) -> str:
        """Send somebody to a service in the hospital's name; return the key of that."""
        wanted = {
            "person": {"system": SITE.authority, "value": number_of(person)},
            "category": CATEGORY,
            "services": [service],
            "requester": REQUESTER,
            "note": "Third floor, no lift",
            "by": "social worker",
        }
        found = await self._ask("POST", "referrals", json=wanted)
        return str(found["key"])

    async def say(self, key: str, says: str, given: Mapping[str, Any]) -> None:
        """Say something of a referral for the food bank."""
        said: dict[str, Any] = {"side": "performer", "says": says, "party": FOOD_BANK}
        said |= {name: value for name, value in given.items() if name != "days"}
        if "days" in given:
            when = datetime.now(SITE.zone_info()) + timedelta(days=given["days"])
            said["appointment"] = when.replace(microsecond=0).isoformat()
        await self._ask("POST", f"referrals/{key}/statements", json=said)

    async def _ask(self, method: str, path: str, **given: Any) -> Any:
        """Return what the hub answers. Raises HelpRefusedError."""
        if self._http is None:
            raise HelpRefusedError("nobody asked yet")
        address = f"/api/v1/{path}"
        async with self._http.request(method, address, **given) as response:
            body = await response.read()
            if response.status not in _GOOD:
                raise HelpRefusedError(f"{path.partition('/')[0]}, {response.status}")
        return msgspec.json.decode(body)


def _agreed(person: Person, when: datetime) -> dict[str, Any]:
    number = {"system": SITE.authority, "value": number_of(person), "type": "MR"}
    return {
        "kind": "consent",
        "person": {"identifiers": [number]},
        "key": {"system": "FOOD_CONSENTS", "value": f"{person.index}"},
        "recorded": when.isoformat(),
        "status": "active",
        "decision": "permit",
        "mode": "explicit",
        "scope": ["care_coordination"],
        "data": ["referral.*"],
        "recipients": [FOOD_BANK],
    }
