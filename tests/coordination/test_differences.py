"""What is said to have happened, where feeds take things back or come late."""

import pytest
from hypothesis import given

from hub.coordination.differences import differences
from hub.coordination.fold import fold
from hub.model.facts import FactKind
from hub.model.taxonomy import EVENT_TYPES
from tests.coordination.scenarios import (
    WARDS,
    at,
    cancel,
    end,
    expect,
    fact,
    move,
    movement,
    plan,
    start,
    turn,
)
from tests.coordination.walks import facts, many_facts, walk

NEXT_DAY = {"day": 1}


def update(recorded, **details):
    return fact(FactKind.UPDATE, recorded, details=details)


#: What arrives, in this order, and what is said.
STORIES = {
    "a planned stay begins and is taken back to its plan": (
        [
            plan(at(8), at(1)),
            start(at(8)),
            cancel(FactKind.START, at(8), at(9)),
        ],
        "preadmitted admitted admit_cancelled",
    ),
    "what was planned again after it was cancelled is planned": (
        [
            plan(at(8), at(1)),
            cancel(FactKind.PLAN, None, at(2)),
            plan(at(10), at(3)),
        ],
        "preadmitted preadmit_cancelled preadmitted",
    ),
    "a change of class with no start known is where the hub comes in": (
        [turn(at(9), "inpatient"), end(at(18))],
        "admitted discharged",
    ),
    "a discharge that is expected comes": (
        [
            start(at(8)),
            expect(FactKind.END, at(18), at(9)),
            end(at(17)),
        ],
        "admitted discharge_pending discharged",
    ),
    "a discharge that is expected is put off and then called off": (
        [
            start(at(8)),
            expect(FactKind.END, at(18), at(9)),
            expect(FactKind.END, at(20), at(10)),
            cancel(FactKind.PENDING, None, at(11), pending=FactKind.END),
        ],
        "admitted discharge_pending discharge_pending discharge_pending_cancelled",
    ),
    "a leave is taken back": (
        [
            start(at(8)),
            fact(FactKind.LEAVE, at(9)),
            cancel(FactKind.LEAVE, at(9), at(10)),
        ],
        "admitted leave_started leave_start_cancelled",
    ),
    "a return is taken back": (
        [
            start(at(8)),
            fact(FactKind.LEAVE, at(9)),
            fact(FactKind.RETURN, at(10)),
            cancel(FactKind.RETURN, at(10), at(11)),
        ],
        "admitted leave_started leave_ended leave_end_cancelled",
    ),
    "who does not come back from a leave is discharged": (
        [start(at(8)), fact(FactKind.LEAVE, at(9)), end(at(18))],
        "admitted leave_started discharged",
    ),
    "a detour is tracked and a purge is noted": (
        [
            start(at(8)),
            fact(FactKind.TRACK, at(9), location=WARDS["W3"]),
            fact(FactKind.PURGE, at(10)),
        ],
        "admitted tracking source_purged",
    ),
    "another doctor is a change of the care team": (
        [
            start(at(8)),
            fact(
                FactKind.CARETEAM, at(9), details={"careteam": [{"role": "attending"}]}
            ),
        ],
        "admitted changed",
    ),
    "a movement that its sender cancels never was": (
        [
            start(at(8), movement=movement("m1")),
            start(at(8), at(9), movement=movement("m1", "cancel")),
        ],
        "admitted admit_cancelled",
    ),
    "a cancelled encounter that is spoken of again is not cancelled again": (
        [
            start(at(8)),
            end(at(9)),
            cancel(FactKind.START, at(8), at(10)),
            update(at(11), service="SURG"),
        ],
        "admitted discharged discharge_cancelled admit_cancelled updated",
    ),
    "what ended, was cancelled and stands again is discharged again": (
        [
            start(at(8)),
            end(at(9)),
            cancel(FactKind.START, at(8), at(10)),
            start(at(8, 30), at(11)),
        ],
        "admitted discharged discharge_cancelled admit_cancelled admitted discharged",
    ),
    "a start that is taken back while the stay goes on is retracted": (
        [start(at(8)), move(at(12)), cancel(FactKind.START, at(8), at(9))],
        "admitted transferred admit_cancelled observed history_corrected",
    ),
    "what was only observed is retracted when it turns out cancelled": (
        [
            move(at(7)),
            cancel(FactKind.START, at(8), at(9)),
            start(at(8)),
        ],
        "observed admit_cancelled",
    ),
    "a new contact on another ward is an admission and nothing else": (
        [start(at(8)), end(at(9)), start(at(8, **NEXT_DAY), ward="W2")],
        "admitted discharged admitted",
    ),
    "a new contact that is taken back leaves the discharge alone": (
        [
            start(at(8)),
            end(at(9)),
            start(at(8, **NEXT_DAY)),
            cancel(FactKind.START, at(8, **NEXT_DAY), at(9, **NEXT_DAY)),
        ],
        "admitted discharged admitted admit_cancelled",
    ),
    "the end between two contacts can be taken back": (
        [
            start(at(8)),
            end(at(9)),
            start(at(8, **NEXT_DAY)),
            cancel(FactKind.END, at(9), at(9, **NEXT_DAY)),
        ],
        "admitted discharged admitted discharge_cancelled",
    ),
    "an end before a start that is known is history": (
        [start(at(8), at(12)), end(at(7))],
        "admitted history_corrected",
    ),
    "a visit that becomes a stay and back": (
        [
            start(at(8), code="emergency"),
            start(at(9)),
            start(at(10), code="outpatient"),
            end(at(11)),
        ],
        "ed_arrived class_changed admitted class_changed admission_reversed ended",
    ),
    "a stay that was none": (
        [
            start(at(8), code="emergency"),
            start(at(9)),
            cancel(FactKind.START, at(9), at(10)),
        ],
        "ed_arrived class_changed admitted admit_cancelled",
    ),
    "a start at another time": (
        [start(at(8)), start(at(7), at(9))],
        "admitted start_corrected",
    ),
    "an end whose class is known later": (
        [end(at(9)), start(at(8), at(10))],
        "observed ended admitted discharged",
    ),
    "details": (
        [
            start(at(8)),
            update(at(9), service="SURG", account="1"),
            update(at(10), service="SURG", account=None),
        ],
        "admitted updated updated",
    ),
    "an update before anything else": ([update(at(8), service="SURG")], ""),
}


@pytest.mark.parametrize("name", STORIES)
def test_a_story_is_told_as_it_happened(name):
    arriving, told = STORIES[name]

    assert walk(arriving).types == told.split()


def test_an_update_says_which_details_changed():
    before = fold([start(at(8)), update(at(9), service="SURG", account="1")])
    after = fold(
        [
            start(at(8)),
            update(at(9), service="SURG", account="1"),
            update(at(10), account=None),
        ]
    )

    (change,) = differences(before, after)
    assert (change.type, change.fields) == ("updated", ("account",))


@given(many_facts)
def test_every_type_is_in_the_taxonomy(arriving):
    assert {event.type for event in walk(arriving).events} <= EVENT_TYPES


@given(many_facts, facts)
def test_a_fact_that_arrives_twice_is_told_once(arriving, last):
    once = walk([*arriving, last])
    twice = walk([*arriving, last, last])

    assert twice.types == once.types
