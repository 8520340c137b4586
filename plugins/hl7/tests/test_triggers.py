"""What each trigger event of ADT states. Every sample is synthetic."""

import pytest

from hub.sdk import Code, FactKind, Identifier, IdentityChange, Location
from hub_hl7.facts.normalise import normalise
from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.facts.triggers import RULES, UNSUPPORTED

PROFILE = Hl7Profile(time_zone="Europe/Berlin")
K = FactKind
MOVED = "PV1|1|I|INN2^204^2^KLINIK_TEST|||INN2^204^1^KLINIK_TEST"
SECOND = (
    "PID|||0099^^^KLINIK_TEST^PI||Beispiel^Ole^^^^^L",
    f"{MOVED}|||||||||||||F2026005678^^^KLINIK_TEST^VN",
)
MRG = (
    "MRG|0048^^^KLINIK_TEST^PI||K6^^^KLINIK_TEST||F1^^^KLINIK_TEST^VN|F1A^^^KLINIK_TEST"
)
NEW, OLD = (
    Identifier("KLINIK_TEST", "0047", "PI"),
    Identifier("KLINIK_TEST", "0048", "PI"),
)


def facts_of(body, profile=PROFILE):
    result = normalise(body, profile)
    assert result.problem is None, result.problem
    return result.facts


def fact_of(body, profile=PROFILE):
    (fact,) = facts_of(body, profile)
    return fact


@pytest.mark.parametrize(
    ("trigger", "kind", "cancels", "pending"),
    [
        ("A01", K.START, None, None),
        ("A02", K.MOVE, None, None),
        ("A03", K.END, None, None),
        ("A04", K.START, None, None),
        ("A05", K.PLAN, None, None),
        ("A06", K.CLASS, None, None),
        ("A07", K.CLASS, None, None),
        ("A08", K.UPDATE, None, None),
        ("A09", K.TRACK, None, None),
        ("A10", K.TRACK, None, None),
        ("A11", K.CANCEL, K.START, None),
        ("A12", K.CANCEL, K.MOVE, None),
        ("A13", K.CANCEL, K.END, None),
        ("A14", K.PENDING, None, K.START),
        ("A15", K.PENDING, None, K.MOVE),
        ("A16", K.PENDING, None, K.END),
        ("A21", K.LEAVE, None, None),
        ("A22", K.RETURN, None, None),
        ("A23", K.PURGE, None, None),
        ("A25", K.CANCEL, K.PENDING, K.END),
        ("A26", K.CANCEL, K.PENDING, K.MOVE),
        ("A27", K.CANCEL, K.PENDING, K.START),
        ("A32", K.CANCEL, K.TRACK, None),
        ("A33", K.CANCEL, K.TRACK, None),
        ("A38", K.CANCEL, K.PLAN, None),
        ("A52", K.CANCEL, K.LEAVE, None),
        ("A53", K.CANCEL, K.RETURN, None),
        ("A54", K.CARETEAM, None, None),
        ("A55", K.CARETEAM, None, None),
        ("A61", K.CARETEAM, None, None),
        ("A62", K.CARETEAM, None, None),
    ],
)
def test_each_event_of_a_visit_states_one_fact(adt, trigger, kind, cancels, pending):
    fact = fact_of(adt(trigger=trigger))

    assert (fact.kind, fact.cancels, fact.pending) == (kind, cancels, pending)
    assert fact.encounter.value == "F2026001234"


@pytest.mark.parametrize("trigger", ["A28", "A31", "A60"])
def test_an_event_of_a_person_is_never_about_an_encounter(adt, trigger):
    fact = fact_of(adt(trigger=trigger, pv1={2: "N", 3: "", 19: "", 44: ""}))

    assert (fact.kind, fact.encounter) == (K.PERSON, None)
    assert fact.subject.demographics["names"][0]["family"] == "Musterfrau"
    assert "admission" not in fact.details


def test_every_event_of_the_table_is_known_or_refused():
    numbers = {f"A{number:02}" for number in range(1, 63)}

    assert numbers == set(RULES) | UNSUPPORTED


@pytest.mark.parametrize("trigger", sorted(UNSUPPORTED))
def test_an_unsupported_event_is_unmapped(adt, trigger):
    assert normalise(adt(trigger=trigger), PROFILE).unmapped == f"trigger.{trigger}"


# What is planned and pending.


def test_a_plan_occurs_when_it_is_expected(adt):
    body = adt(trigger="A05", evn={3: "20260401"}, extra=["PV2||||||||202603201000"])

    assert fact_of(body).occurred.local == "2026-03-20T10:00"
    assert fact_of(adt(trigger="A05", evn={3: "20260401"})).occurred.raw == "20260401"
    assert fact_of(adt(trigger="A05")).occurred is None


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        ("A14", "20260320"),
        ("A15", "20260401"),
        ("A16", "20260327"),
    ],
)
def test_what_is_pending_occurs_when_it_is_expected(adt, trigger, expected):
    pv2 = "PV2||||||||20260320|20260327"

    fact = fact_of(adt(trigger=trigger, evn={3: "20260401"}, extra=[pv2]))

    assert fact.occurred.raw == expected


@pytest.mark.parametrize("trigger", ["A25", "A26", "A27", "A38"])
def test_a_cancel_of_what_is_to_come_is_about_however_often_it_was_put_off(
    adt, trigger
):
    pv2 = "PV2||||||||20260320|20260327"

    assert fact_of(adt(trigger=trigger, extra=[pv2])).occurred is None


def test_a_pending_transfer_leads_to_the_pending_location(adt):
    fact = fact_of(adt(trigger="A15", pv1={42: "REHA^7"}))

    assert fact.location == Location("REHA", "7")


def test_a_pending_discharge_says_where_to(adt):
    pv2 = "PV2|||||||||20260327" + "|" * 18 + "REHA" + "|" * 20 + "20260328"

    fact = fact_of(adt(trigger="A16", extra=[pv2]))

    assert fact.details["expected"] == {
        "discharge": "20260327", "disposition": "REHA", "return": "20260328",
    }  # fmt: skip


# Leaves, tracks, classes.


@pytest.mark.parametrize("trigger", ["A21", "A22"])
def test_a_leave_begins_and_ends_when_it_happened(adt, trigger):
    fact = fact_of(adt(trigger=trigger, evn={6: "202603121000"}))

    assert fact.occurred.local == "2026-03-12T10:00"


@pytest.mark.parametrize(
    ("trigger", "way"),
    [
        ("A09", "departing"),
        ("A10", "arriving"),
        ("A33", "departing"),
        ("A32", "arriving"),
    ],
)
def test_a_patient_on_the_way_is_at_a_temporary_place(adt, trigger, way):
    fact = fact_of(adt(trigger=trigger, pv1={11: "RADIO", 43: "OP"}))

    assert (fact.location.unit, fact.prior_location.unit) == ("RADIO", "OP")
    assert fact.details["tracking"] == way
    assert fact.details["temporary_location"] == {"unit": "RADIO"}


@pytest.mark.parametrize(
    ("trigger", "sent", "expected"),
    [
        ("A06", "I", "inpatient"),
        ("A06", "S", "short-stay"),
        ("A06", "V", "observation"),
        ("A06", "O", "inpatient"),
        ("A06", "", "inpatient"),
        ("A06", "QX", "inpatient"),
        ("A07", "O", "outpatient"),
        ("A07", "V", "observation"),
        ("A07", "E", "emergency"),
        ("A07", "I", "outpatient"),
    ],
)
def test_a_change_of_class_states_the_class_it_brings_about(
    adt, trigger, sent, expected
):
    fact = fact_of(adt(trigger=trigger, pv1={2: sent, 6: "AUFN"}))

    assert (fact.encounter_class.code, fact.encounter_class.original) == (
        expected,
        sent,
    )
    assert fact.prior_location.unit == "AUFN"


def test_a_change_of_class_with_a_new_visit_number_says_so_first(adt):
    first, second = facts_of(adt(trigger="A06", extra=[MRG]))

    assert (first.kind, second.kind) == (K.IDENTITY, K.CLASS)
    assert first.identity.operation == "change"
    assert first.identity.level == "visit"
    assert first.identity.prior_encounter.value == "F1"
    assert first.encounter == second.encounter
    assert first.subject is second.subject


@pytest.mark.parametrize(
    "mrg", ["MRG|0048||K6", "MRG|||K6||F2026001234^^^KLINIK_TEST^VN"]
)
def test_a_prior_account_alone_is_no_change_of_the_visit(adt, mrg):
    fact = fact_of(adt(trigger="A06", extra=[mrg]))

    assert (fact.kind, fact.identity) == (K.CLASS, None)
    assert fact.details["prior_account"] == "K6"


def test_a_new_account_is_a_change_where_it_is_all_there_is(adt):
    first, _ = facts_of(
        adt(trigger="A07", pid={18: "K7^^^KLINIK_TEST"}, pv1={19: ""}, extra=[MRG])
    )

    assert first.identity.level == "account"
    assert [one.value for one in first.identity.prior] == ["K6"]


# Two patients, and repairs of numbers.


def test_two_patients_who_swap_beds_both_move(adt):
    first, second = facts_of(adt(trigger="A17", extra=SECOND))

    assert [fact.kind for fact in (first, second)] == [K.MOVE, K.MOVE]
    assert [fact.encounter.value for fact in (first, second)] == [
        "F2026001234", "F2026005678",
    ]  # fmt: skip
    assert [fact.subject.identifiers[0].value for fact in (first, second)] == [
        "0047", "0099",
    ]  # fmt: skip
    assert second.location.bed == "2"
    assert second.prior_location.bed == "1"


def test_a_second_patient_does_not_lend_the_first_a_diagnosis(adt):
    extra = [*SECOND, "DG1|1||I50"]

    result = normalise(adt(extra=extra), PROFILE)

    assert "diagnoses" not in result.facts[0].details
    assert "pid.repeated" in result.warnings


@pytest.mark.parametrize(("trigger", "operation"), [("A24", "link"), ("A37", "unlink")])
def test_a_link_names_the_other_person(adt, trigger, operation):
    fact = fact_of(adt(trigger=trigger, extra=SECOND))

    assert fact.identity == IdentityChange(
        operation, "person", (Identifier("KLINIK_TEST", "0099", "PI"),)
    )
    assert fact.subject.identifiers == (NEW,)


@pytest.mark.parametrize(
    ("trigger", "operation", "level", "prior"),
    [
        ("A18", "merge", "person", "0048"),
        ("A30", "merge", "person", "0048"),
        ("A34", "merge", "person", "0048"),
        ("A35", "merge", "account", "K6"),
        ("A39", "merge", "person", "0048"),
        ("A40", "merge", "person", "0048"),
        ("A41", "merge", "account", "K6"),
        ("A42", "merge", "visit", "F1"),
        ("A43", "move", "person", "0048"),
        ("A44", "move", "account", "K6"),
        ("A45", "move", "visit", "F1"),
        ("A46", "change", "person", "0048"),
        ("A47", "change", "person", "0048"),
        ("A48", "change", "person", "0048"),
        ("A49", "change", "account", "K6"),
        ("A50", "change", "visit", "F1"),
        ("A51", "change", "visit", "F1A"),
    ],
)
def test_each_repair_names_what_it_repairs(adt, trigger, operation, level, prior):
    body = adt(
        trigger=trigger, pid={18: "K7^^^KLINIK_TEST"}, pv1={50: "T1"}, extra=[MRG]
    )

    fact = fact_of(body)

    change = fact.identity
    assert fact.kind is K.IDENTITY
    assert (change.operation, change.level) == (operation, level)
    assert [one.value for one in change.prior] == [prior]
    assert (fact.encounter is not None) == (level == "visit")
    assert fact.subject.identifiers == (NEW,)


def test_what_a_number_becomes_is_named_below_the_person(adt):
    body = adt(trigger="A42", pid={18: "K7^^^KLINIK_TEST"}, extra=[MRG])

    change = fact_of(body).identity

    assert [one.value for one in change.into] == ["F2026001234"]
    assert change.prior_encounter.value == "F1"


def test_an_alternate_visit_number_is_the_old_key_only_where_there_is_no_other(adt):
    with_number = adt(trigger="A51", pv1={50: "T1"}, extra=[MRG])
    alone = adt(trigger="A51", pv1={19: "", 50: "T1"}, extra=[MRG])

    assert fact_of(with_number).identity.prior_encounter is None
    assert fact_of(with_number).encounter.value == "F2026001234"
    assert fact_of(alone).identity.prior_encounter.value == "F1A"
    assert fact_of(alone).encounter.value == "T1"


def test_a_moved_account_says_whom_it_belonged_to(adt):
    body = adt(trigger="A44", pid={18: "K6^^^KLINIK_TEST"}, extra=[MRG])

    assert fact_of(body).identity.prior_person == (OLD,)
    same = MRG.replace("0048", "0047")
    kept = adt(trigger="A44", pid={18: "K6^^^KLINIK_TEST"}, extra=[same])
    assert fact_of(kept).identity.prior_person == ()


def test_an_old_merge_can_repair_person_and_account(adt):
    body = adt(trigger="A36", pid={18: "K7^^^KLINIK_TEST"}, extra=[MRG])

    first, second = facts_of(body)

    assert (first.identity.level, second.identity.level) == ("person", "account")
    assert first.subject is second.subject


def test_several_merges_in_one_message_are_several_facts(adt):
    again = ["PID|||0051^^^KLINIK_TEST^PI||Drei", "MRG|0052^^^KLINIK_TEST^PI"]

    facts = facts_of(adt(trigger="A40", extra=[MRG, *again]))

    assert [fact.identity.prior[0].value for fact in facts] == ["0048", "0052"]
    assert [fact.subject.identifiers[0].value for fact in facts] == ["0047", "0051"]


def test_several_visits_can_be_moved_to_one_person(adt):
    body = adt(
        trigger="A45",
        drop=["PV1"],
        extra=["MRG|0048||||F1", "PV1||I||||||||||||||||F1", "MRG|0048||||F2",
               "PV1||I||||||||||||||||F2"],
    )  # fmt: skip

    facts = facts_of(body)

    assert [fact.identity.prior[0].value for fact in facts] == ["F1", "F2"]
    assert [fact.identity.prior_encounter.value for fact in facts] == ["F1", "F2"]


def test_a_merge_keeps_the_demographics_of_who_survives(adt):
    fact = fact_of(adt(trigger="A40", extra=["MRG|0048||||||Alt^Name"]))

    assert fact.subject.demographics["names"][0]["family"] == "Musterfrau"
    assert fact.details["prior_names"] == [{"family": "Alt", "given": "Name"}]


@pytest.mark.parametrize(
    ("trigger", "extra"),
    [
        ("A40", []),
        ("A40", ["MRG|"]),
        ("A40", ["MRG|UNKNOWN"]),
        ("A24", []),
        ("A41", ["MRG|0048"]),
        ("A42", ["MRG|0048"]),
        ("A49", ["MRG|||K6"]),
    ],
)
def test_a_repair_that_does_not_say_of_what_is_a_problem(adt, trigger, extra):
    problem = normalise(adt(trigger=trigger, extra=extra), PROFILE).problem

    assert problem.code == "HL7-104"


def test_a_merge_with_itself_is_noted(adt):
    result = normalise(adt(trigger="A40", extra=["MRG|0047^^^KLINIK_TEST^PI"]), PROFILE)

    assert result.facts
    assert "identity.self" in result.warnings


def test_a_deleted_person_is_a_repair_and_no_deletion_of_facts(adt):
    fact = fact_of(adt(trigger="A29"))

    assert fact.identity == IdentityChange("delete", "person")
    assert fact.subject.identifiers == (NEW,)


# Updates.


def test_an_update_without_a_visit_is_about_the_person(adt):
    body = adt(trigger="A08", pv1={19: "", 44: ""}, extra=["DG1|1||I50"])

    result = normalise(body, PROFILE)

    (fact,) = result.facts
    assert (fact.kind, fact.encounter, fact.details) == (K.PERSON, None, {})
    assert fact.subject.demographics["birth_date"] == "1949-01-17"
    assert "encounter.key_missing" in result.warnings


FULL = {
    "trigger": "A08",
    "pv1": {7: "12^Lange", 45: "202603141030"},
    "extra": ["DG1|1||I50", "IN1|1|P1|KASSE"],
}
GROUPS = (
    "demographics", "encounter_class", "location", "period", "careteam", "coverage",
    "diagnoses",
)  # fmt: skip


def test_an_update_that_may_do_nothing_says_nothing(adt):
    profile = Hl7Profile(a08=dict.fromkeys(GROUPS, "ignore"))

    fact = fact_of(adt(**FULL), profile)

    assert fact.subject.demographics == {}
    assert not fact.details.keys() & {"careteam", "coverage", "diagnoses"}
    assert not [key for key in fact.details if key.startswith("proposed")]


def test_an_update_that_may_do_everything_states_it_like_other_triggers(adt):
    profile = Hl7Profile(a08=dict.fromkeys(GROUPS, "apply"))

    facts = facts_of(adt(**FULL), profile)

    assert [fact.kind for fact in facts] == [K.UPDATE, K.CLASS, K.MOVE, K.END]
    assert facts[1].encounter_class == Code("inpatient", "I", "HL70004")
    assert facts[2].location.unit == "INN2"
    assert facts[3].occurred.local == "2026-03-14T10:30"
    assert {"careteam", "coverage", "diagnoses"} <= facts[0].details.keys()
    assert {fact.basis for fact in facts} == {"explicit"}


def test_what_an_update_only_proposes_is_inferred(adt):
    profile = Hl7Profile(a08=dict.fromkeys(GROUPS, "propose"))

    update, proposed = facts_of(adt(**FULL), profile)

    assert update.subject.demographics == {}
    assert update.details["proposed_location"]["unit"] == "INN2"
    assert update.details["proposed_class"]["code"] == "inpatient"
    assert proposed.basis == "inferred"
    assert proposed.subject.demographics["sex"] == "F"
    assert set(proposed.details) == {"careteam", "coverage", "diagnoses"}


def test_details_of_an_update_that_are_deleted_stay_deleted(adt):
    fact = fact_of(adt(trigger="A08", extra=['DG1|""', 'NK1|""']))

    assert fact.details["diagnoses"] is None
    assert fact.subject.demographics["contacts"] is None
