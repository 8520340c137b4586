"""Notices in words. Everybody and everything in here is made up."""

import msgspec
import pytest

from hub.sdk import Identifier
from hub.testing.samples import NOTICES, admitted, care_event, notice, transferred
from hub_hl7.outbound.outbound import MessageOptions, Telling
from hub_hl7.outbound.readable import lines_of


def said(event, **changes):
    return lines_of(Telling(notice(event, **changes), MessageOptions()))


@pytest.mark.parametrize("sample", NOTICES, ids=lambda each: each.event.id)
def test_begins_with_what_happened(sample):
    lines = lines_of(Telling(sample, MessageOptions()))

    name = sample.event.type.partition(".")[2].replace("_", " ")
    assert lines[0] == f"Visit: {name}"
    assert all(lines)


def test_says_where_from_and_where_to():
    lines = said(transferred())

    assert "Where: KLINIK_TEST ITS 3 B" in lines
    assert "Before: KLINIK_TEST INN1 12" in lines


def test_says_nothing_of_what_is_not_stated():
    bare = care_event("updated", payload={"location": None, "diagnoses": None})
    bare = msgspec.structs.replace(
        bare, times=msgspec.structs.replace(bare.times, occurred=None)
    )

    lines = said(bare, patient_id="")

    assert lines == [
        "Visit: updated",
        "Numbers: 0000471 (KLINIK_TEST)",
        "Where: KLINIK_TEST",
    ]


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2026", "2026"),
        ("20260316", "2026-03-16"),
        ("202603161405", "2026-03-16 14:05"),
        ("2026031614-0500", "2026-03-16 14 -0500"),
        ("20260316140500+0100", "2026-03-16 14:05 +0100"),
    ],
)
def test_writes_times_as_people_read_them(sent, read):
    assert f"Start: {read}" in said(admitted(payload={"period": {"start": sent}}))


def test_calls_other_families_by_their_name():
    event = msgspec.structs.replace(
        admitted(payload={"location": "Ward 1"}), type="stay.readmission_detected"
    )

    lines = said(event)

    assert lines[0] == "Stay: readmission detected"
    assert "Where: Ward 1" in lines


def test_an_amended_notice_says_so():
    correction = {"of": "evt-1", "kind": "amendment"}
    event = msgspec.convert(
        msgspec.to_builtins(admitted()) | {"correction": correction}, type(admitted())
    )

    assert said(event)[-1] == "Correction: an earlier notice is amended"


def test_a_diagnosis_and_a_number_may_be_bare():
    subject = msgspec.structs.replace(
        admitted().subject, identifiers=(Identifier("", "7"),)
    )
    event = admitted(payload={"diagnoses": [{"code": "I50"}]}, subject=subject)

    lines = said(event)

    assert "Numbers: 7" in lines
    assert "Diagnosis: I50" in lines
