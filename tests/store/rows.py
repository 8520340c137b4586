"""Synthetic messages and what comes of them, for tests of the store."""

import hashlib
import sqlite3
from datetime import UTC, datetime, timedelta

from hub.model.delivery import DeliveryState, Outcome
from hub.model.message import MessageState, RawMessage
from hub.store import journal, state
from hub.store.entity_rows import EntityRow
from hub.store.outbox import Settled
from tests.stores import created

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def raw(body=b"synthetic", control_id="C1", received_at=NOW, **given):
    return RawMessage(
        body=body,
        media_type="text/plain",
        received_at=received_at,
        control_id=control_id,
        **given,
    )


def row(source="klinik", **given):
    return journal.row(source, raw(**given))


def put(connection, *rows):
    """Store rows as one batch; return an answer for each."""
    (answers,) = journal.put(connection, [rows])
    return answers


def in_memory():
    """Return a connection to an empty store that is nowhere but in memory."""
    connection = sqlite3.connect(
        ":memory:", isolation_level=None, check_same_thread=False
    )
    connection.deserialize(created())
    connection.execute("PRAGMA foreign_keys=1")
    return connection


def received(connection, number):
    """Store message number `number`, from 1 in an empty store; return its row's number.

    The body tells the messages apart.
    """
    put(connection, row(body=b"%d" % number, control_id=f"C{number}"))
    key = hashlib.sha256(b"%d" % number).digest()
    found = connection.execute("SELECT seq FROM message WHERE sha256 = ?", [key])
    return found.fetchone()[0]


def settlement(seq, name=None, *, destination="payer", okey="p_1", due=NOW, **given):
    """Return a settlement with one fact, event, decision and delivery.

    `name` makes their ids.
    """
    name = name or str(seq)
    at = journal.microseconds(NOW)
    event = state.EventRow(
        f"evt_{name}", seq, "encounter.admitted", f"enc_{name}", 1, at, 1, b"{}"
    )
    decision = state.DecisionRow(
        event=event.id,
        subscription="s",
        destination=destination,
        permitted=True,
        verdict="permit",
        reason="relationship.all",
        purpose="treatment",
        patient_id="",
        rules="[]",
        decided_at=at,
    )
    delivery = state.DeliveryRow(
        f"dlv_{name}",
        event.id,
        "s",
        destination,
        okey,
        DeliveryState.READY.value,
        journal.microseconds(due),
        at,
    )
    rows = {
        "facts": (state.FactRow(seq, 0, event.entity, b'{"n":1}'),),
        "entities": (EntityRow(event.entity, "encounter", okey, 1, b"{}", okey),),
        "events": (event,),
        "decisions": (decision,),
        "deliveries": (delivery,),
    }
    return state.Settlement(seq, MessageState.PROCESSED, at, **(rows | given))


def queued(connection, name, **given):
    """Bring a delivery about, with all that it takes."""
    seq = connection.execute("SELECT count(*) + 1 FROM message").fetchone()[0]
    seq = received(connection, seq)
    state.settle(connection, [[settlement(seq, name, **given)]])


def settled(claimed, new_state=DeliveryState.DELIVERED, *, due=NOW, **given):
    outcome = {
        DeliveryState.DELIVERED: Outcome.ACCEPTED,
        DeliveryState.DEAD: Outcome.PERMANENT,
        DeliveryState.READY: Outcome.RETRYABLE,
    }[new_state]
    values = {
        "due": due,
        "started_at": NOW,
        "ended_at": NOW + SECOND,
        "outcome": outcome,
        "evidence": "",
        "error_code": "",
    }
    return Settled(claimed=claimed, state=new_state, **(values | given))
