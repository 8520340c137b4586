"""The pipeline, round by round, on a real store. Every message is synthetic."""

import hashlib
import sqlite3
import threading

import pytest
import structlog
from msgspec.structs import replace

from hub.errors import HubError
from hub.model.facts import (
    Document,
    Fact,
    FactKind,
    Normalised,
    Part,
    Problem,
)
from hub.model.identifiers import Identifier
from hub.model.message import MessageState
from hub.store import journal
from tests.coordination.scenarios import at
from tests.plugins import hostile_formats
from tests.runtime.facts import events, fact, reads, says, states
from tests.runtime.setting import put, raw


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


def test_works_by_itself_until_it_is_stopped(make, store, query):
    pipeline = make(says(fact()))
    pipeline.start()
    put(store.writer)
    pipeline.wake()

    pipeline.stop()
    pipeline.wake()

    assert states(query)[0][0] in {state.value for state in MessageState}


def test_says_so_when_it_can_no_longer_work(make, monkeypatch):
    """Messages that are acknowledged and never processed would be lost quietly."""
    told, heard = [], threading.Event()
    pipeline = make(says(fact()))

    def broken(*_, **__):
        raise sqlite3.OperationalError("disk I/O error")

    def hear(failure):
        told.append(failure)
        heard.set()

    monkeypatch.setattr("hub.runtime.rounds.journal.claim", broken)
    pipeline.start(on_failure=hear)

    assert heard.wait(10)
    assert [failure.code for failure in told] == ["PIPE-007"]
    assert pipeline.stop()


def test_parks_what_is_no_longer_what_was_received(make, store, query):
    put(store.writer)
    store.writer.call(_damage)
    make(says(fact())).work()

    assert states(query)[0][0] == "parked"
    assert query("SELECT error_code FROM message") == [("STORE-011",)]


def _damage(connection, payloads):
    connection.execute("UPDATE message SET body = x'00'")
    return payloads


def document(content=b"synthetic letter", digest=None):
    digest = digest or hashlib.sha256(content).hexdigest()
    return Document(digest=digest, media_type="text/plain", content=content)


def batch(body, _profile):
    """Read ``a+b`` as two messages, and all else as a fact."""
    bodies = body.split(b"+")
    if len(bodies) == 1:
        return Normalised(facts=(fact(patient=body.decode(), visit=body.decode()),))
    return Normalised(parts=tuple(Part(body=each, control_id="C") for each in bodies))


def test_processes_each_message_inside_a_message_by_itself(make, store, query):
    put(store.writer, b"one+two")
    pipeline = make(batch)

    settled = [pipeline.work(), pipeline.work(), pipeline.work()]

    assert settled == [1, 2, 0]
    assert query("SELECT body, state, reason, parent FROM message ORDER BY seq") == [
        (b"one+two", "split", "parts.2", None),
        (b"one", "processed", "", 1),
        (b"two", "processed", "", 1),
    ]
    assert len(events(query)) == 2


def test_a_part_that_was_there_before_is_stored_once(make, store, query):
    pipeline = make(batch)
    for body in (b"one+two", b"two+three"):
        put(store.writer, body)
        while pipeline.work():
            continue

    assert query("SELECT body, repeats FROM message WHERE parent > 0") == [
        (b"one", 0),
        (b"two", 1),
        (b"three", 0),
    ]


def test_does_not_look_for_messages_within_parts(make, store, query):
    put(store.writer, b"x")
    pipeline = make(lambda *_: Normalised(parts=(Part(body=b"again"),)))

    assert [pipeline.work(), pipeline.work(), pipeline.work()] == [1, 1, 0]
    assert states(query) == [("split", ""), ("parked", "PIPE-002")]


def test_keeps_the_documents_that_facts_refer_to_once(make, store, query):
    pipeline = make(says(fact(), documents=(document(),)))
    for control_id in ("C1", "C2"):
        put(store.writer, control_id=control_id)
        pipeline.work()

    assert query("SELECT digest, media_type, message, body FROM document") == [
        (document().digest, "text/plain", 1, b"synthetic letter")
    ]


@pytest.mark.parametrize(
    "given",
    [
        {"documents": (document(digest="0" * 64),)},
        {"documents": ("no document",)},
        {"parts": (Part(body="text"),)},
        {"parts": 5},
    ],
)
def test_parks_what_holds_no_sound_bytes(make, store, query, given):
    put(store.writer)

    make(says(fact(), **given)).work()

    assert states(query) == [("parked", "PIPE-002")]


@pytest.mark.parametrize(
    ("normalise", "state"),
    [
        (says(fact()), "processed"),
        (says(unmapped="type.ORU"), "unmapped"),
        (says(problem=Problem("HL7-101")), "parked"),
    ],
)
def test_says_what_became_of_each_message(make, store, normalise, state):
    stored = put(store.writer)
    verdicts = []
    pipeline = make(normalise)
    pipeline._recorder.on_verdicts = verdicts.extend

    pipeline.work()

    assert [(key, each.state) for key, each in verdicts] == [(stored.id, state)]


def test_a_part_that_was_refused_when_it_came_alone_is_taken(make, store, query):
    refused = replace(raw(b"one", control_id="C"), refused="HL7-020")
    store.writer.call(journal.put, [journal.row("klinik-nord", refused)])
    put(store.writer, b"one+two")
    pipeline = make(batch)

    while pipeline.work():
        continue

    assert query("SELECT body, state, error_code FROM message ORDER BY seq") == [
        (b"one", "processed", ""),
        (b"one+two", "split", ""),
        (b"two", "processed", ""),
    ]
