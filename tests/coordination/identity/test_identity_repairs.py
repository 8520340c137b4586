"""What senders say of numbers, as links. All numbers are made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.identity.repairs import Node, Said, repaired, stated
from hub.model.facts import IdentityChange
from hub.model.identifiers import Identifier

SAID = Said(at=7, digest="x", message=3)
OPERATIONS = ("merge", "move", "change", "link", "unlink", "delete")


def node(key, system="NORD"):
    return Node(key, Identifier(system, key, "MR"))


A, B, C = node("a"), node("b"), node("c")
WEST = node("w", "WEST")
some_nodes = st.lists(st.sampled_from([A, B, C, WEST]), min_size=1, unique=True)


def links(operation, subject, prior, prior_person=(), **given):
    change = IdentityChange(operation, "person", **given)
    return repaired(change, subject, prior, prior_person, SAID)


def test_the_numbers_of_one_patient_are_all_linked_with_the_first():
    found = stated([B, A, WEST], SAID)

    assert [(each.pair, each.basis, each.state) for each in found] == [
        (("a", "b"), "stated", "auto"),
        (("b", "w"), "stated", "auto"),
    ]
    assert {(each.said, each.digest, each.message) for each in found} == {(7, "x", 3)}


def test_a_patient_with_one_number_leads_to_no_link():
    assert stated([A], SAID) == []


@pytest.mark.parametrize(
    ("operation", "gone"), [("merge", "a"), ("change", "a"), ("link", ""), ("move", "")]
)
def test_a_number_that_is_replaced_is_no_longer_used(operation, gone):
    [found] = links(operation, [B], [A])

    assert (found.pair, found.state, found.prior) == (("a", "b"), "auto", gone)
    assert (found.basis, found.rule) == ("repaired", operation)


def test_each_number_goes_into_the_one_of_the_same_authority():
    found = links("merge", [A, WEST], [B, node("v", "WEST")])

    assert [each.pair for each in found] == [("a", "b"), ("v", "w")]


def test_a_number_of_another_authority_goes_into_the_first():
    assert [each.pair for each in links("merge", [A], [WEST])] == [("a", "w")]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_number_that_is_repaired_into_itself_leads_to_no_link(operation):
    assert links(operation, [A], [A]) == []


def test_a_number_that_is_moved_is_no_longer_the_other_persons():
    found = links("move", [A], [WEST], [B, WEST])

    assert [(each.pair, each.state) for each in found] == [
        (("a", "w"), "auto"),
        (("b", "w"), "broken"),
    ]


def test_what_is_unlinked_is_told_apart_each_from_each():
    found = links("unlink", [A, B], [C, A])

    assert [each.pair for each in found] == [("a", "c"), ("b", "c"), ("a", "b")]
    assert {each.state for each in found} == {"broken"}


def test_a_number_that_is_deleted_links_nobody():
    assert links("delete", [A], [B]) == []


def test_what_somebody_decided_is_a_link_by_hand():
    [found] = links("link", [A], [B], decided_by="ops")

    assert (found.basis, found.state) == ("decided", "manual")


@given(st.sampled_from(OPERATIONS), some_nodes, some_nodes, some_nodes)
def test_whatever_is_repaired_links_are_between_two_that_were_named(
    operation, subject, prior, before
):
    named = {each.key for each in (*subject, *prior, *before)}

    for each in links(operation, subject, prior, before):
        assert each.one < each.other
        assert {each.one, each.other} <= named
        assert each.prior in {"", *(one.key for one in prior)}
