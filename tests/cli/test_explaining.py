"""`hub explain`, `hub errors` with reasons, and `hub report`. All is made up."""

import csv
import io
import json

import pytest

from hub.coordination.policy.reasons import REASONS
from hub.store.evidence.reader import REPORTS
from tests.store.told_rows import CANARY, Told, message_id


@pytest.fixture
def told(tmp_path):
    written = Told(tmp_path / "data")
    (tmp_path / "hub.toml").write_text(
        '[hub]\nname = "sample"\ndata_dir = "data"\n'
        '[sources.klinik-nord]\nkind = "mllp-listener"\nnormaliser = "hl7-v2"\n'
        '[subscriptions.payer-members]\ncadence = "daily 06:00 Europe/Berlin"\n'
    )
    return written


def ran(result):
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_denial_is_explained_with_what_to_change(hub, told):
    told.denial(told.event(told.message()))

    shown = ran(hub("explain", message_id(1)))

    assert "payer (payer-members) withheld: consent.denied" in shown
    assert REASONS["consent.denied"].summary in shown
    assert REASONS["consent.denied"].remedy in shown


def test_every_step_of_a_delivery_is_shown(hub, told):
    told.asks(20)
    terms = '{"template":"payer","redacted":["PSY"]}'
    quality = {"anomalies": ["movement_after_end"]}
    payload = {"changed_fields": ["period"]}
    message = told.message(warnings='["class.unmapped"]', repeats=1)
    told.fact(message, "enc_1")
    told.entity("enc_1", "encounter", "p_1")
    told.entity("p_1", "person", "p_1", b'{"identifiers":[],"statements":{}}')
    event = told.event(
        message, unrelated=20, ruleset=1, quality=quality, payload=payload
    )
    number = told.delivery(event, terms=terms, verdict="permit_redacted")
    told.recheck(number, verdict="permit", reason="relationship.panel")
    told.attempt(number)

    shown = ran(hub("explain", message_id(1)))

    for words in (
        "received 1 times more, and stored once",
        "read by hl7-v2",
        "warnings: class.unmapped",
        "told of p_1, who is p_1",
        "facts: start",
        "encounter enc_1 changed in period",
        "encounter enc_1 does not fit together: movement_after_end",
        "payer (payer-members) permitted in part: relationship.panel",
        "decided anew at 2026-03-14 09:31:00Z: permit, relationship.panel",
        "attempt 1 at 2026-03-14 09:31:00Z: accepted",
        "20 subscriptions have nothing to do with the person",
    ):
        assert words in shown
    assert CANARY not in shown


def test_a_person_is_explained(hub, told):
    told.entity("p_1", "person", "p_1", b'{"identifiers":[],"statements":{}}')
    told.denial(told.event(told.message()))

    shown = ran(hub("explain", "--person", "p_1"))
    whole = json.loads(ran(hub("explain", "--person", "p_1", "--json")))

    assert "withheld from payer (payer-members), consent.denied" in shown
    assert (whole["view"], whole["person"]) == ("person", "p_1")


def test_the_sender_is_told_nothing_of_recipients(hub, told):
    told.delivery(told.event(told.message()))

    shown = ran(hub("explain", message_id(1), "--as", "sender"))

    assert "received, stored and acknowledged" in shown
    assert "payer" not in shown


def test_the_recipient_is_told_of_their_own_notices(hub, told):
    number = told.delivery(told.event(told.message()))
    told.attempt(number)

    shown = ran(hub("explain", message_id(1), "--as", "payer"))
    other = ran(hub("explain", message_id(1), "--as", "another"))

    assert "was delivered to you" in shown
    assert other == "to another\n\nNothing was for you.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("msg_1", "--person", "p_1"),
        ("msg_1", "--as", "sender", "--destination", "payer"),
        ("--person", "p_1", "--as", "sender"),
    ],
)
def test_what_does_not_go_together_is_refused(hub, told, arguments):
    assert told.path.exists()
    assert hub("explain", *arguments).exit_code == 2


def test_a_reason_is_explained_like_an_error(hub):
    reason = REASONS["relationship.none"]

    assert json.loads(ran(hub("errors", "Relationship.None", "--json"))) == {
        "code": "relationship.none",
        "summary": reason.summary,
        "remedy": reason.remedy,
    }


def test_reasons_are_listed_with_the_errors(hub):
    listed = {each["code"]: each for each in json.loads(ran(hub("errors", "--json")))}

    assert {code: listed[code]["remedy"] for code in REASONS} == {
        code: reason.remedy for code, reason in REASONS.items()
    }


def test_a_misspelt_reason_gets_a_suggestion(hub):
    assert (
        "perhaps relationship.none was meant"
        in hub("errors", "relationship.nonne").stderr
    )


def test_a_report_is_a_table(hub, told):
    told.delivery(told.event(told.message()))

    shown = ran(hub("report", "latency"))

    (row,) = csv.DictReader(io.StringIO(shown))
    assert row["destination"] == "payer"
    assert row["cadence"] == "daily 06:00 Europe/Berlin"
    assert row["p50_seconds"] == "60.0"


@pytest.mark.parametrize("name", [*REPORTS])
def test_every_report_is_json_on_request(hub, told, name):
    assert told.path.exists()

    shown = ran(hub("report", name, "--format", "json", "--from", "2026-03-01"))

    assert json.loads(shown) == {"items": [], "next": None}


def test_a_report_is_of_the_days_that_are_asked_for(hub, told):
    told.delivery(told.event(told.message()))
    period = ("--from", "2026-03-14", "--to", "2026-03-15T00:00:00+01:00")

    inside = ran(hub("report", "disclosures", *period))
    outside = ran(hub("report", "disclosures", "--from", "2026-03-15"))
    before = ran(hub("report", "disclosures", "--known-at", "2026-03-14T09:30:00Z"))

    assert len(inside.splitlines()) == 2
    assert len(outside.splitlines()) == 1
    assert len(before.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("latency", "--from", "yesterday"),
        ("latency", "--from", "0001-01-01T00:00:00+14:00"),
        ("latency", "--from", "2026-03-15", "--to", "2026-03-14"),
        ("referrals", "--known-at", "2026-03-14T09:30:00Z"),
        ("profits",),
    ],
)
def test_a_report_that_there_is_not_is_refused(hub, told, arguments):
    assert told.path.exists()
    assert hub("report", *arguments).exit_code == 2
