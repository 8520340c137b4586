"""Where each value of a row comes from. Every person in here is made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import Identifier
from hub.testing.samples import (
    NASTY,
    admitted,
    discharged,
    minimal,
    notice,
    retraction,
)
from hub_payer.columns import COLUMNS

HEADER = """
EventID EventType EventTime CorrectionOf SubscriberPatientID
FacilityAbbrev FacilityName VisitNumber PatientID LastName FirstName
MiddleName StreetAddress City State ZipCode PrimaryPhoneNumber SSN
PatientDateofBirth Gender MaritalStatus PatClass AdmitDateTime
DischargeDateTime AttendingPhysicianName ReferringPhysicianName
AdmittingPhysicianName ChiefComplaint DiagnosisCode DiagnosisText
DiagnosisCodingSystem EmergencySeverityLevel SendingToSystem
"""
MEMBERS = """
identifiers class period start end person names family given birth_date local
addresses lines telecoms system value use careteam role name diagnoses code
text facility id admission reason chief_complaint
"""
IDENTIFIERS = (
    Identifier("SSA", "000-00-0000", "SS"),
    Identifier("K", "PI-9", "PI"),
    Identifier("K", "0000471", "MR"),
)


def row(told):
    return {name: column(told) for name, column in COLUMNS.items()}


def subject(*identifiers):
    return {"subject": type(admitted().subject)("p_test_1", identifiers)}


def test_a_full_stay_fills_the_row(told):
    filled = row(told(event=subject(*IDENTIFIERS)))

    assert filled == {
        "EventID": "evt-discharged-3",
        "EventType": "encounter.discharged",
        "EventTime": "20260316160000",
        "CorrectionOf": "",
        "SubscriberPatientID": "M-00042",
        "FacilityAbbrev": "KN",
        "FacilityName": "Klinik Nord",
        "VisitNumber": "V-1",
        "PatientID": "0000471",
        "LastName": "Müller",
        "FirstName": "Jürgen",
        "MiddleName": "Uwe",
        "StreetAddress": "Am Wehr 7, Hinterhaus",
        "City": "Musterstadt",
        "State": "BE",
        "ZipCode": "01234",
        "PrimaryPhoneNumber": "030 5550100",
        "SSN": "000-00-0000",
        "PatientDateofBirth": "19700131",
        "Gender": "M",
        "MaritalStatus": "S",
        "PatClass": "IMP",
        "AdmitDateTime": "20260314103000",
        "DischargeDateTime": "202603161500",
        "AttendingPhysicianName": "Dr. Eva Elster",
        "ReferringPhysicianName": "",
        "AdmittingPhysicianName": "Dr. Ada Amsel",
        "ChiefComplaint": "Sturz",
        "DiagnosisCode": "I50.1",
        "DiagnosisText": "Herz",
        "DiagnosisCodingSystem": "ICD-10-GM",
        "EmergencySeverityLevel": "3",
        "SendingToSystem": "payer-test",
    }


def test_the_columns_are_those_of_the_field_in_their_order():
    """Source: domain 3.8, after the five that say what the notice is."""
    assert list(COLUMNS) == HEADER.split()


def test_a_bare_event_still_says_what_it_is():
    filled = row(notice(minimal(), patient_id=""))

    assert {name for name, value in filled.items() if value} == {
        "EventID",
        "EventType",
        "EventTime",
        "SendingToSystem",
    }


def test_without_a_time_of_its_own_an_event_has_the_time_it_was_told_in_utc():
    assert row(notice(minimal()))["EventTime"] == "20260316120000+0000"


def test_a_retraction_names_what_it_takes_back():
    filled = row(notice(retraction(discharged())))

    assert filled["EventType"] == "encounter.discharge_cancelled"
    assert filled["CorrectionOf"] == discharged().id


@pytest.mark.parametrize(
    ("identifiers", "number"),
    [
        ((), ""),
        (IDENTIFIERS[:1], ""),
        (IDENTIFIERS[:2], "PI-9"),
        ((Identifier("K", "X-1", "XX"), Identifier("K", "X-2", "YY")), "X-1"),
    ],
)
def test_a_social_security_number_is_never_the_patient_id(told, identifiers, number):
    assert row(told(event=subject(*identifiers)))["PatientID"] == number


def test_the_social_security_number_is_empty_unless_given(told):
    assert row(told(event=subject(*IDENTIFIERS[1:])))["SSN"] == ""


def test_deleted_values_are_empty(told):
    filled = row(
        told(period=None, person={"names": None, "birth_date": None}, careteam=[None])
    )

    assert filled["AdmitDateTime"] == filled["LastName"] == ""
    assert filled["PatientDateofBirth"] == filled["AttendingPhysicianName"] == ""


def test_the_feed_names_the_facility_where_the_payload_does_not(told):
    assert row(told(facility=None))["FacilityAbbrev"] == "KLINIK_TEST"


def test_the_chief_complaint_goes_before_the_reason_of_admission(told):
    assert row(told(chief_complaint="Atemnot"))["ChiefComplaint"] == "Atemnot"


def test_an_unmapped_code_is_given_as_the_sender_wrote_it(told):
    unmapped = {"code": "", "original": "KZP"}

    assert row(told(**{"class": unmapped}))["PatClass"] == "KZP"


@pytest.mark.parametrize("system", ["fax", "email", "FX"])
def test_only_telephones_are_telephone_numbers(told, system):
    person = {"telecoms": [{"system": system, "value": "030 5550111"}]}

    assert row(told(person=person))["PrimaryPhoneNumber"] == ""


def test_awkward_texts_do_not_break_a_row():
    assert all(isinstance(value, str) for value in row(NASTY).values())


NAMES = st.sampled_from(MEMBERS.split())
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5)
    ),
)


@given(st.dictionaries(NAMES, JUNK))
def test_no_payload_is_too_strange(payload):
    filled = row(notice(admitted(payload=payload)))

    assert all(isinstance(value, str) for value in filled.values())
