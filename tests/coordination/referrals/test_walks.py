"""Whatever order statements come in, and however often, a referral is the same."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.referrals.acting import marked
from hub.coordination.referrals.news import known, record_of, remembered, reminded
from hub.coordination.referrals.picture import Act
from hub.coordination.referrals.table import TABLE
from hub.model.referrals import SIDE_FACTS
from tests.coordination.referrals.stories import BEGIN, Telling, asked, fold, said

LIKELY = (
    "requested", "received", "accepted", "scheduled", "in_progress", "on_hold",
    "rejected", "completed", "cancelled", "expired", "confirmed", "closed",
    "no_show", "cancel_requested", "cancel_declined", "outcome_received",
)  # fmt: skip
statements = st.builds(
    lambda hour, by, says, party, more: said(hour, by, says, party=party, **more),
    st.integers(0, 6),
    st.sampled_from(["requester", "performer", "performer", "hub"]),
    st.one_of(
        st.sampled_from(LIKELY), st.sampled_from(["", *TABLE, *sorted(SIDE_FACTS)])
    ),
    st.sampled_from(["", "", "a", "b"]),
    st.sampled_from(
        [
            {},
            {"outcome": {"code": "resolved"}, "status_reason": {"text": "so"}},
            {"performer": {"party": "a"}},
            {"appointment": {"at": "2026-03-20T10:00:00Z"}, "priority": "urgent"},
        ]
    ),
)
acts = st.lists(
    st.builds(
        lambda level, hour, since: Act(
            level,
            BEGIN + timedelta(hours=hour, minutes=30),
            "unclosed" if level == "auto_closed" else "undecided",
            BEGIN + timedelta(hours=since),
        ),
        st.sampled_from(["expired", "auto_closed"]),
        st.integers(0, 6),
        st.integers(0, 3),
    ),
    max_size=2,
)


@given(st.lists(statements, max_size=7), acts, st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_end_alike(stated, done, chance):
    marks = {name: mark for act in done for name, mark in marked(act).items()}
    walk = [asked(), *stated]
    other = [*walk, *chance.choices(walk, k=3)]
    chance.shuffle(other)

    one = Telling(marks=marks).hear(*walk)
    two = Telling(marks=marks).hear(*other)

    assert one.referral == two.referral
    assert one.net() == two.net()


@given(st.lists(statements, max_size=7))
def test_a_walk_follows_the_table_and_numbers_its_events_without_gaps(stated):
    hub, before = Telling(), ""
    for each in sorted([asked(), *stated], key=lambda w: (w.occurred, w.digest)):
        hub.hear(each)
        before = hub.referral.state
        assert before in TABLE
    versions = [each.entity.version for each in hub.events]

    assert versions == list(range(1, len(versions) + 1))
    assert len({each.id for each in hub.events}) == len(versions)


@given(st.lists(statements, max_size=7))
def test_what_takes_something_back_names_what_was_told(stated):
    hub = Telling().hear(asked(), *stated)
    told = [each.id for each in hub.events]

    for place, event in enumerate(hub.events):
        assert event.correction is None or event.correction.of in told[:place]
    assert fold(*hub.heard).tellings == hub.referral.tellings


@given(st.lists(statements, max_size=7), acts)
def test_a_timer_sees_in_the_record_what_the_fold_says(stated, done):
    marks = {name: mark for act in done for name, mark in marked(act).items()}
    referral = Telling(marks=marks).hear(asked(), *stated).referral
    record = record_of(referral, marks)

    seen = remembered(record)

    assert seen.waits() == referral.waits()
    assert known(seen, {}) == known(referral, {})
    assert reminded(record, seen, marks) == record
