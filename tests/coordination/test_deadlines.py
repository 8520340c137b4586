"""Deadlines: what a record comes to by itself, whoever looks and whenever."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.deadlines import next_look, reached, stages, told
from hub.coordination.records import Record

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)
TASK = Record("task", {"due": "2026-03-12", "status": "created"})


def names(record):
    return [each.name for each in stages(record)]


def test_a_task_falls_due_with_its_day_and_is_late_after_it():
    due, overdue = stages(TASK)

    assert (due.event, due.at) == ("task.due", datetime(2026, 3, 12, tzinfo=UTC))
    assert (overdue.event, overdue.at) == (
        "task.overdue",
        datetime(2026, 3, 13, tzinfo=UTC),
    )


def test_a_time_of_day_is_in_the_zone_in_which_it_was_stated():
    late_evening = Record("task", {"due": "2026-03-12T00:30:00+02:00"})

    due, overdue = stages(late_evening)

    assert due.at == datetime(2026, 3, 11, 22, tzinfo=UTC)
    assert overdue.at == datetime(2026, 3, 11, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize("status", ["completed", "cancelled", "who knows"])
def test_what_is_done_or_not_understood_is_not_late(status):
    assert names(Record("task", {"due": "2026-03-12", "status": status})) == []


@pytest.mark.parametrize(
    ("status", "left"),
    [("due", ["overdue"]), ("overdue", []), ("", ["due", "overdue"])],
)
def test_what_the_sender_said_itself_is_not_told_again(status, left):
    assert names(Record("task", {"due": "2026-03-12", "status": status})) == left


@pytest.mark.parametrize(
    "due", [None, 7, "soon", "2026-13-01", "0001-01-01T00:00+12:00"]
)
def test_what_is_no_time_has_no_deadline(due):
    assert names(Record("task", {"due": due})) == []


@pytest.mark.parametrize("kind", ["consent", "proxy"])
def test_a_permission_runs_out_after_its_last_day(kind):
    [stage] = stages(Record(kind, {"until": "2026-03-12", "status": "active"}))

    assert (stage.event, stage.at) == (
        "consent.expired",
        datetime(2026, 3, 13, tzinfo=UTC),
    )


def test_a_permission_that_was_revoked_does_not_run_out():
    assert stages(Record("consent", {"until": "2026-03-12", "status": "revoked"})) == []


def test_only_the_last_of_several_that_were_missed_is_told():
    stage = reached(TASK, NOON + timedelta(days=7))

    assert stage.event == "task.overdue"


def test_what_was_told_is_told_once_and_again_for_another_day():
    later = NOON + timedelta(days=7)
    after = told(TASK, reached(TASK, later))
    put_off = Record("task", TASK.details | {"due": "2026-03-16"}, after.marks)

    assert reached(after, later) is None
    assert next_look(after, later) is None
    assert reached(put_off, later).event == "task.overdue"


@given(st.lists(st.timedeltas(timedelta(days=-3), timedelta(days=3)), max_size=8))
def test_each_stage_is_told_once_however_often_somebody_looks(steps):
    record, heard, now = TASK, [], NOON - timedelta(days=3)
    for step in steps:
        now = max(now, NOON + step)
        if stage := reached(record, now):
            heard.append(stage.name)
            record = told(record, stage)
        due = next_look(record, now)
        assert due is None or due > now

    assert heard in ([], ["due"], ["overdue"], ["due", "overdue"])


def covered(status, end):
    return Record("coverage", {"status": status, "period": {"end": end}})


@pytest.mark.parametrize("status", ["enrolled", "changed", "reinstated", ""])
def test_a_coverage_ends_after_its_last_day(status):
    [end] = stages(covered(status, "2026-04-30"))

    assert (end.event, end.at) == (
        "coverage.terminated",
        datetime(2026, 5, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize("status", ["terminated", "never_effective", "verified"])
def test_a_coverage_that_is_over_ends_no_more(status):
    assert names(covered(status, "2026-04-30")) == []


@pytest.mark.parametrize("period", [None, "2026", {}, {"end": 7}])
def test_a_coverage_without_a_last_day_goes_on(period):
    assert names(Record("coverage", {"status": "enrolled", "period": period})) == []
