"""Which of several statements about two identities counts. All of it is made up."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.identity.links import replaces, standing
from tests.coordination.identity.edges import (
    alike,
    apart,
    decided,
    graphs,
    link,
    links,
)


def last_of(arriving):
    """Return what is kept of links of one pair and basis that came in this order."""
    kept = None
    for each in arriving:
        if replaces(each, kept):
            kept = each
    return kept


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from("xy")), max_size=4))
def test_of_what_was_said_the_latest_is_kept_in_every_order(said):
    arriving = [link("a", "b", said=time, digest=digest) for time, digest in said]
    kept = {last_of(order) for order in itertools.permutations(arriving)}

    assert len(kept) == 1


def test_what_was_said_again_is_no_news():
    said = link("a", "b")

    assert not replaces(said, said)


def test_what_is_found_replaces_what_was_found_where_it_differs():
    found = alike("a", "b", 30.0)

    assert not replaces(alike("a", "b", 30.0), found)
    assert replaces(alike("a", "b", 29.0), found)
    assert replaces(alike("a", "b", 30.0, "apart"), found)


@given(graphs)
def test_one_link_counts_for_each_pair_and_it_is_one_of_those_that_there_are(graph):
    counting = standing(graph)

    assert counting.keys() == {each.pair for each in graph}
    assert all(counting[each.pair].pair == each.pair for each in graph)
    assert set(counting.values()) <= set(graph)


def test_a_decision_counts_more_than_a_repair_and_that_more_than_likeness():
    found, repaired, by_hand = alike("a", "b"), apart("a", "b"), decided("a", "b")
    stated = link("a", "b", "stated")

    assert standing([found, stated])["a", "b"] is stated
    assert standing([repaired, stated, found])["a", "b"] is repaired
    assert standing([by_hand, repaired, stated, found])["a", "b"] is by_hand


@given(links)
def test_each_end_is_the_partner_of_the_other(each):
    assert each.partner(each.one) == each.other
    assert each.partner(each.other) == each.one
    assert each.one < each.other
