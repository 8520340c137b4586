"""What was taken back before anybody was told is told to nobody (R-ENC-08)."""

import msgspec
import pytest

from hub.model.delivery import DeliveryState
from hub.model.events import Correction
from hub.store import outbox
from hub.store.books import balance
from hub.store.outbox import Claim
from hub.store.withdrawing import withdraw
from tests.store.rows import NOW, queued, settled


def told(memory, name, of="", kind="retraction"):
    """Queue an event, which may correct another one."""
    queued(memory, name, okey="a")
    correction = Correction(f"evt_{of}", kind) if of else None
    body = msgspec.json.encode({"correction": correction})
    memory.execute("UPDATE event SET body = ? WHERE id = ?", (body, f"evt_{name}"))


def states(memory):
    return dict(memory.execute("SELECT substr(event, 5), state FROM delivery"))


def send(memory, state=DeliveryState.DELIVERED):
    (claimed,) = outbox.claim(memory, [Claim("payer", NOW, 1)])
    outbox.settle(memory, [[settled(each, state) for each in claimed]])


@pytest.fixture
def pair(memory):
    told(memory, "discharged")
    told(memory, "cancelled", of="discharged")
    return memory


def test_neither_is_sent_where_nothing_was(pair):
    withdraw(pair, "evt_discharged", "evt_cancelled", 0)

    assert set(states(pair).values()) == {"withdrawn"}
    assert outbox.claim(pair, [Claim("payer", NOW, 9)]) == [[]]
    assert balance(pair).balanced


@pytest.mark.parametrize("state", [DeliveryState.DELIVERED, DeliveryState.READY])
def test_the_retraction_follows_what_may_have_arrived(pair, state):
    send(pair, state)

    withdraw(pair, "evt_discharged", "evt_cancelled", 0)

    assert "withdrawn" not in states(pair).values()


def test_what_an_amendment_amends_is_withdrawn_with_it(memory):
    told(memory, "discharged")
    told(memory, "corrected", of="discharged", kind="amendment")
    told(memory, "cancelled", of="corrected")

    withdraw(memory, "evt_corrected", "evt_cancelled", 0)

    assert set(states(memory).values()) == {"withdrawn"}


def test_a_retraction_follows_where_what_was_amended_is_sent(memory):
    told(memory, "discharged")
    send(memory)
    told(memory, "corrected", of="discharged", kind="amendment")
    told(memory, "cancelled", of="corrected")

    withdraw(memory, "evt_corrected", "evt_cancelled", 0)

    assert states(memory) == {
        "discharged": "delivered",
        "corrected": "ready",
        "cancelled": "ready",
    }


def test_others_are_not_concerned(pair):
    told(pair, "other")

    withdraw(pair, "evt_discharged", "evt_cancelled", 0)

    assert states(pair)["other"] == "ready"


def test_who_hears_of_what_came_between_hears_of_both(memory):
    told(memory, "admitted")
    told(memory, "transferred")
    told(memory, "cancelled", of="admitted")
    for version, name in enumerate(("admitted", "transferred", "cancelled"), 1):
        memory.execute(
            "UPDATE event SET entity = 1, version = ? WHERE id = ?",
            (version, f"evt_{name}"),
        )

    withdraw(memory, "evt_admitted", "evt_cancelled", 0)

    assert set(states(memory).values()) == {"ready"}


def test_what_came_afterwards_is_told_alone(memory):
    told(memory, "admitted")
    told(memory, "cancelled", of="admitted")
    told(memory, "again")
    for version, name in enumerate(("admitted", "cancelled", "again"), 1):
        memory.execute(
            "UPDATE event SET entity = 1, version = ? WHERE id = ?",
            (version, f"evt_{name}"),
        )

    withdraw(memory, "evt_admitted", "evt_cancelled", 0)

    assert states(memory) == {
        "admitted": "withdrawn",
        "cancelled": "withdrawn",
        "again": "ready",
    }
