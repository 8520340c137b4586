"""From ADT messages to facts. Every sample is synthetic."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.sdk import Code, EncounterKey, FactKind, FuzzyTime, Identifier, Location
from hub_hl7.facts.normalise import normalise
from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.facts.triggers import RULES

PROFILE = Hl7Profile(time_zone="Europe/Berlin")


def fact_of(body, profile=PROFILE):
    result = normalise(body, profile)
    assert result.problem is None
    (fact,) = result.facts
    return fact


def at(text):
    return msgspec.convert(text, FuzzyTime) if isinstance(text, dict) else text


# What a trigger states.


@pytest.mark.parametrize(
    ("trigger", "kind", "cancels"),
    [
        ("A01", FactKind.START, None),
        ("A02", FactKind.MOVE, None),
        ("A03", FactKind.END, None),
        ("A04", FactKind.START, None),
        ("A08", FactKind.UPDATE, None),
        ("A11", FactKind.CANCEL, FactKind.START),
        ("A12", FactKind.CANCEL, FactKind.MOVE),
        ("A13", FactKind.CANCEL, FactKind.END),
    ],
)
def test_each_trigger_states_one_fact(adt, trigger, kind, cancels):
    fact = fact_of(adt(trigger=trigger))

    assert (fact.kind, fact.cancels) == (kind, cancels)


def test_an_admission_says_where_when_and_in_which_class(adt):
    fact = fact_of(adt())

    assert fact.encounter_class == Code("inpatient", "I", "HL70004")
    assert fact.location == Location("INN2", "204", "1", "KLINIK_TEST")
    assert fact.recorded.local == "2026-03-10T08:14:55"
    assert fact.occurred.local == "2026-03-10T08:05:00"
    assert fact.occurred.zone == "Europe/Berlin"


def test_a_transfer_says_where_from(adt):
    fact = fact_of(adt(trigger="A02", pv1={6: "AUFN^1"}))

    assert fact.location.unit == "INN2"
    assert fact.prior_location == Location("AUFN", "1")


def test_a_discharge_brings_the_start_along(adt):
    fact = fact_of(adt(trigger="A03", evn={6: ""}, pv1={36: "01", 45: "202603141030"}))

    assert fact.occurred.local == "2026-03-14T10:30"
    assert at(fact.details["period_start"]).local == "2026-03-10T08:05:00"
    assert fact.details["discharge"] == {"disposition": "01"}


def test_an_update_proposes_class_and_period_and_moves_nobody(adt):
    fact = fact_of(adt(trigger="A08", pv1={45: "202603141030"}))

    assert fact.encounter_class is None
    assert fact.location is None
    assert fact.details["proposed_class"]["code"] == "inpatient"
    assert at(fact.details["proposed_start"]).local == "2026-03-10T08:05:00"
    assert at(fact.details["proposed_end"]).local == "2026-03-14T10:30"


@pytest.mark.parametrize("trigger", ["A11", "A12", "A13"])
def test_a_cancel_names_the_time_of_what_it_takes_back_or_none(adt, trigger):
    named = fact_of(adt(trigger=trigger, evn={6: "202603100805"}))
    unnamed = fact_of(adt(trigger=trigger, evn={6: ""}))

    assert named.occurred.local == "2026-03-10T08:05"
    assert unnamed.occurred is None


def test_a_cancelled_transfer_names_both_places(adt):
    fact = fact_of(adt(trigger="A12", pv1={6: "ITS^1"}))

    assert (fact.location.unit, fact.prior_location.unit) == ("INN2", "ITS")


@pytest.mark.parametrize("trigger", sorted(RULES))
def test_details_hold_only_what_the_store_gives_back_unchanged(adt, trigger):
    result = normalise(adt(trigger=trigger, pv1={45: "20260314"}), PROFILE)

    for fact in result.facts:
        encoded = msgspec.json.encode(fact.details)
        assert msgspec.json.decode(encoded) == fact.details


# Times.


def test_recorded_falls_back_to_when_it_was_sent(adt):
    fact = fact_of(adt(evn={2: ""}))

    assert fact.recorded.local == "2026-03-10T08:15:02"
    assert fact.recorded.zone_source == "field"


def test_recorded_falls_back_to_when_it_happened(adt):
    result = normalise(adt(evn={2: ""}, msh={7: ""}), PROFILE)

    assert result.facts[0].recorded.local == "2026-03-10T08:05:00"
    assert "time.recorded_missing" in result.warnings


def test_an_admission_without_event_time_began_with_the_visit(adt):
    assert (
        fact_of(adt(evn={6: ""}, pv1={44: "20260309"})).occurred.local == "2026-03-09"
    )


def test_an_unknown_time_of_an_event_is_when_it_was_recorded(adt):
    result = normalise(adt(trigger="A02", evn={6: ""}), PROFILE)

    assert result.facts[0].occurred.local == "2026-03-10T08:14:55"
    assert "time.occurred_missing" in result.warnings


def test_an_impossible_time_is_a_warning_and_not_a_loss(adt):
    result = normalise(adt(evn={2: "00000000", 6: "20261399"}), PROFILE)

    assert result.facts
    assert {"time.invalid.evn-2", "time.invalid.evn-6"} <= set(result.warnings)


def test_a_message_without_any_time_is_a_problem(adt):
    body = adt(evn={2: "", 6: ""}, msh={7: ""}, pv1={44: ""})

    assert normalise(body, PROFILE).problem.code == "HL7-103"


def test_a_padded_midnight_is_a_day_where_the_feed_says_so(adt):
    profile = Hl7Profile(midnight_means_day=True)

    assert fact_of(adt(evn={6: "20260310000000"}), profile).occurred.precision == "day"


# The patient.


def test_identifiers_keep_their_order_their_zeros_and_who_assigned_them(adt):
    body = adt(
        pid={3: "0047^^^KLINIK_TEST^PI~A1^^^&1.2.3&ISO^NI~0047^^^KLINIK_TEST^PI"}
    )

    assert fact_of(body).subject.identifiers == (
        Identifier("KLINIK_TEST", "0047", "PI"),
        Identifier("1.2.3", "A1", "NI"),
    )


@pytest.mark.parametrize(
    ("authority", "expected"), [("", "KLINIK_TEST"), ("AMT", "AMT")]
)
def test_a_number_without_authority_gets_that_of_the_feed(adt, authority, expected):
    profile = Hl7Profile(assigning_authority=authority)

    assert fact_of(adt(pid={3: "7"}), profile).subject.identifiers[0].system == expected


@pytest.mark.parametrize("sent", ["UNKNOWN", "unknown", "99999", "", '""', "^^^X", "~"])
def test_a_patient_without_usable_number_is_a_problem(adt, sent):
    problem = normalise(adt(pid={3: sent}), PROFILE).problem

    assert problem.code == "HL7-101"


def test_a_message_without_patient_is_a_problem(adt):
    assert normalise(adt(drop=["PID"]), PROFILE).problem.code == "HL7-101"


def test_numbers_of_old_versions_are_found(adt):
    found = fact_of(adt(pid={2: "0012", 3: "", 4: "0013"})).subject.identifiers

    assert [one.value for one in found] == ["0012", "0013"]


def test_a_placeholder_is_no_number_and_noted(adt):
    result = normalise(adt(pid={3: "UNKNOWN~0047"}), PROFILE)

    assert [one.value for one in result.facts[0].subject.identifiers] == ["0047"]
    assert "placeholder.ignored" in result.warnings


def test_demographics_are_read_into_their_canonical_names(adt):
    body = adt(
        pid={
            5: "von Muster&von&Muster^Änne^Maria^jr.^Dr.^^L~Muster^^^^^^M",
            7: "19490117",
            8: "F",
            11: "Hauptstr. 5^^Köln^^50667^DEU",
            13: "0221 47^PRN^PH~^NET^Internet^a@example.org",
            14: "^WPN^PH^^49^221^470",
            15: "de",
            16: "M",
            24: "Y",
            29: "20260311",
            30: "Y",
        }
    )

    assert fact_of(body).subject.demographics == {
        "names": [
            {"family": "von Muster", "own_prefix": "von", "own_family": "Muster",
             "given": "Änne", "middle": "Maria", "suffix": "jr.", "prefix": "Dr.",
             "use": "L"},
            {"family": "Muster", "use": "M"},
        ],
        "birth_date": "1949-01-17",
        "sex": "F",
        "addresses": [{"lines": ["Hauptstr. 5"], "city": "Köln",
                       "postal_code": "50667", "country": "DEU"}],
        "telecoms": [
            {"system": "phone", "value": "0221 47", "use": "home"},
            {"system": "email", "value": "a@example.org", "use": "home"},
            {"system": "phone", "value": "49 221 470", "use": "work"},
        ],
        "language": "de",
        "marital_status": "M",
        "multiple_birth": True,
        "deceased": {"flag": True, "at": "20260311"},
    }  # fmt: skip


def test_absent_and_deleted_demographics_are_different(adt):
    sent = dict.fromkeys((7, 8, 11, 13, 15, 16, 24, 30), '""')
    deleted = fact_of(adt(pid=sent)).subject.demographics
    absent = fact_of(adt(pid={7: "", 8: ""})).subject.demographics

    assert deleted == {
        "names": [{"family": "Musterfrau", "given": "Änne", "use": "L"}],
        "birth_date": None,
        "sex": None,
        "addresses": None,
        "telecoms": None,
        "language": None,
        "marital_status": None,
        "multiple_birth": None,
        "deceased": None,
    }
    assert set(absent) == {"names"}


def test_nobody_loses_their_name(adt):
    """Deleting a name is a fault of the sender, not an instruction (R-HL7-02)."""
    result = normalise(adt(pid={5: '""'}), PROFILE)

    assert "names" not in result.facts[0].subject.demographics
    assert "identity.delete_refused" in result.warnings


def test_a_component_can_be_deleted_alone(adt):
    names = fact_of(adt(pid={5: 'Muster^""'})).subject.demographics["names"]

    assert names == [{"family": "Muster", "given": None}]


def test_an_impossible_birth_date_is_left_out_with_a_warning(adt):
    result = normalise(adt(pid={7: "19491350"}), PROFILE)

    assert "birth_date" not in result.facts[0].subject.demographics
    assert "time.invalid.pid-7" in result.warnings


def test_a_placeholder_birth_date_is_no_statement(adt):
    assert "birth_date" not in fact_of(adt(pid={7: "19000101"})).subject.demographics


@pytest.mark.parametrize(
    ("at_time", "flag", "expected"),
    [
        ("", "N", {"flag": False}),
        ("20260311", "", {"flag": True, "at": "20260311"}),
        ('""', "N", {"flag": False, "at": None}),
    ],
)
def test_death_is_read_from_time_and_flag(adt, at_time, flag, expected):
    found = fact_of(adt(pid={29: at_time, 30: flag})).subject.demographics

    assert found["deceased"] == expected


def test_an_unreadable_death_indicator_is_no_statement(adt):
    assert "deceased" not in fact_of(adt(pid={30: "perhaps"})).subject.demographics


# The visit.


@pytest.mark.parametrize(
    ("pid", "pv1", "expected"),
    [
        ({}, {}, EncounterKey("KLINIK_TEST", "", "F2026001234", "visit")),
        ({}, {19: "0815"}, EncounterKey("KLINIK_TEST", "WEST", "0815", "visit")),
        ({}, {19: "", 50: "T1^^^KLINIK_TEST"},
         EncounterKey("KLINIK_TEST", "", "T1", "alternate")),
        ({18: "K7^^^KLINIK_TEST"}, {19: "", 44: "20260310080500"},
         EncounterKey("KLINIK_TEST", "", "K7|inpatient|20260310", "account")),
        ({3: "0047"}, {19: "", 44: "20260310080500"},
         EncounterKey("KLINIK_TEST", "WEST", "0047|202603100805|WEST", "person")),
        ({}, {19: "UNKNOWN", 50: "T1^^^X"}, EncounterKey("X", "", "T1", "alternate")),
    ],
)  # fmt: skip
def test_the_encounter_is_found_by_the_first_rule_that_applies(adt, pid, pv1, expected):
    assert fact_of(adt(evn={7: "WEST"}, pid=pid, pv1=pv1)).encounter == expected


def test_the_feed_s_authority_stands_for_one_that_was_not_sent(adt):
    profile = Hl7Profile(assigning_authority="AMT")
    found = fact_of(adt(pv1={19: "0815"}), profile).encounter

    assert found == EncounterKey("AMT", "", "0815", "visit")


def test_a_stay_keeps_its_key_from_admission_to_discharge(adt):
    for pid, pv1 in (({}, {}), ({18: "K7"}, {19: ""}), ({}, {19: ""})):
        begun = fact_of(adt(pid=pid, pv1=pv1))
        changes = {36: "01", 45: "20260314"}
        ended = fact_of(adt(trigger="A03", pid=pid, pv1=pv1 | changes, evn={6: ""}))

        assert begun.encounter == ended.encounter


def test_a_message_without_encounter_is_a_problem(adt):
    problem = normalise(adt(pv1={19: "", 44: ""}), PROFILE).problem

    assert (problem.code, problem.detail) == ("HL7-102", "no_encounter_key")


def test_a_message_without_pv1_is_a_problem(adt):
    assert normalise(adt(drop=["PV1"]), PROFILE).problem.code == "HL7-102"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("E", "emergency"), ("I", "inpatient"), ("O", "outpatient"), ("P", "preadmit"),
        ("R", "outpatient"), ("B", "inpatient"), ("C", "other"), ("N", "other"),
        ("U", "other"), ("V", "observation"), ("OBS", "observation"),
        ("S", "short-stay"), ("D", "day-case"), ("i", "inpatient"),
    ],
)  # fmt: skip
def test_classes_are_mapped(adt, sent, expected):
    assert fact_of(adt(pv1={2: sent})).encounter_class.code == expected


def test_an_unknown_class_keeps_what_was_sent(adt):
    result = normalise(adt(pv1={2: "QX"}), PROFILE)

    assert result.facts[0].encounter_class == Code("", "QX", "HL70004")
    assert "class.unmapped" in result.warnings


def test_a_feed_can_map_its_own_classes(adt):
    profile = Hl7Profile(class_map={"qx": "rehab"})

    assert fact_of(adt(pv1={2: "QX"}), profile).encounter_class.code == "rehab"
    assert fact_of(adt(), profile).encounter_class.code == "inpatient"


def test_an_admission_without_class_is_to_a_bed(adt):
    result = normalise(adt(pv1={2: ""}), PROFILE)

    assert result.facts[0].encounter_class == Code("inpatient")
    assert "class.implied" in result.warnings


def test_an_admission_whose_class_is_deleted_has_none(adt):
    result = normalise(adt(pv1={2: '""'}), PROFILE)

    assert result.facts[0].encounter_class is None
    assert not result.warnings


def test_a_message_from_nowhere_has_no_facility(adt):
    assert "facility" not in fact_of(adt(msh={4: ""})).details


def test_a_document_comes_back_with_its_content():
    body = (
        "MSH|^~\\&|KIS|KLINIK_TEST|||20260310||MDM^T02|1|P|2.5\r"
        "EVN||20260310\rPID|||0047^^^KLINIK_TEST^PI||Musterfrau\r"
        "TXA|1|DS|TX|||||||||D7|||||AU\rOBX|1|TX|1^Brief||Alles gut\r"
    )

    result = normalise(body.encode(), PROFILE)

    assert [fact.record.kind for fact in result.facts] == ["document"]
    assert result.documents


def test_details_are_read_into_their_canonical_names(adt):
    body = adt(
        pid={18: "K7^^^KLINIK_TEST"},
        pv1={4: "E", 7: "12^Lange^Ute^^^Dr.^^^LANR", 8: "^Kurz", 10: "INN", 14: "7",
             36: "01", 37: "HEIM", 39: "WEST"},
        extra=["PV2|||I50^Herzinsuffizienz|||||20260310|20260317",
               "DG1|1||I50.1^Linksherz^ICD-10-GM|||A", "DG1|2|||Sturz",
               "IN1|1|P1|KASSE^^|Kasse Test|" + "|" * 43 + "|A123456780"],
    )  # fmt: skip

    assert fact_of(body).details == {
        "service": "INN",
        "admission": {"type": "E", "source": "7", "reason": "I50"},
        "discharge": {"disposition": "01", "destination": "HEIM"},
        "expected": {"admit": "20260310", "discharge": "20260317"},
        "account": "K7",
        "chief_complaint": "Herzinsuffizienz",
        "diagnoses": [
            {"code": "I50.1", "text": "Linksherz", "system": "ICD-10-GM", "type": "A"},
            {"text": "Sturz"},
        ],
        "careteam": [
            {"role": "attending", "name": "Dr. Ute Lange",
             "identifiers": [{"system": "LANR", "value": "12", "type": ""}]},
            {"role": "referring", "name": "Kurz"},
        ],
        "facility": {"name": "WEST"},
        "coverage": [
            {"payer": "Kasse Test", "payer_id": "KASSE", "plan": "P1",
             "member_id": "A123456780"}
        ],
    }  # fmt: skip


def test_deleted_details_are_none_and_absent_ones_are_missing(adt):
    body = adt(pv1={7: '""', 10: '""', 36: '""'}, extra=['DG1|""', 'IN1|""'])

    details = fact_of(body).details

    for key in ("service", "careteam", "diagnoses", "coverage"):
        assert details[key] is None
    assert details["discharge"] == {"disposition": None}
    assert "expected" not in details


# Provenance.


def test_provenance_says_which_message_of_which_sender(adt):
    body = adt(msh={13: "17"}, extra=["ZBE|98^KIS", "ZBE|99", "ZPI|x"])

    found = normalise(body, PROFILE).provenance

    assert (found.system, found.facility) == ("KIS", "KLINIK_TEST")
    assert (found.message_id, found.trigger) == ("000471133", "ADT^A01")
    assert (found.sequence, found.sent.raw) == ("17", "20260310081502+0100")
    assert found.charset == "utf-8"
    assert found.extensions == {"ZBE": ["ZBE|98^KIS", "ZBE|99"], "ZPI": ["ZPI|x"]}


def test_a_message_in_latin_1_is_read_where_it_says_so(adt):
    result = normalise(adt(msh={18: "8859/1"}, encoding="cp1252"), PROFILE)

    assert result.facts[0].subject.demographics["names"][0]["given"] == "Änne"
    assert result.provenance.charset == "cp1252"
    assert not result.warnings


def test_a_message_that_declares_nothing_is_read_as_the_feed_says(adt):
    profile = Hl7Profile(charset_default="8859/1")

    found = fact_of(adt(encoding="cp1252"), profile).subject.demographics["names"]

    assert found[0]["given"] == "Änne"


# What is not for the core.


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"trigger": "A19"}, "trigger.A19"),
        ({"trigger": "A20"}, "trigger.A20"),
        ({"trigger": "A56"}, "trigger.A56"),
        ({"trigger": "A99"}, "trigger.A99"),
        ({"trigger": "Z99"}, "trigger.Z99"),
        ({"msh": {9: "ADT"}, "drop": ["EVN"]}, "trigger.missing"),
        ({"msh": {9: "ADT^Musterfrau"}}, "trigger.unreadable"),
        ({"msh": {9: "DFT^P03"}}, "type.DFT"),
        ({"msh": {9: ""}}, "type.missing"),
        ({"msh": {9: "Musterfrau"}}, "type.unreadable"),
        ({"msh": {9: "ACK^A01"}}, "acknowledgement"),
        ({"msh": {11: "T"}}, "processing_id.T"),
        ({"msh": {11: "D"}}, "processing_id.D"),
    ],
)
def test_what_is_not_for_the_core_is_unmapped_with_a_reason(adt, changes, reason):
    result = normalise(adt(**changes), PROFILE)

    assert result.unmapped == reason
    assert result.problem is None


def test_a_batch_comes_back_as_its_messages(adt):
    header = rb"BHS|^~\&|KIS|KLINIK_TEST|||||||0815" + b"\r"

    result = normalise(header + adt() + adt(trigger="A03"), PROFILE)

    assert [part.message_type for part in result.parts] == ["ADT^A01", "ADT^A03"]
    assert result.provenance.trigger == "BHS"
    assert result.provenance.message_id == "0815"
    assert not result.facts
    assert len(normalise(adt() + adt(), PROFILE).parts) == 2


def test_an_answer_that_is_news_is_read():
    body = (
        "MSH|^~\\&|KIS|KLINIK_TEST|||20260310||RRI^I12|1|P|2.5\rMSA|AA|7\r"
        "RF1|A|R|||||20260310|||||R7\rPRD|RP|Lange\rPID|||0047||Musterfrau\r"
    )

    result = normalise(body.encode(), PROFILE)

    assert result.unmapped != "acknowledgement"


def test_an_empty_batch_is_unmapped():
    body = rb"BHS|^~\&|KIS|KLINIK_TEST|||||||0815" + b"\rBTS|0\r"

    assert normalise(body, PROFILE).unmapped == "batch.empty"


def test_a_batch_of_another_size_than_it_says_is_a_problem(adt):
    body = rb"BHS|^~\&|KIS|KLINIK_TEST|||||||0815" + b"\r" + adt() + b"BTS|2\r"

    assert normalise(body, PROFILE).problem.code == "HL7-010"


def test_test_messages_become_facts_where_the_feed_says_so(adt):
    profile = Hl7Profile(test_messages="apply")

    assert normalise(adt(msh={11: "T"}), profile).facts


def test_the_trigger_of_an_old_message_is_in_evn(adt):
    result = normalise(adt(msh={9: "ADT", 12: "2.2"}, evn={1: "A03"}), PROFILE)

    assert result.facts[0].kind is FactKind.END
    assert result.provenance.trigger == "ADT^A03"


def test_msh_wins_where_evn_names_another_trigger(adt):
    result = normalise(adt(trigger="A01", evn={1: "A04"}), PROFILE)

    assert result.facts[0].kind is FactKind.START
    assert "trigger.mismatch" in result.warnings


def test_a_message_without_name_is_processed_with_a_warning(adt):
    result = normalise(adt(msh={10: ""}), PROFILE)

    assert result.facts
    assert "control_id.missing" in result.warnings


def test_two_patients_in_one_message_are_noted(adt):
    assert "pid.repeated" in normalise(adt(extra=["PID|||9"]), PROFILE).warnings


# What a person must look at.


@pytest.mark.parametrize("body", [b"", b"\x89PNG", b"MSH", b"<ADT_A01/>", b"|" * 4096])
def test_what_is_not_hl7_is_a_problem(body):
    assert normalise(body, PROFILE).problem.code == "HL7-001"


def test_unusable_delimiters_are_a_problem():
    assert normalise(b"MSH||||ADT", PROFILE).problem.code == "HL7-002"


def test_undecodable_bytes_are_a_problem(adt):
    result = normalise(adt(encoding="cp1252"), PROFILE)

    assert result.problem.code == "HL7-003"
    assert result.provenance.message_id == "000471133"


def test_a_wide_character_set_is_a_problem(adt):
    body = adt(msh={18: "UNICODE UTF-16"})

    assert normalise(body, PROFILE).problem.code == "HL7-004"


@pytest.mark.parametrize(
    "changes", [{"msh": {14: "next"}}, {"extra": ["DSC|1"]}, {"extra": ["ADD|x"]}]
)
def test_a_continued_message_is_a_problem(adt, changes):
    assert normalise(adt(**changes), PROFILE).problem.code == "HL7-005"


@pytest.mark.parametrize(
    "changes",
    [
        {"extra": ["NTE|1"] * 10_001},
        {"pid": {3: "1~" * 3000}},
        {"trigger": "A17", "extra": ["PID|||7"] * 500},
        {"trigger": "A40", "extra": ["MRG|7"] * 501},
    ],
)
def test_more_parts_than_any_message_has_are_a_problem(adt, changes):
    assert normalise(adt(**changes), PROFILE).problem.code == "HL7-006"


# Laws.

soup = st.lists(
    st.sampled_from(["|", "^", "~", "&", "\\", '""', "\r", "PID", "PV1", "2026", "A01",
                     "\rMRG|7|", "\rZBE|1|", "\rROL|1|AD|AT|", "\rARV|1|A|HIV",
                     "\rDG1|1||I50", "\rNK1|1|X^Y", "\rOBX|1|NM|1||2", "\rIAM|1|",
                     "\\X0D\\", "7", "UNKNOWN", "|" * 18, "20260310", "+0100"]),
    max_size=60,
).map("".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(soup, st.sampled_from(sorted(RULES)))
def test_every_message_has_exactly_one_outcome(text, trigger):
    body = (
        f"MSH|^~\\&|K|F|||2026||ADT^{trigger}|1|P|2.5\rPID|||7|{text}\rPV1|1|I|{text}"
    )

    result = normalise(body.encode(), PROFILE)

    outcomes = [bool(result.facts), bool(result.parts), result.unmapped is not None]
    assert sum([*outcomes, bool(result.problem)]) == 1
    msgspec.json.encode(result)


# The profile.


@pytest.mark.parametrize(
    "settings",
    [
        {"charset_default": "KLINGON"},
        {"time_zone": "Europe/Atlantis"},
        {"class_map": {"I": "bedridden"}},
        {"charset_policy": "guess"},
        {"unknown": 1},
        {"facility_zones": {"WEST": "Europe/Atlantis"}},
        {"class_rules": [{"encounter_class": "inpatient"}]},
        {"class_rules": [{"encounter_class": "bed", "patient_class": ["I"]}]},
        {"a08": {"location": "guess"}},
        {"repeating_mode": {"PID": "merge"}},
        {"companions": [{"field": "PV1", "values": ["B"]}]},
        {"companions": [{"field": "PV1-18", "values": []}]},
    ],
)
def test_a_profile_refuses_what_it_does_not_know(settings):
    with pytest.raises(ValueError, match="validation error"):
        Hl7Profile(**settings)


def test_a_line_that_is_no_segment_sets_the_message_aside(adt):
    body = adt().rstrip(b"\r") + b"\rPIDX|no segment\r"

    problem = normalise(body, Hl7Profile()).problem

    assert (problem.code, problem.detail) == ("HL7-007", "1 lines")


@pytest.mark.parametrize(
    ("trigger", "extra"),
    [
        ("A40", "MRG|0046^^^KLINIK_TEST^PI"),
        ("A24", "PID|||0048^^^KLINIK_TEST^PI"),
        ("A06", "MRG|0047^^^KLINIK_TEST^PI||||F1^^^KLINIK_TEST^VN"),
    ],
)
def test_what_is_said_of_numbers_is_a_fact_of_its_own(adt, trigger, extra):
    result = normalise(adt(trigger=trigger, extra=[extra]), PROFILE)

    assert FactKind.IDENTITY in {fact.kind for fact in result.facts}
    assert "identity.not_applied" not in result.warnings
