"""What a contract, a label or a warning keeps from a partner, and how that is said.

In a whole hub whose clock is moved. Everybody in here is made up.
"""

import json
from contextlib import asynccontextmanager

import pytest

from tests.acceptance.process import table
from tests.runtime.referrals.walked import Walk, configuration, ref, statement

VIOLENCE = "intimate-partner-violence"


@asynccontextmanager
async def working(tmp_path, monkeypatch, *tables):
    walk = Walk(tmp_path, monkeypatch, file=configuration(tmp_path, *tables))
    async with walk.running():
        yield walk


def why(walk, event="requested", partner="food-bank"):
    asked = (
        "SELECT verdict, reason FROM decision JOIN event ON event.id = event"
        " WHERE type = ? AND subscription = ?"
    )
    return walk.query(asked, f"referral.{event}", f"partner-{partner}")


async def paper(walk, *data):
    fact = {
        "kind": "consent",
        "person": {"identifiers": [{"system": "KLINIK_NORD", "value": "4711"}]},
        "key": {"system": "PAPERS", "value": "c1"},
        "recorded": walk.now.isoformat(),
        "status": "active",
        "decision": "permit",
        "mode": "explicit",
        "scope": ["care_coordination"],
        "recipients": ["food-bank"],
    }
    named = {"data": list(data)} if data else {}
    await walk.put("care", json.dumps({"facts": [fact | named]}).encode())


async def test_a_contract_for_another_purpose_lets_nothing_through(
    tmp_path, monkeypatch
):
    own = table("recipients.food-bank", sector="community", purposes=["operations"])
    async with working(tmp_path, monkeypatch, own) as walk:
        await walk.consent()
        await walk.put("klinik-nord", ref(walk.now))

        assert [verdict for verdict, _ in why(walk)] == ["deny"]
        assert why(walk)[0][1].startswith("purpose.")
        assert walk.told("food-bank") == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [((), "deny"), (("referral.*", "SDV"), "permit")],
    ids=["any consent", "one that names it"],
)
async def test_of_violence_a_service_hears_by_a_consent_that_names_it(
    tmp_path, monkeypatch, data, expected
):
    async with working(tmp_path, monkeypatch) as walk:
        await paper(walk, *data)
        await walk.put("klinik-nord", ref(walk.now, category=VIOLENCE))

        assert why(walk)[0][0] == expected
        told = [json.dumps(body) for _, body in walk.told("food-bank")]
        assert bool(told) is (expected == "permit")


async def test_what_a_service_says_of_addiction_is_no_news_for_another_one(
    tmp_path, monkeypatch
):
    async with working(tmp_path, monkeypatch) as walk:
        await paper(walk)
        body = ref(walk.now).replace(b"PID|1", b"DG1|1||F10.20^Alcohol^I10\rPID|1")
        await walk.put("klinik-nord", body)

        [(verdict, reason)] = why(walk)
        told = json.dumps([each for _, each in walk.told("food-bank")])
        assert "F10" not in told
        assert "Alcohol" not in told
        assert "SUD" not in told or verdict != "permit", (verdict, reason)


async def test_who_may_not_be_contacted_is_said_and_no_number_goes_along(
    tmp_path, monkeypatch
):
    async with working(tmp_path, monkeypatch) as walk:
        await walk.consent(mrn="M1")
        food_bank = {"org": {"identifiers": [{"system": "FBREG", "value": "FB-1"}]}}
        person = {
            "names": [{"family": "Roe"}],
            "telecoms": [{"system": "phone", "value": "312-555-0147"}],
        }
        said = statement(
            walk.now,
            "requester",
            "requested",
            system="AGENCY",
            person=[{"system": "KLINIK_NORD", "value": "M1"}],
            details={
                "performer": food_bank,
                "person": person,
                "safety": {"contact_prohibited": True},
            },
        )
        await walk.put("agency-page", said)

        [(_, body)] = walk.told("food-bank")
        payload = body["data"]["payload"]
    assert payload["safety"]["contact_prohibited"] is True
    assert "telecoms" not in payload["person"], payload["person"]


async def test_a_warning_that_comes_later_goes_along_from_then_on(
    tmp_path, monkeypatch
):
    async with working(tmp_path, monkeypatch) as walk:
        await walk.consent(mrn="M1")
        food_bank = {"org": {"identifiers": [{"system": "FBREG", "value": "FB-1"}]}}
        more = {
            "system": "AGENCY",
            "person": [{"system": "KLINIK_NORD", "value": "M1"}],
        }
        said = statement(
            walk.now, "requester", "requested", details={"performer": food_bank}, **more
        )
        await walk.put("agency-page", said)
        await walk.wait(minutes=5)
        warned = {"safety": {"contact_prohibited": True}}
        await walk.put(
            "agency-page",
            statement(walk.now, "requester", "", details=warned, system="AGENCY"),
        )
        await walk.wait(minutes=5)
        lifted = {"safety": {"contact_prohibited": False}}
        await walk.put(
            "food-bank-page",
            statement(
                walk.now, "performer", "accepted", details=lifted, system="AGENCY"
            ),
        )
        await walk.wait(minutes=5)
        await walk.put(
            "agency-page",
            statement(
                walk.now, "requester", "message_added", text="x", system="AGENCY"
            ),
        )

        told = walk.told("food-bank")
    assert [kind for kind, _ in told] == [
        "requested",
        "information_provided",
        "information_provided",
    ]
    assert all(
        body["data"]["payload"]["safety"]["contact_prohibited"] for _, body in told[1:]
    )
