"""Care-management records over time: what falls due, and what meets a clock."""

from datetime import timedelta

import msgspec
import pytest

from hub.config.tables import StaysTable
from hub.model.events import CareEvent
from hub.model.facts import Fact, FactKind, RecordKey, Subject
from hub.model.identifiers import Identifier
from hub.runtime.wiring import programmes
from hub.testing.clock import FakeClock
from tests.coordination.scenarios import at
from tests.runtime.facts import fact, reads
from tests.runtime.setting import NOW, put

TCM = programmes(StaysTable(programmes=["tcm"], time_zone="Europe/Berlin"))
HOME = {"discharge": {"disposition": "01"}}


@pytest.fixture
def clock():
    return FakeClock(NOW - timedelta(days=6))


@pytest.fixture
def play(make, store, clock, query):
    """Return what lets facts arrive, each in a message, and time go on."""
    known = {}

    def play(*facts, days=0, hours=(0, 1)):
        for each in facts:
            body = b"%d" % len(known)
            known[body] = each
            put(store.writer, body, control_id=body.decode(), received_at=clock.now())
        for step in (*hours, *[24] * days):
            clock.advance(step * 3600)
            pipeline = make(reads(known), clock=clock.now, programmes=TCM)
            while pipeline.work():
                continue
        bodies = query("SELECT body FROM event ORDER BY seq")
        return [msgspec.json.decode(body, type=CareEvent) for (body,) in bodies]

    return play


def said(kind, hour=13, day=0, value="1", basis="explicit", **details):
    return Fact(
        kind=FactKind.RECORD,
        subject=Subject((Identifier("NORD", "P1", "MR"),)),
        recorded=at(hour, day=day),
        occurred=at(hour, day=day),
        record=RecordKey(kind, "CASES", value),
        details=details,
        basis=basis,
    )


def types(events, family):
    return [each.type for each in events if each.type.startswith(family)]


def test_a_task_falls_due_and_is_late_once(play):
    events = play(said("task", title="Call", due="2026-03-12"), days=5)

    assert types(events, "task.") == ["task.created", "task.due", "task.overdue"]
    assert [each.basis for each in events] == ["explicit", "inferred", "inferred"]
    assert [each.entity.version for each in events] == [1, 2, 3]
    assert len({each.entity.key for each in events}) == 1


def test_a_task_that_is_done_in_time_is_not_late(play):
    play(said("task", title="Call", due="2026-03-12"), days=2)
    events = play(said("task", 9, day=2, status="completed"), days=4)

    assert types(events, "task.") == ["task.created", "task.due", "task.completed"]


def test_a_task_that_is_put_off_falls_due_on_the_other_day(play):
    play(said("task", title="Call", due="2026-03-12"))
    events = play(said("task", 14, due="2026-03-14"), days=3)
    before = types(events, "task.")
    after = types(play(days=3), "task.")

    assert before == ["task.created"]
    assert after == ["task.created", "task.due", "task.overdue"]


def test_what_was_late_long_ago_is_no_news(play):
    events = play(said("task", title="Call", due="2020-03-12"), days=1)

    assert types(events, "task.") == ["task.created"]


def test_a_consent_runs_out(play):
    given = said("consent", status="active", decision="permit", until="2026-03-11")
    events = play(given, days=3)

    assert types(events, "consent.") == ["consent.recorded", "consent.expired"]


def test_a_contact_meets_the_clock_of_a_transition(play):
    home = fact(FactKind.END, hour=12, location=None, details=HOME)
    play(fact(), home)
    contact = said("contact", 9, day=1, status="completed", channel="phone")
    events = play(contact, hours=(24, 1))

    reached = [
        each.payload["clock"]
        for each in events
        if each.type == "transition.milestone_reached"
    ]
    assert reached == ["tcm.contact"]


def test_a_machine_that_calls_meets_no_clock(play):
    home = fact(FactKind.END, hour=12, location=None, details=HOME)
    play(fact(), home)
    call = said(
        "contact", 9, day=1, status="completed", channel="phone", automated=True
    )
    events = play(call, hours=(24, 1))

    assert not types(events, "transition.milestone_reached")


ENDS = {"period": {"start": "2026-01-01", "end": "2026-03-11"}}


def test_a_coverage_ends_on_the_day_for_which_that_was_announced(play):
    play(said("coverage", status="enrolled", **ENDS))
    events = play(days=3)

    assert types(events, "coverage.") == [
        "coverage.member_enrolled",
        "coverage.terminated",
    ]
    assert events[-1].basis == "inferred"


def test_a_payer_who_repeats_an_end_that_was_told_of_tells_nothing_new(play):
    play(said("coverage", status="enrolled", **ENDS), days=3)
    again = play(said("coverage", 9, day=4, status="terminated", **ENDS))
    other = {"period": {"start": "2026-01-01", "end": "2026-03-01"}}
    earlier = play(said("coverage", 9, day=5, status="terminated", **other))

    assert types(again, "coverage.")[1:] == ["coverage.terminated"]
    assert types(earlier, "coverage.")[2:] == ["coverage.changed"]


def test_a_coverage_that_goes_on_after_all_does_not_end(play):
    play(said("coverage", status="enrolled", **ENDS))
    play(said("coverage", 14, period={"start": "2026-01-01"}))
    events = play(days=3)

    assert types(events, "coverage.") == [
        "coverage.member_enrolled",
        "coverage.changed",
    ]
