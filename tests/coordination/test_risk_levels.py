"""Risk levels: the same scores give the same changes, whatever came first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.risk_levels import level_changes, scores
from hub.coordination.standing import witness
from hub.model.facts import FactKind, RecordKey
from tests.coordination.scenarios import at, fact


def scored(hour, level, model="points", recorded=None, key="1"):
    return fact(
        FactKind.RECORD,
        at(hour),
        at(recorded or hour),
        record=RecordKey("risk", "KIS", key),
        details={"model": model, "level": level},
    )


def changes(*facts):
    by_record = {}
    for each in facts:
        by_record.setdefault(each.record.value, []).append(witness(each))
    found = [score for key, said in by_record.items() for score in scores(key, said)]
    return [(each.before, each.score.level) for each in level_changes(found)]


@pytest.mark.parametrize("keys", ["12", "11"], ids=["a number each", "one number"])
def test_a_level_that_differs_from_the_one_before_is_a_change(keys):
    first, second = keys

    assert changes(scored(8, "low", key=first), scored(9, "high", key=second)) == [
        ("low", "high")
    ]


def test_the_same_level_again_is_no_change():
    assert changes(scored(8, "low"), scored(9, "low")) == []


def test_models_have_nothing_to_do_with_each_other():
    assert changes(scored(8, "low"), scored(9, "high", "another", key="2")) == []


def test_a_score_that_is_corrected_counts_as_it_was_stated_last():
    assert (
        changes(scored(8, "low"), scored(9, "high"), scored(9, "low", recorded=11))
        == []
    )


def test_what_is_no_level_is_no_score():
    assert changes(scored(8, "low"), scored(9, "extreme"), scored(10, "low")) == []


facts = st.lists(
    st.builds(
        scored,
        st.integers(1, 6),
        st.sampled_from(["low", "medium", "high"]),
        st.sampled_from(["points", "other"]),
        st.integers(7, 12),
        st.sampled_from("123"),
    ),
    max_size=8,
)


@given(facts, st.randoms(use_true_random=False))
def test_no_order_of_arrival_makes_other_changes(said, random):
    shuffled = random.sample(said, len(said))

    assert sorted(changes(*said)) == sorted(changes(*shuffled))
