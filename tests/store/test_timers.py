"""Timers are set, moved and cleared, and ring in order."""

from datetime import timedelta

from hub.store import timers
from hub.store.journal import microseconds
from hub.store.timers import TimerRow
from tests.store.rows import NOW, SECOND, received


def timer(key="p_1", seconds=0, kind="stays", message=1):
    return TimerRow(kind, key, microseconds(NOW + seconds * SECOND), message)


def due(connection, seconds=0):
    return [each.key for each in timers.due(connection, NOW + seconds * SECOND, 9)]


def test_a_timer_rings_when_it_is_due(memory):
    received(memory, 1)
    timers.change(memory, [], [timer("late", 2), timer("early", 1)])

    assert [due(memory, seconds) for seconds in (0, 1, 2)] == [
        [],
        ["early"],
        ["early", "late"],
    ]


def test_a_timer_knows_the_message_that_led_to_it(memory):
    received(memory, 1)
    timers.change(memory, [], [timer()])

    (ringing,) = timers.due(memory, NOW, 9)

    assert (ringing.seq, ringing.source, ringing.due) == (1, "klinik", NOW)
    assert ringing.message.startswith("msg_")


def test_a_timer_that_is_set_again_rings_once_at_the_sooner_time(memory):
    received(memory, 1)
    timers.change(memory, [], [timer(seconds=3), timer(seconds=9)])
    timers.change(memory, [], [timer(seconds=5)])

    assert due(memory, 2) == []
    assert due(memory, 3) == ["p_1"]


def test_a_timer_that_is_cleared_and_set_in_one_rings(memory):
    received(memory, 1)
    timers.change(memory, [], [timer(), timer(kind="other")])
    timers.change(memory, [("stays", "p_1"), ("other", "p_1")], [timer(seconds=1)])

    assert due(memory, 0) == []
    assert due(memory, 1) == ["p_1"]


def test_no_more_ring_than_are_asked_for(memory):
    received(memory, 1)
    timers.change(memory, [], [timer(f"p_{number}") for number in range(5)])

    assert len(timers.due(memory, NOW + timedelta(1), 3)) == 3
