"""Whatever is said, by whom, in whichever form and order: who is told what, and when.

Walks through a whole hub are compared with a plain reading of the rules. Everybody in
here is made up. ``CAREHUB_WALKS=20`` walks twenty times as often.
"""

import os
import random
from datetime import timedelta
from http import HTTPStatus

import aiohttp
import pytest

from tests.runtime.referrals.plain_referral import ENDED, Picture, PlainReferral, Said
from tests.runtime.referrals.walked import (
    PARTNERS,
    SYSTEM,
    Walk,
    ref,
    row,
    rri,
    statement,
    task,
    twice,
)

WALKS = 6 * int(os.environ.get("CAREHUB_WALKS", "1"))
ROWS = "application/vnd.carehub.row+json"
IDS = {"food-bank": "FB-1", "soup": "FB-2"}
OTHER = {"food-bank": "soup", "soup": "food-bank"}
#: What each form can say.
IN_RRI = {
    "accepted": ("I12", "A"),
    "rejected": ("I12", "R"),
    "on_hold": ("I12", "P"),
    "cancelled": ("I14", "A"),
    "cancel_declined": ("I14", "R"),
}
IN_REF = {
    "requested": ("I12", ""),
    "redirected": ("I13", ""),
    "cancel_requested": ("I14", ""),
    "entered_in_error": ("I14", "entered-in-error^Mistake^L"),
}
OF_PERFORMER = [
    *("accepted", "accepted", "rejected", "scheduled", "scheduled", "in_progress"),
    *("on_hold", "completed", "completed", "failed", "cancelled", "received"),
    *("cancel_declined", "no_show", "outcome_reported", "outcome_amended"),
    *("information_requested", "message_added", "appointment_cancelled"),
]
OF_REQUESTER = [
    *("cancel_requested", "cancelled", "entered_in_error", "information_requested"),
    *("message_added", "confirmed", "closed", "accepted", "completed"),
]
BY_API = {
    "performer": ["accepted", "in_progress", "rejected", "completed"],
    "requester": ["cancel_requested", "cancelled", "confirmed"],
}
OF_END = {"completed", "failed", "outcome_reported", "outcome_amended"}
EXPLAINED = {"rejected", "on_hold", "failed", "cancelled"}
SPOKEN = {"information_requested", "message_added"}
IN_TASKS = {"accepted", "received", "in_progress", "completed"} | EXPLAINED
#: What silence leads to is another test's.
SILENCE = {"escalated", "created"}
#: What can happen, and how often it does.
KINDS = {
    "performs": 60,
    "requests": 22,
    "redirects": 3,
    "again": 8,
    "consents": 5,
    "forges": 5,
    "restarts": 1,
    "asks_the_hub": 12,
    "merges": 3,
    "parts": 2,
}


class Strolling:
    """One walk with several referrals at once; what it does follows from its seed."""

    def __init__(self, walk, seed, count):
        self.walk, self.seed, self.count = walk, seed, count
        self.chance = random.Random(seed)  # noqa: S311 - the same walk each time
        self.known, self.people, self.sent = {}, {}, []
        self.steps = 0
        self.merged = set()

    async def play(self, steps):
        for number in range(self.count):
            await self.ask(f"R-{number}")
        for _ in range(steps):
            number = self.chance.choice(list(self.known))
            await self.walk.wait(minutes=self.chance.choice([7, 7, 11, 31]))
            await self.step(number)
            self.known[number].settle(self.walk.now)
            self.check(number)

    async def step(self, number):
        self.steps += 1
        kinds = [getattr(self, name) for name in KINDS]
        [kind] = self.chance.choices(kinds, KINDS.values())
        await kind(number)

    async def ask(self, number):
        """Let a requester ask a performer; most people have consented to that."""
        requester = self.chance.choice(["clinic", "clinic", "agency"])
        closes = {"clinic": "closed", "agency": "outcome_received"}[requester]
        plain = self.known[number] = PlainReferral(requester, closes)
        plain.consent = self.chance.random() < 0.85
        self.people[number] = f"M{number}"
        if plain.consent:
            await self.state_consent(number)
        await self.walk.wait(minutes=3)
        performer = self.chance.choice(["food-bank", "food-bank", "soup"])
        at = self.walk.now
        await self.write(number, "requested", at, performer)
        plain.say(at, "R", "requested", performer=performer, party=requester)
        plain.settle(at)
        self.check(number)

    def system(self, number):
        return SYSTEM if self.known[number].requester == "clinic" else "AGENCY"

    def moment(self, number):
        """Return now, or a little while ago: what is said then comes late."""
        ago = self.chance.choice([0] * 17 + [2, 9, 23])
        at = self.walk.now - timedelta(minutes=ago)
        taken = {each.at for each in self.known[number].said}
        return self.walk.now if at in taken else at

    async def put(self, source, body, media_type=""):
        self.sent.append((source, body, media_type))
        await self.walk.put(source, body, media_type=media_type)

    async def write(self, number, says, at, performer="", text=""):
        """Let the requester say something in its own form."""
        mrn, requester = self.people[number], self.known[number].requester
        if requester == "clinic" and says in IN_REF:
            trigger, reason = IN_REF[says]
            given = {"reason": reason, "number": number, "mrn": mrn}
            body = ref(at, trigger, to=IDS.get(performer, ""), **given)
            await self.put("klinik-nord", body)
            return
        more = {"text": text} if text else {}
        if performer:
            party = {"identifiers": [{"system": "FBREG", "value": IDS[performer]}]}
            more["details"] = {"performer": {"org": party}}
        if says == "requested":
            more["person"] = [{"system": SYSTEM, "value": mrn}]
        says = "" if says == "redirected" else says
        more |= {"party": requester, "number": number, "system": self.system(number)}
        body = statement(at, "requester", says, **more)
        await self.put(f"{requester}-page", body)

    async def answer(self, number, party, says, at, **more):
        """Let a performer say something in one of its forms."""
        known = {"number": number, "system": self.system(number)}
        if party == "soup":
            if says in IN_TASKS and self.chance.random() < 0.5:
                await self.put("soup-fhir", task(at, says, **known, **more))
            else:
                await self.put("soup-rows", row(at, says, **known, **more), ROWS)
            return
        if says in IN_RRI and self.chance.random() < 0.6 and known["system"] == SYSTEM:
            given = {"number": number, "mrn": self.people[number], "text": "full"}
            await self.put("food-bank-hl7", rri(at, *IN_RRI[says], **given))
            return
        given = {name: value for name, value in more.items() if value}
        for name, part in (("outcome", "code"), ("reason", "text")):
            if name in given:
                given[name] = {part: given[name]}
        said = statement(at, "performer", says, party=party, **known, **given)
        await self.put("food-bank-page", said)

    async def performs(self, number):
        plain, chance = self.known[number], self.chance
        picture, at = plain.picture, self.moment(number)
        own = picture.named or picture.performer
        party = own if chance.random() < 0.92 else OTHER[own]
        says = chance.choice(OF_PERFORMER)
        met = (self.walk.now + timedelta(days=chance.choice([20, 30]))).isoformat()
        more = {
            "outcome": chance.choice(["resolved", "unresolved"])
            if says in OF_END
            else "",
            "appointment": met.replace("+00:00", "Z") if says == "scheduled" else "",
            "reason": "so" if says in EXPLAINED else "",
            "text": f"words {self.steps}" if says in SPOKEN else "",
        }
        await self.answer(number, party, says, at, **more)
        del more["reason"]
        plain.say(at, "P", says, party=party, **more)

    async def requests(self, number):
        plain, at = self.known[number], self.moment(number)
        says = self.chance.choice(OF_REQUESTER)
        text = f"words {self.steps}" if says in SPOKEN else ""
        await self.write(number, says, at, text=text)
        plain.say(at, "R", says, text=text, party=plain.requester)

    async def redirects(self, number):
        plain, at = self.known[number], self.walk.now
        performer = self.chance.choice([*IDS])
        await self.write(number, "redirected", at, performer)
        plain.say(at, "R", "", performer=performer, party=plain.requester)

    async def again(self, _number):
        """Let something arrive that was sent before."""
        source, body, media_type = self.chance.choice(self.sent)
        await self.walk.put(source, body, media_type=media_type)

    async def consents(self, number):
        """Let the person change their mind."""
        self.known[number].consent = not self.known[number].consent
        await self.state_consent(number)

    async def state_consent(self, number):
        """Write it down under the first number of the person, whatever came since."""
        status = "active" if self.known[number].consent else "revoked"
        await self.walk.consent(status, f"c-{number}", mrn=f"M{number}")

    async def forges(self, number):
        """Let somebody who speaks for no performer accept."""
        at, known = self.moment(number), {"number": number, "party": "food-bank"}
        body = statement(
            at, "performer", "accepted", **known, system=self.system(number)
        )
        await self.walk.put(self.chance.choice(["stranger", "agency-page"]), body)
        said = {"party": "food-bank", "bound": False}
        self.known[number].say(at, "P", "accepted", **said)

    async def restarts(self, _number):
        await self.walk.restart()

    async def merges(self, number):
        """Let the person get another number; what was consented to is theirs."""
        new = f"{self.people[number]}x"
        if len(new) < 12:
            await self.walk.merge(new, self.people[number])
            self.people[number] = new
            self.merged.add(number)

    async def parts(self, number):
        """Let an operator say that the former number is of somebody else after all.

        The referral, and the consent, stay with the number under which they came.
        """
        if number in self.merged:
            self.merged.discard(number)
            now = self.people[number]
            await self.walk.part(now, now[:-1])
            self.people[number] = now[:-1]

    async def silence(self):
        """Let nobody say anything for months: what ended is closed then."""
        await self.walk.wait(days=40)
        await self.walk.restart()
        await self.walk.wait(days=60)
        for number in self.known:
            state, loop = self.walk.standing(number)
            assert state not in {"requested", "received"}, number
            assert (loop != "open") is (state in ENDED), number
            assert loop != "outcome_received", number
        told = [
            (to, body["data"]["entity"]["key"], body["data"]["payload"])
            for to, kind, body in self.walk.got
            if kind == "escalated"
        ]
        alerts = [
            (to, key, *payload["waiting"].values(), payload["level"])
            for to, key, payload in told
            if "waiting" in payload
        ]
        assert len(alerts) == len({*alerts})

    async def asks_the_hub(self, number):
        """Let a user state what both sides may; the hub refuses what does not count."""
        plain, at = self.known[number], self.walk.now
        side = self.chance.choice(["performer", "requester"])
        says = self.chance.choice(BY_API[side])
        outcome = "resolved" if says == "completed" else ""
        picture = plain.picture
        who = {
            "performer": picture.performer or picture.named,
            "requester": plain.requester,
        }
        said = at, side[0].upper(), says
        more = {"party": who[side], "outcome": outcome}
        body = {"side": side, "says": says, "reason": {"text": "so"}, "by": "somebody"}
        body |= {"outcome": {"code": outcome}} if outcome else {}
        status, told = await self.post(number, body)
        if status == HTTPStatus.CONFLICT:
            tried = Picture([*plain.said, Said(said[0], 999, *said[1:], **more)])
            conflict = [each for each in tried.told if each.event == "conflict"]
            assert [each for each in conflict if says in each.key], (
                says,
                picture.state,
            )
            return
        assert status in {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED}, told
        plain.say(*said, **more)

    async def post(self, number, body):
        path = f"/api/v1/referrals/{self.walk.key_of(number)}/statements"
        async with (
            aiohttp.ClientSession(self.walk.hub.admin.address) as session,
            session.post(path, json=body) as response,
        ):
            found = response.status, await response.text()
        await self.walk.hub.rest()
        return found

    def check(self, number):
        """Compare what is so with what the rules say."""
        plain = self.known[number]
        picture = plain.picture
        heard = [each for each in self.walk.heard(number) if each[1] not in SILENCE]
        is_so = (*self.walk.standing(number), sorted(heard))
        rules = (picture.state, picture.loop, sorted(plain.heard))
        told = [
            *sorted(plain.said),
            *picture.told,
            *self.walk.why(number),
            *self.walk.parked(),
        ]
        story = "\n".join(map(str, told))
        assert is_so == rules, f"{number} {self.seed}\n{story}"
        assert twice(self.walk.got) == []


async def walked(path, monkeypatch, seed, *, referrals, steps):
    """Walk, and compare after each step."""
    walk = Walk(path, monkeypatch)
    async with walk.running():
        strolling = Strolling(walk, seed, referrals)
        await strolling.play(steps)
        await strolling.silence()

        assert {to for to, _, _ in walk.got} <= {*PARTNERS}
        assert walk.undecided() == []
        assert walk.query("SELECT 1 FROM delivery WHERE state = 'dead'") == []


async def test_a_walk_ends_as_the_rules_say(tmp_path, monkeypatch):
    await walked(tmp_path, monkeypatch, 0, referrals=3, steps=36)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, WALKS))
async def test_many_walks_end_as_the_rules_say(seed, tmp_path, monkeypatch):
    await walked(tmp_path, monkeypatch, seed, referrals=6, steps=60)
