"""Whatever happens, in any order: who may know is told, and nobody else.

Walks of what senders, recipients, patients and operators do are played to a hub in
memory that sends in between. What it sends is compared with a plain reading of the
rules that knows nothing of the engine, see `tests.runtime.plain_rules`. Everybody in
here is made up.

``CAREHUB_WALKS=20`` walks twenty times as often.
"""

import os
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.coordination.suppression import Storm
from hub.model.delivery import Outcome
from hub.model.facts import FactKind
from hub.store import outbox, rechecks
from hub.store.outbox import Claim
from tests.runtime.disclosure_steps import (
    NUMBERS,
    OPENING,
    Contracts,
    HandsOver,
    Lists,
    Repairs,
    Replays,
    Sends,
    Visits,
    Waits,
    consents,
    lists,
    others,
    repairs,
    sends,
    visits,
    walk_of,
)
from tests.runtime.disclosures import SUBSCRIPTIONS, Sender
from tests.runtime.plain_rules import Said
from tests.runtime.steps import minute

WALKS = 50 * int(os.environ.get("CAREHUB_WALKS", "1"))
walking = settings(
    max_examples=WALKS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
ONCE = tuple(
    each._replace(
        suppress_within=timedelta(hours=1), storm=Storm(1, timedelta(hours=1))
    )
    for each in SUBSCRIPTIONS
)
WAYS = {
    "one by one": {},
    "in artifacts": {"together": ("clinic", "plan", "meals")},
    "fetched": {"pulled": ("plan", "meals")},
    "suppressed": {"subscriptions": ONCE},
}


def played(steps, **way):
    """Return what is wrong once a walk was played, and all has gone out."""
    sender = Sender(**way)
    try:
        for place, step in enumerate(steps):
            step.play(sender, place)
        sender.contract()
        sender.settle_all()
        return sender.problems()
    finally:
        sender.close()


@pytest.mark.parametrize("way", WAYS)
@walking
@given(walk_of(visits, visits, visits, consents, lists, sends, sends, others))
def test_nobody_is_told_what_they_may_not_know_and_nothing_is_lost(way, steps):
    assert played(steps, **WAYS[way]) == []


@walking
@given(walk_of(visits, visits, visits, repairs, consents, lists, sends, others))
def test_so_it_is_where_numbers_are_linked_and_parted(steps):
    assert played(steps) == []


def sent(steps):
    """Return what was sent in the end, where all of it waited until then."""
    sender = Sender()
    try:
        for place, step in steps:
            step.play(sender, place)
        sender.settle_all()
        assert sender.problems() == []
        return {
            (
                each.to,
                each.event.type,
                each.event.entity.key,
                str(each.event.times.occurred),
                each.terms.redacted,
            )
            for each in sender.sent
        }
    finally:
        sender.close()


LISTED = [*enumerate(OPENING[:3])]


@walking
@given(st.lists(visits, max_size=5), st.lists(consents, max_size=4))
def test_a_decision_of_the_person_counts_whether_it_comes_before_or_after(
    happens, decided
):
    """What is denied is kept back in either order; only a permission can be late."""
    stays = [*enumerate([OPENING[4], *happens], 20)]
    papers = [*enumerate(decided, 40)]
    before, after = (
        sent([*LISTED, *order]) for order in (papers + stays, stays + papers)
    )
    lawful = {each for each in before if each[0] != "meals"}
    later = {each for each in after if each[0] != "meals"}

    assert {each[:4] for each in after} <= {each[:4] for each in before}
    if not any(each.permits for each in decided):
        assert later == lawful


P1, P2 = NUMBERS["P1"], NUMBERS["P2"]
MEMBER = Lists("members", "P1")
GONE = Lists("members", "P1", "remove")
ADMITTED = Visits(FactKind.START, "V1")
CANCELLED = Visits(FactKind.CANCEL, "V1", 0, FactKind.START)
LOST = Sends((Outcome.UNKNOWN, Outcome.UNKNOWN))


def told_to(to, *steps, **way):
    """Return the types of what somebody was sent in the end, with their number."""
    sender = Sender(**way)
    try:
        for place, step in enumerate(steps):
            step.play(sender, place)
        sender.settle_all()
        assert sender.problems() == []
        return [
            (each.event.type.partition(".")[2], each.patient_id)
            for each in sender.sent
            if each.to == to
        ]
    finally:
        sender.close()


def cancelled(place):
    """Return what takes back what was said at a place of a walk."""
    return Visits(FactKind.CANCEL, "V1", place, FactKind.START)


@pytest.mark.parametrize(
    "between",
    [
        (LOST, GONE, Waits(1), Sends()),
        (Sends(), GONE, Replays(("delivered",)), Sends()),
    ],
    ids=["nobody knows whether it arrived", "it is sent once more"],
)
def test_who_may_have_seen_what_is_kept_back_now_hears_that_it_is_taken_back(between):
    steps = [MEMBER, ADMITTED, *between]

    told = told_to("plan", *steps, cancelled(len(steps) - 1))

    assert told == [("admitted", "M-P1"), ("admit_cancelled", "M-P1")]


def test_what_was_seen_on_a_worklist_is_taken_back_there():
    steps = [MEMBER, ADMITTED, Sends(), GONE, Sends()]

    told = told_to("plan", *steps, cancelled(len(steps) - 1), pulled=("plan",))

    assert ("admit_cancelled", "M-P1") in told


def test_a_retraction_is_owed_to_who_was_permitted_it_until_just_before():
    told = told_to("plan", MEMBER, ADMITTED, Sends(), cancelled(2), GONE)

    assert told == [("admitted", "M-P1"), ("admit_cancelled", "M-P1")]


def test_who_comes_on_a_panel_later_is_not_told_what_they_never_heard_is_not_so():
    told = told_to("plan", ADMITTED, Sends(), MEMBER, cancelled(3))

    assert told == []


def test_what_one_subscription_may_not_know_any_more_another_still_may():
    told = told_to("plan", MEMBER, Lists("others", "P1"), ADMITTED, GONE)

    assert told == [("admitted", "O-P1")]


def test_what_was_held_goes_out_under_the_recipients_own_number():
    told = told_to(
        "plan",
        MEMBER,
        Contracts("XX"),
        ADMITTED,
        Contracts(""),
        Replays(("held",)),
    )

    assert told == [("admitted", "M-P1")]


def test_who_knows_a_visit_only_as_it_was_corrected_hears_that_it_is_anothers():
    earlier = Visits(FactKind.START, "V1", 1)

    told = told_to("plan", ADMITTED, Sends(), MEMBER, earlier, Sends(), HandsOver("V1"))

    assert told[0] == ("start_corrected", "M-P1")
    assert told[-1] == ("moved", "M-P1")


def test_nothing_of_a_visit_goes_out_that_turned_out_to_be_anothers():
    told = told_to(
        "plan",
        MEMBER,
        Lists("members", "P2"),
        Visits(FactKind.START, "V2"),
        ADMITTED,
        Sends((Outcome.RETRYABLE,) * 6),
        HandsOver("V1"),
        Waits(1),
    )

    assert all(number == "M-P2" for name, number in told if name == "admitted")


def test_what_is_doubted_while_it_is_decided_anew_is_decided_once_more():
    sender = Sender()
    MEMBER.play(sender, 0)
    ADMITTED.play(sender, 1)
    sender.list("members", P2, "M-P2")
    [[claimed]] = outbox.claim(sender.connection, [Claim("plan", sender.now, 1)])
    checked = sender.recheck("plan", [claimed])

    sender.consent(Said("C1", "P1", 9, permits=False), P1, minute(9))
    rechecks.record(sender.connection, [checked])

    outbox.release(sender.connection, [[claimed]])
    [[again]] = outbox.claim(sender.connection, [Claim("plan", sender.now, 1)])
    sender.close()
    assert (claimed.stale, again.stale) == (1, 1)


def test_nothing_names_somebody_else_once_people_were_parted():
    sender = Sender()
    for place, step in enumerate([*OPENING, Repairs("link"), Repairs("unlink")]):
        step.play(sender, place)

    sender.settle_all()

    found = sender.strangers
    sender.close()
    assert found == []
