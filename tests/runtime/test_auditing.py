"""The audit of a hub that runs: checkpoints. All data here is synthetic."""

from contextlib import closing

import pytest
from structlog.testing import capture_logs

from hub.runtime.auditing import LOOK_SECONDS, RECORDS, SECONDS, Checkpointing
from hub.store import audit
from hub.store.audit import Entry
from hub.store.audit_checkpoints import CHECKPOINTS_FILE, PUBLIC_FILE, read_checkpoints
from hub.store.store import Store, call_at_once

ACT = Entry("somebody", "operator", "delivery.replayed", "dlv_1")


class Clock:
    """A clock that goes on when told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "data", call_at_once) as opened:
        yield opened


@pytest.fixture
def checkpointing(store, clock):
    return Checkpointing(store.folder, store.reader, clock)


def numbers(store):
    return [each.n for each in read_checkpoints(store.folder / CHECKPOINTS_FILE)]


def test_nothing_is_signed_before_it_is_due(store, checkpointing):
    store.writer.call(audit.record, ACT)
    checkpointing.look()

    assert numbers(store) == []


def test_what_is_new_is_signed_after_a_minute(store, checkpointing, clock):
    store.writer.call(audit.record, ACT)
    clock.now = SECONDS
    checkpointing.look()
    clock.now = 2 * SECONDS
    checkpointing.look()

    assert numbers(store) == [2]


def test_a_thousand_records_are_signed_at_once(store, checkpointing):
    store.writer.call(audit.record_all, [ACT] * RECORDS)
    checkpointing.look()

    assert numbers(store) == [RECORDS + 1]


def test_the_end_signs_what_is_left(store, checkpointing):
    checkpointing.look(finally_=True)
    checkpointing.look(finally_=True)

    assert numbers(store) == [1]


def test_a_checkpoint_leaves_the_machine_with_the_log(store, checkpointing):
    with capture_logs() as logs:
        checkpointing.look(finally_=True)

    [made] = read_checkpoints(store.folder / CHECKPOINTS_FILE)
    [line] = [each for each in logs if each["event"] == "audit.checkpointed"]
    assert (line["n"], line["hash"]) == (made.n, made.hash)
    assert line["signature"] == made.signature


def test_the_next_start_goes_on_where_the_last_ended(store, checkpointing):
    checkpointing.look(finally_=True)
    store.writer.call(audit.record, ACT)
    Checkpointing(store.folder, store.reader).look(finally_=True)

    assert numbers(store) == [1, 2]
    found = list(read_checkpoints(store.folder / CHECKPOINTS_FILE))
    assert [each.count for each in found] == [1, 1]


def test_a_start_says_that_the_end_was_cut_off(store, checkpointing):
    store.writer.call(audit.record_all, [ACT] * 3)
    checkpointing.look(finally_=True)
    store.writer.call(cut, 3)
    with capture_logs() as logs:
        Checkpointing(store.folder, store.reader)

    assert {"event": "audit.cut", "log_level": "error", "count": 2, "n": 2} in logs


def cut(connection, payloads):
    connection.execute("DELETE FROM audit WHERE n >= ?", payloads)
    return payloads


def test_a_store_that_cannot_be_read_is_reported(checkpointing):
    def no_store():
        raise OSError

    checkpointing._open_reader = no_store
    with capture_logs() as logs:
        checkpointing.look(finally_=True)

    assert logs[0]["event"] == "checkpoint.failed"


async def test_it_looks_again_and_again(store, checkpointing, clock, monkeypatch):
    clock.now = SECONDS
    waits = []

    async def wait(seconds):
        waits.append(seconds)
        if len(waits) > 2:
            raise InterruptedError

    monkeypatch.setattr("asyncio.sleep", wait)
    with pytest.raises(InterruptedError):
        await checkpointing.run()

    assert waits == [LOOK_SECONDS] * 3
    assert numbers(store) == [1]


def test_the_public_key_is_no_secret_but_the_other_is(store, checkpointing):
    del checkpointing
    with closing(store.reader()):
        public = (store.folder / PUBLIC_FILE).read_text()

    assert len(bytes.fromhex(public)) == 32
