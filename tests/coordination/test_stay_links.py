"""Links: what goes on with a stay, and what begins another."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from hub.coordination.stay_rules import load_rules
from hub.coordination.stays import stitch
from tests.coordination.scenarios import at
from tests.coordination.stay_walks import US, days, visit

DE = load_rules("de")
ELSEWHERE = {"facility": "H2", "source": "other"}
LATER = {"day": 1}

#: Two contacts, and whether they are one stay in the United States.
PAIRS = {
    "home and back to the same campus after 24 hours": (
        visit("a", at(8), at(10), left="01"),
        visit("b", at(10, **LATER), at(20, **LATER)),
        True,
    ),
    "home and back to the same campus a minute later than that": (
        visit("a", at(8), at(10), left="01"),
        visit("b", at(10, 1, **LATER), at(20, **LATER)),
        False,
    ),
    "home and then to another hospital": (
        visit("a", at(8), at(10), left="01"),
        visit("b", at(12), at(20), **ELSEWHERE),
        False,
    ),
    "to another hospital within 24 hours": (
        visit("a", at(8), at(10), left="02"),
        visit("b", at(10, **LATER), at(20, **LATER), **ELSEWHERE),
        True,
    ),
    "to another hospital too late": (
        visit("a", at(8), at(10), left="02"),
        visit("b", at(10, 1, **LATER), at(20, **LATER), **ELSEWHERE),
        False,
    ),
    "from a hospital that said nothing": (
        visit("a", at(8), at(10)),
        visit("b", at(12), at(20), came="4", **ELSEWHERE),
        True,
    ),
    "to a nursing home and then to a hospital": (
        visit("a", at(8), at(10), left="03"),
        visit("b", at(12), at(20), **ELSEWHERE),
        False,
    ),
    "overlapping at two hospitals": (
        visit("a", at(8), at(14), left="01"),
        visit("b", at(13), at(20), **ELSEWHERE),
        True,
    ),
    "one after the other at the minute": (
        visit("a", at(8), at(13), left="01"),
        visit("b", at(13), at(20), **ELSEWHERE),
        True,
    ),
    "from the emergency room to the ward": (
        visit("a", at(8), at(10), "emergency"),
        visit("b", at(11), at(20)),
        True,
    ),
    "from the emergency room home, and there again": (
        visit("a", at(8), at(10), "emergency", left="01"),
        visit("b", at(12), at(14), "emergency"),
        False,
    ),
    "from the emergency room to observation": (
        visit("a", at(8), at(10), "emergency"),
        visit("b", at(10, 30), at(20), "observation"),
        True,
    ),
    "from observation to the ward": (
        visit("a", at(8), at(20), "observation"),
        visit("b", at(20, 30), at(9, **LATER)),
        True,
    ),
    "from the ward to the emergency room": (
        visit("a", at(8), at(10), left="01"),
        visit("b", at(12), at(14), "emergency"),
        False,
    ),
    "an open emergency visit reaches a day": (
        visit("a", at(8), None, "emergency"),
        visit("b", at(8, **LATER), at(20, **LATER), **ELSEWHERE),
        True,
    ),
    "an open emergency visit does not reach further": (
        visit("a", at(8), None, "emergency"),
        visit("b", at(8, 1, **LATER), at(20, **LATER), **ELSEWHERE),
        False,
    ),
    "an open ward reaches 30 days": (
        visit("a", at(8)),
        visit("b", at(8, day=30), **ELSEWHERE),
        True,
    ),
    "an open ward does not reach further": (
        visit("a", at(8)),
        visit("b", at(8, 1, day=30), **ELSEWHERE),
        False,
    ),
    "two who are not one person": (
        visit("a", at(8), at(20)),
        visit("b", at(8), at(20), person="p_2"),
        False,
    ),
    "one source that names no facilities": (
        visit("a", at(8), at(10), facility=""),
        visit("b", at(12), at(20), facility=""),
        True,
    ),
    "two sources that name no facilities": (
        visit("a", at(8), at(10), facility=""),
        visit("b", at(12), at(20), facility="", source="other"),
        False,
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_two_contacts_are_one_stay_or_two(name):
    first, second, together = PAIRS[name]

    assert (len(stitch([first, second], US)) == 1) is together
    assert (len(stitch([second, first], US)) == 1) is together


GERMAN = {
    "to another hospital": ("061", "", True),
    "to rehabilitation": ("099", "", True),
    "from a hospital": ("", "V", True),
    "from a hospital after a short stay": ("", "A", True),
    "home, and admitted by a physician": ("011", "E", False),
    "to a nursing home": ("109", "N", False),
}


@pytest.mark.parametrize("name", GERMAN)
def test_german_codes_decide_in_germany(name):
    left, came, together = GERMAN[name]
    pair = [
        visit("a", at(8), at(10), left=left),
        visit("b", at(12), at(20), came=came, **ELSEWHERE),
    ]

    assert (len(stitch(pair, DE)) == 1) is together


def test_facilities_of_one_campus_are_one_hospital():
    pair = [visit("a", at(8), at(10)), visit("b", at(12), at(20), facility="H2")]
    rules = replace(US, campuses={"H1": "TOWN", "H2": "TOWN"})

    assert len(stitch(pair, US)) == 2
    assert len(stitch(pair, rules)) == 1


def test_what_is_linked_to_the_same_contact_is_one_stay():
    ward = visit("ward", at(8), at(10, day=9))
    others = [
        visit(f"ed{day}", at(8, day=day), at(9, day=day), "emergency", facility="H2")
        for day in (1, 4, 7)
    ]

    assert len(stitch(others, US)) == 3
    assert days(stitch([*others, ward], US)) == [("ward ed1 ed4 ed7", "closed")]


def test_of_visits_that_end_alike_the_last_end_counts():
    ward = visit("ward", at(8), at(20), left="01")
    other = visit("other", at(9), at(10), left="01")
    back = visit("back", at(20, **LATER))

    assert days(stitch([ward, other, back], US)) == [("ward other back", "opened")]


def test_of_visits_that_begin_alike_the_first_start_counts():
    ward = visit("ward", at(8), at(10), left="01")
    back = visit("back", at(9, **LATER), at(20, **LATER))
    other = visit("other", at(12, **LATER), at(14, **LATER))

    assert days(stitch([ward, back, other], US)) == [("ward back other", "closed")]


def test_an_end_of_which_only_the_day_is_known_may_be_at_its_last_minute():
    day = at(0, day=0)
    latest = day.earliest + timedelta(days=1)
    vague = replace(day, precision="day", latest=latest, local="2026-03-10")
    ward = visit("a", at(-20), vague, left="02")

    soon = visit("b", at(23, **LATER), **ELSEWHERE)
    late = visit("b", at(1, day=2), **ELSEWHERE)
    assert len(stitch([ward, soon], US)) == 1
    assert len(stitch([ward, late], US)) == 2
