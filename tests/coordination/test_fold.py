"""The fold: the same facts give the same encounter however they arrive."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.differences import differences
from hub.coordination.fold import fold
from hub.model.encounters import Encounter
from hub.model.facts import FactKind
from tests.coordination.scenarios import VECTORS, WARDS, at, cancel, end, move, start


def told(facts):
    """Return the event types that `facts` lead to when they arrive in this order."""
    before, types = None, []
    for count in range(1, len(facts) + 1):
        after = fold(facts[:count])
        types += [change.type for change in differences(before, after)]
        before = after
    return types


def seen(encounter: Encounter):
    return {
        "status": encounter.status.value,
        "class": encounter.encounter_class and encounter.encounter_class.code,
        "places": " ".join(each.value.unit for each in encounter.locations),
        "start": encounter.start,
        "end": encounter.end,
    }


@pytest.mark.parametrize("name", VECTORS)
def test_a_vector_leads_to_its_events_in_order(name):
    facts, events, _ = VECTORS[name]

    assert told(facts) == events.split()


@pytest.mark.parametrize("name", VECTORS)
def test_a_vector_ends_the_same_under_every_order_of_arrival(name):
    facts, _, expected = VECTORS[name]
    final = fold(facts)

    assert expected.items() <= seen(final).items()
    assert all(fold(order) == final for order in permutations(facts))


@pytest.mark.parametrize("name", VECTORS)
def test_duplicates_change_nothing(name):
    facts, _, _ = VECTORS[name]

    assert fold([*facts, *facts]) == fold(facts)


hours = st.integers(0, 72)
wards = st.sampled_from(sorted(WARDS))
times = hours.map(at)
facts_of_any_kind = st.one_of(
    st.builds(
        start,
        times,
        times,
        st.sampled_from(["inpatient", "emergency", "outpatient"]),
        wards,
    ),
    st.builds(move, times, times, wards),
    st.builds(end, times, times),
    st.builds(
        cancel,
        st.sampled_from([FactKind.START, FactKind.MOVE, FactKind.END]),
        st.none() | times,
        times,
    ),
)


@given(st.lists(facts_of_any_kind, max_size=8), st.randoms(use_true_random=False))
def test_no_order_and_no_repetition_changes_the_picture(facts, random):
    shuffled = facts + facts[: len(facts) // 2]
    random.shuffle(shuffled)

    assert fold(shuffled) == fold(facts)


@given(st.lists(facts_of_any_kind, max_size=8))
def test_the_same_picture_twice_is_no_event(facts):
    picture = fold(facts)

    assert differences(picture, picture) == []


def test_a_cancel_that_arrives_first_waits_for_what_it_cancels():
    late = start(at(8))
    early = cancel(FactKind.START, at(8), at(9))

    assert fold([early]).anomalies == ("unmatched_cancel",)
    assert fold([early, late]).status == "cancelled"


def test_a_start_after_an_end_begins_again():
    facts = [start(at(8)), end(at(12)), start(at(9, day=2))]

    assert told(facts) == ["admitted", "discharged", "admitted"]
    assert fold(facts).anomalies == ("restarted_after_end",)


def test_a_move_that_is_heard_of_after_the_end_is_history():
    facts = [start(at(8)), end(at(18)), move(at(12))]

    assert told(facts) == ["admitted", "discharged", "history_corrected"]


def test_a_feed_that_begins_mid_stay_is_observed():
    assert told([move(at(12)), end(at(18))]) == ["observed", "ended"]
    assert fold([move(at(12))]).anomalies == ("move_without_start",)
