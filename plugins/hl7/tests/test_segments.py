"""From segments to canonical fields. Every sample is synthetic."""

import pytest

from hub.sdk import Code, FactKind
from hub_hl7.facts.normalise import normalise
from hub_hl7.facts.profile import Hl7Profile

PROFILE = Hl7Profile(time_zone="Europe/Berlin")


def fact_of(body, profile=PROFILE):
    result = normalise(body, profile)
    assert result.problem is None, result.problem
    return result.facts[-1]


def fields(name, **values):
    """Return a segment; keys are field numbers after an ``f``."""
    numbers = {int(key[1:]): value for key, value in values.items()}
    return "|".join([name, *(numbers.get(n, "") for n in range(1, max(numbers) + 1))])


# The person.


def test_birth_identity_and_updates_are_read(adt):
    body = adt(
        pid={21: "0012^^^KLINIK_TEST^PI", 24: "Y", 25: "2", 31: "Y", 32: "US~AL",
             33: "20260310", 34: "WEST"}
    )  # fmt: skip

    found = fact_of(body).subject.demographics

    assert found["mother"] == [{"system": "KLINIK_TEST", "value": "0012", "type": "PI"}]
    assert (found["multiple_birth"], found["birth_order"]) == (True, "2")
    assert found["identity_quality"] == {"unknown": True, "reliability": ["US", "AL"]}
    assert found["last_updated"] == {"at": "20260310", "facility": "WEST"}


@pytest.mark.parametrize("sent", [{7: "19000101"}, {5: "UNKNOWN^Doe"}])
def test_a_placeholder_makes_an_identity_unreliable(adt, sent):
    found = fact_of(adt(pid=sent)).subject.demographics

    assert found["identity_quality"] == {"placeholder": True}


def test_an_unknown_sex_is_kept_and_noted(adt):
    result = normalise(adt(pid={8: "XY"}), PROFILE)

    assert result.facts[0].subject.demographics["sex"] == "XY"
    assert "sex.unmapped" in result.warnings
    assert not normalise(adt(pid={8: "D"}), PROFILE).warnings


def test_relatives_are_contacts(adt):
    nk1 = "NK1|1|Muster^Ole|SPO|Hauptstr. 5^^Köln|0221 1|0221 2|EC|20260101|20270101"

    found = fact_of(adt(extra=[nk1, "NK1|2", fields("NK1", f13="Heim GmbH")]))

    assert found.subject.demographics["contacts"] == [
        {
            "name": {"family": "Muster", "given": "Ole"},
            "relationship": "SPO",
            "role": "EC",
            "addresses": [{"lines": ["Hauptstr. 5"], "city": "Köln"}],
            "telecoms": [
                {"system": "phone", "value": "0221 1", "use": "home"},
                {"system": "phone", "value": "0221 2", "use": "work"},
            ],
            "from": "20260101",
            "to": "20270101",
        },
        {"organisation": "Heim GmbH"},
    ]


# The visit.


def test_everything_said_of_a_visit_is_read(adt):
    body = adt(
        evn={3: "20260309", 4: "ENC_CREATE"},
        pv1={11: "RADIO", 13: "R", 16: "VIP", 18: "P3", 42: "REHA", 43: "OP",
             50: "T1^^^KLINIK_TEST", 53: "Herzwoche", 54: "E9^^^KLINIK_TEST"},
        extra=[fields("PV2", f8="20260310", f27="HEIM", f36="Y", f38="A", f40="IMC",
                      f47="20260312")],
    )  # fmt: skip

    details = fact_of(body).details

    assert details["admission"] == {
        "readmission_flag": "R", "arrival_mode": "A", "level_of_care": "IMC",
    }  # fmt: skip
    assert details["expected"] == {
        "admit": "20260310", "disposition": "HEIM", "return": "20260312",
    }  # fmt: skip
    assert (details["patient_type"], details["vip"]) == ("P3", "VIP")
    assert (details["event_reason"], details["planned"]) == ("ENC_CREATE", "20260309")
    assert details["newborn"] is True
    assert details["episode"] == {"id": "E9", "text": "Herzwoche"}
    assert details["alternate_visit"]["value"] == "T1"
    assert details["temporary_location"] == {"unit": "RADIO"}
    assert details["pending_location"] == {"unit": "REHA"}
    assert details["prior_temporary_location"] == {"unit": "OP"}


def test_a_place_is_its_name_without_the_scheme_that_numbers_it(adt):
    """An ``&`` that nobody escaped is part of the name."""
    sent = "INN2&1.2.3&ISO^Z & B^1^KLINIK_TEST&1.2&ISO"

    found = fact_of(adt(pv1={3: sent})).location

    assert (found.unit, found.room) == ("INN2", "Z & B")
    assert (found.bed, found.facility) == ("1", "KLINIK_TEST")


def test_a_blank_is_no_facility(adt):
    details = fact_of(adt(evn={7: " "}, pv1={39: ""})).details

    assert details["facility"]["name"] == "KLINIK_TEST"


def test_who_operated_the_sender_is_not_passed_on(adt):
    assert "muelj" not in str(fact_of(adt(evn={5: "muelj^Müller^Jana"})))


def test_clinicians_come_from_every_segment_that_names_them(adt):
    body = adt(
        pv1={7: "12^Lange^Ute"},
        extra=[
            "PD1|||Praxis am Ring^^P7|44^Kurz^Ida",
            "ROL|1|AD|AT|12^Lange^Ute",
            "ROL|2|AD|FHCP^Hausarzt|45^Klein^Eva|20260101|20270101",
            "ROL|3|DE|CP|46^Weg^Max",
            "PRT|4|AD||RT|47^Neu^Kai|||Reha Süd^^^^^^^^^R9",
            "PRT|5|AD||SCHMID|48^Rat^Ben",
        ],
    )

    result = normalise(body, PROFILE)
    members = [
        (one["role"], one.get("name"), one.get("organisation"))
        for one in result.facts[0].details["careteam"]
    ]

    assert members == [
        ("attending", "Ute Lange", None),
        ("primary_care", None, {"name": "Praxis am Ring", "id": "P7"}),
        ("primary_care", "Ida Kurz", None),
        ("primary_care", "Eva Klein", None),
        ("referred_to", "Kai Neu", {"name": "Reha Süd", "id": "R9"}),
        ("other", "Ben Rat", None),
    ]
    assert result.facts[0].details["careteam"][3]["from"] == "20260101"
    assert "role.unmapped" in result.warnings


def test_the_family_doctor_of_a_person_is_known_without_a_visit(adt):
    fact = fact_of(adt(trigger="A31", extra=["PD1||||44^Kurz"]))

    assert fact.kind is FactKind.PERSON
    assert fact.details["careteam"][0]["role"] == "primary_care"


def test_diagnoses_and_procedures_say_what_is_sent(adt):
    body = adt(
        extra=[
            fields("DG1", f3="I50.1^Herz^ICD", f5="20260310", f6="F", f15="1", f18="Y",
                   f20="D7", f26="Y"),
            fields("PR1", f3="5-377^Schrittmacher^OPS", f5="20260311", f19="P7"),
            fields("PR1", f4="Verband"),
            "PR1|3",
        ]
    )  # fmt: skip

    details = fact_of(body).details

    assert details["diagnoses"] == [
        {"code": "I50.1", "text": "Herz", "system": "ICD", "type": "F",
         "at": "20260310", "priority": "1", "confidential": True, "id": "D7",
         "present_on_admission": "Y"},
    ]  # fmt: skip
    assert details["procedures"] == [
        {"code": "5-377", "text": "Schrittmacher", "system": "OPS", "at": "20260311",
         "id": "P7"},
        {"text": "Verband"},
    ]  # fmt: skip


def test_insurances_say_who_pays_for_what(adt):
    in1 = fields("IN1", f2="P1", f3="KASSE", f4="Kasse Test", f12="20260101",
                 f13="20261231", f15="1", f36="POL7", f49="M7")  # fmt: skip

    assert fact_of(adt(extra=[in1])).details["coverage"] == [
        {"payer": "Kasse Test", "payer_id": "KASSE", "plan": "P1", "plan_type": "1",
         "policy": "POL7", "member_id": "M7", "from": "20260101", "to": "20261231"},
    ]  # fmt: skip


def test_allergies_come_from_either_segment(adt):
    found = fact_of(adt(extra=["AL1|1|DA|P^Penicillin|SV|rash|20200101"])).details

    assert found["allergies"] == [
        {"code": "P", "text": "Penicillin", "type": "DA", "severity": "SV",
         "reaction": "rash", "at": "20200101"},
    ]  # fmt: skip


def test_changed_allergies_are_additions_and_removals(adt):
    iam = [
        "IAM|1|DA|P^Penicillin|SV||A|ID1",
        "IAM|2|FA|N^Nuss|||D|ID2",
        "IAM|3|FA|E^Ei|||X|ID3",
    ]

    fact = fact_of(adt(trigger="A60", extra=iam))

    assert fact.kind is FactKind.PERSON
    assert fact.details["allergies"] == {
        "add": [{"key": "ID1", "code": "P", "text": "Penicillin", "type": "DA",
                 "severity": "SV", "id": "ID1"}],
        "remove": [{"key": "ID2", "code": "N", "text": "Nuss", "type": "FA",
                    "id": "ID2"}],
    }  # fmt: skip


def test_action_segments_without_any_action_are_a_snapshot(adt):
    found = fact_of(adt(extra=["IAM|1|DA|P^Penicillin"])).details["allergies"]

    assert found == [{"code": "P", "text": "Penicillin", "type": "DA"}]


def test_a_feed_can_add_to_what_it_sent_before(adt):
    profile = Hl7Profile(repeating_mode={"DG1": "merge", "NK1": "merge"})
    body = adt(extra=["DG1|1||I50", "DG1|2|||Sturz", "NK1|1|Muster^Ole|SPO"])

    fact = fact_of(body, profile)

    assert fact.details["diagnoses"] == {
        "add": [{"key": "I50", "code": "I50"}, {"key": "Sturz", "text": "Sturz"}],
        "remove": [],
    }
    assert fact.subject.demographics["contacts"]["add"][0]["key"] == "Muster Ole"


@pytest.mark.parametrize("mode", ["snapshot", "merge", "action_code"])
def test_deleting_everything_means_the_same_in_every_mode(adt, mode):
    profile = Hl7Profile(repeating_mode={"DG1": mode})

    assert fact_of(adt(extra=['DG1|""']), profile).details["diagnoses"] is None
    assert "diagnoses" not in fact_of(adt(), profile).details


OBX = [
    "OBX|1|NM|8302-2^Körpergröße^LN||172|cm|||||F|||20260310",
    "OBX|2|CE|11449-6^Schwanger^LN||N^nein^L",
    "OBX|3|ST|8661-1^Beschwerde^LN||Brustschmerz",
    "OBX|4|ED|PDF^Brief||^application^pdf^Base64^QUJD",
    "OBX|5|NM|1^leer||",
]


def test_only_numbers_dates_and_codes_are_kept_of_observations(adt):
    assert fact_of(adt(extra=OBX)).details["observations"] == [
        {"code": "8302-2", "text": "Körpergröße", "system": "LN", "value": "172",
         "units": "cm", "status": "F", "at": "20260310"},
        {"code": "11449-6", "text": "Schwanger", "system": "LN",
         "value": {"code": "N", "text": "nein", "system": "L"}},
    ]  # fmt: skip


def test_a_feed_can_choose_its_observations(adt):
    profile = Hl7Profile(observation_codes=["8661-1", "PDF"])

    found = fact_of(adt(extra=OBX), profile).details["observations"]

    assert [one["value"] for one in found] == ["Brustschmerz"]


# Class and zone, by the profile.

RULES = [
    {"encounter_class": "observation", "patient_class": ["i"], "patient_type": ["OBS"]},
    {"encounter_class": "rehab", "unit": ["REHA"]},
    {"encounter_class": "day-case", "service": ["TK"], "admission_type": ["C"]},
]


@pytest.mark.parametrize(
    ("pv1", "expected"),
    [
        ({18: "obs"}, "observation"),
        ({2: "O", 18: "OBS"}, "outpatient"),
        ({3: "REHA^1"}, "rehab"),
        ({2: "", 3: "REHA^1"}, "rehab"),
        ({10: "TK", 4: "C"}, "day-case"),
        ({10: "TK"}, "inpatient"),
    ],
)
def test_several_fields_can_decide_about_the_class(adt, pv1, expected):
    profile = Hl7Profile(class_rules=RULES)

    found = fact_of(adt(pv1=pv1), profile).encounter_class

    assert found == Code(expected, pv1.get(2, "I"), "HL70004")


@pytest.mark.parametrize(
    ("changes", "zone"),
    [
        ({"evn": {7: "WEST"}}, "America/Los_Angeles"),
        ({"pv1": {3: "U^1^1^west"}}, "America/Los_Angeles"),
        ({"evn": {7: "WEST"}, "pv1": {39: "OST"}}, "America/Los_Angeles"),
        ({"pv1": {39: "OST"}}, "America/New_York"),
        ({}, "Europe/Berlin"),
    ],
)
def test_times_are_those_of_where_it_happened(adt, changes, zone):
    profile = Hl7Profile(
        time_zone="Europe/Berlin",
        facility_zones={"West": "America/Los_Angeles", "OST": "America/New_York"},
    )

    fact = fact_of(adt(**changes), profile)

    assert fact.occurred.zone == zone
    assert fact.occurred.zone_source == ("feed" if zone[0] == "E" else "facility")


def test_the_time_of_an_event_was_in_evn_2_before_version_2_3(adt):
    body = adt(trigger="A02", msh={12: "2.2"}, evn={6: ""})

    result = normalise(body, PROFILE)

    assert result.facts[0].occurred.raw == "20260310081455"
    assert "time.occurred_missing" not in result.warnings
