"""What an operator lets be done again, done by the writer of an open store."""

from datetime import UTC, datetime

import pytest

from hub.model.delivery import DeliveryState
from hub.model.message import MessageState
from hub.store import journal, outbox, replay, state
from hub.store.acting import Actor
from hub.store.outbox import Claim
from hub.store.state import Settlement
from tests.store.rows import NOW, row, settled, settlement


def again(store, kind, key):
    wanted = replay.Wanted(key, Actor("somebody", "operator"))
    return store.writer.call(replay.APPLY[kind], wanted)


def test_a_parked_message_is_processed_again(store):
    (stored,) = store.writer.call(journal.put, [row()])
    at = journal.microseconds(NOW)
    store.writer.call(
        state.settle, [Settlement(1, MessageState.PARKED, at, reason="why")]
    )

    assert again(store, "message", stored.id) is True
    assert again(store, "message", stored.id) is False


@pytest.fixture
def delivery(store):
    """A delivery that is in the hands of a sender."""
    store.writer.call(journal.put, [row()])
    store.writer.call(state.settle, [settlement(1, "one")])
    (claimed,) = store.writer.call(outbox.claim, Claim("payer", NOW, 1))
    return claimed


@pytest.mark.parametrize("ended", [DeliveryState.DEAD, DeliveryState.DELIVERED])
def test_a_settled_delivery_is_sent_again_at_once(store, delivery, ended):
    store.writer.call(outbox.settle, [settled(delivery, ended)])

    assert again(store, "delivery", delivery.id) is True

    (claimed,) = store.writer.call(outbox.claim, Claim("payer", datetime.now(UTC), 1))
    assert claimed == delivery._replace(epoch=2, attempts=2, stale=1, generation=-1)
    assert store.writer.failure is None


def test_a_delivery_that_is_being_sent_is_left_alone(store, delivery):
    assert again(store, "delivery", delivery.id) is False


@pytest.mark.parametrize("kind", replay.APPLY)
def test_there_is_nothing_to_do_for_an_unknown_id(store, kind):
    assert again(store, kind, "unknown") is False


def test_it_is_recorded_who_let_it_be_done_again(store, delivery):
    store.writer.call(outbox.settle, [settled(delivery, DeliveryState.DEAD)])
    again(store, "delivery", delivery.id)
    again(store, "delivery", "unknown")

    found = store.reader().execute(
        "SELECT actor, role, object FROM audit WHERE action = 'delivery.replayed'"
    )
    assert found.fetchall() == [("somebody", "operator", delivery.id)]
