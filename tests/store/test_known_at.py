"""What was known at a time: the same as a hub showed that stopped hearing then."""

import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.model.facts import FactKind
from tests.coordination.walks import many_facts
from tests.played import (
    ALWAYS,
    CASE,
    MINUTE,
    Played,
    a_stay,
    cancel_end,
    case_of_two,
    fact,
)

STORIES = {
    "a stay": a_stay(),
    "a case": case_of_two(),
    "a case with one contact less": (
        *case_of_two(),
        cancel_end(10, hour=22, encounter=CASE),
    ),
    "things that come late, twice and in disorder": (
        *reversed(a_stay()),
        *a_stay()[:3],
    ),
    "a plan that is taken back": (
        fact(FactKind.PLAN),
        fact(FactKind.CANCEL, hour=9, cancels=FactKind.PLAN, occurred=None),
    ),
    "a leave": (
        fact(),
        fact(FactKind.LEAVE, hour=9),
        fact(FactKind.RETURN, hour=11),
        fact(FactKind.LEAVE, hour=13),
    ),
}


def plain(value):
    found = msgspec.to_builtins(value)
    found.pop("known_at")
    return found


def assert_ever_is_now(played):
    entities = played.entities
    for person in entities.persons().items:
        ever = entities.person(person.key, ALWAYS)
        assert plain(ever) == plain(entities.person(person.key))
        ever = entities.timeline(person.key, known_at=ALWAYS)
        assert plain(ever) == plain(entities.timeline(person.key))
    for each in entities.encounters().items:
        ever = entities.encounter(each.key, ALWAYS)
        assert plain(ever) == plain(entities.encounter(each.key))
    for each in entities.records().items:
        ever = entities.record(each.key, ALWAYS)
        assert plain(ever) == plain(entities.record(each.key))


def pictures(person):
    """Return what is known without the keys, which are other ones in each store."""
    encounters = [
        repr((each.status, each.version, each.period, each.location))
        for each in person.encounters
    ]
    values = {
        name: (each.value, each.said_at) for name, each in person.demographics.items()
    }
    return sorted(encounters), values, person.version


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_what_is_known_for_ever_is_what_is_known_now(tmp_path, story):
    assert_ever_is_now(Played(tmp_path / "data").play(*story))


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_what_was_known_is_what_was_shown_then(tmp_path, story):
    whole = Played(tmp_path / "whole").play(*story, wait=MINUTE)
    for count in range(1, len(story) + 1):
        part = Played(tmp_path / f"{count}").play(*story[:count], wait=MINUTE)
        then = whole.entities.person(whole.person, whole.heard(count))

        assert pictures(then) == pictures(part.entities.person(part.person))


@settings(max_examples=25, deadline=None)
@given(many_facts.filter(bool), st.data())
def test_any_facts_are_known_as_they_were(facts, data):
    """Of any facts in any order, at any of the times at which they came."""
    count = data.draw(st.integers(1, len(facts)))
    with tempfile.TemporaryDirectory() as folder:
        whole = Played(Path(folder) / "whole").play(*facts, wait=MINUTE)
        part = Played(Path(folder) / "part").play(*facts[:count], wait=MINUTE)
        (person,), (other,) = (
            each.entities.find_persons("TESTKLINIK", "0001").items
            for each in (whole, part)
        )
        then = whole.entities.person(person.key, whole.heard(count))

        assert_ever_is_now(whole)
        assert pictures(then) == pictures(part.entities.person(other.key))
