"""Transitions through the pipeline: what is due after a stay, and what became of it."""

from datetime import timedelta

import msgspec
import pytest

from hub.config.tables import StaysTable
from hub.model.events import CareEvent
from hub.model.facts import FactKind
from hub.model.identifiers import Code
from hub.runtime.wiring import programmes
from hub.testing.clock import FakeClock
from tests.coordination.scenarios import at
from tests.runtime.facts import fact, reads
from tests.runtime.setting import NOW, put

# NOW is a Monday at noon, six days after the day of the facts.
TCM = programmes(StaysTable(programmes=["tcm"], time_zone="Europe/Berlin"))
HOME = {"discharge": {"disposition": "01"}}


@pytest.fixture
def clock():
    return FakeClock(NOW - timedelta(days=6))


@pytest.fixture
def play(make, store, clock, query):
    """Return what lets facts arrive, each in a message, and time go on."""
    known = {}

    def play(*facts, days=0):
        for each in facts:
            body = b"%d" % len(known)
            known[body] = each
            put(store.writer, body, control_id=body.decode(), received_at=clock.now())
        for step in (timedelta(), timedelta(hours=1), *[timedelta(days=1)] * days):
            clock.advance(step.total_seconds())
            pipeline = make(reads(known), clock=clock.now, programmes=TCM)
            while pipeline.work():
                continue
        return told(query)

    return play


def told(query):
    bodies = query(
        "SELECT body FROM event WHERE type LIKE 'transition.%' OR type LIKE 'task.%'"
        " ORDER BY seq"
    )
    return [msgspec.json.decode(body, type=CareEvent) for (body,) in bodies]


def discharge(**given):
    return fact(FactKind.END, hour=12, location=None, details=HOME, **given)


def about(events, clock):
    return [each.type for each in events if clock in each.payload.get("clock", "")]


def test_a_discharge_opens_a_transition_with_its_tasks(play):
    events = play(fact(), discharge())

    assert events[0].type == "transition.opened"
    assert {each.type for each in events[1:]} == {"task.created"}
    assert {each.entity.kind for each in events} == {"transition"}
    assert [each.entity.version for each in events] == list(range(1, len(events) + 1))


def test_a_contact_that_nobody_made_is_missed(play):
    events = play(fact(), discharge(), days=3)

    assert about(events, "contact") == [
        "task.created", "task.due", "task.overdue", "transition.milestone_missed",
    ]  # fmt: skip


def test_a_visit_in_time_reaches_its_milestone(play):
    play(fact(), discharge(), days=2)
    visit = fact(
        visit="V2",
        encounter_class=Code("outpatient"),
        recorded=at(9, day=2),
        occurred=at(9, day=2),
    )
    events = play(visit)

    assert "transition.milestone_reached" in about(events, "visit")


def test_a_discharge_that_is_taken_back_cancels_what_was_due(play):
    play(fact(), discharge())
    cancel = fact(
        FactKind.CANCEL, hour=13, cancels=FactKind.END, occurred=at(12), location=None
    )
    events = play(cancel)

    created = [each for each in events if each.type == "task.created"]
    cancelled = [each for each in events if each.type == "task.cancelled"]
    assert {each.payload["clock"] for each in cancelled} == {
        each.payload["clock"] for each in created
    }


def test_what_was_told_is_told_once_however_often_it_is_looked_at(play):
    first = play(fact(), discharge())

    assert [each.id for each in play()] == [each.id for each in first]


def test_no_clock_runs_where_no_programme_is_configured(make, store, clock, query):
    put(store.writer, received_at=clock.now())
    pipeline = make(reads({b"synthetic": fact()}), clock=clock.now)
    while pipeline.work():
        continue
    clock.advance(5)
    while pipeline.work():
        continue

    assert told(query) == []
    assert query("SELECT kind FROM timer") == []
