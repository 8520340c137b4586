"""Reports on messages of a store, made beside everything else."""

import time

import msgspec
import pytest
import structlog

from hub.model.message import MessageState
from hub.runtime import validation
from hub.runtime.examiner import Examiner, ValidatorStartError
from hub.runtime.validation import Validation
from hub.store import state
from hub.store.journal import microseconds
from hub.store.state import Settlement
from hub.testing.clock import FakeClock
from tests.runtime.setting import NOW, put
from tests.runtime.validators import OBEDIENT

PATIENCE_SECONDS = 60


@pytest.fixture(autouse=True)
def eager(monkeypatch):
    monkeypatch.setattr(validation, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(validation, "RETRY_SECONDS", 0.01)


@pytest.fixture
def run(store):
    """Return what starts validation of the given feeds and ends it with the test."""
    running = []

    def run(*feeds, limit_seconds=20.0):
        work = Validation(
            dict.fromkeys(feeds or ("klinik-nord",), OBEDIENT),
            store.reader(),
            store.writer,
            limit_seconds=limit_seconds,
            clock=FakeClock(NOW),
        )
        running.append(work)
        work.start()
        return work

    yield run
    for work in running:
        assert work.stop()


def process(store, body, source="klinik-nord"):
    stored = put(store.writer, body, source=source, control_id=body.decode())
    settle(store, stored.id)
    return stored.id


def settle(store, key):
    reader = store.reader()
    (seq,) = reader.execute("SELECT seq FROM message WHERE id = ?", [key]).fetchone()
    reader.close()
    done = Settlement(seq, MessageState.UNMAPPED, microseconds(NOW), reason="made up")
    store.writer.call(state.settle, [done])


def reported(query, count):
    """Wait for `count` reports; return the texts of each message's remarks."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while True:
        rows = query(
            "SELECT id, made_at, remarks FROM report"
            " JOIN message ON message.seq = report.message"
        )
        if len(rows) >= count or time.monotonic() > ends:
            break
        time.sleep(0.01)
    assert len(rows) == count
    assert {row[1] for row in rows} == {microseconds(NOW)}
    return {key: msgspec.json.decode(remarks) for key, _, remarks in rows}


def test_each_processed_message_of_a_validated_feed_gets_a_report(store, query, run):
    first = process(store, b"one")
    process(store, b"other", source="praxis")
    run("klinik-nord")
    second = process(store, b"three")

    found = reported(query, 2)

    remark = {"severity": "warning", "place": "PID-3"}
    assert found == {
        first: [remark | {"text": "3 bytes"}],
        second: [remark | {"text": "5 bytes"}],
    }


def test_a_message_is_reported_on_after_it_was_processed(store, query, run):
    waiting = put(store.writer, b"waits", control_id="W").id
    later = process(store, b"later")
    run()

    assert list(reported(query, 1)) == [later]
    settle(store, waiting)
    assert set(reported(query, 2)) == {waiting, later}


@pytest.mark.parametrize(
    ("body", "code", "limit_seconds"),
    [
        (b"hang", "VALID-002", 1),
        (b"crash", "VALID-003", 20),
        (b"raise", "VALID-004", 20),
    ],
)
def test_a_validator_that_fails_says_so_in_the_report(
    store, query, run, body, code, limit_seconds
):
    bad, good = process(store, body), process(store, b"good")
    with structlog.testing.capture_logs() as entries:
        run(limit_seconds=limit_seconds)
        found = reported(query, 2)

    assert found[good][0]["text"] == "4 bytes"
    assert found[bad][0]["severity"] == "error"
    assert found[bad][0]["text"].startswith(f"[{code}]")
    [entry] = [each for each in entries if each["event"] == "message.not_validated"]
    assert entry["message_id"] == bad
    assert entry["error_code"] == code
    assert "Muster" not in repr(entries) + repr(found)


def test_stopping_does_not_wait_for_a_validator(store, query, run):
    process(store, b"good")
    work = run(limit_seconds=3600)
    reported(query, 1)
    process(store, b"hang")
    time.sleep(0.2)  # until it hangs, most of the times
    started = time.monotonic()

    assert work.stop()
    assert time.monotonic() - started < 2
    assert len(query("SELECT * FROM report")) == 1


def test_what_was_cut_off_is_done_after_the_next_start(store, query, run):
    key = process(store, b"hang")
    run(limit_seconds=3600).stop()

    run(limit_seconds=1)

    assert reported(query, 1)[key][0]["text"].startswith("[VALID-002]")


def test_feeds_take_turns(store, query, run, monkeypatch):
    for number in range(5):
        process(store, b"%d" % number)
    process(store, b"other", source="praxis")
    real, asked = Examiner.examine, []

    def listen(examiner, source, body):
        asked.append(source)
        return real(examiner, source, body)

    monkeypatch.setattr(Examiner, "examine", listen)
    run("klinik-nord", "praxis")
    reported(query, 6)

    assert asked.index("praxis") == 1


def test_what_the_process_cannot_start_for_is_done_later(
    store, query, run, monkeypatch
):
    key = process(store, b"good")
    real, refused = Examiner.examine, []

    def refuse_once(examiner, source, body):
        if not refused:
            refused.append(source)
            raise ValidatorStartError
        return real(examiner, source, body)

    monkeypatch.setattr(Examiner, "examine", refuse_once)
    run()

    assert list(reported(query, 1)) == [key]
    assert refused
