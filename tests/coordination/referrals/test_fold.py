"""What becomes of a referral: its state, its loop, its details, and what is told."""

from datetime import timedelta

import pytest

from hub.coordination.partners import Partner, Partners
from hub.coordination.referrals.acting import hearing, marked
from hub.coordination.referrals.bindings import Bindings
from hub.coordination.referrals.picture import Act
from hub.coordination.referrals.rules import ReferralRules
from hub.model.referrals import REFERRALS_FEED, Loop
from tests.coordination.referrals.stories import (
    BEGIN,
    Telling,
    answered,
    asked,
    fold,
    said,
)

DONE = {"outcome": {"code": "resolved"}}
WHY = {"status_reason": {"code": "full", "text": "No room"}}
FIRST = {"appointment": {"at": "2026-03-20T10:00:00Z"}}
SECOND = {"appointment": {"at": "2026-03-24T10:00:00Z"}}

STORIES = {
    "no-show, booked anew, done": (
        [
            asked(),
            said(1, "hub", "received"),
            answered(2, "accepted"),
            answered(3, "scheduled", **FIRST),
            answered(300, "no_show"),
            answered(301, "scheduled", **SECOND),
            answered(400, "completed", **DONE),
            said(401, "hub", "outcome_received"),
            said(402, "requester", "closed"),
        ],
        "requested received accepted scheduled no_show scheduled completed loop_closed",
        ("completed", Loop.CLOSED_BY_REQUESTER),
    ),
    "an appointment that is moved is told again, and once": (
        [
            asked(),
            answered(2, "accepted"),
            answered(3, "scheduled", **FIRST),
            answered(4, "scheduled", **FIRST),
            answered(5, "appointment_rescheduled", **SECOND),
        ],
        "requested accepted scheduled scheduled",
        ("scheduled", Loop.OPEN),
    ),
    "an appointment that is cancelled needs another one": (
        [
            asked(),
            answered(2, "accepted"),
            answered(3, "scheduled", **FIRST),
            answered(4, "appointment_cancelled"),
        ],
        "requested accepted scheduled appointment_cancelled",
        ("accepted", Loop.OPEN),
    ),
    "a cancel is asked for and confirmed": (
        [
            asked(),
            answered(1, "accepted"),
            said(2, "requester", "cancel_requested"),
            said(3, "requester", "cancel_requested"),
            answered(4, "cancelled", **WHY),
            said(5, "requester", "closed"),
        ],
        "requested accepted cancel_requested cancelled loop_closed",
        ("cancelled", Loop.CLOSED_UNRESOLVED),
    ),
    "a cancel is declined, and the work goes on": (
        [
            asked(),
            answered(1, "accepted"),
            said(2, "requester", "cancel_requested"),
            answered(3, "cancel_declined"),
            answered(4, "in_progress"),
        ],
        "requested accepted cancel_requested cancel_declined started",
        ("in_progress", Loop.OPEN),
    ),
    "nobody took it up, so that the requester may cancel": (
        [asked(), said(1, "requester", "cancelled", **WHY)],
        "requested cancelled loop_closed",
        ("cancelled", Loop.CLOSED_BY_REQUESTER),
    ),
    "a late answer counts once the requester has confirmed it": (
        [
            asked(),
            said(1, "hub", "expired"),
            answered(2, "accepted"),
            answered(3, "scheduled", **FIRST),
            said(4, "requester", "confirmed"),
        ],
        (
            "requested expired conflict conflict history_added history_added "
            "information_provided accepted scheduled"
        ),
        ("scheduled", Loop.OPEN),
    ),
    "a late refusal": (
        [
            asked(),
            said(1, "hub", "expired"),
            answered(2, "rejected", **WHY),
            said(4, "requester", "confirmed"),
        ],
        "requested expired conflict history_added information_provided rejected",
        ("rejected", Loop.OPEN),
    ),
    "rejected, reopened, done": (
        [
            asked(),
            answered(1, "rejected", **WHY),
            said(2, "requester", "outcome_received"),
            said(3, "requester", "closed"),
            answered(4, "received"),
            answered(5, "accepted"),
        ],
        "requested rejected loop_closed reopened accepted",
        ("accepted", Loop.OPEN),
    ),
    "on hold and on again": (
        [
            asked(),
            answered(1, "accepted"),
            answered(2, "on_hold", **WHY),
            answered(3, "accepted"),
        ],
        "requested accepted on_hold resumed",
        ("accepted", Loop.OPEN),
    ),
    "accepted after a question": (
        [asked(), answered(2, "on_hold", **WHY), answered(3, "accepted")],
        "requested on_hold resumed accepted",
        ("accepted", Loop.OPEN),
    ),
    "an outcome before the end, and another one after it": (
        [
            asked(),
            answered(1, "accepted"),
            answered(2, "outcome_reported", outcome={"code": "partially_resolved"}),
            answered(3, "completed"),
            answered(4, "outcome_amended", **DONE),
            answered(5, "outcome_amended", **DONE),
        ],
        "requested accepted outcome_reported completed outcome_amended",
        ("completed", Loop.OPEN),
    ),
    "the requester names another performer before anybody took it up": (
        [
            asked(performer={"party": "tafel"}),
            said(1, "requester", performer={"party": "kueche"}),
            answered(2, "accepted", party="tafel"),
            answered(3, "accepted", party="kueche"),
        ],
        "requested redirected information_provided conflict accepted",
        ("accepted", Loop.OPEN),
    ),
    "a question of either side, and a message": (
        [
            asked(),
            answered(1, "information_requested", text="Which language?"),
            said(2, "requester", "information_provided", text="Farsi"),
            said(3, "requester", asked="status"),
            answered(4, "message_added", text="Soon"),
            answered(5, "capacity_reported"),
        ],
        (
            "requested information_requested information_provided "
            "information_requested information_provided"
        ),
        ("requested", Loop.OPEN),
    ),
    "a draft": (
        [said(0, "requester", "draft"), asked(1)],
        "drafted requested",
        ("requested", Loop.OPEN),
    ),
    "a mistake": (
        [asked(), said(1, "requester", "entered_in_error")],
        "requested entered_in_error",
        ("entered_in_error", Loop.CLOSED_BY_REQUESTER),
    ),
    "nothing could be brought to the performer": (
        [asked(), said(1, "hub", "failed", **WHY), said(2, "requester", "closed")],
        "requested failed loop_closed",
        ("failed", Loop.CLOSED_UNRESOLVED),
    ),
    "the answer of a request that the hub never saw": (
        [answered(1, "accepted"), answered(2, "in_progress")],
        "accepted started",
        ("in_progress", Loop.OPEN),
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_a_story_is_told_as_it_happened(name):
    statements, types, (state, loop) = STORIES[name]

    hub = Telling().hear(*statements)

    assert hub.types == types.split()
    assert (hub.referral.state, hub.referral.loop) == (state, loop)


def test_an_older_status_never_moves_the_state_back():
    hub = Telling().hear(asked(), answered(5, "accepted"), answered(3, "received"))

    assert hub.referral.state == "accepted"
    assert hub.types == ["requested", "accepted", "history_added"]
    assert hub.events[-1].payload["says"] == "received"
    assert [each.says for each in hub.referral.history] == [
        "requested",
        "received",
        "accepted",
    ]


def test_the_same_status_again_is_no_event():
    hub = Telling().hear(asked(), answered(1, "accepted"), answered(1, "accepted"))
    again = hub.hear(answered(2, "accepted"), answered(0.5, "accepted"))

    assert again.types == ["requested", "accepted"]


def test_the_request_comes_first_whatever_the_clock_of_its_sender():
    hub = Telling().hear(answered(1, "received"), asked(1.01))

    assert hub.referral.conflicts == ()
    assert hub.referral.state == "received"


def test_a_step_that_was_not_heard_of_is_filled_in():
    hub = Telling().hear(asked(), answered(5, "in_progress", party="tafel"))

    told = [(each.type, each.basis) for each in hub.events]
    assert told == [
        ("referral.requested", "explicit"),
        ("referral.accepted", "inferred"),
        ("referral.started", "explicit"),
    ]
    assert hub.events[1].payload["actor"] == {"party": "tafel"}
    assert [(each.says, each.basis) for each in hub.referral.history] == [
        ("requested", "explicit"),
        ("accepted", "inferred"),
        ("in_progress", "explicit"),
    ]
    assert hub.referral.conflicts == ()


def test_what_was_filled_in_is_not_told_again_once_it_is_heard_of():
    hub = Telling().hear(asked(), answered(5, "in_progress"), answered(3, "accepted"))

    assert hub.types == ["requested", "accepted", "started"]
    assert [(each.says, each.basis) for each in hub.referral.history] == [
        ("requested", "explicit"),
        ("accepted", "explicit"),
        ("in_progress", "explicit"),
    ]


def test_a_loop_closes_of_which_only_the_end_was_heard():
    hub = Telling().hear(
        asked(),
        answered(5, "completed", **DONE),
        said(6, "requester", "closed"),
    )

    assert hub.types == ["requested", "accepted", "completed", "loop_closed"]
    assert hub.referral.loop is Loop.CLOSED_BY_REQUESTER


@pytest.mark.parametrize(
    ("before", "types"),
    [
        ([], ["requested", "accepted", "scheduled"]),
        ([answered(1, "received")], ["requested", "received", "scheduled"]),
    ],
)
def test_an_appointment_is_an_acceptance_only_where_it_must_be(before, types):
    hub = Telling().hear(asked(), *before, answered(2, "scheduled", **FIRST))

    assert hub.types == types
    assert hub.referral.appointment is not None


def test_nobody_accepts_by_the_words_of_another_side():
    referral = fold(asked(), said(1, "requester", "completed"))

    assert (referral.state, len(referral.conflicts)) == ("requested", 1)


def test_what_was_told_and_turns_out_void_is_taken_back():
    hub = Telling().hear(asked(), answered(5, "accepted"), answered(3, "rejected"))

    assert hub.referral.state == "rejected"
    assert [each.correction and each.correction.of for each in hub.events[2:]] == [
        hub.events[1].id,
        None,
        None,
    ]
    assert hub.types[2:] == ["history_added", "rejected", "conflict"]


@pytest.mark.parametrize("state", ["rejected", "on_hold", "cancelled", "failed"])
def test_words_are_demanded_for_a_refusal(state):
    before = [asked(), answered(1, "accepted"), answered(1.5, "in_progress")]
    before = before[:1] if state == "rejected" else before
    mute = Telling().hear(*before, answered(2, state, **DONE))
    coded = Telling().hear(*before, answered(2, state, status_reason={"code": "X"}))
    spoken = Telling().hear(*before, answered(2, state, **DONE, **WHY))

    assert mute.referral.state == state
    assert mute.events[-1].quality.anomalies == ("reason.missing",)
    assert "reason.missing" in coded.events[-1].quality.anomalies
    assert spoken.events[-1].quality.anomalies == ()


@pytest.mark.parametrize("state", ["completed", "failed"])
def test_an_end_without_an_outcome_counts_and_its_loop_stays_open(state):
    hub = Telling().hear(
        asked(),
        answered(1, "accepted"),
        answered(2, state, **WHY),
        said(3, "hub", "outcome_received"),
    )
    assert (hub.referral.state, hub.referral.loop) == (state, Loop.OPEN)
    assert hub.events[-1].quality.anomalies == ("outcome.missing",)

    hub.hear(answered(4, "outcome_reported", **DONE), said(5, "hub", "closed"))

    assert hub.referral.loop is Loop.CLOSED_BY_REQUESTER
    assert hub.referral.anomalies == ()


def test_an_outcome_that_comes_with_the_same_end_again_is_told():
    hub = Telling().hear(
        asked(),
        answered(1, "accepted"),
        answered(2, "completed"),
        answered(3, "completed", **DONE),
    )

    assert hub.types[-1] == "outcome_reported"
    assert hub.referral.anomalies == ()


def test_each_side_owns_what_it_states():
    referral = fold(
        asked(
            category="food",
            priority="urgent",
            identifiers={"placer": {"value": "R-1"}},
            performer={"org": {"name": "Tafel"}},
            safety={"contact_prohibited": True},
        ),
        answered(
            1,
            "accepted",
            category="Food bank",
            comment="Welcome",
            identifiers={"placer": {"value": "r1"}, "filler": {"value": "T-9"}},
            performer={"org": {"name": "TAFEL"}, "person": {"name": "Ute"}},
            safety={"contact_prohibited": False},
            **WHY,
        ),
    )

    assert referral.details == {
        "category": "food",
        "comment": "Welcome",
        "priority": "urgent",
        "identifiers": {"placer": {"value": "R-1"}, "filler": {"value": "T-9"}},
        "performer": {"org": {"name": "Tafel"}, "person": {"name": "Ute"}},
        "safety": {"contact_prohibited": True},
        "status_reason": WHY["status_reason"],
    }


def test_a_warning_of_either_side_is_believed():
    warned = fold(
        asked(safety={"contact_prohibited": False}),
        answered(1, "accepted", safety={"contact_prohibited": True}),
    )

    assert warned.details["safety"] == {"contact_prohibited": True}


def test_why_something_was_so_is_no_reason_for_what_comes_after():
    hub = Telling().hear(
        asked(), answered(1, "on_hold", **WHY), answered(2, "received")
    )

    assert hub.events[1].payload["status_reason"] == WHY["status_reason"]
    assert "status_reason" not in hub.events[-1].payload


def test_an_event_says_who_and_where_things_are():
    hub = Telling().hear(
        asked(party="klinik", category="food"),
        answered(1, "accepted", party="tafel", actor={"name": "Ute", "role": "Desk"}),
    )
    payload = hub.events[-1].payload

    assert payload["by"] == "performer"
    assert payload["actor"] == {"party": "tafel", "name": "Ute", "role": "Desk"}
    assert (payload["state"], payload["loop"]) == ("accepted", "open")
    assert payload["category"] == "food"
    assert payload["requester"]["party"] == "klinik"
    assert payload["performer"]["party"] == "tafel"


def test_the_appointment_that_fell_through_is_named_and_gone():
    hub = Telling().hear(
        asked(),
        answered(1, "accepted"),
        answered(2, "scheduled", **FIRST),
        answered(3, "no_show"),
    )

    assert hub.events[-1].payload["appointment"] == FIRST["appointment"]
    assert "appointment" not in hub.referral.details


BOUND = Bindings(
    {
        "klinik-feed": frozenset({"klinik"}),
        "tafel-feed": frozenset({"tafel"}),
        "kueche-feed": frozenset({"kueche"}),
    },
    {
        "klinik": frozenset({"requester"}),
        "tafel": frozenset({"performer"}),
        "kueche": frozenset({"performer"}),
    },
)


@pytest.mark.parametrize(
    ("feed", "by", "party", "conflict"),
    [
        ("tafel-feed", "performer", "", ""),
        ("tafel-feed", "performer", "tafel", ""),
        ("klinik-feed", "performer", "", "actor.unbound"),
        ("klinik-feed", "performer", "tafel", "actor.unbound"),
        ("kueche-feed", "performer", "", "performer.other"),
        ("kueche-feed", "performer", "tafel", "actor.unbound"),
        ("elsewhere", "performer", "", ""),
        ("elsewhere", "performer", "tafel", "actor.unbound"),
        (REFERRALS_FEED, "performer", "tafel", ""),
        ("tafel-feed", "hub", "", "actor.unbound"),
    ],
)
def test_a_feed_speaks_for_its_partner_and_for_no_other(feed, by, party, conflict):
    request = asked(via="klinik-feed", performer={"party": "tafel"})
    spoken = {"via": feed, **({"party": party} if party else {})}
    says = "received" if by == "hub" else "accepted"

    referral = fold(request, said(1, by, says, **spoken), bindings=BOUND)

    assert [each.conflict for each in referral.conflicts] == [conflict] * bool(conflict)
    assert (referral.state == says) is not bool(conflict)


def test_nobody_is_bound_by_default():
    referral = fold(asked(via="x"), answered(1, "accepted", via="x", party="y"))

    assert referral.state == "accepted"


def test_the_first_of_two_performers_by_time_holds_whatever_came_first():
    both = [
        asked(),
        answered(2, "accepted", party="kueche"),
        answered(1, "accepted", party="tafel"),
    ]
    hub = Telling().hear(*both)

    assert hub.referral.performer.party == "tafel"
    assert [each.party for each in hub.referral.conflicts] == ["kueche"]


def test_organisations_are_told_apart_by_their_numbers():
    def org(number):
        return {"org": {"identifiers": [{"system": "IK", "value": number}]}}

    one = answered(1, "accepted", performer=org("1"), via="a")
    same = answered(2, "in_progress", performer=org("1"), via="b")
    other = answered(3, "completed", performer=org("2"), via="c", **DONE)

    assert fold(asked(), one, same).state == "in_progress"
    assert fold(asked(), one, other).conflicts[0].conflict == "performer.other"


def expired(days=14):
    return marked(Act("expired", BEGIN + timedelta(days=days), "undecided", BEGIN))


def test_what_the_hub_did_counts_as_long_as_what_it_rested_on_is_so():
    silent = fold(asked(), marks=expired())
    in_time = fold(asked(), answered(24 * 13, "accepted"), marks=expired())
    late = fold(asked(), answered(24 * 15, "accepted"), marks=expired())

    assert silent.state == late.state == "expired"
    assert silent.details["status_reason"]["code"] == "no_answer"
    assert in_time.state == "accepted"
    assert [each.conflict for each in late.conflicts] == ["answer.late"]


def test_an_answer_in_time_that_is_heard_of_late_takes_the_expiry_back():
    hub = Telling(marks=expired())
    hub.hear(asked())
    assert hub.types == ["requested", "expired"]

    hub.hear(answered(24 * 13, "accepted"))

    assert hub.types[2:] == ["history_added", "accepted"]
    assert hub.events[2].correction.of == hub.events[1].id


@pytest.mark.parametrize(
    ("outcome", "loop"), [(DONE, Loop.AUTO_CLOSED), ({}, Loop.CLOSED_UNRESOLVED)]
)
def test_the_hub_closes_what_nobody_looks_at(outcome, loop):
    ended = BEGIN + timedelta(hours=2)
    marks = marked(Act("auto_closed", ended + timedelta(days=30), "unclosed", ended))
    end = [answered(1, "accepted"), answered(2, "completed", **outcome)]

    hub = Telling(marks=marks).hear(asked(), *end)

    assert hub.referral.loop is loop
    assert hub.types[-1] == "escalated"
    assert hub.events[-1].payload["level"] == "auto_closed"
    assert "loop_closed" not in hub.types


def test_the_window_for_reopening_is_the_policys():
    story = [asked(), answered(1, "rejected", **WHY), answered(24 * 5, "received")]

    assert fold(*story, rules=ReferralRules(reopen_days=7)).state == "received"
    assert fold(*story, rules=ReferralRules(reopen_days=3)).state == "rejected"


@pytest.mark.parametrize(
    "details",
    [
        {"performer": "Tafel", "requester": ["?"], "identifiers": 7},
        {"performer": {"org": {"identifiers": "?"}}, "outcome": ["?"]},
        {"appointment": {"at": "soon"}, "program": 3, "priority": ["?"]},
        {"appointment": {"at": {"earliest": None}}, "safety": "yes", "party": 4},
    ],
)
def test_details_of_any_shape_break_nothing(details):
    hub = Telling().hear(
        asked(**details), answered(1, "accepted", **details), answered(2, "no_show")
    )

    assert hub.referral.state == "accepted"


def test_that_a_request_arrived_is_no_news_once_it_was_answered():
    hub = Telling().hear(asked(), answered(1, "accepted"), said(2, "hub", "received"))

    assert hub.types == ["requested", "accepted"]
    assert hub.referral.state == "accepted"
    assert hub.referral.conflicts == ()


def test_a_performer_named_by_an_id_alone_is_the_partner_with_that_id():
    tafel = Partner(
        "tafel", organizations=frozenset({"REG|T-1"}), sides=frozenset({"performer"})
    )
    org = {"identifiers": [{"system": "REG", "value": "T-1"}]}
    bindings = Bindings(partners=Partners([tafel]))

    referral = fold(asked(performer={"org": org}), bindings=bindings)
    other = fold(
        asked(performer={"org": org}),
        answered(1, "accepted", party="suppe"),
        bindings=bindings,
    )

    assert referral.details["performer"] == {"org": org, "party": "tafel"}
    assert [each.name for each in referral.waits()] == ["unreceived"]
    assert [each.conflict for each in other.conflicts] == ["performer.other"]


def test_nothing_is_late_that_the_hub_heard_of_late():
    heard = BEGIN + timedelta(hours=9)
    named = asked(performer={"party": "tafel"})

    [wait] = fold(named, marks=hearing(heard)).waits()
    [before] = fold(named, marks=hearing(BEGIN - timedelta(hours=1))).waits()

    assert (wait.name, wait.since) == ("unreceived", heard)
    assert before.since == BEGIN


def test_a_wish_to_cancel_is_in_all_that_is_told_until_it_is_answered():
    hub = Telling().hear(
        asked(),
        answered(1, "accepted"),
        said(2, "requester", "cancel_requested"),
        answered(3, "information_requested", text="Really?"),
        answered(4, "cancel_declined"),
    )

    told = {
        each.type.partition(".")[2]: each.payload.get("cancel_requested")
        for each in hub.events
    }
    assert told == {
        "requested": None,
        "accepted": None,
        "cancel_requested": True,
        "information_requested": True,
        "cancel_declined": None,
    }


def test_the_last_words_of_each_side_are_kept_and_not_told_again():
    hub = Telling().hear(
        asked(text="Ring twice"),
        answered(1, "information_requested", text="Which floor?"),
        said(2, "requester", "information_provided", text="Ground floor"),
        answered(3, "accepted"),
    )

    assert hub.referral.notes == {
        "requester": {"text": "Ground floor", "at": "2026-03-09T10:00:00+00:00"},
        "performer": {"text": "Which floor?", "at": "2026-03-09T09:00:00+00:00"},
    }
    assert "notes" not in hub.events[-1].payload
    assert "note" not in hub.events[-1].payload
