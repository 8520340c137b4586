"""Needs that follow from screenings and diagnoses. Everybody in it is made up."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.model.facts import Fact, FactKind, RecordKey, Subject
from tests.coordination.scenarios import at
from tests.runtime.world import World, number, repair, stay

HUNGRY, FINE = "LA28397-0", "LA28398-8"


def screening(answer=HUNGRY, hour=8, patient=None, value="S1", **more):
    question = {"code": "88122-7", "system": "LN"}
    answers = [{"question": question, "answer": {"code": answer}}]
    return Fact(
        kind=FactKind.RECORD,
        subject=Subject((patient or number("P1"),)),
        recorded=at(hour),
        occurred=at(hour),
        record=RecordKey("assessment", "NORD", value),
        details={"status": "final", "answers": answers, **more},
    )


def with_diagnosis(*codes, hour=8, patient=None, visit="V1", **more):
    details = {"diagnoses": [{"code": code, "system": "I10C"} for code in codes]}
    given = {"details": details, "hour": hour, **more}
    return stay(patient or number("P1"), visit, **given)


@pytest.fixture
def world():
    made = World(matching=False)
    yield made
    made.close()


def needs(world):
    return [each for each in world.events if each.type.startswith("need.")]


def kept(world):
    """Return category and status of each need in the store."""
    rows = world.query("SELECT body FROM entity WHERE kind = 'need' ORDER BY key")
    found = [msgspec.json.decode(body)["details"] for (body,) in rows]
    return sorted((each["category"], each["status"]) for each in found)


def test_a_positive_screening_identifies_a_need(world):
    world.tell(screening())

    [event] = needs(world)
    assert (event.type, event.basis) == ("need.identified", "inferred")
    assert event.entity.kind == "need"
    assert event.payload["category"] == "food-insecurity"
    assert event.payload["grounds"][0]["code"] == "88122-7"
    assert event.subject.identifiers == (number("P1"),)


def test_a_negative_screening_identifies_nothing(world):
    world.tell(screening(FINE))

    assert needs(world) == []


def test_a_z_code_identifies_a_need(world):
    world.tell(with_diagnosis("I50.9", "Z59.41"))

    [event] = needs(world)
    assert event.payload["code"] == {"code": "Z59.41", "system": "I10C"}
    assert event.payload["reason"] == "diagnosis"


def test_a_need_that_several_statements_show_is_identified_once(world):
    world.tell(screening(), with_diagnosis("Z59.41", hour=9))
    world.tell(screening(hour=10, value="S2"))

    assert [each.type for each in needs(world)] == ["need.identified"]
    assert kept(world) == [("food-insecurity", "identified")]


def test_a_need_is_withdrawn_when_what_shows_it_is_taken_back(world):
    world.tell(screening())
    world.tell(screening(hour=9, status="withdrawn"))

    identified, withdrawn = needs(world)
    assert withdrawn.type == "need.changed"
    assert withdrawn.payload["status"] == "withdrawn"
    assert withdrawn.correction.of == identified.id
    assert withdrawn.correction.kind == "retraction"
    assert withdrawn.entity.version == identified.entity.version + 1
    assert kept(world) == [("food-insecurity", "withdrawn")]


def test_a_need_stays_as_long_as_anything_shows_it(world):
    world.tell(screening(), with_diagnosis("Z59.41", hour=9))
    world.tell(screening(hour=10, status="withdrawn"))

    assert len(needs(world)) == 1

    world.tell(with_diagnosis("I50.9", hour=11, kind=FactKind.UPDATE))

    assert needs(world)[-1].payload["status"] == "withdrawn"


def test_a_need_that_was_withdrawn_can_be_identified_again(world):
    world.tell(screening(), screening(FINE, hour=9), screening(hour=10))

    types = [each.type for each in needs(world)]
    assert types == ["need.identified", "need.changed", "need.identified"]
    assert [each.entity.version for each in needs(world)] == [1, 2, 3]


def test_a_stay_that_never_was_shows_no_need(world):
    world.tell(with_diagnosis("Z59.41"))
    taken_back = stay(number("P1"), "V1", kind=FactKind.CANCEL, hour=9)
    world.tell(replace(taken_back, cancels=FactKind.START, occurred=at(8)))

    assert kept(world) == [("food-insecurity", "withdrawn")]


def test_a_sensitive_need_is_labelled(world):
    world.tell(with_diagnosis("Z69.11"))

    [event] = needs(world)
    assert "SDV" in event.labels.sensitivity
    assert event.labels.confidentiality == "R"
    assert "need:intimate-partner-violence:SDV" in event.labels.derived_by


def test_a_person_with_two_numbers_has_a_need_once(world):
    other = number("P2", "SUED")
    world.tell(screening(), with_diagnosis("I50.9", patient=other, visit="V2"))
    world.tell(repair("link", number("P1"), prior=(other,)))
    world.tell(with_diagnosis("Z59.41", hour=14, patient=other, visit="V3"))

    assert [each.type for each in needs(world)] == ["need.identified"]


def test_a_need_goes_with_a_stay_to_whose_it_is(world):
    other = number("P2", "SUED")
    world.tell(repair("link", number("P1"), prior=(other,), hour=6))
    world.tell(screening(hour=7))
    world.tell(with_diagnosis("Z59.41", patient=other, hour=8))
    world.tell(repair("unlink", number("P1"), prior=(other,), hour=12))

    assert kept(world) == [("food-insecurity", "identified")] * 2


steps = st.lists(
    st.tuples(
        st.sampled_from(["S1", "S2"]),
        st.sampled_from([HUNGRY, FINE]),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=15, deadline=None)
@given(steps, st.randoms(use_true_random=False))
def test_what_is_needed_is_the_same_in_any_order(told, random):
    facts = [
        screening(answer, hour=6 + place, value=value)
        for place, (value, answer) in enumerate(told)
    ]
    outcomes = []
    for order in (facts, random.sample(facts, len(facts))):
        world = World(matching=False)
        try:
            world.tell(*order)
            outcomes.append([each for each in kept(world) if "withdrawn" not in each])
        finally:
            world.close()

    assert outcomes[0] == outcomes[1]
