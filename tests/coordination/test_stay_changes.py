"""What is told of stays, and taken back, as contacts come late and are corrected."""

from itertools import permutations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.coordination.stay_changes import stay_differences
from hub.coordination.stays import stitch
from hub.model.facts import FactKind
from hub.model.taxonomy import EVENT_TYPES
from tests.coordination.scenarios import at, cancel, end, start
from tests.coordination.stay_walks import (
    US,
    contact,
    going,
    hear,
    known,
    said,
    stroll,
    visit,
    walk,
)

EXAMPLES = 500
ELSEWHERE = {"facility": "H2", "source": "other"}
DISCHARGED = [start(at(8)), end(at(18))]

#: Sets of contacts that are known one after the other, and what is told.
STORIES = {
    "a stay opens and closes": (
        [[visit("a", at(8))], [visit("a", at(8), at(18))]],
        "new opened, new closed",
    ),
    "a stay is heard of when it is over": (
        [[visit("a", at(8), at(18))]],
        "new opened, new closed",
    ),
    "a discharge is cancelled and comes again": (
        [
            [contact("a", DISCHARGED)],
            [contact("a", [*DISCHARGED, cancel(FactKind.END, at(18), at(19))])],
            [visit("a", at(8), at(20))],
        ],
        "new opened, new closed, retraction closed, new closed",
    ),
    "an admission is cancelled": (
        [
            [visit("a", at(8))],
            [contact("a", [start(at(8)), cancel(FactKind.START, at(8), at(9))])],
        ],
        "new opened, retraction opened",
    ),
    "an admission is cancelled after the discharge": (
        [[visit("a", at(8), at(18))], []],
        "new opened, new closed, retraction closed, retraction opened",
    ),
    "the end is corrected": (
        [[visit("a", at(8), at(18))], [visit("a", at(8), at(17))]],
        "new opened, new closed, amendment closed",
    ),
    "the start is corrected": (
        [[visit("a", at(8))], [visit("a", at(9))]],
        "new opened, amendment opened",
    ),
    "the disposition comes late": (
        [[visit("a", at(8), at(18))], [visit("a", at(8), at(18), left="07")]],
        "new opened, new closed, amendment closed",
    ),
    "from the emergency room to the ward is one stay": (
        [
            [visit("a", at(8), None, "emergency")],
            [visit("a", at(8), None, "emergency"), visit("b", at(10))],
            [visit("a", at(8), at(10), "emergency"), visit("b", at(10), at(18))],
        ],
        "new opened, new closed",
    ),
    "a transfer opens again what was closed": (
        [
            [visit("a", at(8), at(18), left="02")],
            [
                visit("a", at(8), at(18), left="02"),
                visit("b", at(20), at(9, day=4), **ELSEWHERE),
            ],
        ],
        "new opened, new closed, amendment closed",
    ),
    "a transfer into a bed elsewhere": (
        [
            [visit("a", at(8), at(18), left="02")],
            [visit("a", at(8), at(18), left="02"), visit("b", at(20), **ELSEWHERE)],
        ],
        "new opened, new closed, retraction closed",
    ),
    "an earlier contact is heard of late": (
        [
            [visit("b", at(10))],
            [visit("b", at(10)), visit("a", at(8), at(10), "emergency")],
        ],
        "new opened, amendment opened",
    ),
    "two stays turn out to be one": (
        [
            [visit("a", at(8), at(18))],
            [visit("a", at(8), at(18)), visit("c", at(8, day=3), at(9, day=4))],
            [visit("a", at(8), at(9, day=3)), visit("c", at(8, day=3), at(9, day=4))],
        ],
        (
            "new opened, new closed, new opened, new closed, "
            "retraction closed, retraction opened, amendment closed"
        ),
    ),
    "one stay turns out to be two": (
        [
            [visit("a", at(8)), visit("c", at(8, day=3), at(9, day=4))],
            [visit("a", at(8), at(18)), visit("c", at(8, day=3), at(9, day=4))],
        ],
        "new opened, new closed, amendment closed, new opened, new closed",
    ),
    "it was another person": (
        [[visit("a", at(8))], [visit("a", at(8), person="p_2")]],
        "new opened, retraction opened, new opened",
    ),
    "the laboratory": (
        [[visit("a", at(8), code="outpatient", details={"service": "LAB"})]],
        "",
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_what_is_told_of_stays(name):
    pictures, expected = STORIES[name]

    told = []
    before = ()
    for contacts in pictures:
        after = hear(contacts, _picture(before)).stays
        told += stay_differences(before, after)
        before = after
    assert ", ".join(_name(change) for change in told) == expected


def _picture(stays):
    return hear([], _NOTHING)._replace(stays=stays)


def _name(change):
    return f"{change.correction or 'new'} {change.type.partition('.')[2]}"


_NOTHING = stroll([]).picture


def test_an_amendment_says_which_fields_are_new():
    before = stitch([visit("a", at(8), at(18))], US)
    after = stitch([visit("a", at(8), at(17), left="02")], US)

    (change,) = stay_differences(before, after)
    assert (change.correction, change.fields) == ("amendment", ("period", "discharge"))
    assert change.occurred == at(17)


FIELDS = {
    "another start": (visit("a", at(9), at(18)), [("period",)]),
    "another facility": (
        visit("a", at(8), at(18), facility="H2"),
        [("facilities",), ("path", "facilities")],
    ),
    "another class": (visit("a", at(8), at(18), "rehab"), [("path",), ("path",)]),
}


@pytest.mark.parametrize("name", FIELDS)
def test_an_amendment_is_about_what_was_told(name):
    later, expected = FIELDS[name]
    before = stitch([visit("a", at(8), at(18))], US)

    changes = stay_differences(before, stitch([later], US))
    assert [change.fields for change in changes] == expected


def test_what_is_taken_back_bears_what_was_told():
    before = stitch([visit("a", at(8), at(18))], US)

    closing, opening = stay_differences(before, ())
    assert (closing.slot, closing.occurred) == ("closing", at(18))
    assert (opening.slot, opening.occurred) == ("opening", at(8))
    assert closing.payload["status"] == "closed"


def test_a_merge_of_people_that_the_caller_names_is_no_news():
    before = stitch([visit("a", at(8), at(18))], US)
    merged = tuple(msgspec.structs.replace(stay, person="p_2") for stay in before)

    after = stitch([visit("a", at(8), at(18), person="p_2")], US)
    assert stay_differences(merged, after) == ()


@given(said)
def test_the_same_picture_twice_is_no_news(said):
    stays = stitch(known(said), US)

    assert stay_differences(stays, stays) == ()


@given(said)
@settings(max_examples=EXAMPLES)
def test_on_no_walk_anything_is_told_twice_or_taken_back_untold(said):
    """`record` looks at each change: what is corrected stands, what is new does not."""
    told = walk(said)

    assert {change.type for change in told.changes} <= EVENT_TYPES
    assert {stay for stay, _ in told.standing} == {
        stay.key for stay in told.picture.stays
    }


@given(said, st.randoms(use_true_random=False))
@settings(max_examples=EXAMPLES)
def test_what_stands_in_the_end_is_the_same_in_whatever_order_it_came(said, random):
    shuffled = said + said[: len(said) // 2]
    random.shuffle(shuffled)

    at_once = stroll([known(said)])
    assert walk(said).net == at_once.net
    assert walk(shuffled).net == at_once.net


@given(said)
@settings(max_examples=EXAMPLES)
def test_a_key_goes_with_its_encounter(said):
    """Once told of, a stay has its key as long as it holds the encounter."""
    before = _NOTHING
    for count in range(1, len(said) + 1):
        after = hear(known(said[:count]), before)
        keys = [stay.key for stay in after.stays]
        old = {stay.key for stay in before.stays}

        assert len(keys) == len(set(keys))
        for stay in after.stays:
            assert stay.key in stay.encounters
            assert stay.key in old or not old & {*stay.encounters}
        before = after


STORY = [
    ("e1", start(at(8), code="emergency")),
    ("e1", end(at(11))),
    ("e4", start(at(11))),
    ("e2", start(at(11))),
    ("e4", end(at(14, day=3), details=going("01"))),
    ("e3", start(at(8, day=9))),
]


def test_a_story_ends_the_same_under_every_order_of_arrival():
    final = walk(STORY)

    assert final.types == [
        "new opened",
        "new closed",
        "retraction closed",
        "new closed",
        "new opened",
        "new readmission_detected",
    ]
    assert all(walk(order).net == final.net for order in permutations(STORY))
