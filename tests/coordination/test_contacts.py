"""Contacts: one case number, several stays, the same whatever the order."""

from itertools import permutations

import pytest
from hypothesis import given

from hub.coordination.contacts import contacts
from hub.coordination.fold import fold_witnesses
from hub.coordination.standing import witness
from hub.model.facts import FactKind
from tests.coordination.scenarios import at, cancel, end, fact, move, plan, start
from tests.coordination.walks import many_facts

THREE = [
    start(at(8), code="outpatient"),
    end(at(9)),
    start(at(8, day=2)),
    move(at(10, day=2)),
    end(at(12, day=4)),
    start(at(9, day=9), code="outpatient"),
    end(at(10, day=9)),
]


def pictures(facts):
    return {
        name: fold_witnesses(group)
        for name, group in contacts([witness(each) for each in facts]).items()
    }


def told(facts):
    return [
        (each.status.value, each.encounter_class and each.encounter_class.code)
        for each in pictures(facts).values()
    ]


def test_a_case_over_three_contacts_is_three_encounters():
    assert told(THREE) == [
        ("finished", "outpatient"),
        ("finished", "inpatient"),
        ("finished", "outpatient"),
    ]


@pytest.mark.parametrize("order", [THREE[::-1], THREE[3:] + THREE[:3], THREE * 2])
def test_no_order_of_arrival_changes_the_contacts(order):
    assert pictures(order) == pictures(THREE)


CASES = {
    "one stay is one contact": (
        [start(at(8)), move(at(9)), end(at(12))],
        [("finished", "inpatient")],
    ),
    "from the emergency room to a ward is one contact": (
        [start(at(8), code="emergency"), start(at(11)), end(at(18))],
        [("finished", "inpatient")],
    ),
    "a start soon after an end corrects it": (
        [start(at(8)), end(at(9)), start(at(9, 30))],
        [("in-progress", "inpatient")],
    ),
    "a start that was said before the end is none that follows it": (
        [start(at(12), at(7)), end(at(9), at(10))],
        [("finished", "inpatient")],
    ),
    "an outpatient contact that nobody ended": (
        [start(at(8), code="outpatient"), start(at(8, day=3))],
        [("in-progress", "outpatient"), ("in-progress", "inpatient")],
    ),
    "a second contact that is taken back is cancelled there": (
        [
            start(at(8)),
            end(at(9)),
            start(at(8, day=2)),
            cancel(FactKind.START, at(8, day=2), at(9, day=2)),
        ],
        [("finished", "inpatient"), ("cancelled", None)],
    ),
    "a plan is about the contact that it is for": (
        [
            start(at(8), code="outpatient"),
            end(at(9)),
            plan(at(8, day=2), at(9, 30)),
            start(at(7, day=2)),
        ],
        [("finished", "outpatient"), ("in-progress", "inpatient")],
    ),
    "a feed that begins within a stay": ([move(at(8))], [("in-progress", None)]),
}


@pytest.mark.parametrize("name", CASES)
def test_statements_belong_to_their_contact(name):
    facts, expected = CASES[name]

    assert told(facts) == expected
    assert all(pictures(each) == pictures(facts) for each in permutations(facts))


@given(many_facts)
def test_every_statement_is_about_one_contact(facts):
    witnesses = {each.digest: each for each in map(witness, facts)}

    groups = contacts(list(witnesses.values())).values()

    grouped = [each.digest for group in groups for each in group]
    assert sorted(grouped) == sorted(witnesses)


@given(many_facts)
def test_contacts_have_names_of_their_own(facts):
    update = fact(FactKind.UPDATE, at(1), details={"service": "SURG"})

    names = list(contacts([witness(each) for each in [*facts, update]]))

    assert len(names) == len(set(names)) >= 1
