"""The loop of a referral, from a hospital's request to the outcome that it knows.

In one process, with a hub as it runs. Everybody and everything in it is made up.
"""

import json
from datetime import UTC, datetime

import pytest

from hub.coordination.partners import subscription_of
from hub.model.delivery import Outcome, Receipt
from hub.model.facts import RecordKey
from hub.model.referrals import REFERRALS_FEED, Reported, Statement
from hub.runtime import dispatch
from hub.runtime.referrals.stating import NoStatementError, message_of, normalise
from hub.settings import Settings
from tests.acceptance.process import folder, subscription, table
from tests.runtime.referrals.loop_world import (
    CANARY,
    NUMBER,
    World,
    consent,
    mistake,
    reply,
    request,
    rf1,
)

#: A change of the request.
CHANGED = {"control": "ref-2", "trigger": "I13", "minutes": 5}
DONE = {"side": "performer", "says": "completed", "outcome": {"code": "resolved"}}


@pytest.fixture
def world(tmp_path):
    return lambda *tables, **partners: World(tmp_path, *tables, **partners)


async def stated(site, key, **said):
    """Let a user state something, and all come of it that does."""
    async with site.api() as api:
        status, found = await api.ask("POST", f"referrals/{key}/statements", json=said)
    await site.idle()
    return status, found


async def test_from_the_request_to_the_outcome_that_the_hospital_knows(world):
    async with world().running() as site:
        await site.take("care", consent("food-bank"))
        await site.take("klinik-nord", request())
        key, loop, state = site.referral()
        assert (loop, state) == ("open", "received")

        await site.take("food-bank-feed", reply("A"))
        await stated(site, key, **DONE)

        assert site.referral() == (key, "closed_by_requester", "completed")
        assert site.told("food-bank") == ["requested", "loop_closed"]
        assert site.told("clinic") == ["received", "accepted", "completed"]
        answers = [rf1(each) for each in site.world.told("clinic")]
        assert answers == [
            ("", "received"),
            ("A", "accepted"),
            ("", "completed"),
        ]


async def test_who_acts_is_told_the_minimum(world):
    async with world().running() as site:
        await site.take("care", consent("food-bank"))
        await site.take("klinik-nord", request())

        [told] = site.world.told("food-bank")
    data = json.loads(told)["data"]
    assert CANARY not in told.decode()
    assert NUMBER not in told.decode()
    assert data["payload"]["person"]["names"][0]["family"] == "Roe"
    assert data["payload"]["identifiers"]["placer"]["value"] == "R-77"
    assert data["payload"]["category"] == {"code": "food-insecurity"}
    assert data["payload"]["consent_ref"].startswith("rec_")
    assert data["source"]["feed"] == ""
    assert not {"reason", "diagnoses", "participants"} & data["payload"].keys()


async def test_nobody_hears_of_it_before_the_person_consents(world):
    async with world().running() as site:
        await site.take("klinik-nord", request())

        assert site.told("food-bank") == []
        found = site.decisions("requested", subscription_of("food-bank"))
        assert found == [("deny", "consent.missing")]
        assert site.referral()[2] == "requested"


async def test_it_is_explained_why_somebody_was_told(world):
    async with world().running() as site:
        await site.take("care", consent("food-bank"))
        await site.take("klinik-nord", request())
        asked = "SELECT id FROM message WHERE source = 'klinik-nord'"
        [(message,)] = site.query(asked)
        async with site.api() as api:
            told = await api.get(
                "explain", params={"message": message, "destination": "food-bank"}
            )
            kept = await api.get(
                "explain", params={"message": message, "destination": "clinic"}
            )

        assert "consent.permitted" in json.dumps(told)
        assert "partner-food-bank" in json.dumps(told)
        assert "relationship.other_side" in json.dumps(kept)


async def test_a_consent_that_is_revoked_in_between_ends_it(world):
    async with world().running() as site:
        await site.take("care", consent("food-bank"))
        await site.take("klinik-nord", request())
        await site.take("care", consent("food-bank", status="revoked"))
        await site.take(
            "klinik-nord", request(trigger="I14", control="ref-2", minutes=5)
        )

        found = site.decisions("cancel_requested", subscription_of("food-bank"))
        assert found == [("deny", "consent.revoked")]
        assert site.told("food-bank") == ["requested"]


async def test_nothing_else_of_the_person_is_told_to_a_side(world):
    everything = subscription("food-bank", "all-of-it", panel="nobody", events=["*"])
    async with world(everything, table("panels.nobody")).running() as site:
        await site.take("care", consent("food-bank"))
        await site.take("klinik-nord", request())

        asked = "SELECT DISTINCT type FROM decision JOIN event ON event.id = event"
        assert {each for (each,) in site.query(asked)} == {
            "referral.requested",
            "referral.received",
        }


async def test_a_stranger_speaks_for_no_side(world):
    async with world().running() as site:
        await site.take("care", consent("food-bank"))
        await site.take("klinik-nord", request())
        # The hospital writes the performer's status, and another feed does too.
        await site.take("klinik-nord", reply("A", sender="KLINIK_NORD", control="x"))
        assert site.referral()[2] == "received"

        async with site.api() as api:
            found = await api.get(f"referrals/{site.referral()[0]}")
        assert found["conflicts"] == 1
        assert [
            each["conflict"] for each in found["history"] if "conflict" in each
        ] == ["actor.unbound"]
        assert site.told("clinic") == ["received"]


@pytest.mark.parametrize(
    ("source", "after", "reason"),
    [
        ("care", lambda: consent("food-bank", status="revoked"), "consent.revoked"),
        ("klinik-nord", lambda: request(to="FB-2", **CHANGED), "relationship.ended"),
        ("klinik-nord", lambda: mistake(minutes=5), "relationship.ended"),
    ],
    ids=["revoked", "another performer", "a mistake"],
)
async def test_what_waits_is_decided_again_before_it_goes(
    world, monkeypatch, source, after, reason
):
    async def unreachable(_destination, artifact, _seconds):
        reached = artifact.suffix != ".json"
        return Receipt(outcome=Outcome.ACCEPTED if reached else Outcome.RETRYABLE)

    monkeypatch.setattr(dispatch, "attempt", unreachable)
    async with world().running() as site:
        await site.take("care", consent("food-bank"))
        await site.hub.take("klinik-nord", request())
        first = "destination = 'food-bank' AND event.type = 'referral.requested'"
        found = f"FROM delivery JOIN event ON event.id = event WHERE {first}"
        await site.until(f"SELECT 1 {found} AND attempts > 0")

        await site.hub.take(source, after())
        [seq] = await site.until(f"SELECT delivery.seq {found} AND state = 'withheld'")

        asked = "SELECT reason FROM recheck WHERE delivery = ? ORDER BY seq DESC"
        assert site.query(asked, seq)[0] == (reason,)


async def test_who_was_asked_before_hears_that_another_is(world, tmp_path):
    other = {"organizations": ["FBREG|FB-2"], "destination": "soup", "sources": []}
    soup = folder(tmp_path / "soup", name="soup")
    async with world(soup, kitchen=other | {"sides": ["performer"]}).running() as site:
        await site.take("klinik-nord", request())
        await site.take("klinik-nord", request(to="FB-2", **CHANGED))

        for name in ("food-bank", "kitchen"):
            # Neither hears it without a consent; but both are asked for one.
            found = site.decisions("redirected", subscription_of(name))
            assert found == [("deny", "consent.missing")], name
        found = site.decisions("requested", subscription_of("kitchen"))
        assert found == []


@pytest.mark.parametrize(
    ("hours", "level", "partner"),
    [(6, "reminder", "food-bank"), (30, "escalation", "clinic")],
)
async def test_silence_is_told_to_whoever_must_act(world, hours, level, partner):
    """What is urgent waits four hours for a reminder, and a day for an escalation."""
    old = request(priority="A^Asap", minutes=-60 * hours)
    async with world().running() as site:
        await site.take("care", consent("food-bank"))
        await site.take("klinik-nord", old)
        told = "SELECT seq FROM event WHERE type = 'referral.escalated'"
        await site.until(told)
        await site.idle()

        assert "escalated" in site.told(partner)
        other = {"food-bank": "clinic", "clinic": "food-bank"}[partner]
        assert "escalated" not in site.told(other)
        async with site.api() as api:
            [found] = (await api.get("referrals/escalations"))["items"]
            overdue = await api.get("referrals", params={"overdue": "true"})
        assert (found["waiting"], found["level"]) == ("undecided", level)
        assert [each["key"] for each in overdue["items"]] == [found["key"]]


async def test_the_outcome_closes_only_by_word_where_that_is_asked_for(world):
    async with world(clinic={"closes_on": "statement"}).running() as site:
        await site.take("care", consent("food-bank"))
        await site.take("klinik-nord", request())
        await site.take("food-bank-feed", reply("A"))
        key = site.referral()[0]
        await stated(site, key, **DONE)
        assert site.referral()[1] == "outcome_received"

        await stated(site, key, side="requester", says="closed")

        assert site.referral()[1] == "closed_by_requester"


async def test_an_end_without_an_outcome_closes_nothing(world):
    async with world().running() as site:
        await site.take("care", consent("food-bank"))
        await site.take("klinik-nord", request())
        await site.take("food-bank-feed", reply("A"))
        key = site.referral()[0]

        await stated(site, key, side="performer", says="completed")
        assert site.referral()[1:] == ("open", "completed")

        await stated(
            site,
            key,
            side="performer",
            says="outcome_reported",
            outcome={"code": "partially_resolved"},
        )
        assert site.referral()[1:] == ("closed_by_requester", "completed")


async def test_a_rejection_that_the_requester_has_closes_the_loop(world):
    async with world().running() as site:
        await site.take("care", consent("food-bank"))
        await site.take("klinik-nord", request())
        await site.take("food-bank-feed", reply("R", text="we are full"))

        assert site.referral()[1:] == ("closed_unresolved", "rejected")
        assert rf1(site.world.told("clinic")[-1]) == ("R", "rejected")


async def test_a_hub_that_was_killed_says_what_follows_when_it_starts(
    world, monkeypatch
):
    """Between what a system accepted and what the hub says of it, everything ends."""
    stands = world()

    async def never(_self):
        """Say nothing, as a hub does that is killed."""

    with monkeypatch.context() as patched:
        patched.setattr("hub.runtime.referrals.closing.Closing.run", never)
        patched.setattr("hub.runtime.referrals.service.Referrals.owes", lambda _: False)
        async with stands.running() as site:
            await site.take("care", consent("food-bank"))
            await site.take("klinik-nord", request())
            assert site.told("food-bank") == ["requested"]
            assert site.referral()[2] == "requested"
    for _ in range(2):  # and says it once
        async with stands.running() as site:
            await site.idle()
            assert site.referral()[2] == "received"

            count = "SELECT count(*), sum(repeats) FROM message WHERE source = ?"
            assert site.query(count, REFERRALS_FEED) == [(1, 0)]


def test_what_is_no_statement_is_set_aside():
    normalised = normalise(b"{}", Settings())

    assert normalised.problem.code == NoStatementError.code


def test_a_statement_is_the_same_message_when_it_is_made_again():
    at = datetime(2026, 3, 10, 12, tzinfo=UTC)
    statement = Statement(
        referral=RecordKey("referral", "A", "1"),
        by="performer",
        says="completed",
        at="2026-03-10T12:00:00Z",
        outcome=Reported(code="resolved"),
    )

    assert message_of(statement, at).control_id == message_of(statement, at).control_id
    assert normalise(message_of(statement, at).body, Settings()).facts
