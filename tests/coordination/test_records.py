"""Records: the same statements give the same record, and its story is told."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.coordination.records import fold_record, record_differences
from hub.coordination.standing import witness
from hub.model.facts import FactKind, RecordKey
from hub.model.record_kinds import FIRST, LATER, STATUSES
from hub.model.taxonomy import EVENT_TYPES
from tests.coordination.scenarios import at, fact


def said(hour, kind="appointment", **details):
    key = RecordKey(kind, "KIS", "4711")
    return fact(FactKind.RECORD, at(hour), record=key, details=details)


def folded(facts, kind="appointment"):
    return fold_record(kind, [witness(each) for each in facts])


def told(facts, kind="appointment"):
    before, types = None, []
    for count in range(1, len(facts) + 1):
        after = folded(facts[:count], kind)
        types += [each.type for each in record_differences(before, after)]
        before = after
    return types


STORIES = {
    "an appointment is booked, put off and kept": (
        "appointment",
        [
            said(8, status="booked", start="10"),
            said(9, status="rescheduled", start="12"),
            said(12, status="completed"),
        ],
        ["appointment.booked", "appointment.rescheduled", "appointment.completed"],
    ),
    "an appointment that changes in something else": (
        "appointment",
        [said(8, status="booked"), said(9, status="booked", room="2")],
        ["appointment.booked", "appointment.changed"],
    ),
    "an older statement that comes late is no news": (
        "appointment",
        [said(9, status="cancelled"), said(8, status="booked")],
        ["appointment.cancelled"],
    ),
    "the same statement twice is no news": (
        "document",
        [said(8, status="available")] * 2,
        ["document.available"],
    ),
    "a document is amended, then retracted": (
        "document",
        [
            said(8, status="available", digest="a"),
            said(9, status="available", digest="b"),
            said(10, status="retracted"),
        ],
        ["document.available", "document.amended", "document.retracted"],
    ),
    "a screening is recorded and recorded anew": (
        "assessment",
        [said(8, answers=["yes"]), said(9, answers=["no"])],
        ["assessment.recorded", "assessment.recorded"],
    ),
    "a status that nobody knows is kept and not told of": (
        "appointment",
        [said(8, status="dreamt of")],
        [],
    ),
    "a need is identified, reads otherwise and is met": (
        "need",
        [
            said(8, status="identified", category="food"),
            said(9, category="housing"),
            said(10, status="resolved"),
        ],
        ["need.identified", "need.changed", "need.resolved"],
    ),
    "a care gap is disputed, and what else changes waits": (
        "caregap",
        [
            said(8, status="opened", measure="A1C"),
            said(9, due="2026-12-31"),
            said(10, status="disputed"),
        ],
        ["caregap.opened", "caregap.disputed"],
    ),
    "a task is created and done": (
        "task",
        [said(8, title="Call", due="2026-03-12"), said(9, status="completed")],
        ["task.created", "task.completed"],
    ),
    "a contact is tried, then made": (
        "contact",
        [said(8, status="attempted"), said(9, status="completed")],
        ["contact.attempted", "contact.completed"],
    ),
    "an enrolment that changes and ends": (
        "program",
        [
            said(8, status="enrolled", programme="heart"),
            said(9, phase="2"),
            said(10, status="disenrolled"),
        ],
        ["program.enrolled", "program.changed", "program.disenrolled"],
    ),
    "a membership that never was": (
        "coverage",
        [said(8, status="enrolled"), said(9, status="never_effective")],
        ["coverage.member_enrolled", "coverage.never_effective"],
    ),
    "a consent is given, narrowed, and revoked; nothing of it matters then": (
        "consent",
        [
            said(8, status="active", decision="permit"),
            said(9, scope=["treatment"]),
            said(10, status="revoked"),
            said(11, form="paper"),
        ],
        ["consent.recorded", "consent.recorded", "consent.revoked"],
    ),
    "a caregiver may know, and may not any more": (
        "proxy",
        [said(8, status="active", contact="C-1"), said(9, status="revoked")],
        ["consent.proxy_granted", "consent.proxy_revoked"],
    ),
    "an alert is told once": (
        "alert",
        [said(8, status="raised"), said(9, note="seen")],
        ["alert.raised"],
    ),
    "a goal is told each time": (
        "goal",
        [said(8, status="on hold"), said(9, status="reached")],
        ["plan.goal_changed", "plan.goal_changed"],
    ),
    "what might mean the contrary is kept and not told of": (
        "consent",
        [said(8, status="entered in error")],
        [],
    ),
    "a status that is no word is kept and not told of": (
        "appointment",
        [said(8, status=["booked"])],
        [],
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_a_story_is_told_as_it_happened(name):
    kind, facts, types = STORIES[name]

    assert told(facts, kind) == types


@pytest.mark.parametrize("name", STORIES)
def test_a_record_is_the_same_under_every_order_of_arrival(name):
    kind, facts, _ = STORIES[name]

    pictures = [folded(order, kind) for order in permutations(facts)]

    assert all(picture == pictures[0] for picture in pictures)


details = st.dictionaries(
    st.sampled_from(["status", "start", "room"]), st.none() | st.text("ab", max_size=2)
)


@given(st.lists(st.builds(lambda hour, told: said(hour, **told), st.just(8), details)))
def test_what_is_deleted_is_not_there(facts):
    assert None not in folded(facts).details.values()


def test_every_type_is_in_the_taxonomy():
    types = {event for events in STATUSES.values() for event in events.values()}

    assert types | {*FIRST.values(), *LATER.values()} <= EVENT_TYPES


def test_what_the_hub_told_of_a_record_is_no_change_of_it():
    before = folded([said(8, status="created")], "task")
    after = replace(before, marks={"due": ("2026-03-12",)})

    assert record_differences(before, after) == []
