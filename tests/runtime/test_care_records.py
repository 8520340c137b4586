"""Care-management records in the core: order, deadlines, consents, clocks."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.model.facts import Fact, FactKind, RecordKey, Subject
from hub.model.identifiers import Code
from hub.runtime.entities import Entities
from hub.runtime.routing import Router
from hub.store.held import held_by
from tests.coordination.scenarios import at
from tests.runtime.facts import EVERYONE
from tests.runtime.world import World, number, repair, stay


def said(kind, hour=8, patient=None, value="1", occurred=None, **details):
    return Fact(
        kind=FactKind.RECORD,
        subject=Subject((patient or number("P1"),)),
        recorded=at(hour),
        occurred=at(occurred or hour),
        record=RecordKey(kind, "CASES", value),
        details=details,
    )


def scored(level, occurred, hour, value):
    return said(
        "risk", hour, value=value, occurred=occurred, level=level, model="points"
    )


@pytest.fixture
def world():
    made = World(matching=False)
    yield made
    made.close()


def standing(events):
    """Return the changes of level that stand, as a recipient knows them."""
    stands, root = {}, {}
    for event in events:
        if event.type != "risk.level_changed":
            continue
        of = event.correction.of if event.correction else event.id
        first = root.get(of, of)
        root[event.id] = first
        if event.correction and event.correction.kind == "retraction":
            del stands[first]
        else:
            told = event.payload
            at_ = event.times.occurred.earliest
            stands[first] = (at_, told["previous_level"], told["level"])
    return sorted(stands.values())


def test_each_score_is_told_and_the_change_of_level_too(world):
    world.tell(scored("low", 8, 8, "1"), scored("high", 9, 9, "2"))

    assert world.types == ["risk.stratified"] * 2 + ["risk.level_changed"]
    assert world.events[-1].payload["previous_level"] == "low"


def test_a_score_that_comes_late_takes_back_what_it_makes_untrue(world):
    world.tell(scored("low", 8, 8, "1"), scored("high", 10, 10, "3"))
    world.tell(scored("high", 9, 11, "2"))

    *_, back_or_new, last = world.events
    assert {back_or_new.type, last.type} == {"risk.level_changed"}
    assert [at_.hour for at_, *_ in standing(world.events)] == [9]


levels = st.lists(
    st.tuples(st.sampled_from(["low", "medium", "high"]), st.integers(1, 5)),
    min_size=1,
    max_size=5,
)


@settings(max_examples=25, deadline=None)
@given(levels, st.randoms(use_true_random=False))
def test_what_stands_of_the_levels_is_the_same_in_any_order(told, random):
    facts = [
        scored(level, occurred, 6 + place, str(place))
        for place, (level, occurred) in enumerate(told)
    ]
    shuffled = random.sample(facts, len(facts))
    outcomes = []
    for order in (facts, shuffled):
        world = World(matching=False)
        try:
            outcomes.append(standing(world.tell(*order).events))
        finally:
            world.close()

    assert outcomes[0] == outcomes[1]


def test_every_event_has_a_version_of_its_own_in_its_stream(world):
    world.tell(
        scored("low", 8, 8, "1"), scored("high", 9, 9, "1"), scored("low", 10, 10, "1")
    )

    versions = [event.entity.version for event in world.events]
    assert versions == list(range(1, len(versions) + 1))


def consents_of(world, patient):
    """Return the consents of whoever has a number, as a new reader sees them."""
    entities = Entities(world.connection, lambda _number: "")
    [(key,)] = world.query(
        "SELECT identity FROM identifier WHERE value = ?", patient.value
    )
    return entities.consents(key)


def consent(patient, value="C1", hour=8, **details):
    stated = {"status": "active", "decision": "permit"} | details
    return said("consent", hour, patient, value, **stated)


def test_a_consent_goes_with_its_number_when_people_are_merged_and_parted(world):
    one, other = number("P1"), number("P2")
    world.tell(stay(one, "V1"), stay(other, "V2"), consent(other))
    assert consents_of(world, one) == ()

    world.tell(repair("link", one, (other,)))
    merged = consents_of(world, one)
    world.tell(repair("unlink", one, (other,), hour=13))

    assert len(merged) == 1
    assert consents_of(world, one) == ()
    assert consents_of(world, other) == merged


def test_a_revocation_that_comes_first_holds(world):
    given_, revoked = (
        consent(number("P1")),
        consent(number("P1"), hour=9, status="revoked"),
    )

    world.tell(revoked, given_)

    [found] = consents_of(world, number("P1"))
    assert found.revoked


@pytest.fixture
def told():
    """A world that tells everybody of everything."""
    made = World(Router(EVERYONE), matching=False)
    yield made
    made.close()


def doubted(world):
    """Return how many of the notices that wait are to be decided anew."""
    [(count,)] = world.query("SELECT count(*) FROM delivery WHERE generation < 0")
    return count


def test_what_waits_is_decided_anew_where_a_consent_changes(told):
    told.tell(stay(number("P1")), stay(number("P2"), "V2"))
    told.tell(said("task", 9, value="T1", title="Call"))
    assert doubted(told) == 0

    told.tell(consent(number("P1")))

    assert doubted(told) >= 2


def test_what_is_not_stored_yet_counts_in_the_same_round(world):
    patient = number("P1")
    world.tell_in_one_round(stay(patient, "V1"), consent(patient))

    [key] = {row[0] for row in world.query("SELECT identity FROM identifier")}
    assert world.processor._entities.consents(key) == consents_of(world, patient)
    assert list(held_by(world.connection, [key])[key].values()) == ["consent"]


def test_a_proxy_is_a_consent_to_tell_a_caregiver(world):
    world.tell(
        said(
            "proxy",
            status="active",
            contact="C-7",
            may_receive=["encounter.*"],
            until="2026-12-31",
        )
    )

    [found] = consents_of(world, number("P1"))
    assert (found.proxy, found.data, found.permits) == ("C-7", ("encounter.*",), True)
    assert found.until >= datetime(2026, 12, 31, tzinfo=UTC)


def test_a_statement_of_a_person_says_that_it_is_one(world):
    fact = said("task", status="completed", clock="tcm.contact")
    manual = Fact(
        **{
            name: getattr(fact, name)
            for name in ("kind", "subject", "recorded", "occurred", "record", "details")
        },
        basis="manual",
    )

    world.tell(manual)

    assert [event.basis for event in world.events] == ["manual"]


def test_an_encounter_is_no_record_that_is_looked_for(world):
    world.tell(stay(number("P1"), encounter_class=Code("inpatient")))

    assert consents_of(world, number("P1")) == ()


statements = st.lists(
    st.builds(
        said,
        st.sampled_from(["task", "need", "consent", "risk", "contact", "caregap"]),
        st.integers(6, 12),
        st.sampled_from([number("P1"), number("P2")]),
        occurred=st.integers(1, 5),
        status=st.sampled_from(
            ["active", "revoked", "created", "completed", "resolved"]
        ),
        level=st.sampled_from(["low", "high"]),
        model=st.just("points"),
        title=st.sampled_from(["Call", "Visit", None]),
    ),
    min_size=1,
    max_size=7,
)


def numbered(facts):
    """Give the statements of each person numbers of their own."""
    return [
        replace(
            each, record=replace(each.record, value=each.subject.identifiers[0].value)
        )
        for each in facts
    ]


def pictures(world):
    """Return what is known of each record, by its key, without the hub's own marks."""
    bodies = world.query("SELECT key, person, body FROM entity WHERE key LIKE 'rec%'")
    return {
        key: (person, msgspec.json.decode(body)["details"])
        for key, person, body in bodies
    }


@settings(max_examples=25, deadline=None)
@given(statements, st.randoms(use_true_random=False), st.booleans())
def test_a_walk_through_statements_ends_in_the_same_records(told, random, forgets):
    """Whatever came first, and whether the hub was started again in between."""
    facts = numbered(told)
    outcomes = []
    for order in (facts, random.sample(facts, len(facts))):
        world = World(matching=False, forgets=forgets)
        try:
            world.tell(*order)
            outcomes.append((pictures(world), standing(world.events)))
            streams = [
                (event.entity.key, event.entity.version) for event in world.events
            ]
        finally:
            world.close()
        assert len({*streams}) == len(streams)

    assert outcomes[0] == outcomes[1]
