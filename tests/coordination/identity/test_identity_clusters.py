"""Who is one person by links. Everybody in here is made up."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.coordination.identity.clusters import Known, people
from hub.coordination.identity.links import standing
from tests.coordination.identity.edges import (
    NAMES,
    alike,
    apart,
    decided,
    graphs,
    known,
    link,
    links,
)

often = settings(max_examples=200)
FOUR = {name: Known(place) for place, name in enumerate("abcd")}


def groups(found):
    """Return the people as sets of identities, however they are called."""
    by_key = {}
    for identity, key in found.items():
        by_key.setdefault(key, set()).add(identity)
    return sorted(map(sorted, by_key.values()))


def joined_firmly(of, all_links):
    """Return the people that there would be if nobody was found to be alike."""
    return people(of, [each for each in all_links if each.firm])


@often
@given(known, graphs)
def test_everybody_is_one_person_known_by_one_of_their_own(of, graph):
    found = people(of, graph)

    assert found.keys() == of.keys()
    assert all(found[key] == key for key in found.values())


@often
@given(known, graphs, st.randoms())
def test_the_order_of_links_and_identities_plays_no_part(of, graph, random):
    names = list(of)
    random.shuffle(names)
    mixed = random.sample(graph, len(graph))

    assert people({name: of[name] for name in names}, mixed) == people(of, graph)


@often
@given(known, graphs, links)
def test_a_link_that_is_taken_away_leaves_what_was_without_it(of, graph, more):
    graph = [
        each for each in graph if (each.pair, each.basis) != (more.pair, more.basis)
    ]
    before = people(of, graph)
    people(of, [*graph, more])

    assert people(of, graph) == before


@often
@given(known, graphs)
def test_what_is_firm_joins_whatever_is_found_beside_it(of, graph):
    found = people(of, graph)

    for one, other in itertools.combinations(NAMES, 2):
        firm = joined_firmly(of, graph)
        assert firm[one] != firm[other] or found[one] == found[other]


@often
@given(known, graphs)
def test_who_was_told_apart_is_never_joined_by_likeness(of, graph):
    found, firm = people(of, graph), joined_firmly(of, graph)

    for each in standing(graph).values():
        if each.firm and not each.holds:
            one, other = each.pair
            assert found[one] != found[other] or firm[one] == firm[other]


@often
@given(known, graphs)
def test_likeness_joins_nobody_with_numbers_that_one_person_does_not_both_have(
    of, graph
):
    found, firm = people(of, graph), joined_firmly(of, graph)

    for group in groups(found):
        parts = {firm[identity] for identity in group}
        held = [numbers(of, firm, part) for part in parts]
        for one, other in itertools.combinations(held, 2):
            assert agree(one, other) or any(
                agree(one, third) and agree(third, other) for third in held
            )


def numbers(of, found, key):
    """Return by system the numbers of a person."""
    held = {}
    for identity, whose in found.items():
        if whose == key:
            for system, value in of[identity].single:
                held.setdefault(system, set()).add(value)
    return held


def agree(one, other):
    """Say whether two people have a number in common of each system that both have."""
    return all(one[system] & other[system] for system in one.keys() & other.keys())


@often
@given(known, graphs)
def test_what_is_only_asked_about_joins_nobody(of, graph):
    certain = [each for each in graph if each.state != "candidate"]
    asked = [each for each in graph if each.state == "candidate"]

    # A decision about the same two counts, the question does not.
    assert people(of, [*certain, *asked]) == people(of, certain)


def test_a_number_that_is_no_longer_used_does_not_name_the_person():
    merged = link("a", "b", prior="a", rule="merge")

    assert people(FOUR, [merged])["a"] == "b"


def test_merged_in_a_circle_the_oldest_names_the_person():
    circle = [
        link(one, other, prior=one, rule="merge")
        for one, other in (("a", "b"), ("b", "c"), ("c", "a"))
    ]

    assert set(people(FOUR, circle).values()) == {"a", "d"}


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        ([link("a", "b"), apart("a", "b", said=2)], [["a", "b"], ["c"], ["d"]]),
        ([link("a", "b"), decided("a", "b", "broken")], [["a"], ["b"], ["c"], ["d"]]),
        ([apart("a", "b"), decided("a", "b")], [["a", "b"], ["c"], ["d"]]),
        ([alike("a", "b"), apart("a", "b")], [["a"], ["b"], ["c"], ["d"]]),
        # Somebody unlinked the ends, and likeness does not lead around it.
        (
            [apart("a", "c"), alike("a", "b", 31.0), alike("b", "c", 30.0)],
            [["a", "b"], ["c"], ["d"]],
        ),
        # What was stated of each step holds, whatever was said of the ends.
        (
            [apart("a", "c"), link("a", "b"), link("b", "c")],
            [["a", "b", "c"], ["d"]],
        ),
        ([link("a", "b"), alike("b", "c"), alike("c", "d")], [["a", "b", "c", "d"]]),
        ([link("a", "z")], [["a"], ["b"], ["c"], ["d"]]),
    ],
)
def test_the_strongest_that_was_said_of_two_counts(graph, expected):
    # Links of one pair and basis replace one another before they come here.
    assert groups(people(FOUR, graph)) == expected
