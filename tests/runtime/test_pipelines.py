"""The pipeline as a thread and as a process: the same contract for both.

Every message is synthetic.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial

import pytest

from hub.runtime import pipeline_process
from hub.runtime.pipeline import Pipeline
from hub.runtime.pipeline_process import PipelineProcess
from hub.runtime.recording import Recorder
from hub.store import journal
from tests.runtime import prepared
from tests.runtime.facts import events, states
from tests.runtime.prepared import said
from tests.runtime.setting import metrics

PATIENCE_SECONDS = 30


class Heard:
    """What a pipeline told: of deliveries, of verdicts, of its failure."""

    def __init__(self):
        self.destinations = []
        self.verdicts = []
        self.failures = []
        self._news = threading.Condition()

    def add(self, what, told):
        with self._news:
            getattr(self, what).extend(told)
            self._news.notify_all()

    def wait_for(self, what, count):
        """Wait until so many were told, and return them."""
        with self._news:
            assert self._news.wait_for(
                lambda: len(getattr(self, what)) >= count, PATIENCE_SECONDS
            ), f"{len(getattr(self, what))} of {count} {what}: {self.failures}"
            return list(getattr(self, what))


def in_thread(store, prepare, on_deliveries):
    made = prepare()
    return Pipeline(
        feeds=made.feeds,
        reader=made.reader,
        writer=store.writer,
        processor=made.processor,
        metrics=metrics(),
        on_deliveries=on_deliveries,
    )


def in_process(store, prepare, on_deliveries):
    return PipelineProcess(prepare, Recorder(store.writer, metrics(), on_deliveries))


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def begin(store, heard):
    """Return what starts a pipeline, which is stopped at the end."""
    with contextlib.ExitStack() as stack:

        def begin(how, prepare=prepared.prepare):
            pipeline = how(
                store,
                partial(prepare, store.folder),
                partial(heard.add, "destinations"),
            )
            pipeline.start(
                lambda failure: heard.add("failures", [failure]),
                partial(heard.add, "verdicts"),
            )
            stack.callback(pipeline.stop)
            return pipeline

        yield begin


@pytest.fixture(params=[in_thread, in_process])
def how(request):
    return request.param


def put(store, *messages):
    """Store messages at one stroke; return their ids."""
    rows = [journal.row("klinik-nord", each) for each in messages]
    return [stored.id for stored in store.writer.call(journal.put, rows)]


def stay(patient, count):
    return [said(patient, hour) for hour in range(count)]


def refuse(store, message):
    """Let the store refuse the facts of a message."""
    trigger = (
        f"CREATE TRIGGER refuse BEFORE INSERT ON fact WHEN NEW.message = {message}"
        " BEGIN SELECT RAISE(ABORT, 'refused'); END"
    )
    store.writer.call(lambda sql, _: [sql.execute(trigger) and None])


def test_works_out_what_waits_and_what_comes_and_tells_of_it(begin, how, store, heard):
    first = put(store, said("P1", 0))
    pipeline = begin(how)
    heard.wait_for("verdicts", 1)
    second = put(store, said("P2", 0))
    pipeline.wake()

    verdicts = heard.wait_for("verdicts", 2)

    assert [key for key, _ in verdicts] == [*first, *second]
    assert {verdict.state for _, verdict in verdicts} == {"processed"}
    assert heard.wait_for("destinations", 2) == ["out", "out"]


def test_keeps_the_order_of_each_person_over_many_rounds(
    begin, how, store, heard, query
):
    stays = [stay(f"P{number}", 23) for number in range(12)]
    messages = [each for hour in zip(*stays, strict=True) for each in hour]
    ids = put(store, *messages)

    begin(how)
    verdicts = heard.wait_for("verdicts", len(messages))

    assert [key for key, _ in verdicts] == ids
    versions = {}
    for event in events(query):
        if event.entity.kind == "encounter":
            versions.setdefault(event.entity.key, []).append(event.entity.version)
    assert set(map(tuple, versions.values())) == {tuple(range(1, 24))}


@pytest.mark.parametrize("place", [5, 40, 70])
def test_what_cannot_be_stored_costs_nothing_else(
    begin, how, store, heard, query, place
):
    messages = [each for n in range(10) for each in stay(f"P{n}", 10)]
    put(store, *messages)
    refuse(store, place)

    begin(how)
    heard.wait_for("verdicts", len(messages))

    expected = [("processed", "")] * len(messages)
    expected[place - 1] = ("parked", "PIPE-004")
    assert states(query) == expected


def test_what_the_core_fails_on_costs_nothing_else(begin, how, store, heard, query):
    messages = [each for n in range(10) for each in stay(f"P{n}", 10)]
    messages[45] = said("poison", 0)
    put(store, *messages)

    begin(how)
    heard.wait_for("verdicts", len(messages))

    expected = [("processed", "")] * len(messages)
    expected[45] = ("parked", "PIPE-006")
    assert states(query) == expected


def test_works_out_again_what_is_replayed_while_much_waits(
    begin, how, store, heard, query
):
    refuse(store, 1)
    [first] = put(store, said("P0", 0))
    begin(how)
    heard.wait_for("verdicts", 1)
    store.writer.call(lambda sql, _: [sql.execute("DROP TRIGGER refuse") and None])

    put(store, *(each for n in range(1, 30) for each in stay(f"P{n}", 10)))
    assert store.writer.call(journal.replay, first)
    heard.wait_for("verdicts", 1 + 290 + 1)

    assert set(states(query)) == {("processed", "")}


def test_stops_after_the_round_in_hand(begin, how, store, heard, query):
    put(store, *(each for n in range(50) for each in stay(f"P{n}", 20)))
    pipeline = begin(how)
    heard.wait_for("verdicts", 1)

    in_time = pipeline.stop()

    assert in_time
    settled = states(query).count(("processed", ""))
    assert settled == len(heard.verdicts)
    assert heard.failures == []


def test_says_so_when_it_can_no_longer_work(begin, how, heard):
    """Messages that are acknowledged and never processed would be lost quietly."""
    begin(how, prepared.prepare_broken)

    [failure] = heard.wait_for("failures", 1)

    assert failure.code == "PIPE-007"


def test_both_make_the_same_of_the_same_messages(begin, store, heard, query):
    put(store, *(each for n in range(5) for each in stay(f"P{n}", 12)))
    thread = begin(in_thread)
    heard.wait_for("verdicts", 60)
    thread.stop()
    made = (
        "SELECT id, type, key, event.version, person FROM event"
        " JOIN entity ON entity.seq = event.entity ORDER BY event.seq"
    )
    by_thread = query(made)
    store.writer.call(_forget_all)

    begin(in_process)
    heard.wait_for("verdicts", 120)

    assert query(made) == by_thread


def _forget_all(connection, payloads):
    kept = ("timer", "delivery", "decision", "event", "fact", "entity", "link", "token")
    for table in (*kept, "identifier"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608  names of our own
    connection.execute("UPDATE message SET state = 'received'")
    return payloads


# What only a process can do.


@pytest.mark.parametrize(
    ("messages", "status"), [([], -signal.SIGKILL), ([b"die"], 77)]
)
def test_says_so_when_its_process_ends(begin, store, heard, messages, status):
    pipeline = begin(in_process)
    put(store, said("P1", 0), *(prepared.raw(body) for body in messages))
    pipeline.wake()
    if not messages:
        heard.wait_for("verdicts", 1)
        os.kill(pipeline.pid, signal.SIGKILL)

    [failure] = heard.wait_for("failures", 1)

    assert (failure.code, failure.detail) == (
        "PIPE-007",
        f"its process ended with {int(status)}",
    )


def test_loses_nothing_when_its_process_is_killed(begin, store, heard, query):
    messages = [each for n in range(40) for each in stay(f"P{n}", 24)]
    put(store, *messages)
    for kills in range(1, 5):
        pipeline = begin(in_process)
        heard.wait_for("verdicts", len(heard.verdicts) + 1)
        os.kill(pipeline.pid, signal.SIGKILL)
        heard.wait_for("failures", kills)

    begin(in_process)
    verdicts = heard.wait_for("verdicts", len(messages))

    assert len({key for key, _ in verdicts}) == len(verdicts) == len(messages)
    found = [event.id for event in events(query) if event.entity.kind == "encounter"]
    assert len(set(found)) == len(messages)


def test_ends_a_process_that_hangs_and_says_so(begin, store, heard, monkeypatch):
    monkeypatch.setattr(pipeline_process, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(pipeline_process, "MOST_LOOKS", 60)
    pipeline = begin(in_process)
    put(store, prepared.raw(b"wait"))
    pipeline.wake()

    [failure] = heard.wait_for("failures", 1)

    assert (failure.code, failure.detail) == ("PIPE-007", "it hangs")
    assert not _lives(pipeline.pid)


def test_ends_a_process_that_does_not_stop_in_time(begin, store, heard, monkeypatch):
    monkeypatch.setattr(pipeline_process, "STOP_SECONDS", 0.2)
    pipeline = begin(in_process)
    put(store, said("P1", 0), prepared.raw(b"wait"))
    pipeline.wake()
    _eventually(lambda: pipeline.signs.beats > 1)

    in_time = pipeline.stop()

    assert not in_time
    assert not _lives(pipeline.pid)
    assert heard.failures == []


def test_may_be_woken_before_its_process_is_there(store, heard):
    prepare = partial(prepared.prepare, store.folder)
    pipeline = in_process(store, prepare, partial(heard.add, "destinations"))
    put(store, said("P1", 0))

    pipeline.wake()
    pipeline.start(on_verdicts=partial(heard.add, "verdicts"))

    assert heard.wait_for("verdicts", 1)
    assert pipeline.stop()


def test_stops_while_its_process_still_loads(begin, heard):
    pipeline = begin(in_process, prepared.prepare_never)
    _eventually(lambda: pipeline.pid)

    assert pipeline.stop()
    assert heard.failures == []


def test_signals_to_all_processes_are_for_the_hub(begin, store, heard):
    pipeline = begin(in_process)
    _eventually(lambda: pipeline.pid)

    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(pipeline.pid, number)
    put(store, said("P1", 0))
    pipeline.wake()

    assert heard.wait_for("verdicts", 1)
    assert heard.failures == []


HUB = """
import sys, time
from functools import partial
from pathlib import Path
sys.path.insert(0, {root!r})
from hub.runtime.pipeline_process import PipelineProcess
from hub.runtime.recording import Recorder
from hub.store.store import Store, call_at_once
from tests.runtime import prepared
from tests.runtime.setting import metrics, put, raw
with Store(Path(sys.argv[1]), call_at_once) as store:
    recorder = Recorder(store.writer, metrics(), print)
    pipeline = PipelineProcess(partial(prepared.prepare, store.folder), recorder)
    put(store.writer, sys.argv[2].encode())
    pipeline.start()
    while pipeline.signs.beats < 2:
        time.sleep(0.01)
    print(pipeline.pid, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("doing", ["nothing", "wait"])
def test_its_process_ends_when_the_hub_is_killed(tmp_path, request, doing):
    code = HUB.format(root=str(request.config.rootpath))
    command = [sys.executable, "-c", code, str(tmp_path / "data"), doing]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as hub:
        pid = next(int(line) for line in hub.stdout if line.strip().isdigit())
        assert _lives(pid)

        hub.kill()

        _eventually(lambda: not _lives(pid))


def _lives(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:  # noqa: PTH123  not a file
        return stat.read().rpartition(")")[2].split()[0] != "Z"


def _eventually(question):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not question():
        assert time.monotonic() < deadline
        time.sleep(0.01)
