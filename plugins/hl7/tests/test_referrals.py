"""Referrals. Synthetic messages; every person and place in here is made up."""

import pytest

from hub.sdk import FactKind, RecordKey
from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.facts.reading import Reading
from hub_hl7.records.data.referral_states import ANSWERED, CONTROLS, REQUESTED
from hub_hl7.records.families import FAMILIES
from hub_hl7.wire.er7 import Message

PID = "PID|1||0047^^^KLINIK_TEST^PI||Musterfrau^Änne||19490117|F"
RULE = {"referral_orders": ({"services": ("REF-PHYSIO",)},)}


def read(kind, *lines, to="TAFEL", **profile):
    """Return what the message yields, and the warnings."""
    msh = rf"MSH|^~\&|KIS|KLINIK_TEST|HUB|{to}|20260310081502+0100||{kind}|1|P|2.5"
    reading = Reading(Message("\r".join([msh, *lines])), Hl7Profile(**profile))
    return FAMILIES[kind[:3]](reading), reading.warnings


def fact(kind, *lines, **more):
    """Return the only fact that the message yields."""
    (found,) = read(kind, *lines, **more)[0].facts
    return found


def rf1(status="", *, number="R-77^KLINIK_TEST", reason="", processed=""):
    return f"RF1|{status}|A^Asap|MED||A|{number}|20260309||{processed}|{reason}|X-1^P"


@pytest.mark.parametrize("trigger", ["I12", "I13", "I14", "I15"])
@pytest.mark.parametrize("status", ["", "A", "P", "R", "E"])
def test_a_requester_never_states_the_performers_status(trigger, status):
    found = fact(f"REF^{trigger}", rf1(status), PID)

    assert found.kind is FactKind.RECORD
    assert found.record == RecordKey("referral", "KLINIK_TEST", "R-77")
    assert found.details["by"] == "requester"
    assert found.details.get("state", "") == REQUESTED.get(trigger, "")


@pytest.mark.parametrize("trigger", ["I12", "I13", "I14", "I15"])
@pytest.mark.parametrize("status", ["", "A", "P", "R", "E"])
def test_a_performer_states_what_rf1_1_says(trigger, status):
    found = fact(f"RRI^{trigger}", "MSA|AA|1", rf1(status), PID)

    assert found.details["by"] == "performer"
    assert found.details.get("state", "") == ANSWERED.get((trigger, status), "")


def test_the_states_of_the_published_mapping_are_there():
    assert REQUESTED == {"I12": "requested", "I14": "cancel_requested"}
    assert ANSWERED["I12", "A"] == "accepted"
    assert ANSWERED["I12", "R"] == "rejected"
    assert ANSWERED["I12", "P"] == "on_hold"
    assert ANSWERED["I12", "E"] == "expired"
    assert ANSWERED["I12", ""] == "received"


def test_an_unknown_status_states_nothing_and_warns():
    result, warnings = read("RRI^I12", rf1("Q"), PID)

    assert "state" not in result.facts[0].details
    assert "referral.status_unmapped" in warnings


def test_a_refused_message_is_no_decision_about_the_referral():
    result, warnings = read("RRI^I12", "MSA|AR|1", rf1(), PID)

    assert "state" not in result.facts[0].details
    assert "referral.message_refused" in warnings


def test_a_mistake_is_entered_in_error():
    found = fact("REF^I14", rf1(reason="ERROR"), PID)

    assert found.details["state"] == "entered_in_error"


def test_a_request_for_the_status_states_no_state():
    assert fact("REF^I15", rf1(), PID).details["asked"] == "status"


def test_both_sides_have_the_same_key_where_nobody_names_the_authority():
    asked = fact("REF^I12", rf1(number="R-77"), PID)
    answered, warnings = read("RRI^I12", rf1("A", number="R-77"), PID, to="KLINIK_TEST")

    assert asked.record == RecordKey("referral", "KLINIK_TEST", "R-77")
    assert answered.facts[0].record == asked.record
    assert "number.authority_assumed" in warnings


def test_both_sides_of_an_order_have_the_same_key_where_nobody_names_the_authority():
    lines = (OBR.replace("^KLINIK_TEST", ""), PID)
    order = ORC.replace("^KLINIK_TEST", "")

    asked = fact("ORM^O01", order.format("NW", ""), *lines, **RULE)
    answered = fact("ORM^O01", order.format("OK", "IP"), *lines, to="KLINIK_TEST",
                    **RULE)  # fmt: skip

    assert asked.record.system == "KLINIK_TEST"
    assert answered.record == asked.record


def test_the_number_of_the_order_stands_in_for_the_number_of_the_referral():
    found = fact("REF^I12", rf1(number=""), PID, "OBR|1|O-9^KLINIK_TEST||REF-PHYSIO")

    assert found.record == RecordKey("referral", "KLINIK_TEST", "O-9")


def test_a_referral_says_what_it_asks_for_and_of_whom():
    details = fact(
        "REF^I12",
        rf1(reason="S^Second opinion^HL70336"),
        "AUT|PLAN|P1|Testkasse|20260301|20260601|AUT-5^TK|||6",
        "PRD|RP|Probe^Paul^^^Dr.||||^^^|1234567^NPI",
        "CTD|PR|Büro^Berta||||",
        "PRD|RT|||||||||Tafel Nord",
        "PRD|PP|Haus^Hanna",
        "CTD|ZZ|Ende^Egon",
        PID,
        "PD1|||||||||||N|Y",
        "DG1|1||Z59.41^Food insecurity^I10",
        "PR1|1||S-FOOD^Food box^L",
        "OBX|1|CE|88122-7^Worried^LN||LA28397-0^Often true^LN||||||F",
        "NTE|1||Spricht leise",
    ).details

    assert details["identifiers"] == {
        "placer": {"system": "KLINIK_TEST", "value": "R-77"},
        "filler": {"system": "P", "value": "X-1"},
    }
    assert details["priority"] == {"code": "A", "text": "Asap"}
    assert details["service_requested"]["code"] == "S-FOOD"
    assert details["reason"]["code"] == "S"
    assert details["requester"]["person"]["name"] == "Dr. Paul Probe"
    assert details["requester"]["contacts"][0]["name"] == "Berta Büro"
    assert details["performer"] == {"org": {"name": "Tafel Nord"}}
    assert details["participants"][2]["contacts"][0]["name"] == "Egon Ende"
    assert details["authorization_ref"] == {"system": "TK", "value": "AUT-5"}
    assert details["effective"]["raw"] == "20260309"
    assert details["diagnoses"][0]["code"] == "Z59.41"
    assert details["observations"][0]["answer"]["code"] == "LA28397-0"
    assert details["note"] == "Spricht leise"
    assert details["safety"]["protected"] is True


def test_newer_versions_name_the_performer_and_the_reason_in_rf1():
    line = f"{rf1(reason='O')}|||Needs food|||||Tafel Nord|8^Koch^Karl||||Urgent"
    details = fact("REF^I12", line, PID).details

    assert details["performer"]["org"] == {"name": "Tafel Nord"}
    assert details["performer"]["person"]["name"] == "Karl Koch"
    assert details["reason"] == {"code": "O", "text": "Needs food"}
    assert details["comment"] == "Urgent"


def test_what_is_deleted_is_none_and_what_is_not_sent_is_absent():
    details = fact("REF^I13", 'RF1||""|||""|R-77^K', PID, 'NTE|1||""').details

    assert details["priority"] is None
    assert details["category"] is None
    assert details["note"] is None
    assert "type" not in details


def test_the_answer_happened_when_it_was_processed_and_never_later_than_sent():
    early = fact("RRI^I12", rf1("A", processed="20260310070000+0100"), PID)
    late = fact("RRI^I12", rf1("A", processed="20270310070000+0100"), PID)

    assert early.occurred.raw == "20260310070000+0100"
    assert late.occurred == late.recorded


def test_a_withdrawal_is_not_dated_back_to_the_day_of_the_referral():
    assert fact("REF^I14", rf1(), PID).occurred.raw == "20260310081502+0100"


def test_the_visit_that_it_came_from_is_linked():
    found = fact("REF^I12", rf1(), PID, f"PV1|1|I|{'|' * 15}|F99^^^KLINIK_TEST^VN")

    assert found.encounter is not None
    assert found.encounter.value == "F99"


ORC = "ORC|{}|O-9^KLINIK_TEST|F-3^PHYSIO||{}||||20260310080000+0100"
OBR = f"OBR|1|O-9^KLINIK_TEST|F-3^PHYSIO|REF-PHYSIO^Physio^L{'|' * 20}PT"


@pytest.mark.parametrize("code", CONTROLS)
def test_every_control_code_states_its_side_and_state(code):
    details = fact("ORM^O01", ORC.format(code, ""), OBR, PID, **RULE).details

    assert details["by"] == CONTROLS[code].by
    assert details.get("state", "") == CONTROLS[code].state


@pytest.mark.parametrize(
    ("control", "status", "state"),
    [
        ("NW", "", "requested"),
        ("NW", "IP", "requested"),
        ("CA", "", "cancel_requested"),
        ("DC", "CA", "cancelled"),
        ("XO", "", ""),
        ("SC", "SC", "scheduled"),
        ("SC", "IP", "in_progress"),
        ("SC", "CM", "completed"),
        ("SC", "HD", "on_hold"),
        ("SC", "CA", "cancelled"),
        ("SC", "", ""),
        ("OK", "IP", "accepted"),
        ("UA", "CA", "rejected"),
        ("", "", "requested"),
    ],
)
def test_the_status_of_an_order_states(control, status, state):
    details = fact("ORM^O01", ORC.format(control, status), OBR, PID, **RULE).details

    assert details.get("state", "") == state


def test_an_order_without_a_rule_is_for_nobody():
    assert read("ORM^O01", ORC.format("NW", ""), OBR, PID)[0] is None


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ({"services": ("ref-physio",)}, True),
        ({"services": ("LAB",)}, False),
        ({"sections": ("PT",)}, True),
        ({"sections": ("LAB",)}, False),
        ({"receivers": ("TAFEL",)}, True),
        ({"receivers": ("HUB",)}, True),
        ({"receivers": ("ELSEWHERE",)}, False),
        ({"services": ("REF-PHYSIO",), "receivers": ("ELSEWHERE",)}, False),
    ],
)
def test_an_order_is_a_referral_where_it_meets_all_that_a_rule_states(rule, wanted):
    result, _ = read("OMG^O19", PID, ORC.format("NW", ""), OBR, referral_orders=(rule,))

    assert (result is not None) is wanted


@pytest.mark.parametrize("rule", ["referral_orders", "results"])
def test_a_rule_that_states_nothing_is_refused(rule):
    with pytest.raises(ValueError, match="at least one"):
        Hl7Profile(**{rule: ({},)})


def of_360x(kind, *lines):
    """Return the fact of a message of the 360X profile, which needs no rule."""
    msh = rf"MSH|^~\&||^1.2.3^ISO||^1.2.4^ISO|20260310081502||{kind}|1|P|2.5.1"
    text = "\r".join([f"{msh}|||NE|NE|||||360X", *lines])
    (found,) = FAMILIES[kind[:3]](Reading(Message(text), Hl7Profile())).facts
    return found


@pytest.mark.parametrize(
    ("kind", "control", "status", "state"),
    [
        ("OMG^O19", "NW", "", "requested"),
        ("OSU^O51", "OK", "", "accepted"),
        ("OSU^O51", "SC", "IP", "accepted"),
        ("OSU^O51", "SC", "SC", "scheduled"),
        ("OSU^O51", "SC", "CM", "completed"),
        ("OSU^O51", "UA", "CA", "rejected"),
        ("OSU^O51", "CA", "", "cancel_requested"),
        ("OSU^O51", "DC", "CA", "cancelled"),
    ],
)
def test_a_closed_loop_referral_needs_no_rule(kind, control, status, state):
    order = f"ORC|{control}|889^^1.2.3.15^ISO|||{status}"
    found = of_360x(kind, PID, order)

    assert found.record == RecordKey("referral", "1.2.3.15", "889")
    assert found.details["state"] == state


def test_a_closed_loop_request_says_by_when_and_why():
    details = of_360x(
        "OMG^O19",
        PID,
        "ORC|NW|889^^1.2.3.15^ISO||||||||||7PC^Test^Toni",
        "TQ1|||||||20261001|20261018235959+0000",
        f"OBR||889^^1.2.3.15^ISO||57133-1^^LN{'|' * 27}^Rule out headache",
    ).details

    assert details["service_requested"] == {"code": "57133-1", "system": "LN"}
    assert details["desired_by"]["raw"] == "20261018235959+0000"
    assert details["reason"] == {"text": "Rule out headache"}
    assert details["requester"]["person"]["name"] == "Toni Test"


def test_each_order_of_a_message_is_a_referral_of_its_own():
    second = ORC.format("NW", "").replace("O-9", "O-10").replace("F-3", "F-4")
    lines = (PID, ORC.format("NW", ""), OBR, second, OBR.replace("O-9", "O-10"))
    result, _ = read("ORM^O01", *lines, **RULE)

    assert [one.record.value for one in result.facts] == ["O-9", "O-10"]


def test_a_letter_enclosed_in_a_referral_is_a_document_and_no_value():
    result, _ = read(
        "REF^I12", rf1(), PID, "OBX|1|ED|LETTER||^TEXT^plain^Base64^SGFsbG8="
    )
    (found,) = result.facts
    (document,) = result.documents

    assert document.content == b"Hallo"
    assert found.details["attachments"][0]["digest"] == document.digest
    assert "observations" not in found.details
