"""The writer: one commit for all that waits, and only then an answer."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import HubError, Recovery
from hub.store import journal
from hub.store.errors import (
    DataFolderError,
    RowRefusedError,
    StorageBusyError,
    StorageFailedError,
    StorageFullError,
    StoreClosedError,
)
from hub.store.sqlite import DATABASE_NAME, open_writer
from hub.store.store import call_at_once
from hub.store.writer import MAX_BYTES, MAX_ITEMS, Work, Writer
from tests.store.rows import put, row


def insert(connection, payloads):
    for payload in payloads:
        connection.execute("INSERT INTO t VALUES (?, ?)", payload)
    return [number for number, _ in payloads]


class Desk:
    """A writer with a table of its own; what it was told and what it answered."""

    def __init__(self, folder, connection=None):
        self.path = folder / DATABASE_NAME
        self.connection = connection or open_writer(folder)
        self.connection.execute("CREATE TABLE t (x INTEGER UNIQUE, body)")
        self.statements = []
        self.connection.set_trace_callback(self.statements.append)
        self.observed = []
        self.answers = []
        self.writer = Writer(
            self.connection, call_at_once, lambda *told: self.observed.append(told)
        )

    def submit(self, number, body="", size=0):
        self.writer.submit(insert, (number, body), self.answers.append, size)

    def gather(self):
        """Keep the writer busy until the event that is returned is set."""
        begun, go_on = threading.Event(), threading.Event()

        def occupy(_connection, _payloads):
            begun.set()
            assert go_on.wait(10)
            return [None]

        self.writer.submit(occupy, None, lambda _: None)
        assert begun.wait(10)
        self.statements.clear()
        self.observed.clear()
        return go_on

    def numbers(self):
        with closing(sqlite3.connect(self.path)) as connection:
            found = connection.execute("SELECT x FROM t ORDER BY rowid")
            return [number for (number,) in found]

    def count(self, statement):
        return sum(each.startswith(statement) for each in self.statements)


@pytest.fixture
def desk(tmp_path):
    opened = Desk(tmp_path)
    yield opened
    opened.writer.close()


def codes(answers):
    return [each.code if isinstance(each, HubError) else each for each in answers]


def test_what_waits_is_committed_together(desk):
    go_on = desk.gather()
    for number in range(100):
        desk.submit(number)
    go_on.set()
    desk.writer.close()

    assert desk.numbers() == list(range(100))
    assert desk.count("COMMIT") == 2


def test_answers_come_in_the_order_of_submission(desk):
    go_on = desk.gather()
    for number in [*range(50), 7, *range(50, 60)]:
        desk.submit(number)
    go_on.set()
    desk.writer.close()

    assert codes(desk.answers) == [*range(50), "STORE-008", *range(50, 60)]


def test_several_kinds_of_work_keep_their_order(desk):
    seen = []

    def look(connection, payloads):
        count = connection.execute("SELECT count(*) FROM t").fetchone()[0]
        return [count for _ in payloads]

    go_on = desk.gather()
    for number in range(3):
        desk.submit(number)
        desk.writer.submit(look, None, seen.append)
    go_on.set()
    desk.writer.close()

    assert seen == [1, 2, 3]
    assert desk.count("COMMIT") == 2


def test_works_handed_over_together_are_committed_together(desk):
    works = [Work(insert, (each, ""), desk.answers.append, 0) for each in range(9)]
    desk.writer.submit_all(works)
    desk.writer.close()

    assert desk.answers == list(range(9))
    assert desk.count("COMMIT") == 1


@pytest.mark.parametrize(("many", "size"), [(MAX_ITEMS, 0), (2, MAX_BYTES // 2)])
def test_a_commit_is_no_larger_than_its_limits(desk, many, size):
    go_on = desk.gather()
    for number in range(2 * many):
        desk.submit(number, size=size)
    go_on.set()
    desk.writer.close()

    assert [items for items, _ in desk.observed] == [1, many, many]


def test_nobody_is_told_before_the_commit(desk):
    seen = []
    desk.writer.submit(insert, (1, ""), lambda _: seen.append(desk.numbers()))
    desk.writer.close()

    assert seen == [[1]]


UNFIT = {
    "a number that is taken": (1, "again"),
    "a type that is none of SQLite's": (2, object()),
    "text that is no text": (2, "\udc80"),
    "a number too large": (2**70, ""),
    "a value too long": (2, "x" * 2000),
    "too few values": (2,),
}


@pytest.mark.parametrize("why", UNFIT)
def test_one_bad_row_fails_alone(desk, why):
    desk.connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1000)
    go_on = desk.gather()
    desk.submit(1)
    desk.writer.submit(insert, UNFIT[why], desk.answers.append)
    desk.submit(3)
    go_on.set()
    desk.writer.close()

    assert codes(desk.answers) == [1, RowRefusedError.code, 3]
    assert desk.numbers() == [1, 3]
    assert desk.writer.failure is None


def test_work_that_fails_half_way_leaves_nothing(desk):
    with pytest.raises(RowRefusedError):
        desk.writer.call(_insert_twice, 5)

    assert desk.numbers() == []


def _insert_twice(connection, payloads):
    return insert(connection, [(payload, "") for payload in payloads * 2])


def test_an_error_of_the_work_itself_comes_back_as_it_is(desk):
    def refuse(_connection, _payloads):
        raise DataFolderError("made up")

    with pytest.raises(DataFolderError, match="made up"):
        desk.writer.call(refuse)


numbers = st.integers(0, 12)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(numbers, min_size=1, max_size=6), max_size=6))
def test_each_good_row_is_stored_once_and_each_bad_one_is_refused(batches):
    with TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        go_on = desk.gather()
        for batch in batches:
            works = [Work(insert, (x, ""), desk.answers.append, 0) for x in batch]
            desk.writer.submit_all(works)
        go_on.set()
        desk.writer.close()

        flat = [number for batch in batches for number in batch]
        first = list(dict.fromkeys(flat))
        assert desk.numbers() == first
        expected = [
            RowRefusedError.code if number in flat[:place] else number
            for place, number in enumerate(flat)
        ]
        assert codes(desk.answers) == expected


def test_a_full_disk_is_said_to_be_full_and_work_goes_on_when_there_is_room(desk):
    desk.writer.call(_limit_to_pages, 8)

    with pytest.raises(StorageFullError) as caught:
        desk.writer.call(insert, (1, "x" * 100_000))
    desk.writer.call(insert, (2, "small"))
    desk.writer.call(_limit_to_pages, 10_000)
    desk.writer.call(insert, (3, "x" * 100_000))

    assert caught.value.recovery is Recovery.RETRY
    assert desk.numbers() == [2, 3]
    assert desk.writer.failure is None


def _limit_to_pages(connection, payloads):
    for pages in payloads:
        connection.execute(f"PRAGMA max_page_count={pages}")
    return payloads


def test_a_locked_database_is_tried_again_later(desk):
    """A batch is not done piece by piece then: each piece would wait as long."""
    desk.writer.call(_do_not_wait)
    desk.statements.clear()
    works = [Work(insert, (each, ""), desk.answers.append, 0) for each in range(9)]
    with closing(sqlite3.connect(desk.path, isolation_level=None)) as intruder:
        intruder.execute("BEGIN IMMEDIATE")
        desk.writer.submit_all(works)
        with pytest.raises(StorageBusyError) as caught:
            desk.writer.call(insert, (1, ""))
        intruder.execute("ROLLBACK")
    desk.writer.call(insert, (2, ""))

    assert caught.value.recovery is Recovery.RETRY
    assert codes(desk.answers) == [StorageBusyError.code] * 9
    assert desk.count("BEGIN") <= 3
    assert desk.numbers() == [2]


def _do_not_wait(connection, payloads):
    connection.execute("PRAGMA busy_timeout=0")
    return payloads


class Failing(sqlite3.Connection):
    """A connection to a disk that fails when a statement begins as `on` says."""

    on = ""
    name = "SQLITE_IOERR_FSYNC"

    def execute(self, statement, *parameters):
        if self.on and statement.startswith(self.on):
            error = sqlite3.OperationalError("made up")
            error.sqlite_errorname = self.name
            raise error
        return super().execute(statement, *parameters)


@pytest.fixture
def broken(tmp_path):
    open_writer(tmp_path).close()
    connection = sqlite3.connect(
        tmp_path / DATABASE_NAME,
        factory=Failing,
        isolation_level=None,
        check_same_thread=False,
    )
    opened = Desk(tmp_path, connection)
    yield opened
    opened.connection.on = ""
    opened.writer.close()


@pytest.mark.parametrize("name", ["SQLITE_IOERR_FSYNC", "SQLITE_CORRUPT_INDEX"])
@pytest.mark.parametrize("on", ["BEGIN", "INSERT", "COMMIT"])
def test_a_disk_that_fails_is_trusted_with_nothing_more(broken, on, name):
    broken.writer.call(insert, (1, ""))
    go_on = broken.gather()
    for number in (2, 3):
        broken.submit(number)
    broken.connection.on, broken.connection.name = on, name
    go_on.set()
    with pytest.raises(StorageFailedError) as caught:
        broken.writer.call(insert, (4, ""))
    broken.connection.on = ""
    broken.submit(5)
    broken.writer.close()

    assert caught.value.recovery is Recovery.STOP
    assert broken.writer.failure is caught.value
    assert codes(broken.answers) == [StorageFailedError.code] * 3
    assert broken.numbers() == [1]


def test_what_was_refused_is_answered_after_what_came_before(broken):
    go_on = broken.gather()
    broken.connection.on = "INSERT"
    for number in range(5):
        broken.writer.submit(
            insert, (number, ""), lambda _, number=number: broken.answers.append(number)
        )
        if number == 2:
            go_on.set()
            broken.writer.submit(insert, (9, ""), lambda _: None)
    broken.writer.close()

    assert broken.answers == list(range(5))


def test_a_damaged_database_stops_the_writer(desk):
    for number in range(200):
        desk.submit(number, "x" * 2000)
    desk.writer.call(_checkpoint_and_forget)
    size = desk.path.stat().st_size
    with desk.path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))

    with pytest.raises(StorageFailedError, match="SQLITE_CORRUPT"):
        desk.writer.call(insert, (1000, ""))
    with pytest.raises(StorageFailedError):
        desk.writer.call(insert, (1001, ""))


def _checkpoint_and_forget(connection, payloads):
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA shrink_memory")
    connection.execute("BEGIN")
    return payloads


def test_closing_finishes_what_is_queued(desk):
    go_on = desk.gather()
    for number in range(1000):
        desk.submit(number)
    go_on.set()
    desk.writer.close()

    assert desk.answers == list(range(1000))
    assert desk.numbers() == list(range(1000))


def test_closing_brings_everything_into_the_database_file(desk):
    desk.writer.call(insert, (1, ""))
    desk.writer.close()

    assert not desk.path.with_name(f"{DATABASE_NAME}-wal").exists()
    with pytest.raises(sqlite3.ProgrammingError):
        desk.connection.execute("SELECT 1")


def test_a_closed_writer_refuses_work(desk):
    desk.writer.close()
    desk.submit(1)

    assert codes(desk.answers) == [StoreClosedError.code]
    with pytest.raises(StoreClosedError) as caught:
        desk.writer.call(insert, (1, ""))
    assert caught.value.recovery is Recovery.RETRY


def test_closing_twice_is_closing_once(desk):
    desk.writer.close()
    desk.writer.close()


def test_a_failing_checkpoint_does_not_keep_the_writer_from_closing(broken):
    broken.writer.call(insert, (1, ""))
    broken.connection.on = "PRAGMA wal_checkpoint"
    broken.writer.close()

    assert broken.numbers() == [1]
    with pytest.raises(sqlite3.ProgrammingError):
        sqlite3.Connection.execute(broken.connection, "SELECT 1")


def test_work_that_is_handed_in_while_the_writer_closes_is_answered(desk):
    """Either it is done or it is refused; nobody waits for ever."""
    answered, begun = [], threading.Event()

    def hand_in():
        for number in range(2000):
            try:
                answered.append(desk.writer.call(insert, (number, "")))
            except StoreClosedError:
                return
            begun.set()

    thread = threading.Thread(target=hand_in)
    thread.start()
    assert begun.wait(10)
    desk.writer.close()
    thread.join(10)

    assert not thread.is_alive()
    assert desk.numbers() == answered


@pytest.fixture
def arrivals(store):
    """Hand in batches of rows while the writer is busy; return what was answered."""

    def hand_in(*batches, apply=journal.put):
        begun, go_on = threading.Event(), threading.Event()
        answers = []

        def occupy(_connection, _payloads):
            begun.set()
            assert go_on.wait(10)
            return [None]

        store.writer.submit(occupy, None, lambda _: None)
        assert begun.wait(10)
        hand_in.statements = []
        store.writer._connection.set_trace_callback(hand_in.statements.append)
        for batch in batches:
            store.writer.submit(apply, batch, answers.append)
        go_on.set()
        store.writer.close()
        return answers

    return hand_in


def message(number):
    return row(body=b"%d" % number, control_id=f"C{number}")


def waiting(store):
    with closing(store.reader()) as reader:
        return [each.control_id for each in journal.claim(reader, 999)]


def test_messages_that_arrived_are_stored_by_one_statement(store, arrivals):
    answers = arrivals(*([message(2 * n), message(2 * n + 1)] for n in range(50)))

    assert [len(each) for each in answers] == [2] * 50
    assert waiting(store) == [f"C{number}" for number in range(100)]
    inserts = [each for each in arrivals.statements if each.startswith("INSERT")]
    assert len(inserts) == 1
    assert "BEGIN IMMEDIATE" not in arrivals.statements


def test_a_message_that_cannot_be_stored_fails_alone(store, arrivals):
    unfit = row(control_id="\udc80")

    answers = arrivals([message(1)], [unfit], [message(2)])

    assert [each.code for each in answers[1]] == [RowRefusedError.code]
    assert [each.duplicate for (each,) in (answers[0], answers[2])] == [False, False]
    assert waiting(store) == ["C1", "C2"]


def test_more_messages_than_fit_one_statement_are_stored_once(store, arrivals):
    many = [message(number) for number in range(600)]

    (answers,) = arrivals(many)

    assert not any(each.duplicate for each in answers)
    assert waiting(store) == [f"C{number}" for number in range(600)]


def test_messages_beside_other_work_are_in_its_transaction(store, arrivals):
    def put_and_judge(connection, payloads):
        return [
            [each.duplicate for each in put(connection, *rows)] for rows in payloads
        ]

    answers = arrivals([message(1)], [message(1), message(2)], apply=put_and_judge)

    assert answers == [[False], [True, False]]
    assert arrivals.statements.count("BEGIN IMMEDIATE") == 1
    assert waiting(store) == ["C1", "C2"]
