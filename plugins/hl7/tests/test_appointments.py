"""Appointments. Synthetic messages; every person and place in here is made up."""

import pytest

from hub.sdk import RecordKey
from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.facts.reading import Reading
from hub_hl7.records.data.appointment_states import BY_TRIGGER
from hub_hl7.records.families import FAMILIES
from hub_hl7.wire.er7 import Message

PID = "PID|1||0047^^^KLINIK_TEST^PI||Musterfrau^Änne||19490117|F"
SCH = (
    "SCH|P-1^KLINIK_TEST|{filler}|||G-1|CHECK^Check^L|HIP^After hip^L|NORMAL|{length}"
    "|{unit}|^^30^20260401093000^20260401100000|||||77^Schalter^Susi|||||||||{status}"
    "|O-9^KLINIK_TEST"
)


def read(trigger, *lines):
    msh = rf"MSH|^~\&|RIS|PRAXIS|HUB|R|20260310081502+0100||SIU^{trigger}|1|P|2.5"
    reading = Reading(Message("\r".join([msh, *lines])), Hl7Profile())
    return FAMILIES["SIU"](reading), reading.warnings


def sch(*, filler="F-1^PRAXIS", status="", length="", unit=""):
    return SCH.format(filler=filler, status=status, length=length, unit=unit)


def details(trigger, *lines):
    return read(trigger, *lines)[0].facts[0].details


@pytest.mark.parametrize(("trigger", "status"), BY_TRIGGER.items())
def test_every_trigger_states_its_status(trigger, status):
    result, _ = read(trigger, sch(), PID)
    (found,) = result.facts

    assert found.record == RecordKey("appointment", "PRAXIS", "F-1")
    assert found.details["status"] == status


@pytest.mark.parametrize(
    ("trigger", "said", "status"),
    [
        ("S12", "Booked", "booked"),
        ("S12", "Pending", ""),
        ("S12", "Waitlist", ""),
        ("S14", "Started", "checked_in"),
        ("S14", "Complete", "completed"),
        ("S14", "Noshow", "no_show"),
        ("S14", "Cancelled", "cancelled"),
        ("S14", "Something", "changed"),
        ("S15", "Cancelled", "cancelled"),
        ("S15", "Booked", "cancelled"),
        ("S26", "Noshow", "no_show"),
    ],
)
def test_trigger_and_filler_status_together_state(trigger, said, status):
    assert details(trigger, sch(status=said), PID).get("status", "") == status


@pytest.mark.parametrize(("said", "warned"), [("Booked", True), ("Cancelled", False)])
def test_a_status_that_contradicts_the_trigger_is_a_warning(said, warned):
    _, warnings = read("S15", sch(status=said), PID)

    assert ("appointment.status_mismatch" in warnings) is warned


def test_how_it_ended_is_kept():
    assert details("S16", sch(), PID)["ended_by"] == "discontinued"
    assert details("S17", sch(), PID)["ended_by"] == "deleted"


@pytest.mark.parametrize("trigger", ["S23", "S24", "S25", "S99", ""])
def test_a_blocked_slot_is_about_nobody(trigger):
    assert read(trigger, sch())[0] is None


def test_the_placer_number_stands_in_for_the_fillers():
    result, _ = read("S12", sch(filler=""), PID)

    assert result.facts[0].record == RecordKey("appointment", "KLINIK_TEST", "P-1")


def test_an_appointment_says_when_where_why_and_with_whom():
    found = details(
        "S12",
        sch(status="Booked", length="0.5", unit="H"),
        PID,
        "RGS|1",
        "AIS|1|A|PHYSIO^Physiotherapy^L|20260401093000|||45|MIN",
        "AIG|1|A|XR1^X-ray 1^L|DEVICE",
        "AIL|1|A|OP2^12^^PRAXIS",
        "AIP|1|A|99^Heil^Hans^^^Dr.|THER^Therapist",
        "NTE|1||Bring the letter",
    )

    assert found["start"]["raw"] == "20260401093000"
    assert found["end"]["raw"] == "20260401100000"
    assert found["duration_minutes"] == 45
    assert found["service"]["code"] == "PHYSIO"
    assert found["reason"]["text"] == "After hip"
    assert found["location"] == {"unit": "OP2", "room": "12", "facility": "PRAXIS"}
    assert found["participants"][0]["name"] == "Dr. Hans Heil"
    assert found["participants"][1]["role"] == {"code": "filler_contact"}
    assert found["resources"][0]["resource"]["code"] == "XR1"
    assert found["identifiers"]["placer"]["value"] == "P-1"
    assert found["referral"] == {"placer": {"system": "KLINIK_TEST", "value": "O-9"}}


@pytest.mark.parametrize(
    ("length", "unit", "minutes"),
    [("30", "", 30), ("30", "min", 30), ("1", "H", 60), ("90", "s", 1), ("x", "", "")],
)
def test_a_duration_is_in_minutes(length, unit, minutes):
    found = details("S12", sch(length=length, unit=unit), PID)

    assert found.get("duration_minutes", "") == minutes


def test_the_time_of_newer_versions_stands_in_tq1():
    found = details(
        "S12", "SCH|P-1^K|F-1^K", "TQ1|1||||||20260401093000|20260401100000", PID
    )

    assert found["start"]["raw"] == "20260401093000"
    assert found["end"]["raw"] == "20260401100000"


def test_the_time_of_a_resource_is_the_last_resort():
    found = details("S12", "SCH|P-1^K|F-1^K", PID, "AIP|1|A|9^X|||20260401093000")

    assert found["start"]["raw"] == "20260401093000"


def test_an_appointment_happens_when_it_is_booked_not_when_it_takes_place():
    (found,) = read("S12", sch(), PID)[0].facts

    assert found.occurred.raw == "20260310081502+0100"


def test_patients_who_share_an_appointment_each_have_one():
    other = "PID|2||0048^^^KLINIK_TEST^PI||Mustermann^Max"
    result, warnings = read("S12", sch(), PID, other)

    assert [one.subject.identifiers[0].value for one in result.facts] == [
        "0047",
        "0048",
    ]
    assert len({one.record for one in result.facts}) == 2
    assert "appointment.several_patients" in warnings


def test_what_is_deleted_is_none():
    found = details("S14", sch(status='""'), PID, 'NTE|1||""')

    assert found["source_status"] is None
    assert found["note"] is None
