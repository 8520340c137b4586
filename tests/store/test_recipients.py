"""Who was told of an event. Every event is made up."""

import msgspec
import pytest

from hub.coordination.policy import Heard
from hub.model.delivery import DeliveryState
from hub.model.events import Correction
from hub.store import outbox
from hub.store.outbox import Claim
from hub.store.recipients import Told, amended, amended_by, heard_of, told
from tests.store.rows import NOW, queued, settled

PAYER = Heard("payer", "s", "treatment", "", "p_1")
CLINIC = Heard("clinic", "s", "treatment", "", "p_1")


def find(connection):
    return lambda key: told(connection, key)


def amends(connection, name, of):
    body = msgspec.json.encode({"correction": Correction(f"evt_{of}", "amendment")})
    connection.execute("UPDATE event SET body = ? WHERE id = ?", (body, f"evt_{name}"))


def test_an_event_that_is_not_stored_is_unknown(memory):
    assert told(memory, "evt_x") is None
    assert heard_of("evt_x", find(memory)) == []


def test_who_is_told_is_known_with_the_decision_behind_it(memory):
    queued(memory, "a", okey="p_7")
    memory.execute("UPDATE decision SET purpose = 'payment', patient_id = 'M-1'")

    found = told(memory, "evt_a")

    assert found == Told("", (Heard("payer", "s", "payment", "M-1", "p_7"),))


def test_who_was_denied_was_not_told(memory):
    queued(memory, "a")
    memory.execute("DELETE FROM delivery")
    memory.execute("UPDATE decision SET permitted = 0")

    assert told(memory, "evt_a") == Told("", ())


@pytest.mark.parametrize("state", [*DeliveryState])
def test_all_count_but_what_nobody_was_sent(memory, state):
    queued(memory, "a")
    memory.execute("UPDATE delivery SET state = ?", (state.value,))

    nobody = {DeliveryState.WITHDRAWN, DeliveryState.WITHHELD, DeliveryState.HELD}
    expected = [] if state in nobody else [PAYER]
    assert heard_of("evt_a", find(memory)) == expected


def test_who_heard_of_what_is_amended_heard_of_it_too(memory):
    queued(memory, "a", destination="clinic")
    queued(memory, "b")
    queued(memory, "c", destination="elsewhere")
    amends(memory, "b", of="a")

    assert heard_of("evt_b", find(memory)) == [PAYER, CLINIC]
    assert heard_of("evt_a", find(memory)) == [CLINIC]


def test_who_heard_of_several_counts_once_by_the_newest(memory):
    queued(memory, "a", okey="before")
    queued(memory, "b")
    amends(memory, "b", of="a")

    assert heard_of("evt_b", find(memory)) == [PAYER]


def test_events_that_amend_each_other_are_followed_once(memory):
    queued(memory, "a", destination="clinic")
    queued(memory, "b")
    amends(memory, "b", of="a")
    amends(memory, "a", of="b")

    assert heard_of("evt_b", find(memory)) == [PAYER, CLINIC]


def test_what_was_sent_still_counts_when_the_delivery_is_settled(memory):
    queued(memory, "a")
    (claimed,) = outbox.claim(memory, [Claim("payer", NOW, 9)])
    outbox.settle(memory, [[settled(each) for each in claimed]])

    assert heard_of("evt_a", find(memory)) == [PAYER]


@pytest.mark.parametrize(
    ("correction", "of"),
    [
        (None, ""),
        (Correction("evt_1", "retraction"), ""),
        (Correction("evt_1", "amendment"), "evt_1"),
    ],
)
def test_only_an_amendment_amends(correction, of):
    assert amended(correction) == of
    assert amended_by(msgspec.json.encode({"correction": correction})) == of
