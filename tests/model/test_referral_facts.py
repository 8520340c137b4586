"""Statements about referrals: what they become, and what none is."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.facts import FactKind, RecordKey
from hub.model.referral_facts import StatementError, read_statement, statement_fact
from hub.model.referrals import Reason, Reported, Statement

KEY = RecordKey("referral", "KLINIK_TEST", "R-1")
# All of it is made up.
WHOLE = Statement(
    referral=KEY,
    by="performer",
    says="rejected",
    at="2026-03-10T12:00:00+01:00",
    party="tafel",
    person=({"system": "KLINIK_TEST", "value": "P-1", "type": "MR"},),
    role="Desk",
    name="Ute Lange",
    reason=Reason("full", "No room"),
    outcome=Reported("no_capacity", "Full until May"),
    appointment="2026-03-12T09:00:00Z",
    text="Sorry",
    details={"comment": "Ask again", "identifiers": {"filler": {"value": "T-9"}}},
)


def test_a_statement_becomes_a_fact_about_its_referral():
    fact = statement_fact(WHOLE)

    assert (fact.kind, fact.record) == (FactKind.RECORD, KEY)
    assert fact.subject.identifiers[0].value == "P-1"
    assert fact.occurred.earliest.isoformat() == "2026-03-10T11:00:00+00:00"
    assert fact.details == {
        "by": "performer",
        "state": "rejected",
        "party": "tafel",
        "actor": {"name": "Ute Lange", "role": "Desk"},
        "status_reason": {"code": "full", "text": "No room"},
        "outcome": {"code": "no_capacity", "text": "Full until May"},
        "appointment": {"at": "2026-03-12T09:00:00Z"},
        "text": "Sorry",
        "comment": "Ask again",
        "identifiers": {
            "placer": {"system": "KLINIK_TEST", "value": "R-1"},
            "filler": {"value": "T-9"},
        },
    }


def test_what_a_request_gives_as_a_reason_is_why_something_is_asked_for():
    asked = msgspec.structs.replace(WHOLE, by="requester", says="requested")

    assert statement_fact(asked).details["reason"]["text"] == "No room"
    assert "status_reason" not in statement_fact(asked).details


def test_a_statement_may_leave_out_whom_it_is_about():
    fact = statement_fact(msgspec.structs.replace(WHOLE, person=()))

    assert fact.subject.identifiers == ()


def test_what_is_known_of_a_person_goes_along_with_a_number():
    about = {"person": {"names": [{"family": "Musterfrau"}]}}
    fact = statement_fact(msgspec.structs.replace(WHOLE, details=about))

    assert fact.subject.demographics == about["person"]
    assert "person" not in fact.details


def test_what_was_written_is_read_again():
    assert read_statement(msgspec.json.encode(WHOLE)) == WHOLE


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"says": "dreamt_of"}, "$.says"),
        ({"at": "soon"}, "$.at"),
        ({"at": "2026-03-10"}, "$.at"),
        ({"at": "2026-03-10T12:00:00"}, "$.at"),
        ({"at": "0001-01-01T00:00:00Z"}, "$.at"),
        ({"appointment": "tomorrow"}, "$.appointment"),
        ({"by": "nobody"}, "$.by"),
        ({"referral": {"kind": "task", "system": "", "value": "1"}}, "kind"),
        ({"party": ["Ute"]}, "$.party"),
        ({"reason": {"Ute": 3, "text": 7}}, "$.reason.text"),
        ({"referral": {"kind": "referral", "system": "", "value": ""}}, "value"),
        ({"person": [{"system": "X"}]}, "$.person"),
        ({"person": [{"system": "X", "value": 7}]}, "$.person"),
        ({"name": "x" * 201}, "name"),
        ({"text": "x" * 4001}, "text"),
        ({"outcome": {"code": "splendid"}}, "$.outcome"),
        ({"details": {"state": "accepted"}}, "$.details"),
        ({"details": {"via": "elsewhere"}}, "$.details"),
    ],
)
def test_what_is_wrong_is_said_by_its_place_and_never_by_its_value(change, place):
    stated = msgspec.to_builtins(WHOLE) | change

    with pytest.raises(StatementError) as raised:
        read_statement(msgspec.json.encode(stated))

    assert place in str(raised.value)
    for value in ("dreamt_of", "soon", "tomorrow", "nobody", "splendid", "xxxx"):
        assert value not in str(raised.value)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_no_statement(body):
    with pytest.raises(StatementError):
        read_statement(body)


@given(st.binary(max_size=60) | st.text().map(str.encode))
def test_no_bytes_do_anything_else(body):
    with pytest.raises(StatementError):
        read_statement(body)


def test_what_is_no_statement_has_a_code_of_the_catalogue():
    assert StatementError.code == "STATEMENT-001"
    assert StatementError.remedy
