"""Reports on messages. All of them are made up."""

import pytest

from hub.store import reports, state
from hub.store.reports import ReportRow
from tests.store.rows import received, settlement


@pytest.fixture
def processed(memory):
    """Return what stores a message and processes it; numbers count from 1."""

    def processed(number):
        seq = received(memory, number)
        state.settle(memory, [[settlement(seq)]])
        return seq

    return processed


def test_the_oldest_processed_message_without_a_report_is_next(memory, processed):
    first, second = processed(1), processed(2)

    assert reports.next_unreported(memory, "klinik", 0).seq == first
    reports.put(memory, [ReportRow(first, 0, "[]")])
    assert reports.next_unreported(memory, "klinik", 0).seq == second
    assert reports.next_unreported(memory, "klinik", second) is None
    assert reports.next_unreported(memory, "praxis", 0) is None


def test_a_message_that_waits_is_not_reported_on_and_not_passed_over(memory, processed):
    waiting = received(memory, 1)
    processed(2)

    assert reports.next_unreported(memory, "klinik", 0).seq > waiting
    assert reports.settled_up_to(memory) == waiting - 1
    state.settle(memory, [[settlement(waiting)]])
    assert reports.next_unreported(memory, "klinik", 0).seq == waiting


def test_without_waiting_messages_all_are_settled(memory, processed):
    assert reports.settled_up_to(memory) == 0
    assert processed(1) == reports.settled_up_to(memory)


def test_a_new_report_takes_the_place_of_the_old_one(memory, processed):
    seq = processed(1)

    reports.put(memory, [ReportRow(seq, 1, "[]"), ReportRow(seq, 2, "[1]")])

    found = memory.execute("SELECT * FROM report").fetchall()
    assert found == [(seq, 2, "[1]")]


def test_looking_for_the_next_reads_no_more_than_it_must(memory):
    statement = reports._NEXT._text
    values = {"source": "klinik", "after": 0, **reports._NEXT._literals}
    plan = memory.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()

    assert not any("TEMP B-TREE" in step[-1] for step in plan)
