"""Visits: one visit that two sources tell of is one (R-ENC-05)."""

from itertools import permutations

import pytest

from hub.coordination.stays import stitch
from tests.coordination.scenarios import at, end, start, turn
from tests.coordination.stay_walks import US, contact, days, going, stroll, visit

RELAY = {"source": "relay", "rank": 1}


def both_ways(key, **given):
    """Return a visit that goes from the emergency room to the ward."""
    facts = [start(at(8), code="emergency"), turn(at(11), "inpatient")]
    return contact(key, [*facts, end(at(18), details=going("01"))], **given)


#: What is heard, and which encounters are one visit, the one that speaks first.
HEARD = {
    "the hospital itself and a relay": (
        [visit("a", at(8), at(18)), visit("b", at(8), at(18), **RELAY)],
        ["a b"],
    ),
    "a relay whose clock is ahead does not speak for the hospital": (
        [visit("a", at(8), at(18)), visit("b", at(7, 50), at(18), **RELAY)],
        ["a b"],
    ),
    "one number from there, two from here": (
        [
            visit("ed", at(8), at(11), "emergency"),
            visit("ward", at(11), at(18)),
            both_ways("b", **RELAY),
        ],
        ["ed", "ward b"],
    ),
    "two numbers from there, one from here": (
        [
            both_ways("a"),
            visit("ed", at(8), at(11), "emergency", **RELAY),
            visit("ward", at(11), at(18), **RELAY),
        ],
        ["a ward ed"],
    ),
    "the relay knows of the ward, the hospital of the emergency room": (
        [visit("ed", at(8), at(11), "emergency"), both_ways("b", **RELAY)],
        ["b ed"],
    ),
    "the relay knows of the ward alone": (
        [visit("ed", at(8), at(11), "emergency"), visit("b", at(11), at(18), **RELAY)],
        ["ed", "b"],
    ),
    "the ward of the relay is not the emergency room that never ended": (
        [visit("ed", at(8), None, "emergency"), visit("b", at(11), at(18), **RELAY)],
        ["ed", "b"],
    ),
    "one source with two numbers": (
        [visit("a", at(8), at(18)), visit("b", at(8), at(18))],
        ["a", "b"],
    ),
    "two facilities": (
        [visit("a", at(8), at(18)), visit("b", at(8), at(18), facility="H2", **RELAY)],
        ["a", "b"],
    ),
    "no facilities": (
        [
            visit("a", at(8), at(18), facility=""),
            visit("b", at(8), at(18), facility="", **RELAY),
        ],
        ["a", "b"],
    ),
    "three sources": (
        [
            visit("a", at(8), at(18)),
            visit("b", at(8), at(18), **RELAY),
            visit("c", at(9), at(17), source="third", rank=2),
        ],
        ["a b c"],
    ),
}


@pytest.mark.parametrize("name", HEARD)
def test_sources_that_tell_of_one_visit_are_told_apart_from_two_visits(name):
    contacts, expected = HEARD[name]
    for order in permutations(contacts):
        (stay,) = stitch(order, US)

        assert [" ".join(each.encounters) for each in stay.visits] == expected


def test_the_source_that_is_nearer_speaks():
    (stay,) = stitch(
        [visit("a", at(8), at(18)), visit("b", at(7), at(19), left="20", **RELAY)], US
    )

    assert (stay.start, stay.end, stay.anomalies) == (at(8), at(18), ())
    assert not stay.alive  # only the relay says how it ended


def test_an_end_that_only_the_relay_heard_of_counts_and_is_flagged():
    (stay,) = stitch([visit("a", at(8)), visit("b", at(8), at(18), **RELAY)], US)

    assert (stay.status, stay.end) == ("closed", at(18))
    assert stay.anomalies == ("end_from_other_source",)


def test_visits_of_no_length_are_one_visit_where_they_begin_together():
    """Some senders date an end before the start, and it is taken for the start."""
    said = [start(at(8)), end(at(7), at(9))]
    (stay,) = stitch([contact("a", said), contact("b", said, **RELAY)], US)

    assert [each.encounters for each in stay.visits] == [("a", "b")]


def test_the_source_that_told_of_the_end_says_where_the_patient_went():
    """An expected disposition often stands in earlier messages."""
    expected = visit("a", at(8), details=going("01"))
    (stay,) = stitch([expected, visit("b", at(8), at(18), left="02", **RELAY)], US)

    assert stay.transferred_out


def test_what_any_source_knows_of_an_elective_admission_counts():
    (stay,) = stitch([visit("a", at(8)), visit("b", at(8), kind="C", **RELAY)], US)

    assert stay.planned


def test_a_relay_that_never_tells_of_an_end_does_not_hold_a_stay_open():
    stays = stitch(
        [
            visit("a", at(8), at(18), left="01"),
            visit("b", at(8), **RELAY),
            visit("c", at(8, day=9), facility="H2", source="other"),
        ],
        US,
    )

    assert days(stays) == [("a b", "closed"), ("c", "opened")]


@pytest.mark.parametrize("relay_first", [True, False])
def test_a_stay_that_is_heard_of_twice_is_told_once(relay_first):
    said = [
        visit("a", at(8)),
        visit("b", at(8), **RELAY),
        visit("a", at(8), at(18), left="01"),
        visit("b", at(8), at(18), left="01", **RELAY),
    ]
    order = [said[1], said[0], said[3], said[2]] if relay_first else said
    heard = [{each.key: each for each in order[:count]} for count in range(1, 5)]

    told = stroll([each.values() for each in heard])
    assert told.types == ["new opened", "new closed"]
