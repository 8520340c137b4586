"""Who hears of a referral besides who acts, and what of it: hospital, payer, patient.

Around a hub as it runs. Everybody and everything in it is made up.
"""

import json
from functools import partial

import pytest
from click.testing import CliRunner

from hub.app import Hub
from hub.cli import main
from hub.coordination.partners import subscription_of
from hub.runtime.workings import LogSettings, load_workings
from tests.acceptance.process import folder, subscription, table
from tests.runtime.referrals.loop_world import (
    CANARY,
    NUMBER,
    REGISTRY,
    Receiver,
    Site,
    World,
    consent,
    reply,
    request,
    rf1,
)

VIOLENCE = "intimate-partner-violence"


def by_mllp(port):
    """Return the hospital's own system as where it is told."""
    return table(
        "destinations.hospital",
        kind="mllp-sender",
        format="hl7-rri",
        host="127.0.0.1",
        port=port,
        tls=False,
        format_options={"receiving_facility": "KLINIK_NORD"},
    )


async def stated(site, key, **said):
    async with site.api() as api:
        status, found = await api.ask("POST", f"referrals/{key}/statements", json=said)
    assert status == 200, found
    await site.idle()


async def test_a_hospital_hears_each_step_by_its_own_numbers(tmp_path):
    async with Receiver() as hospital:
        to_it = by_mllp(hospital.port)
        clinic = {"destination": "hospital"}
        async with World(tmp_path, to_it, clinic=clinic).running() as site:
            await site.take("care", consent("food-bank"))
            await site.take("klinik-nord", request())
            key = site.referral()[0]
            say = partial(stated, site, key, side="performer")
            await say(says="accepted")
            await say(says="scheduled", appointment="2026-12-01T10:00:00Z")
            await say(says="no_show")
            await say(says="scheduled", appointment="2026-12-04T10:00:00Z")
            assert site.referral()[1] == "open"
            await say(says="completed", outcome={"code": "resolved"})

            assert site.referral() == (key, "closed_by_requester", "completed")
        told = hospital.bodies

    assert [rf1(each)[1] for each in told] == [
        "received",
        "accepted",
        "scheduled",
        "accepted",  # nobody came: it needs another appointment
        "scheduled",
        "completed",
    ]
    assert [each.split(b"|")[8] for each in told] == [
        *[b"RRI^I12^RRI_I12"] * 2,
        *[b"RRI^I13^RRI_I12"] * 4,
    ]
    for each in told:
        assert segment(each, b"RF1")[6] == b"R-77^KLINIK_NORD"
        assert segment(each, b"PID")[3].startswith(b"4711^^^KLINIK_NORD")
    assert segment(told[4], b"OBR")[36] == b"20261204100000+0000"


def segment(message, name):
    """Return the fields of the first segment of a name."""
    lines = message.split(b"\r")
    return next(each for each in lines if each.startswith(name)).split(b"|")


async def test_a_request_that_names_a_partner_by_an_id_waits_for_its_system(tmp_path):
    async with World(tmp_path).running() as site:
        await site.take("klinik-nord", request())
        async with site.api() as api:
            found = await api.get(f"referrals/{site.referral()[0]}")

    # Nobody consented, so that nobody was told.
    assert (found["state"], found["waiting"]) == ("requested", ["unreceived"])
    assert found["performer"] == "food-bank"


async def test_what_has_no_form_in_a_format_is_no_dead_letter(tmp_path):
    everything = subscription("clinic", "watch", events=["referral.*"])
    async with World(tmp_path, everything).running() as site:
        await site.take("care", consent("food-bank"))
        await site.take("klinik-nord", request())
        await site.take("food-bank-feed", reply("A"))
        # It turns out that it was rejected before: what was told is taken back.
        earlier = reply("R", control="rri-2", minutes=8, text="full")
        await site.take("food-bank-feed", earlier)

        assert {"history_added", "rejected"} <= {*site.events()}
        assert site.decisions("history_added", "watch") == [("deny", "format.no_form")]
        assert site.query("SELECT 1 FROM delivery WHERE state = 'dead'") == []
        assert "accepted" in site.told("clinic")


def payer(tmp_path):
    return (
        folder(tmp_path / "payer", name="payer"),
        table("recipients.payer", sector="payer"),
        subscription(
            "payer", "outcomes", panel="members", events=["referral.completed"]
        ),
        table("panels.members", file=tmp_path / "members.csv"),
    )


@pytest.fixture
def members(tmp_path):
    rows = f"patient_id,assigning_authority,identifier\nM-1,KLINIK_NORD,{NUMBER}\n"
    (tmp_path / "members.csv").write_text(rows)


@pytest.mark.usefixtures("members")
async def test_a_payer_learns_how_it_ended_in_codes(tmp_path):
    async with World(tmp_path, *payer(tmp_path)).running() as site:
        await site.take("care", consent("food-bank", "payer"))
        await site.take("klinik-nord", request())
        await site.take("food-bank-feed", reply("A"))
        outcome = {"code": "resolved", "text": CANARY}
        key = site.referral()[0]
        await stated(site, key, side="performer", says="completed", outcome=outcome)

        [told] = [each.read_text() for each in (tmp_path / "payer").glob("*.json")]
    payload = json.loads(told)["data"]["payload"]
    assert CANARY not in told
    assert payload["outcome"] == {"code": "resolved"}
    assert payload["category"] == {"code": "food-insecurity"}
    assert payload["state"] == "completed"
    assert not {"reason", "note", "diagnoses", "performer"} & payload.keys()


@pytest.mark.usefixtures("members")
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ([], ("deny", "sensitivity.consent_needed")),
        (["referral.*", "SDV"], ("permit", "relationship.panel")),
    ],
    ids=["a consent to anything", "a consent that names it"],
)
async def test_of_violence_a_payer_learns_by_a_consent_that_names_it(
    tmp_path, data, expected
):
    async with World(tmp_path, *payer(tmp_path)).running() as site:
        named = {"data": data} if data else {}
        await site.take("care", consent("food-bank", "payer", **named))
        violence = request().replace(b"food-insecurity", VIOLENCE.encode())
        await site.take("klinik-nord", violence.replace(b"E11.9", b"Z00.0"))
        key = site.referral()[0]
        await stated(site, key, side="performer", says="accepted")
        done = {"says": "completed", "outcome": {"code": "resolved"}}
        await stated(site, key, side="performer", **done)

        assert site.decisions("completed", "outcomes") == [expected]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"", ("permit", "sensitivity.stated")),
        # What the shelter adds, a diagnosis of addiction, is taken out.
        (b"\rDG1|1||F10.2^x^I10", ("permit_redacted", "sensitivity.redacted")),
    ],
    ids=["its own words", "words of the shelter"],
)
async def test_a_hospital_hears_of_its_own_referral_for_violence(
    tmp_path, answer, expected
):
    def violent(message):
        return message.replace(b"food-insecurity", VIOLENCE.encode())

    async with World(tmp_path).running() as site:
        named = {"data": ["referral.*", "SDV"]}
        await site.take("care", consent("food-bank", **named))
        await site.take("klinik-nord", violent(request()).replace(b"E11.9", b"Z00.0"))
        await site.take("food-bank-feed", violent(reply("A")) + answer)

        own = subscription_of("clinic")
        assert site.decisions("received", own) == [("permit", "sensitivity.stated")]
        assert site.decisions("accepted", own) == [expected]


def portal(tmp_path):
    return (
        folder(tmp_path / "portal", name="portal", retry_initial_seconds=0.02),
        table("recipients.portal", sector="patient"),
        subscription(
            "portal", events=["referral.*", "person.*"], purpose="patient_request"
        ),
    )


@pytest.mark.parametrize("prohibited", [False, True])
async def test_nothing_reaches_a_person_while_a_referral_forbids_contact(
    tmp_path, prohibited
):
    who = {"system": "KLINIK_NORD", "value": NUMBER}
    wanted = {"person": who, "performers": ["food-bank"], "category": "stress"}
    async with World(tmp_path, *portal(tmp_path)).running() as site:
        await site.take("care", consent("food-bank", "portal"))
        async with site.api() as api:
            safety = {"contact_prohibited": prohibited}
            sent = wanted | {"safety": safety}
            status, found = await api.ask("POST", "referrals", json=sent)
            assert status == 201
            await site.idle()
            # Another referral says nothing of it, and its person is the same.
            await site.take("klinik-nord", request())
            [(_, before), *_] = site.decisions("requested", "portal")[1:]
            ended = {"reason": "over"}
            await api.ask("POST", f"referrals/{found['key']}/cancel", json=ended)
            await site.idle()
        key = found["key"]
        await stated(
            site, key, side="performer", says="cancelled", reason={"text": "y"}
        )
        await stated(site, key, side="requester", says="closed")
        later = request("R-78", control="ref-9")
        await site.take("klinik-nord", later)

        [*_, (_, after)] = site.decisions("requested", "portal")
    refused = "safety.contact_prohibited"
    assert (before == refused, after == refused) == (prohibited, False)


async def test_what_waits_for_a_person_does_not_go_once_contact_is_forbidden(tmp_path):
    who = {"system": "KLINIK_NORD", "value": NUMBER}
    wanted = {"person": who, "performers": ["food-bank"], "category": "stress"}
    wanted["safety"] = {"contact_prohibited": True}
    slow = subscription(
        "portal",
        events=["referral.*"],
        purpose="patient_request",
        cadence="pull",
    )
    tables = (
        table("destinations.portal", kind="worklist"),
        table("recipients.portal", sector="patient"),
        slow,
    )
    async with World(tmp_path, *tables).running() as site:
        await site.take("care", consent("food-bank", "portal"))
        await site.take("klinik-nord", request())
        async with site.api() as api:
            waiting = (await api.get("worklists/portal"))["items"]
            await api.ask("POST", "referrals", json=wanted)
            await site.idle()
            after = (await api.get("worklists/portal"))["items"]

    assert waiting
    assert after == []


async def test_the_subscriptions_of_partners_are_shown_and_explained(tmp_path):
    world = World(tmp_path)
    async with world.running() as site:
        await site.take("care", consent("food-bank"))
        await site.take("klinik-nord", request())
        async with site.api() as api:
            shown = {
                each["name"]: each for each in (await api.get("subscriptions"))["items"]
            }
        asked = "SELECT id FROM message WHERE source = 'klinik-nord'"
        [(message,)] = site.query(asked)
        asking = ["explain", message, "--config", str(world.file)]
        why = CliRunner().invoke(main, [*asking, "--destination", "food-bank"])
        own_view = CliRunner().invoke(main, [*asking, "--as", "food-bank"])

    own = shown[subscription_of("food-bank")]
    assert (own["partner"], own["destination"]) == ("food-bank", "food-bank")
    assert own["events"] == ["referral.*"]
    assert (own["panel"], own["cadence"]) == ("referral:food-bank", "immediate")
    assert why.exit_code == own_view.exit_code == 0, why.output
    assert "partner-food-bank" in why.output
    assert "referral.requested" in own_view.output


async def test_a_loop_closes_with_messages_worked_out_in_a_process_of_their_own(
    tmp_path,
):
    world = World(tmp_path)
    prepare = partial(load_workings, world.file, LogSettings(level="error"))
    async with Hub(world.load(), REGISTRY, prepare) as hub:
        site = Site(world, hub)
        await site.take("care", consent("food-bank"))
        await site.take("klinik-nord", request())
        await site.take("food-bank-feed", reply("A"))
        done = {"says": "completed", "outcome": {"code": "resolved"}}
        await stated(site, site.referral()[0], side="performer", **done)

        assert site.referral()[1:] == ("closed_by_requester", "completed")
        assert site.told("clinic") == ["received", "accepted", "completed"]
