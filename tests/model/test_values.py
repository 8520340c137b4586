"""Values are values: they cannot be changed and they survive the store."""

import importlib
import pkgutil
import re
from datetime import UTC, datetime
from enum import Enum

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hub.model
from hub.model.delivery import Artifact, DeliveryState, Outcome
from hub.model.facts import (
    EncounterKey,
    Fact,
    FactKind,
    IdentityChange,
    Movement,
    Normalised,
    RecordKey,
    Subject,
)
from hub.model.identifiers import Code, Identifier, Location
from hub.model.labels import Labels
from hub.model.message import MessageState, Stored
from hub.model.times import FuzzyTime

MODULES = [
    importlib.import_module(f"hub.model.{each.name}")
    for each in pkgutil.iter_modules(hub.model.__path__)
]
VALUES = [
    value
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, type)
    and issubclass(value, msgspec.Struct)
    and value.__module__ == module.__name__
]


@pytest.mark.parametrize("value", VALUES)
def test_a_value_cannot_be_changed(value):
    assert value.__struct_config__.frozen


@pytest.mark.parametrize("value", VALUES)
def test_a_value_says_what_it_is(value):
    assert value.__doc__


@pytest.mark.parametrize(
    "states",
    [DeliveryState, MessageState, Outcome, FactKind],
    ids=lambda each: each.__name__,
)
def test_states_are_words_that_the_store_keeps(states):
    assert issubclass(states, Enum)
    assert all(re.fullmatch(r"[a-z]+", state.value) for state in states)
    assert all(f"{state}" == state.value for state in states)


MOMENT = datetime(2026, 3, 10, 8, tzinfo=UTC)
TIME = FuzzyTime("20260310", "day", MOMENT, MOMENT, "2026-03-10")
short = st.text(max_size=4)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | short,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(short, inner, max_size=2)
    ),
    max_leaves=4,
)
numbers = st.lists(st.builds(Identifier, short, short, short), max_size=2).map(tuple)
facts = st.builds(
    Fact,
    kind=st.sampled_from(FactKind),
    subject=st.builds(
        Subject,
        numbers,
        st.dictionaries(short, plain, max_size=2),
    ),
    recorded=st.just(TIME),
    occurred=st.none() | st.just(TIME),
    encounter=st.none() | st.builds(EncounterKey, short, short, short),
    cancels=st.none() | st.sampled_from(FactKind),
    encounter_class=st.none() | st.builds(Code, short, short),
    location=st.none() | st.builds(Location, short, short),
    pending=st.none() | st.sampled_from(FactKind),
    record=st.none() | st.builds(RecordKey, st.just("referral"), short, short),
    movement=st.none() | st.builds(Movement, numbers, st.just("insert"), ward=short),
    identity=st.none()
    | st.builds(IdentityChange, st.just("merge"), st.just("visit"), numbers),
    labels=st.none() | st.builds(Labels, st.just("R"), st.just(("PSY",))),
    details=st.dictionaries(short, plain, max_size=2),
    basis=st.sampled_from(["explicit", "inferred", "manual"]),
)


@given(facts)
def test_a_fact_survives_the_store(fact):
    assert msgspec.json.decode(msgspec.json.encode(fact), type=Fact) == fact


@given(st.dictionaries(short, plain, max_size=3))
def test_no_statement_and_deletion_stay_apart(demographics):
    subject = Subject((), demographics)
    kept = msgspec.json.decode(msgspec.json.encode(subject), type=Subject)

    assert kept.demographics == demographics


def test_identifiers_differ_by_who_assigned_them_and_by_leading_zeros():
    different = {
        Identifier("KLINIK", "0001"),
        Identifier("KLINIK", "1"),
        Identifier("KASSE", "0001"),
    }

    assert len(different) == 3


def test_what_is_left_out_means_nothing_special():
    assert Stored("msg_1").duplicate is False
    assert Normalised() == Normalised(
        facts=(), warnings=(), unmapped=None, problem=None
    )
    assert Artifact(id="evt_1", body=b"", media_type="text/csv").attempt == 1
