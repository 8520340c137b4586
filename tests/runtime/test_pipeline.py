"""The pipeline, round by round, on a real store. Every message is synthetic."""

from datetime import timedelta

import msgspec
import pytest
import structlog

from hub.contract import NormaliserSpec
from hub.coordination.ids import Keys
from hub.coordination.panels import Member, Panel
from hub.coordination.routes import Subscription
from hub.errors import HubError
from hub.model.events import CareEvent
from hub.model.facts import (
    EncounterKey,
    Fact,
    FactKind,
    Normalised,
    Problem,
    Provenance,
    Subject,
)
from hub.model.identifiers import Code, Identifier, Location
from hub.model.message import MessageState
from hub.model.taxonomy import EVENT_TYPES
from hub.runtime.entities import Entities
from hub.runtime.pipeline import Feed, Pipeline
from hub.runtime.processing import Processor
from hub.runtime.routing import Router
from hub.sdk import Settings
from hub.store import journal
from hub.testing.clock import FakeClock
from tests.coordination.scenarios import at
from tests.plugins import hostile_formats
from tests.runtime.setting import NOW, metrics, put

SECRET = b"made up, and of no use elsewhere"
PANEL = Panel("members", {("NORD", "P1"): (Member("M-1"),)})


def subscription(name="everyone", destination="out", panel=None):
    return Subscription(name, destination, EVENT_TYPES, "treatment", panel)


EVERYONE = (subscription(),)


def fact(kind=FactKind.START, patient="P1", visit="V1", hour=8, **given):
    """Return a fact about a made-up stay."""
    identifiers = given.pop("identifiers", (Identifier("NORD", patient, "MR"),))
    demographics = given.pop("demographics", {})
    standard = {
        "recorded": at(hour),
        "occurred": at(hour),
        "encounter": EncounterKey("NORD", "", visit),
        "encounter_class": Code("inpatient"),
        "location": Location(unit=f"W{hour}"),
    }
    return Fact(
        kind=kind, subject=Subject(identifiers, demographics), **(standard | given)
    )


def says(*facts, **given):
    """Return a normaliser that reads these facts in every message."""
    return lambda _body, _profile: Normalised(facts=facts, **given)


def reads(facts):
    """Return a normaliser that knows the facts of each body."""
    return lambda body, _profile: Normalised(
        facts=(facts[body],), provenance=Provenance(message_id=body.decode())
    )


@pytest.fixture
def make(store):
    """Return what makes a pipeline whose one feed has the given normaliser."""
    readers = []

    def make(normalise, *, subscriptions=EVERYONE, clock=None, on=None):
        reader = store.reader()
        readers.append(reader)
        spec = NormaliserSpec(
            name="made-up",
            media_type="text/plain",
            profile=Settings,
            normalise=normalise,
            summary="For a test.",
        )
        entities = Entities(reader)
        return Pipeline(
            feeds={"klinik-nord": Feed(spec, Settings())},
            reader=reader,
            writer=store.writer,
            processor=Processor(entities, Keys(SECRET), Router(subscriptions)),
            entities=entities,
            metrics=metrics(),
            on_deliveries=on or (lambda _destinations: None),
            clock=clock or FakeClock(NOW),
        )

    yield make
    for reader in readers:
        reader.close()


@pytest.fixture
def query(store):
    def query(sql):
        reader = store.reader()
        try:
            return reader.execute(sql).fetchall()
        finally:
            reader.close()

    return query


def states(query):
    return query("SELECT state, error_code FROM message ORDER BY seq")


def events(query):
    found = query("SELECT body FROM event ORDER BY seq")
    return [msgspec.json.decode(body, type=CareEvent) for (body,) in found]


def test_turns_a_message_into_facts_events_decisions_and_deliveries(make, store, query):
    woken = []
    put(store.writer)

    worked = make(says(fact()), on=woken.append).work()

    assert worked == 1
    assert states(query) == [("processed", "")]
    [event] = events(query)
    assert (event.type, event.entity.version) == ("encounter.admitted", 1)
    assert query("SELECT permitted, reason FROM decision") == [(1, "relationship.all")]
    assert query("SELECT destination, state, event FROM delivery") == [
        ("out", "ready", event.id)
    ]
    assert woken == [{"out"}]


def test_does_nothing_where_nothing_waits(make):
    assert make(says(fact())).work() == 0


def test_keeps_the_reason_of_what_is_not_for_the_core(make, store, query):
    put(store.writer)

    make(lambda *_: Normalised(unmapped="type.ORU", warnings=("odd.thing",))).work()

    assert query("SELECT state, reason, warnings FROM message") == [
        ("unmapped", "type.ORU", '["odd.thing"]')
    ]


def test_parks_what_a_person_must_look_at(make, store, query):
    put(store.writer)

    make(lambda *_: Normalised(problem=Problem("HL7-101", "no_patient"))).work()

    assert query("SELECT state, error_code, reason FROM message") == [
        ("parked", "HL7-101", "no_patient")
    ]


@pytest.mark.parametrize(
    ("name", "state", "code"),
    [
        ("hostile-raises", "parked", "PIPE-001"),
        ("hostile-junk", "parked", "PIPE-002"),
        ("hostile-says-nothing", "unmapped", ""),
        ("hostile-sleeps", "unmapped", ""),
    ],
)
def test_outlives_a_hostile_normaliser(make, store, query, name, state, code):
    put(store.writer, b"ZZCANARYZZ")

    with structlog.testing.capture_logs() as entries:
        make(hostile_formats.NORMALISERS[name]).work()

    assert states(query) == [(state, code)]
    reason = query("SELECT reason FROM message")
    shown = str([{**entry, "exc_info": None} for entry in entries])
    assert "ZZCANARYZZ" not in f"{reason} {shown}"


JUNK = {
    "facts that are none": {"facts": ("junk",)},
    "facts that are no tuple": {"facts": 7},
    "a fact about nobody": {"facts": (fact(identifiers=()),)},
    "a fact without a time": {"facts": (fact(recorded=None),)},
    "a kind that there is not": {"facts": (fact(kind="exploded"),)},
    "a subject that is none": {
        "facts": (Fact(kind=FactKind.START, subject=None, recorded=at(8)),)
    },
    "an identifier that is none": {"facts": (fact(identifiers=("P1",)),)},
    "an identifier that cannot be stored": {
        "facts": (fact(identifiers=(Identifier("NORD", "\udcff"),)),)
    },
    "details that are no data": {"facts": (fact(details={"what": object()}),)},
    "demographics that are no data": {"facts": (fact(demographics={"x": object()}),)},
    "warnings that are no texts": {"facts": (fact(),), "warnings": (object(),)},
    "a provenance that is none": {"facts": (fact(),), "provenance": None},
    "a reason that is no text": {"unmapped": object()},
    "a problem that is none": {"problem": "junk"},
    "an encounter key that is none": {"facts": (fact(encounter="V1"),)},
}


@pytest.mark.parametrize("junk", JUNK)
def test_parks_what_a_normaliser_fills_with_junk(make, store, query, junk):
    put(store.writer, b"bad")
    put(store.writer, b"good")
    good = Normalised(facts=(fact(),))

    pipeline = make(
        lambda body, _: good if body == b"good" else Normalised(**JUNK[junk])
    )
    pipeline.work()

    bad, fine = states(query)
    assert bad[0] == "parked"
    assert bad[1].startswith("PIPE-")
    assert fine == ("processed", "")
    # Nothing of the junk is remembered: what follows is what was said first.
    assert [event.entity.version for event in events(query)] == [1]


def test_parks_a_message_whose_feed_is_gone(make, store, query):
    put(store.writer, source="klinik-west")

    make(says(fact())).work()

    assert states(query) == [("parked", "PIPE-005")]


def test_warns_of_a_control_id_that_was_used_before(make, store, query):
    put(store.writer, b"one", control_id="C1")
    put(store.writer, b"two", control_id="C1")

    make(lambda *_: Normalised(unmapped="for.a.test")).work()

    assert query("SELECT warnings FROM message ORDER BY seq") == [
        ("[]",),
        ('["control_id.reused"]',),
    ]


def test_one_message_that_cannot_be_recorded_costs_no_other(make, store, query):
    facts = {
        b"%d" % n: fact(patient=f"P{n}", visit=f"V{n}", hour=8 + n) for n in range(5)
    }
    for body in facts:
        put(store.writer, body)
    trigger = (
        "CREATE TRIGGER refuse BEFORE INSERT ON fact WHEN NEW.message = 3"
        " BEGIN SELECT RAISE(ABORT, 'refused'); END"
    )
    store.writer.call(lambda sql, _: [sql.execute(trigger) and None])

    make(reads(facts)).work()

    others = ("processed", "")
    assert states(query) == [others, others, ("parked", "PIPE-004"), others, others]
    assert len(events(query)) == 4


def test_a_message_that_could_not_be_recorded_can_be_replayed(make, store, query):
    put(store.writer, b"1")
    trigger = (
        "CREATE TRIGGER refuse BEFORE INSERT ON fact"
        " BEGIN SELECT RAISE(ABORT, 'refused'); END"
    )
    store.writer.call(lambda sql, _: [sql.execute(trigger) and None])
    pipeline = make(says(fact()))
    pipeline.work()
    store.writer.call(lambda sql, _: [sql.execute("DROP TRIGGER refuse") and None])

    [(key,)] = query("SELECT id FROM message")
    replayed = store.writer.call(journal.replay, key)
    pipeline.work()

    assert replayed
    assert states(query) == [("processed", "")]
    assert len(events(query)) == 1


def test_raises_and_forgets_where_nothing_can_be_stored(make, store, query):
    put(store.writer)
    pipeline = make(says(fact()))
    store.writer.close()

    with pytest.raises(HubError) as raised:
        pipeline.work()

    assert raised.value.code == "STORE-007"
    assert states(query) == [("received", "")]


def test_gives_the_same_ids_when_all_is_done_again(make, store, query):
    facts = {
        b"1": fact(),
        b"2": fact(FactKind.MOVE, hour=9),
        b"3": fact(FactKind.END, hour=10, location=None),
    }
    for body in facts:
        put(store.writer, body)

    def half(body, profile):
        if body == b"3":
            raise RuntimeError("the hub was killed here")
        return reads(facts)(body, profile)

    make(half).work()
    [(key,)] = query("SELECT id FROM message WHERE state = 'parked'")
    first = [event.id for event in events(query)]
    # Another hub on the same store knows nothing by heart.
    store.writer.call(journal.replay, key)
    make(reads(facts)).work()
    whole = events(query)
    undo = (
        "DELETE FROM delivery", "DELETE FROM decision", "DELETE FROM event",
        "DELETE FROM fact", "DELETE FROM entity", "DELETE FROM person_identifier",
        "UPDATE message SET state = 'received'",
    )  # fmt: skip
    for statement in undo:
        store.writer.call(lambda sql, each: [sql.execute(each[0]) and None], statement)
    make(reads(facts), clock=FakeClock(NOW + timedelta(days=3))).work()

    again = events(query)
    assert [event.id for event in whole][: len(first)] == first
    assert [event.id for event in again] == [event.id for event in whole]
    assert [event.entity for event in again] == [event.entity for event in whole]


def test_a_round_sees_what_it_has_not_committed_yet(make, store, query):
    facts = {b"%d" % n: fact(FactKind.UPDATE, hour=8 + n) for n in range(1, 6)}
    facts[b"0"] = fact()
    for body in sorted(facts):
        put(store.writer, body)

    make(reads(facts)).work()

    versions = [event.entity.version for event in events(query)]
    assert versions == list(range(1, len(versions) + 1))
    assert query("SELECT count(*) FROM entity WHERE kind = 'encounter'") == [(1,)]


def test_holds_a_senders_clock_that_is_ahead_to_the_time_of_arrival(make, store, query):
    ahead = fact(recorded=at(8, day=30))
    put(store.writer, received_at=at(9).earliest)

    make(says(ahead)).work()

    assert query("SELECT warnings FROM message") == [('["clock.ahead"]',)]
    [event] = events(query)
    assert event.times.recorded.earliest == at(9).earliest
    assert "clock_ahead" in event.times.recorded.flags
    assert event.quality.warnings == ("clock.ahead",)


def test_believes_a_senders_clock_that_is_a_little_ahead(make, store, query):
    put(store.writer, received_at=at(8).earliest - timedelta(minutes=4))

    make(says(fact())).work()

    assert query("SELECT warnings FROM message") == [("[]",)]


def test_warns_of_identifiers_that_belong_to_different_people(make, store, query):
    both = (Identifier("NORD", "P1", "MR"), Identifier("NORD", "P2", "MR"))
    facts = {
        b"1": fact(patient="P1", visit="V1"),
        b"2": fact(patient="P2", visit="V2"),
        b"3": fact(identifiers=both, visit="V3"),
    }
    for body in facts:
        put(store.writer, body)

    make(reads(facts)).work()

    warnings = query("SELECT warnings FROM message ORDER BY seq")
    assert warnings == [("[]",), ("[]",), ('["identity.conflict"]',)]
    first, _, third = (event.subject.person for event in events(query))
    assert first == third


def test_parks_a_visit_number_that_belongs_to_another_patient(make, store, query):
    facts = {b"1": fact(patient="P1"), b"2": fact(FactKind.MOVE, patient="P2", hour=9)}
    for body in facts:
        put(store.writer, body)

    make(reads(facts)).work()

    assert states(query) == [("processed", ""), ("parked", "PIPE-003")]
    assert query("SELECT count(*) FROM person_identifier") == [(1,)]


def test_says_the_same_once_however_often_it_is_told(make, store, query):
    for number in range(3):
        put(store.writer, b"%d" % number)

    make(says(fact())).work()

    assert len(events(query)) == 1
    assert query("SELECT count(*) FROM fact") == [(3,)]


def test_two_subscriptions_of_one_destination_lead_to_one_delivery(make, store, query):
    subscriptions = (subscription("one"), subscription("two"), subscription("x", "far"))
    put(store.writer)

    make(says(fact()), subscriptions=subscriptions).work()

    assert query("SELECT subscription, permitted FROM decision ORDER BY seq") == [
        ("one", 1),
        ("two", 1),
        ("x", 1),
    ]
    assert query("SELECT destination, subscription FROM delivery ORDER BY seq") == [
        ("out", "one"),
        ("far", "x"),
    ]


def test_records_why_somebody_is_not_told(make, store, query):
    facts = {
        b"1": fact(patient="P1", visit="V1"),
        b"2": fact(patient="P2", visit="V2"),
    }
    for body in facts:
        put(store.writer, body)

    make(reads(facts), subscriptions=[subscription(panel=PANEL)]).work()

    assert query("SELECT permitted, reason, patient_id FROM decision ORDER BY seq") == [
        (1, "relationship.panel", "M-1"),
        (0, "relationship.none", ""),
    ]
    assert query("SELECT count(*) FROM delivery") == [(1,)]


def test_knows_a_member_by_a_number_of_an_earlier_message(make, store, query):
    both = (Identifier("SUED", "S7", "MR"), Identifier("NORD", "P1", "MR"))
    facts = {
        b"1": fact(identifiers=both, visit="V1"),
        b"2": fact(identifiers=both[:1], visit="V2"),
    }
    for body in facts:
        put(store.writer, body)

    make(reads(facts), subscriptions=[subscription(panel=PANEL)]).work()

    assert query("SELECT permitted FROM decision") == [(1,), (1,)]


def test_works_by_itself_until_it_is_stopped(make, store, query):
    pipeline = make(says(fact()))
    pipeline.start()
    put(store.writer)
    pipeline.wake()

    pipeline.stop()
    pipeline.wake()

    assert states(query)[0][0] in {state.value for state in MessageState}
