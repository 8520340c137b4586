"""Stays: the same contacts are the same stays, whatever the order."""

from datetime import timedelta
from itertools import permutations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.coordination.stays import Stay, keep_keys, settles_at, stay_payload, stitch
from hub.model.facts import FactKind
from tests.coordination.scenarios import at, cancel, end, fact, plan, start, turn
from tests.coordination.stay_walks import US, contact, days, known, said, visit

EXAMPLES = 500

#: Emergency room and ward, transfer, rehabilitation; then somebody else's stay.
CHAIN = [
    visit("ed", at(8), at(12), "emergency", left="02"),
    visit("ward", at(14), at(10, day=3), facility="H2", source="other", left="62"),
    visit("rehab", at(9, day=4), at(9, day=20), "rehab", facility="R", left="01"),
    visit("home", at(8, day=90), at(9, day=91)),
    visit("theirs", at(8), at(9), person="p_2"),
]


def one(*contacts):
    (stay,) = stitch(contacts, US)
    return stay


def test_contiguous_contacts_are_one_stay_under_every_order_of_arrival():
    final = stitch(CHAIN, US)

    assert days(final) == [
        ("ed ward rehab", "closed"),
        ("home", "closed"),
        ("theirs", "closed"),
    ]
    assert [stay.key for stay in final] == ["ed", "home", "theirs"]
    assert all(stitch(order, US) == final for order in permutations(CHAIN))
    assert stitch([*CHAIN, *CHAIN], US) == final


@given(said, st.randoms(use_true_random=False))
@settings(max_examples=EXAMPLES)
def test_no_order_and_no_repetition_changes_the_stays(said, random):
    shuffled = said + said[: len(said) // 2]
    random.shuffle(shuffled)
    contacts = known(shuffled)
    random.shuffle(contacts)

    assert stitch(contacts, US) == stitch(known(said), US)


@given(said)
@settings(max_examples=EXAMPLES)
def test_every_stay_holds(said):
    stays = stitch(known(said), US)

    keys = [key for stay in stays for key in stay.encounters]
    assert len(keys) == len(set(keys))
    for stay in stays:
        assert stay.key == stay.encounters[0]
        assert {key for each in stay.visits for key in each.encounters} == {
            *stay.encounters
        }
        assert (stay.end is None) == (stay.status == "opened")
        assert (stay.admission is not None) == stay.inpatient
        assert stay.path[0].since == stay.start
        assert (settles_at(stay, US) is None) == (stay.end is None)


@given(said)
def test_a_stay_is_the_same_after_the_store(said):
    stays = stitch(known(said), US)

    kept = msgspec.json.decode(msgspec.json.encode(stays), type=tuple[Stay, ...])
    assert kept == stays


NOTHING = {
    "a newborn": visit("e", at(8), details={"newborn": True}),
    "a birth by the person's record": visit("e", at(8), newborn=True),
    "a companion": visit("e", at(8), details={"companion": True}),
    "the laboratory": visit("e", at(8), code="outpatient", details={"service": "LAB"}),
    "an outpatient": visit("e", at(8), code="outpatient"),
    "a plan": contact("e", [plan(at(8), at(1))]),
    "a start that was cancelled": contact(
        "e", [start(at(8)), cancel(FactKind.START, at(8), at(9))]
    ),
    "an end without a start": contact("e", [end(at(8))]),
    "an admission that was reversed": contact(
        "e", [start(at(8)), turn(at(9), "outpatient")]
    ),
}


@pytest.mark.parametrize("name", NOTHING)
def test_what_is_no_care_in_bed_is_no_stay(name):
    assert stitch([NOTHING[name]], US) == ()


def test_the_path_says_what_the_patient_went_through():
    stay = stitch(CHAIN, US)[0]

    assert [(step.setting, step.facility) for step in stay.path] == [
        ("emergency", "H1"),
        ("inpatient", "H2"),
        ("inpatient", "R"),
    ]
    assert stay.facilities == ("H1", "H2", "R")
    assert stay.admission.since == at(14)
    assert stay.end == at(9, day=20)
    assert stay.rules == US.label


def test_an_outpatient_who_is_admitted_is_in_a_stay_from_the_admission_on():
    stay = one(
        contact("e", [start(at(8), code="outpatient"), turn(at(9), "inpatient")])
    )

    assert stay.start == at(9)


FLAGS = {
    "01": set(),
    "1": set(),
    "02": {"transferred_out"},
    "07": {"left_against_advice"},
    "7": {"left_against_advice"},
    "20": {"died"},
    "62": set(),
    "81": {"return_planned"},
    "82": {"transferred_out", "return_planned"},
    "": set(),
}


@pytest.mark.parametrize("code", FLAGS)
def test_the_disposition_says_how_a_stay_ended(code):
    stay = one(visit("e", at(8), at(9), left=code))

    told = stay_payload(stay)["discharge"]
    told["died"] = not told.pop("alive")
    assert {name for name, holds in told.items() if holds is True} == FLAGS[code]


def test_a_disposition_says_nothing_while_the_patient_is_there():
    """An expected disposition is often sent early; a cancelled end leaves it."""
    details = {"discharge": {"disposition": "20"}}

    assert one(visit("e", at(8), details=details)).alive


@pytest.mark.parametrize(("kind", "planned"), [("C", True), ("E", False), ("", False)])
def test_an_elective_admission_is_planned(kind, planned):
    assert one(visit("e", at(8), kind=kind)).planned is planned


def test_an_admission_that_was_announced_is_planned():
    assert one(contact("e", [plan(at(8), at(1)), start(at(8))])).planned


def test_observation_is_a_stay_and_none_for_inpatient_measures():
    stay = one(visit("e", at(8), at(20), "observation"))

    assert (stay.setting, stay.inpatient, stay.admission) == (
        "observation",
        False,
        None,
    )


STILL_OPEN = {
    "an emergency visit that led to a ward is over": (
        [visit("ed", at(8), None, "emergency"), visit("ward", at(9), at(20))],
        "closed",
        ("end_missing",),
    ),
    "a stay elsewhere overtakes a ward whose end was never told": (
        [
            visit("ward", at(8)),
            visit("next", at(9, day=1), at(9, day=2), facility="H2"),
        ],
        "closed",
        ("end_missing",),
    ),
    "an emergency visit elsewhere does not end a ward": (
        [
            visit("ward", at(8)),
            visit("ed", at(9), at(12), "emergency", facility="H2"),
        ],
        "opened",
        (),
    ),
    "leave does not end a ward": (
        [contact("ward", [start(at(8)), fact(FactKind.LEAVE, at(9))])],
        "opened",
        (),
    ),
    "an end before the start is noticed": (
        [contact("ward", [start(at(8)), end(at(7), at(9))])],
        "closed",
        ("end_before_start",),
    ),
}


@pytest.mark.parametrize("name", STILL_OPEN)
def test_a_stay_is_open_as_long_as_a_visit_goes_on(name):
    contacts, status, anomalies = STILL_OPEN[name]
    stay = one(*contacts)

    assert (stay.status, stay.anomalies) == (status, anomalies)


def test_a_visit_elsewhere_during_a_stay_does_not_say_how_it_ended():
    ward = visit("ward", at(8), at(20), left="01")
    away = visit("ed", at(9), at(12), "emergency", left="20", facility="H2")
    stay = one(ward, away)

    assert (stay.end, stay.last.facility, stay.alive) == (at(20), "H1", True)


def test_an_open_stay_is_where_the_patient_went_last():
    stay = one(visit("ward", at(8)), visit("ed", at(9), None, "emergency"))

    assert stay.last.encounters == ("ed",)


def test_what_is_told_waits_so_that_corrections_overtake_it():
    stay = one(visit("e", at(8), at(18)))
    ended = at(18).earliest

    assert settles_at(stay, US) == ended + timedelta(minutes=30)
    assert settles_at(stay, US, "measure") == ended + timedelta(days=1)
    assert settles_at(stay, US, "opening") == at(8).earliest


def test_an_open_stay_settles_as_opened_only():
    stay = one(visit("e", at(8)))

    assert settles_at(stay, US) is None
    assert settles_at(stay, US, "measure") is None
    assert settles_at(stay, US, "opening") == at(8).earliest


def test_a_stay_keeps_its_key_when_an_earlier_contact_is_heard_of_late():
    before = stitch(CHAIN[1:2], US)
    after = stitch(CHAIN[:2], US)

    assert [stay.key for stay in after] == ["ed"]
    assert [stay.key for stay in keep_keys(before, after)] == ["ward"]


def test_of_two_stays_that_turn_out_to_be_one_the_earlier_goes_on():
    before = stitch([CHAIN[0], CHAIN[2]], US)
    after = keep_keys(before, stitch(CHAIN[:3], US))

    assert [stay.key for stay in before] == ["ed", "rehab"]
    assert [stay.key for stay in after] == ["ed"]


def test_of_a_stay_that_falls_apart_each_part_has_a_key_of_its_own():
    before = keep_keys(stitch(CHAIN[1:2], US), stitch(CHAIN[:3], US))
    after = keep_keys(before, stitch([CHAIN[0], CHAIN[2]], US))

    assert [stay.key for stay in before] == ["ward"]
    assert [stay.key for stay in after] == ["ed", "rehab"]


def test_a_contact_of_another_person_keeps_no_key():
    before = stitch(CHAIN[1:2], US)
    moved = msgspec.structs.replace(CHAIN[1], person="p_2")
    earlier = msgspec.structs.replace(CHAIN[0], person="p_2")

    after = keep_keys(before, stitch([earlier, moved], US))
    assert [(stay.person, stay.key) for stay in after] == [("p_2", "ed")]


def test_a_payload_is_plain_data_and_says_nothing_of_a_discharge_before_it():
    opened = stay_payload(one(visit("e", at(8))))

    assert msgspec.json.decode(msgspec.json.encode(opened)) == opened
    assert "discharge" not in opened
    assert opened["period"]["end"] is None
