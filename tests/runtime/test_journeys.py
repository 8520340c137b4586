"""Stays through the pipeline: told once when things have settled, and corrected."""

from datetime import timedelta

import msgspec
import pytest

from hub.model.events import CareEvent
from hub.model.facts import EncounterKey, FactKind
from hub.model.labels import Labels
from hub.runtime import rounds
from hub.store import timers
from hub.store.errors import StorageFullError
from hub.testing.clock import FakeClock
from tests.coordination.scenarios import at
from tests.runtime.facts import fact, reads
from tests.runtime.setting import NOW, put

LATER = timedelta(minutes=31)


@pytest.fixture
def clock():
    return FakeClock(NOW)


@pytest.fixture
def play(make, store, clock, query):
    """Return what lets facts arrive, each in a message, and the clock go on."""
    known = {}

    def play(*facts, wait=timedelta(seconds=3)):
        for each in facts:
            body = b"%d" % len(known)
            known[body] = each
            put(store.writer, body, control_id=body.decode(), received_at=clock.now())
        pipeline = make(reads(known), clock=clock.now)
        while pipeline.work():
            continue
        clock.advance(wait.total_seconds())
        while pipeline.work():
            continue
        return stays(query)

    return play


def stays(query):
    bodies = query("SELECT body FROM event WHERE type LIKE 'stay.%' ORDER BY seq")
    return [msgspec.json.decode(body, type=CareEvent) for (body,) in bodies]


def types(told):
    return [event.type.partition(".")[2] for event in told]


def end(hour=12, **given):
    return fact(FactKind.END, hour=hour, location=None, **given)


def test_a_stay_is_told_of_when_it_opens_and_when_its_end_has_settled(play):
    assert types(play(fact())) == ["opened"]
    assert types(play(end())) == ["opened"]
    told = play(wait=LATER)

    assert types(told) == ["opened", "closed"]
    assert [event.entity.kind for event in told] == ["stay", "stay"]
    assert [event.entity.version for event in told] == [1, 2]
    assert told[0].entity.key == told[1].entity.key


def test_an_end_that_is_taken_back_in_time_is_never_told(play):
    play(fact(), end())
    cancel = fact(
        FactKind.CANCEL, hour=13, cancels=FactKind.END, occurred=at(12), location=None
    )

    assert types(play(cancel, wait=LATER)) == ["opened"]


def test_an_end_that_is_taken_back_late_is_retracted(play):
    play(fact(), end(), wait=LATER)
    cancel = fact(
        FactKind.CANCEL, hour=13, cancels=FactKind.END, occurred=at(12), location=None
    )
    opened, closed, retracted = play(cancel, wait=LATER)

    assert types([opened, closed]) == ["opened", "closed"]
    assert (retracted.correction.of, retracted.correction.kind) == (
        closed.id,
        "retraction",
    )


def test_two_visits_that_go_on_from_each_other_are_one_stay(play):
    play(fact(), end())
    second = fact(
        hour=14,
        visit="V2",
        details={"admission": {"source": "4"}},
    )

    assert types(play(second, wait=LATER)) == ["opened"]


def test_who_comes_back_within_a_month_is_a_readmission(play):
    play(fact(), end(), wait=LATER)
    back = fact(visit="V9", recorded=at(8, day=9), occurred=at(8, day=9))
    told = play(back, wait=LATER)

    assert types(told) == ["opened", "closed", "opened", "readmission_detected"]
    assert told[-1].payload["days"] == 9


def test_a_readmission_is_taken_back_with_its_admission(play):
    play(fact(), end(), wait=LATER)
    back = fact(visit="V9", recorded=at(8, day=9), occurred=at(8, day=9))
    play(back, wait=LATER)
    cancel = fact(
        FactKind.CANCEL,
        visit="V9",
        cancels=FactKind.START,
        recorded=at(9, day=9),
        occurred=at(8, day=9),
        location=None,
    )
    told = play(cancel, wait=LATER)

    retracted = [each for each in told if each.correction]
    assert {each.type for each in retracted} == {
        "stay.opened",
        "stay.readmission_detected",
    }


def test_a_restart_forgets_no_timer(play, query):
    play(fact(), wait=timedelta(0))
    waiting = query("SELECT kind FROM timer")

    assert waiting == [("stays",)]
    assert types(play()) == ["opened"]
    assert query("SELECT kind FROM timer") == []


def test_a_timer_that_fails_is_put_off_and_stops_nobody(play, query, monkeypatch):
    def fails(*_):
        raise RuntimeError("made up")

    monkeypatch.setattr("hub.runtime.journeys.Journeys.ring", fails)

    assert types(play(fact())) == []
    [(due,)] = query("SELECT due FROM timer")
    assert due > timers.microseconds(NOW + rounds.PUT_OFF)


def test_an_encounter_of_a_case_is_part_of_a_stay(play):
    case = EncounterKey("NORD", "", "F1", "case")

    assert types(play(fact(encounter=case))) == ["opened"]


def test_what_is_long_past_is_known_and_told_to_nobody(play, clock, query):
    clock.advance(days=100)

    assert types(play(fact(), end(), wait=LATER)) == []
    assert query("SELECT version FROM entity WHERE kind = 'stay'") == [(0,)]


def test_what_was_never_told_is_not_taken_back(play, clock):
    clock.advance(days=100)
    play(fact(), end(), wait=LATER)
    cancel = fact(
        FactKind.CANCEL, hour=9, cancels=FactKind.START, occurred=at(8), location=None
    )

    assert types(play(cancel, wait=LATER)) == []


def test_a_stay_is_as_confidential_as_what_it_is_made_of(play):
    (opened,) = play(fact(labels=Labels("R", ("PSY",))))

    assert (opened.labels.confidentiality, opened.labels.sensitivity) == ("R", ("PSY",))


@pytest.mark.parametrize("times", [1, 3])
def test_a_full_disk_keeps_nobody_from_hearing_later(play, store, monkeypatch, times):
    real, refused = store.writer.call, []

    def full(apply, payload=None, size=0):
        told = getattr(payload[0], "events", ()) if payload else ()
        if any(row.type.startswith("stay") for row in told) and len(refused) < times:
            refused.append(apply)
            raise StorageFullError("SQLITE_FULL")
        return real(apply, payload, size)

    monkeypatch.setattr(store.writer, "call", full)
    for _ in range(times):
        with pytest.raises(StorageFullError):
            play(*([] if refused else [fact()]))

    assert types(play()) == ["opened"]
