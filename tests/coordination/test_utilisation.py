"""High use: told once when the number is reached, again only after it fell."""

from itertools import permutations

import pytest
from msgspec.structs import replace

from hub.coordination.stay_rules import HighUseRule, load_high_use
from hub.coordination.stays import stitch
from hub.coordination.utilisation import high_use, high_use_differences
from tests.coordination.scenarios import at, start, turn
from tests.coordination.stay_walks import US, contact, stroll, visit

IN_A_YEAR, IN_A_QUARTER = load_high_use()
THREE = HighUseRule(name="three", count=3, days=30, rearm_at=1)


def came(*on_days, **given):
    """Return an emergency visit on each of these days."""
    return [
        visit(f"v{day}", at(8, day=day), at(10, day=day), "emergency", **given)
        for day in on_days
    ]


def told(contacts, *rules):
    return [
        (each.encounter, each.count)
        for each in high_use(stitch(contacts, US), rules or [THREE])
    ]


COUNTS = {
    "two visits": (came(0, 10), []),
    "three visits": (came(0, 10, 20), [("v20", 3)]),
    "a fourth is not told again": (came(0, 10, 20, 25), [("v20", 3)]),
    "a number that stays high is not told again": (
        came(0, 10, 20, 31, 41, 51, 62),
        [("v20", 3)],
    ),
    "a number that fell to two does not count as fallen": (
        came(0, 10, 20, 35, 45),
        [("v20", 3)],
    ),
    "a number that fell to one just before is told again": (
        came(0, 10, 20, 45, 46),
        [("v20", 3), ("v46", 3)],
    ),
    "a number that fell to none is told again": (
        came(0, 10, 20, 60, 61, 62),
        [("v20", 3), ("v62", 3)],
    ),
    "the first is exactly 30 days ago": (came(0, 10, 30), []),
    "the first is 29 days ago": (came(0, 10, 29), [("v29", 3)]),
    "inpatient stays": (
        [visit(f"i{day}", at(8, day=day), at(9, day=day)) for day in (0, 10, 20)],
        [],
    ),
}


@pytest.mark.parametrize("name", COUNTS)
def test_a_rolling_number_is_told_when_it_is_reached(name):
    contacts, expected = COUNTS[name]

    assert told(contacts) == expected
    assert told(contacts[::-1]) == expected


def test_the_bundled_rules_are_four_in_a_year_and_more_than_three_in_a_quarter():
    assert told(came(0, 120, 240, 364), IN_A_YEAR) == [("v364", 4)]
    assert told(came(0, 120, 240, 365), IN_A_YEAR) == []
    assert told(came(0, 30, 60, 89), IN_A_QUARTER) == [("v89", 4)]
    assert told(came(0, 30, 60, 90), IN_A_QUARTER) == []


def test_each_rule_is_told_for_itself():
    found = high_use(stitch(came(0, 10, 20, 30), US), [THREE, IN_A_YEAR])

    assert [(each.rule, each.encounter) for each in found] == [
        ("three", "v20"),
        (IN_A_YEAR.name, "v30"),
    ]


def test_a_visit_that_two_sources_tell_of_counts_once():
    relayed = [
        replace(each, key=f"{each.key}r", source="relay", rank=1)
        for each in came(0, 10)
    ]

    assert told([*came(0, 10), *relayed]) == []


def test_a_visit_that_went_on_to_a_ward_counts_unless_the_rule_says_otherwise():
    ward = [start(at(8, day=20), code="emergency"), turn(at(10, day=20), "inpatient")]
    visits = [*came(0, 10), contact("v20", ward)]

    assert told(visits) == [("v20", 3)]
    assert told(visits, replace(THREE, admitted=False)) == []


def test_other_people_count_for_themselves():
    assert told([*came(0, 10), *came(20, person="p_2")]) == []


def test_no_order_of_arrival_changes_what_is_told():
    contacts = came(0, 10, 20, 60, 61)

    final = told(contacts)
    assert all(told(order) == final for order in permutations(contacts))


WEEK = {
    "a visit among them is cancelled": (
        [came(0, 1), came(0)],
        ["new high_use_detected", "retraction high_use_detected"],
    ),
    "a visit is heard of late": (
        [came(1, 2), came(0, 1, 2)],
        [
            "new high_use_detected",
            "retraction high_use_detected",
            "new high_use_detected",
        ],
    ),
    "more visits": ([came(0, 1), came(0, 1, 2)], ["new high_use_detected"]),
}


@pytest.mark.parametrize("name", WEEK)
def test_what_does_not_hold_any_more_is_taken_back(name):
    pictures, expected = WEEK[name]
    types = [each for each in stroll(pictures).types if "high_use" in each]

    assert types == expected


def test_high_use_is_told_in_the_stream_of_the_stay_with_the_last_visit():
    (change,) = high_use_differences((), high_use(stitch(came(0, 9, 20), US), [THREE]))

    assert (change.stay, change.slot) == ("v20", "high_use:three")
    assert change.occurred == at(8, day=20)
    assert change.payload == {
        "rule": "three",
        "encounter": "v20",
        "count": 3,
        "days": 30,
    }


def test_a_count_that_changes_within_a_stay_is_amended():
    before = high_use(stitch(came(0, 9, 20), US), [THREE])
    after = tuple(replace(each, count=4) for each in before)

    (change,) = high_use_differences(before, after)
    assert (change.correction, change.fields) == ("amendment", ("count",))
    assert high_use_differences(after, after) == ()
