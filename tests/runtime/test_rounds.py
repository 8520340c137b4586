"""Rounds that overlap: one on its way to the disk, the next at work.

Every message is synthetic.
"""

from contextlib import closing
from functools import partial

import pytest

from hub.runtime import rounds
from hub.runtime.bell import Bell
from hub.runtime.interpreting import Interpreter
from hub.runtime.recording import Finished, Recorder
from hub.runtime.rounds import ROUND, ROUND_BEHIND, Rounds
from hub.store import journal
from hub.store.errors import RowRefusedError, StorageFullError
from tests.runtime import prepared
from tests.runtime.facts import events, states
from tests.runtime.prepared import said
from tests.runtime.setting import NOW, metrics


class Slow:
    """A ledger that records a round only when it is waited for, or fails.

    `story` has what happened: the sizes of rounds, in the order of their submission
    and recording.
    """

    def __init__(self, store):
        self.story = []
        self.failures = []
        self._recorder = Recorder(store.writer, metrics(), lambda _: None)
        self._waiting = None

    def submit(self, finished):
        assert self._waiting is None
        self._waiting = finished
        self.story.append(("submitted", len(finished.settlements)))

    def settled(self):
        finished, self._waiting = self._waiting, None
        if self.failures and (failure := self.failures.pop(0)):
            self.story.append(("failed", len(finished.settlements)))
            raise failure
        self._recorder.record(Finished(*finished))
        self.story.append(("recorded", len(finished.settlements)))


@pytest.fixture
def ledger(store):
    return Slow(store)


@pytest.fixture
def make(store, ledger):
    made = prepared.prepare(store.folder)
    interpreter = Interpreter(made.feeds, made.processor)
    with closing(made.reader):
        yield partial(
            Rounds,
            made.reader,
            interpreter,
            made.processor,
            ledger,
            Bell(),
            lambda: NOW,
        )


def put(store, count):
    """Store messages about three people, in turn."""
    messages = [said(f"P{n % 3}", n // 3) for n in range(count)]
    rows = [journal.row("klinik-nord", each) for each in messages]
    store.writer.call(journal.put, rows)


def gaps(query):
    """Return for each stay the versions that are missing, or there twice."""
    found = {}
    for event in events(query):
        if event.entity.kind == "encounter":
            found.setdefault(event.entity.key, []).append(event.entity.version)
    return [
        set(range(1, len(versions) + 1)).symmetric_difference(versions)
        for versions in found.values()
    ]


def test_works_on_while_a_full_round_is_on_its_way(make, store, ledger, query):
    put(store, 2 * ROUND)
    pipeline = make()

    pipeline._step()
    pipeline._step()

    assert ledger.story == [
        ("submitted", ROUND),
        ("recorded", ROUND),
        ("submitted", ROUND),
    ]
    assert pipeline.work() == 0
    assert states(query) == [("processed", "")] * 2 * ROUND
    assert gaps(query) == [set()] * 3


def test_whoever_is_behind_works_in_larger_rounds(make, store, ledger, query):
    put(store, ROUND + ROUND_BEHIND + 1)
    pipeline = make()
    pipeline._clock = lambda: NOW + 2 * rounds.LONGEST_LAG

    while pipeline.work():
        continue

    sizes = [count for what, count in ledger.story if what == "submitted"]
    assert sizes == [ROUND, ROUND_BEHIND, 1]
    assert gaps(query) == [set()] * 3


def test_hands_nothing_over_that_rests_on_what_was_not_stored(
    make, store, ledger, query
):
    put(store, 2 * ROUND)
    ledger.failures = [RowRefusedError("made up")]
    pipeline = make()

    pipeline._step()
    pipeline._step()

    alone = [("submitted", 1), ("recorded", 1)] * ROUND
    assert ledger.story == [("submitted", ROUND), ("failed", ROUND), *alone]
    while pipeline.work():
        continue
    assert states(query) == [("processed", "")] * 2 * ROUND
    assert gaps(query) == [set()] * 3


def test_does_all_again_where_the_store_has_no_room(make, store, ledger, query):
    put(store, 2 * ROUND)
    ledger.failures = [StorageFullError("made up")]
    pipeline = make()
    pipeline._step()

    with pytest.raises(StorageFullError):
        pipeline._step()

    while pipeline.work():
        continue
    assert states(query) == [("processed", "")] * 2 * ROUND
    assert gaps(query) == [set()] * 3


def test_looks_at_timers_only_where_all_is_stored(make, store, query):
    """A timer is about what the store knows of a person."""
    put(store, 3 * ROUND)
    pipeline = make()
    pipeline._rounds = rounds.ROUNDS_FOR_TIMERS - 2

    pipeline._step()
    assert states(query).count(("received", "")) == 3 * ROUND
    pipeline._step()

    assert states(query).count(("received", "")) == ROUND


def test_a_large_round_is_not_worked_out_beside_another(
    make, store, ledger, monkeypatch
):
    monkeypatch.setattr(rounds, "LARGE", ROUND)
    put(store, 2 * ROUND)
    pipeline = make()
    pipeline._step()
    stored = []
    settle = pipeline._interpreter.settle

    def look(*given):
        stored.append(ledger.story[-1])
        return settle(*given)

    monkeypatch.setattr(pipeline._interpreter, "settle", look)
    pipeline._step()

    assert stored == [("recorded", ROUND)]
