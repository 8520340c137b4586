"""Whatever is said, by whom, in whichever form and order: who is told what, and when.

Walks through a whole hub are compared with a plain reading of the rules. Everybody in
here is made up. ``CAREHUB_WALKS=20`` walks twenty times as often.
"""

import os
import random
from datetime import timedelta

import aiohttp
import pytest

from tests.runtime.referrals.plain_referral import ENDED, PlainReferral
from tests.runtime.referrals.walked import (
    SYSTEM, Walk, ref, row, rri, statement, task, twice,
)

WALKS = 3 * int(os.environ.get("CAREHUB_WALKS", "1"))
RI = {"accepted": ("I12", "A"), "rejected": ("I12", "R"), "on_hold": ("I12", "P"),
      "cancelled": ("I14", "A"), "cancel_declined": ("I14", "R")}
OF_PERFORMER = (
    "accepted accepted rejected scheduled scheduled in_progress on_hold completed"
    " completed failed cancelled received cancel_declined no_show outcome_reported"
    " outcome_amended information_requested message_added appointment_cancelled"
).split()
OF_REQUESTER = (
    "cancel_requested cancelled entered_in_error information_requested message_added"
    " confirmed closed redirected requested accepted completed"
).split()
#: What silence leads to is another test's.
SILENCE = {"escalated", "created"}
IN_TASKS = {"accepted", "rejected", "in_progress", "on_hold", "completed", "failed",
            "cancelled", "received"}


class Strolling:
    """One walk with several referrals at once."""

    def __init__(self, walk, seed, count):
        self.walk, self.chance, self.seed = walk, random.Random(seed), seed
        self.known, self.people, self.sent = {}, {}, []
        self.count = count
        self.steps = 0
        self.merged = set()
        self.log = []

    async def play(self, steps):
        for number in range(self.count):
            await self.ask(f"R-{number}")
        for _ in range(steps):
            number = self.chance.choice(list(self.known))
            await self.walk.wait(minutes=self.chance.choice([7, 7, 11, 31]))
            await self.step(number)
            await self.check(number)

    async def ask(self, number):
        chance = self.chance
        requester = chance.choice(["clinic", "clinic", "agency"])
        closes = {"clinic": "closed", "agency": "outcome_received"}[requester]
        plain = self.known[number] = PlainReferral(requester, closes)
        plain.consent = chance.random() < 0.85
        self.people[number] = f"M{number}"
        if plain.consent:
            await self.consent(number, "active")
        await self.walk.wait(minutes=3)
        performer = chance.choice(["food-bank", "food-bank", "soup"])
        at = self.walk.now
        await self.requests(number, "requested", at, performer)
        plain.say(at, "R", "requested", performer=performer, party=requester)
        plain.settle(at)
        await self.check(number)

    async def consent(self, number, status):
        await self.walk.consent(status, f"c-{number}", mrn=self.people[number])

    def system(self, number):
        return SYSTEM if self.known[number].requester == "clinic" else "AGENCY"

    async def requests(self, number, says, at, performer="", text=""):
        """Let the requester say something in its own form."""
        walk, mrn = self.walk, self.people[number]
        names = {"food-bank": "FB-1", "soup": "FB-2"}
        if self.known[number].requester == "clinic" and not text:
            kinds = {"requested": ("I12", ""), "cancel_requested": ("I14", ""),
                     "entered_in_error": ("I14", "entered-in-error^Mistake^L")}
            if says in kinds or says == "redirected":
                trigger, reason = kinds.get(says, ("I13", ""))
                body = ref(at, trigger, reason=reason, number=number, mrn=mrn,
                           to=names[performer] if performer else "")
                return await self.put("klinik-nord", body)
        more = {"text": text} if text else {}
        if performer:
            party = {"identifiers": [{"system": "FBREG", "value": names[performer]}]}
            more["details"] = {"performer": {"org": party}}
        if says == "requested":
            more["person"] = [{"system": SYSTEM, "value": mrn}]
        body = statement(at, "requester", "" if says == "redirected" else says,
                         party=self.known[number].requester, number=number,
                         system=self.system(number), **more)
        return await self.put(f"{self.known[number].requester}-page", body)

    async def put(self, source, body, media_type=""):
        self.sent.append((source, body, media_type))
        await self.walk.put(source, body, media_type=media_type)

    async def answers(self, number, party, says, at, **more):
        """Let a performer say something in one of its forms."""
        system, chance = self.system(number), self.chance
        if party == "soup":
            if says in IN_TASKS and chance.random() < 0.5 and not more.get("text"):
                return await self.put("soup-fhir", task(at, says, number=number,
                                                        system=system, **more))
            body = row(at, says, number=number, system=system, **more)
            return await self.put("soup-rows", body, "application/vnd.carehub.row+json")
        if says in RI and system == SYSTEM and chance.random() < 0.6:
            return await self.put("food-bank-hl7", rri(at, *RI[says], number=number,
                                                       mrn=self.people[number], text="full"))
        given = {k: v for k, v in more.items() if v}
        if "outcome" in given:
            given["outcome"] = {"code": given["outcome"]}
        if "reason" in given:
            given["reason"] = {"text": given["reason"]}
        body = statement(at, "performer", says, party=party, number=number,
                         system=system, **given)
        return await self.put("food-bank-page", body)

    async def step(self, number):
        plain, chance, walk = self.known[number], self.chance, self.walk
        self.steps += 1
        late = chance.random() < 0.15
        at = walk.now - timedelta(minutes=chance.choice([2, 9, 23])) if late else walk.now
        at += timedelta(seconds=0 if not late else 0)
        if any(each.at == at for each in plain.said):
            at = walk.now
        kind = chance.choices(
            ["performs", "requests", "again", "consent", "stranger", "restart",
             "forged", "api", "merge", "part"],
            [60, 25, 8, 5, 3, 1, 3, 12, 3, 2],
        )[0]
        picture = plain.picture
        self.log.append((number, kind, str(at)))
        match kind:
            case "performs":
                own = picture.named or picture.performer
                party = own if chance.random() < 0.92 else {"food-bank": "soup", "soup": "food-bank"}[own]
                says = chance.choice(OF_PERFORMER)
                await self.perform(number, party, says, at)
            case "requests":
                says = chance.choice(OF_REQUESTER)
                self.log.append(says)
                if says == "redirected":
                    performer = chance.choice(["food-bank", "soup"])
                    at = walk.now
                    await self.requests(number, says, at, performer)
                    plain.say(at, "R", "", performer=performer, party=plain.requester)
                elif says == "requested":
                    return
                else:
                    text = f"words {self.steps}" if says in {"information_requested", "message_added"} else ""
                    if says == "cancelled":
                        text = "over"
                    await self.requests(number, says, at, text=text)
                    plain.say(at, "R", says, text=text, party=plain.requester)
            case "again":
                if self.sent:
                    source, body, media_type = chance.choice(self.sent)
                    await walk.put(source, body, media_type=media_type)
                return
            case "consent":
                plain.consent = not plain.consent
                await self.consent(number, "active" if plain.consent else "revoked")
            case "stranger":
                body = statement(at, "performer", "accepted", party="food-bank",
                                 number=number, system=self.system(number))
                await walk.put("stranger", body)
                plain.say(at, "P", "accepted", party="food-bank", bound=False)
            case "forged":
                body = statement(at, "performer", "accepted", number=number, party="food-bank",
                                 system=self.system(number))
                await walk.put("agency-page", body)
                plain.say(at, "P", "accepted", party="food-bank", bound=False)
            case "restart":
                await walk.restart()
            case "merge":
                await self.merge(number)
            case "part":
                await self.part(number)
            case "api":
                await self.by_api(number)
        plain.settle(walk.now)

    async def merge(self, number):
        """Let the person get another number; what was consented to is theirs."""
        new = f"{self.people[number]}x"
        if len(new) < 12:
            await self.walk.merge(new, self.people[number])
            self.people[number] = new
            self.merged.add(number)

    async def part(self, number):
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
            assert (loop.startswith("closed") or loop == "auto_closed") is (state in ENDED), number
        alerts = [
            (to, body["data"]["entity"]["key"], *told["waiting"].values(), told["level"])
            for to, kind, body in self.walk.got
            if kind == "escalated" and "waiting" in (told := body["data"]["payload"])
        ]
        assert len(alerts) == len({*alerts})

    async def perform(self, number, party, says, at):
        plain, chance = self.known[number], self.chance
        more = {"outcome": "", "appointment": "", "reason": "", "text": ""}
        if says in {"completed", "failed", "outcome_reported", "outcome_amended"}:
            more["outcome"] = chance.choice(["resolved", "unresolved"])
        if says == "scheduled":
            met = self.walk.now + timedelta(days=chance.choice([20, 30]))
            more["appointment"] = met.replace(second=0).isoformat().replace("+00:00", "Z")
        if says in {"rejected", "on_hold", "failed", "cancelled"}:
            more["reason"] = "so"
        if says in {"information_requested", "message_added"}:
            more["text"] = f"words {self.steps}"
        self.log.append((party, says, more))
        await self.answers(number, party, says, at, **more)
        plain.say(at, "P", says, party=party, outcome=more["outcome"],
                  appointment=more["appointment"], text=more["text"])

    async def by_api(self, number):
        """Let a user of the hub state what both sides may; the hub refuses the rest."""
        plain, at = self.known[number], self.walk.now
        side = self.chance.choice(["performer", "requester"])
        says = self.chance.choice({"performer": ["accepted", "in_progress", "rejected", "completed"],
                                   "requester": ["cancel_requested", "cancelled", "confirmed"]}[side])
        body = {"side": side, "says": says, "reason": {"text": "so"}, "by": "somebody"}
        if says == "completed":
            body["outcome"] = {"code": "resolved"}
        picture = plain.picture
        async with aiohttp.ClientSession(self.walk.hub.admin.address) as session:
            path = f"/api/v1/referrals/{self.walk.key_of(number)}/statements"
            async with session.post(path, json=body) as response:
                status, told = response.status, await response.text()
        self.log.append((side, says, status))
        await self.walk.hub.rest()
        if status == 409:
            return
        assert status in {200, 201, 202}, told
        who = (picture.performer or picture.named) if side == "performer" else plain.requester
        plain.say(at, side[0].upper(), says, party=who,
                  outcome="resolved" if says == "completed" else "")

    async def check(self, number):
        """Compare what is so with what the rules say."""
        plain = self.known[number]
        picture = plain.picture
        heard = [each for each in self.walk.heard(number) if each[1] not in SILENCE]
        is_so = (*self.walk.standing(number), sorted(heard))
        rules = (picture.state, picture.loop, sorted(plain.heard))
        told = [*sorted(plain.said), *picture.told, *self.walk.why(number), *self.walk.parked()]
        story = "\n".join(map(str, told))
        assert is_so == rules, f"{number} {self.seed}\n{story}"
        assert twice(self.walk.got) == []


@pytest.mark.parametrize("seed", range(WALKS))
async def test_a_walk_ends_as_the_rules_say(seed, tmp_path, monkeypatch):
    walk = Walk(tmp_path, monkeypatch)
    async with walk.running():
        strolling = Strolling(walk, seed, 6)
        await strolling.play(60)
        await strolling.silence()

        assert {to for to, _, _ in walk.got} <= {"clinic", "agency", "food-bank", "soup"}
        assert walk.undecided() == []
        assert walk.query("SELECT 1 FROM delivery WHERE state = 'dead'") == []
