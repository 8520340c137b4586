"""What comes of messages: ids, warnings, decisions. Every message is synthetic."""

from datetime import timedelta

import pytest

from hub.model.facts import EncounterKey, FactKind, RecordKey
from hub.model.identifiers import Identifier
from hub.model.labels import Labels
from hub.store import journal
from hub.testing.clock import FakeClock
from tests.coordination.scenarios import at
from tests.runtime.facts import (
    OWNERS,
    PANEL,
    events,
    fact,
    reads,
    says,
    states,
    subscription,
)
from tests.runtime.setting import NOW, put


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
        "DELETE FROM fact", "DELETE FROM entity", "DELETE FROM identifier",
        "DELETE FROM token", "DELETE FROM timer",
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


def test_numbers_that_a_sender_names_together_are_of_one_person(make, store, query):
    both = (Identifier("NORD", "P1", "MR"), Identifier("NORD", "P2", "MR"))
    facts = {
        b"1": fact(patient="P1", visit="V1"),
        b"2": fact(patient="P2", visit="V2"),
        b"3": fact(identifiers=both, visit="V3"),
    }
    for body in facts:
        put(store.writer, body)

    make(reads(facts)).work()

    found = events(query)
    assert [event.type for event in found] == [
        "encounter.admitted",
        "encounter.admitted",
        "person.linked",
        "encounter.admitted",
        "encounter.admitted",
        "encounter.admitted",
    ]
    amended = {event.correction.of for event in found if event.correction}
    assert amended == {found[0].id, found[1].id}
    assert len({event.subject.person for event in found[2:]}) == 1
    assert len(query(OWNERS)) == 1


def test_parks_a_visit_number_that_belongs_to_another_patient(make, store, query):
    facts = {b"1": fact(patient="P1"), b"2": fact(FactKind.MOVE, patient="P2", hour=9)}
    for body in facts:
        put(store.writer, body)

    make(reads(facts)).work()

    assert states(query) == [("processed", ""), ("parked", "PIPE-003")]
    assert query("SELECT count(*) FROM identifier") == [(1,)]


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

    make(reads(facts), subscriptions=[subscription(panel=PANEL.name)]).work()

    assert query("SELECT permitted, reason, patient_id FROM decision ORDER BY seq") == [
        (1, "relationship.panel", "M-1"),
    ]
    assert query("SELECT routes, unrelated FROM event ORDER BY seq") == [(1, 0), (1, 1)]
    assert query("SELECT count(*) FROM delivery") == [(1,)]


def test_knows_a_member_by_a_number_of_an_earlier_message(make, store, query):
    both = (Identifier("SUED", "S7", "MR"), Identifier("NORD", "P1", "MR"))
    facts = {
        b"1": fact(identifiers=both, visit="V1"),
        b"2": fact(identifiers=both[:1], visit="V2"),
    }
    for body in facts:
        put(store.writer, body)

    make(reads(facts), subscriptions=[subscription(panel=PANEL.name)]).work()

    assert query("SELECT permitted FROM decision") == [(1,), (1,)]


def record(hour=8, value="A-1", patient="P1", **details):
    key = RecordKey("appointment", "NORD", value)
    return fact(
        FactKind.RECORD,
        patient=patient,
        hour=hour,
        record=key,
        details=details,
        location=None,
    )


def test_a_record_is_an_entity_of_its_own(make, store, query):
    put(store.writer, b"first")
    put(store.writer, b"second")
    facts = {
        b"first": record(status="booked"),
        b"second": record(9, status="cancelled"),
    }

    make(reads(facts)).work()

    booked, cancelled = events(query)
    assert (booked.type, booked.entity.kind) == ("appointment.booked", "appointment")
    assert (cancelled.type, cancelled.entity.version) == ("appointment.cancelled", 2)
    assert booked.entity.key == cancelled.entity.key
    assert query("SELECT kind, version FROM entity ORDER BY kind") == [
        ("appointment", 2),
        ("person", 0),
    ]


def test_a_record_goes_on_after_a_restart(make, store, query):
    put(store.writer, b"first")
    make(reads({b"first": record(status="booked")})).work()
    put(store.writer, b"second")

    make(reads({b"second": record(9, status="cancelled")})).work()

    assert [each.entity.version for each in events(query)] == [1, 2]


def test_a_record_of_another_patient_is_parked(make, store, query):
    put(store.writer, b"first")
    put(store.writer, b"second")
    facts = {
        b"first": record(status="booked"),
        b"second": record(9, patient="P2", status="cancelled"),
    }

    make(reads(facts)).work()

    assert states(query) == [("processed", ""), ("parked", "PIPE-003")]


@pytest.mark.parametrize("kind", [FactKind.PERSON, FactKind.IDENTITY])
def test_what_is_about_a_person_leaves_the_stay_alone(make, store, query, kind):
    put(store.writer)

    make(says(fact(kind))).work()

    assert states(query) == [("processed", "")]
    assert query("SELECT kind FROM entity") == [("person",)]


def test_labels_of_a_fact_are_those_of_its_events(make, store, query):
    put(store.writer)
    labels = Labels("R", ("PSY",), derived_by=("PV1-16",))

    make(says(fact(labels=labels))).work()

    assert [event.labels for event in events(query)] == [labels]


CASE = EncounterKey("NORD", "", "F1", "case")


def case_of_two():
    return {
        b"1": fact(encounter=CASE),
        b"2": fact(FactKind.END, hour=10, encounter=CASE, location=None),
        b"3": fact(hour=20, encounter=CASE),
        b"4": fact(FactKind.MOVE, hour=21, encounter=CASE),
    }


def test_contacts_of_one_case_are_encounters_of_their_own(make, store, query):
    for body in case_of_two():
        put(store.writer, body)

    make(reads(case_of_two())).work()

    first, second = dict.fromkeys(event.entity.key for event in events(query))
    told = [(event.entity.key, event.type.split(".")[1]) for event in events(query)]
    assert told == [
        (first, "admitted"),
        (first, "discharged"),
        (second, "admitted"),
        (second, "transferred"),
    ]


def test_a_case_goes_on_after_a_restart(make, store, query):
    for body in case_of_two():
        put(store.writer, body)
        make(reads(case_of_two())).work()

    assert [event.entity.version for event in events(query)] == [1, 2, 1, 2]
    assert [event.type.split(".")[1] for event in events(query)] == [
        "admitted", "discharged", "admitted", "transferred",
    ]  # fmt: skip


def test_a_case_of_another_patient_is_parked(make, store, query):
    facts = {b"1": fact(encounter=CASE), b"2": fact(patient="P2", encounter=CASE)}
    for body in facts:
        put(store.writer, body)

    make(reads(facts)).work()

    assert states(query) == [("processed", ""), ("parked", "PIPE-003")]


def test_a_contact_that_turns_out_to_be_part_of_another_is_cancelled(
    make, store, query
):
    """The end between the two is taken back, so they were one stay."""
    told = case_of_two() | {
        b"5": fact(
            FactKind.CANCEL, hour=22, cancels=FactKind.END, occurred=at(10),
            encounter=CASE, location=None, encounter_class=None,
        )
    }  # fmt: skip
    for body in told:
        put(store.writer, body)

    make(reads(told)).work()

    types = [event.type.split(".")[1] for event in events(query)]
    assert types.count("admit_cancelled") == 1
    assert types.count("discharge_cancelled") == 1


def test_nobody_is_told_of_who_only_accompanies_a_patient(make, store, query):
    put(store.writer)

    make(says(fact(details={"companion": True}))).work()

    assert states(query) == [("processed", "")]
    assert events(query) == []


def test_what_is_taken_back_before_it_is_sent_is_sent_to_nobody(make, store, query):
    facts = {
        b"1": fact(),
        b"2": fact(FactKind.CANCEL, hour=9, cancels=FactKind.START, occurred=at(8)),
    }
    for body in facts:
        put(store.writer, body)

    make(reads(facts)).work()

    assert [event.type for event in events(query)] == [
        "encounter.admitted",
        "encounter.admit_cancelled",
    ]
    assert query("SELECT state FROM delivery") == [("withdrawn",), ("withdrawn",)]


def test_the_same_statement_about_a_record_is_kept_in_mind_once(make, store, query):
    bodies = [b"%d" % number for number in range(3)]
    for body in bodies:
        put(store.writer, body)
    pipeline = make(reads(dict.fromkeys(bodies, record(status="booked"))))

    pipeline.work()

    key = "SELECT key FROM entity WHERE kind = 'appointment'"
    kept = pipeline._rounds._memory._entities.record(*query(key)[0])
    assert len(kept.witnesses) == 1
    assert len(events(query)) == 1
