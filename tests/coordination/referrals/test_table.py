"""The table of transitions, all of it: each state, each statement and each side."""

from itertools import product

import pytest

from hub.coordination.referrals.table import (
    CONFLICTS,
    SIDE_TABLE,
    TABLE,
    allows,
    implies_acceptance,
    refusal,
    sides_of,
)
from hub.model.referrals import SIDE_FACTS, ReferralState
from hub.model.taxonomy import EVENT_TYPES
from tests.coordination.referrals.stories import Telling, answered, asked, fold, said

#: The table of domain 4.2, line by line: R, P and H may cause it.
DOMAIN = """
draft: requested R, entered_in_error R
requested: received PH, accepted P, rejected P, on_hold P, cancelled R, expired H
requested: failed H, entered_in_error R
received: accepted P, rejected P, on_hold P, scheduled P, cancelled P, failed P
received: expired H
accepted: scheduled P, in_progress P, on_hold P, completed P, cancelled P, failed P
scheduled: accepted P, in_progress P, on_hold P, completed P, cancelled P, failed P
in_progress: completed P, on_hold P, cancelled P, failed P
on_hold: received P, accepted P, scheduled P, in_progress P, rejected P, cancelled P
on_hold: failed P, expired H
rejected: received P
expired: accepted P, rejected P
"""
SIDES = ("requester", "performer", "hub")
#: What leads to each state, by who may say so.
WAYS = {
    "draft": [("requester", "draft")],
    "requested": [("requester", "requested")],
    "received": [("requester", "requested"), ("performer", "received")],
    "accepted": [("requester", "requested"), ("performer", "accepted")],
    "rejected": [("requester", "requested"), ("performer", "rejected")],
    "expired": [("requester", "requested"), ("hub", "expired")],
    "on_hold": [("requester", "requested"), ("performer", "on_hold")],
    "entered_in_error": [
        ("requester", "requested"),
        ("requester", "entered_in_error"),
    ],
} | {
    state: [("requester", "requested"), ("performer", "accepted"), ("performer", state)]
    for state in ("scheduled", "in_progress", "completed", "failed", "cancelled")
}


def domain():
    for line in DOMAIN.strip().splitlines():
        state, _, follow = line.partition(": ")
        for each in follow.split(", "):
            to, letters = each.split(" ")
            for letter in letters:
                side = next(side for side in SIDES if side[0].upper() == letter)
                yield state, to, side


def test_the_table_is_that_of_the_domain():
    everything = product(TABLE, TABLE, SIDES)

    assert {each for each in everything if allows(*each)} == set(domain())


def test_the_table_has_every_state_and_every_side_fact():
    assert set(TABLE) == set(ReferralState)
    assert set(SIDE_TABLE) == SIDE_FACTS


def test_acceptance_is_implied_by_its_performer_where_the_table_has_no_arrow():
    implied = {
        each for each in product(TABLE, TABLE, SIDES) if implies_acceptance(*each)
    }

    assert implied == {
        ("requested", "scheduled", "performer"),
        ("requested", "in_progress", "performer"),
        ("requested", "completed", "performer"),
        ("received", "in_progress", "performer"),
        ("received", "completed", "performer"),
    }


def test_every_open_state_can_reach_completion():
    reached = {"completed"}
    while more := {s for s, to in TABLE.items() if reached & set(to)} - reached:
        reached |= more

    assert reached >= {state for state, to in TABLE.items() if to}


def reach(state):
    return [
        said(hour, by, says, status_reason={"text": "because"})
        for hour, (by, says) in enumerate(WAYS[state])
    ]


@pytest.mark.parametrize("state", TABLE)
@pytest.mark.parametrize("side", SIDES)
def test_what_the_table_allows_happens_and_nothing_else(state, side):
    before = reach(state)
    assert fold(*before).state == state

    for says in (*TABLE, *sorted(SIDE_FACTS)):
        after = fold(*before, said(9, side, says, outcome={"code": "other"}))

        conflicts = [each.conflict for each in after.conflicts]
        if says == state and side in sides_of(says):
            assert (after.state, conflicts) == (state, [])
        elif implies_acceptance(state, says, side):
            # No such arrow: but who says so has accepted, which is filled in.
            assert (after.state, conflicts) == (says, [])
            assert [(s.says, s.basis) for s in after.history[-2:]] == [
                ("accepted", "inferred"),
                (says, "explicit"),
            ]
        elif not allows(state, says, side):
            assert after.state == state
            receipt = (side, says) == ("hub", "received")
            assert conflicts == ([] if receipt else [refusal(state, says, side)])
        elif state == "expired" and says in TABLE:
            assert (after.state, conflicts) == (state, ["answer.late"])
        elif says in TABLE:
            assert (after.state, conflicts) == (says, [])
        else:
            fell = says in {"no_show", "appointment_cancelled"}
            assert after.state == (
                "accepted" if fell and state == "scheduled" else state
            )


@pytest.mark.parametrize(
    ("story", "code"),
    [
        (
            [asked(), answered(1, "on_hold"), answered(2, "completed")],
            "transition.forbidden",
        ),
        ([asked(), said(1, "requester", "accepted")], "actor.forbidden"),
        ([asked(), said(1, "hub", "accepted")], "actor.forbidden"),
        ([asked(), answered(1, "dreamt_of")], "statement.unknown"),
        ([asked(), said(1, "somebody", "accepted")], "actor.unknown"),
        ([asked(), said(1, ["performer"], "accepted")], "actor.unknown"),
        ([asked(), answered(1, ["accepted"])], "statement.unknown"),
        ([asked(), answered(1, "cancel_declined")], "cancel.not_asked"),
        (
            [
                asked(party="a"),
                said(1, "requester", "cancel_requested", party="b"),
            ],
            "actor.other",
        ),
        (
            [
                asked(),
                answered(1, "accepted", party="tafel"),
                answered(2, "accepted", party="kueche"),
            ],
            "performer.other",
        ),
        (
            [
                asked(performer={"org": "Tafel"}),
                answered(1, "accepted"),
                said(2, "requester", performer={"org": "Suppe"}),
            ],
            "performer.changed",
        ),
        (
            [asked(), answered(1, "rejected"), answered(24 * 31 + 2, "received")],
            "reopen.late",
        ),
        (
            [asked(), said(1, "hub", "expired"), answered(2, "accepted")],
            "answer.late",
        ),
        (
            [
                asked(),
                answered(1, "accepted"),
                answered(2, "completed"),
                said(3, "requester", "closed"),
            ],
            "outcome.missing",
        ),
    ],
)
def test_what_does_not_count_is_kept_and_a_human_hears_of_it(story, code):
    hub = Telling().hear(*story)

    assert [each.conflict for each in hub.referral.conflicts] == [code]
    assert hub.types[-1] == "conflict"
    assert hub.events[-1].payload["conflict"]["reason"] == code
    assert code in CONFLICTS


def test_every_event_is_in_the_taxonomy():
    told = set()
    for state in TABLE:
        hub = Telling().hear(*reach(state))
        before, marks = list(hub.heard), dict(hub.marks)
        everything = product(SIDES, (*TABLE, *sorted(SIDE_FACTS)))
        news = [said(9, side, says) for side, says in everything]
        for each in news:
            after = Telling(marks)
            after.heard += before
            told |= {*after.hear(each).types}
        # All at once, of which much is taken back by what was said before it.
        hub.heard += news
        hub.tell()
        told |= {*hub.types, *hub.hear(said(5, "performer", "on_hold")).types}

    assert {f"referral.{each}" for each in told} <= EVENT_TYPES
    assert len(told) > len(TABLE)
