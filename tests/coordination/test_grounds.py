"""Grounds: which statements the values of an encounter rest on."""

import pytest
from hypothesis import given

from hub.coordination.fold import fold_witnesses
from hub.coordination.grounds import grounds, standing_digests
from hub.coordination.standing import witness
from hub.model.facts import FactKind
from tests.coordination.scenarios import (
    at,
    cancel,
    end,
    expect,
    fact,
    move,
    plan,
    start,
    turn,
)
from tests.coordination.walks import many_facts


def found(*facts):
    said = [witness(each) for each in facts]
    return grounds(fold_witnesses(said), said)


STORIES = {
    "each value rests on the statement of it": (
        [start(at(8)), move(at(10)), end(at(12))],
        {"start": [0], "end": [2], "classes.0": [0], "locations.0": [0]},
    ),
    "a statement that was taken back is no ground": (
        [start(at(8)), end(at(12)), cancel(FactKind.END, at(12), at(13)), end(at(15))],
        {"end": [3], "status": [3]},
    ),
    "what is said twice rests on both": (
        [start(at(8)), start(at(8), at(9))],
        {"start": [0, 1], "status": [0, 1]},
    ),
    "a class rests on the turn to it": (
        [start(at(8), code="emergency"), turn(at(11), "inpatient")],
        {"classes.0": [0], "classes.1": [1], "start": [0]},
    ),
    "a leave rests on its two ends": (
        [start(at(8)), fact(FactKind.LEAVE, at(9)), fact(FactKind.RETURN, at(11))],
        {"leaves.0": [1, 2], "status": [0]},
    ),
    "who is away is so by the leave": (
        [start(at(8)), fact(FactKind.LEAVE, at(9))],
        {"status": [1]},
    ),
    "a plan is one while nothing else is": (
        [plan(at(8), at(6))],
        {"planned": [0], "status": [0]},
    ),
    "what did not take place rests on the cancel": (
        [start(at(8)), cancel(FactKind.START, at(8), at(9))],
        {"status": [1]},
    ),
    "what is expected rests on who expects it": (
        [start(at(8)), expect(FactKind.END, at(12), at(9))],
        {"pending.discharge": [1]},
    ),
    "an end that only an update mentions rests on the update": (
        [start(at(8)), fact(FactKind.UPDATE, at(13), details={"period_end": at(12)})],
        {"end": [1], "status": [1]},
    ),
    "a detail rests on the newest statement of it": (
        [
            start(at(8), details={"priority": "E"}),
            fact(FactKind.UPDATE, at(9), details={"priority": "R", "note": None}),
            fact(FactKind.UPDATE, at(10), details={"priority": "R"}),
        ],
        {"details.priority": [1, 2]},
    ),
    "a list that is changed rests on every change": (
        [
            start(at(8), details={"team": [{"key": "a"}]}),
            fact(
                FactKind.CARETEAM,
                at(9),
                details={"team": {"add": [{"key": "b"}], "remove": []}},
            ),
        ],
        {"details.team": [1]},
    ),
}


@pytest.mark.parametrize(("facts", "expected"), STORIES.values(), ids=STORIES)
def test_values_have_grounds(facts, expected):
    shown = found(*facts)

    assert {name: shown.get(name) for name in expected} == expected


@given(many_facts)
def test_whatever_was_said_grounds_are_statements_that_were_made(facts):
    shown = found(*facts)

    assert all(0 <= place < len(facts) for each in shown.values() for place in each)
    assert all(each == sorted(set(each)) for each in shown.values())


@given(many_facts)
def test_what_has_a_start_or_an_end_has_grounds_for_it(facts):
    said = [witness(each) for each in facts]
    encounter, shown = fold_witnesses(said), found(*facts)

    assert (encounter.start is not None) == ("start" in shown)
    assert (encounter.end is not None) == ("end" in shown)
    assert all(f"classes.{place}" in shown for place in range(len(encounter.classes)))
    assert all(
        f"locations.{place}" in shown for place in range(len(encounter.locations))
    )


@given(many_facts)
def test_nothing_but_what_was_said_stands(facts):
    said = [witness(each) for each in facts]

    assert standing_digests(said) <= {each.digest for each in said}
