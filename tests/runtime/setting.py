"""What the parts of the runtime work with in these tests. All of it is made up."""

import asyncio
import itertools
from datetime import UTC, datetime

import msgspec
from prometheus_client import CollectorRegistry

from hub.config.tables import DestinationConfig
from hub.contract import DestinationSpec, RendererSpec
from hub.coordination.ids import delivery_id
from hub.metrics import Metrics
from hub.model.delivery import Outcome, Receipt, Rendered
from hub.model.events import Entity, EventSubject
from hub.model.message import MessageState, RawMessage
from hub.runtime.dispatch import Dispatcher
from hub.sdk import DestinationSettings, Settings
from hub.store import journal, state
from hub.store.entity_rows import EntityRow
from hub.store.journal import microseconds
from hub.testing.samples import care_event

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
ACCEPTED = Receipt(outcome=Outcome.ACCEPTED, evidence="taken")
REFUSED = Receipt(outcome=Outcome.PERMANENT, error_code="TEST-001")
FAILED = Receipt(outcome=Outcome.RETRYABLE, error_code="TEST-002")
LOST = Receipt(outcome=Outcome.UNKNOWN, error_code="TEST-003")
ROUTE = Receipt(outcome=Outcome.RETRYABLE, error_code="TEST-004", blames_route=True)

_numbers = itertools.count(1)


def metrics():
    """Return metrics of their own."""
    return Metrics(CollectorRegistry())


def raw(body=b"synthetic", control_id="", received_at=NOW):
    """Return a message."""
    return RawMessage(
        body=body,
        media_type="text/plain",
        received_at=received_at,
        control_id=control_id,
        message_type="TEST",
    )


def put(writer, body=b"synthetic", source="klinik-nord", **given):
    """Store a message."""
    [stored] = writer.call(journal.put, [journal.row(source, raw(body, **given))])
    return stored


def settings(**given):
    """Return settings that wait as little as may be."""
    waits = {"retry_initial_seconds": 0.001, "retry_max_seconds": 0.002}
    named = {"kind": "scripted", "format": "lines"}
    return DestinationSettings.model_validate(named | waits | given)


def render_lines(notices, _options):
    """Write a line for each notice: its event, or fail where that is poison."""
    events = [notice.event for notice in notices]
    if any(event.payload.get("poison") for event in events):
        raise ValueError("poison")
    lines = "".join(f"{event.id} {event.entity.version}\n" for event in events)
    return Rendered(body=lines.encode(), media_type="text/plain")


def config(render=render_lines, together=1, **given):
    """Return the configuration of the destination ``out``."""
    renderer = RendererSpec(
        name="lines",
        options=Settings,
        render=render,
        summary="A line for each notice.",
        max_notices=together,
    )
    spec = DestinationSpec(
        kind="scripted", settings=DestinationSettings, build=Scripted, summary="A fake."
    )
    return DestinationConfig(
        "region", "out", spec, settings(**given), renderer, Settings()
    )


class Scripted:
    """A destination that answers with what is in `receipts`, then `always`.

    `sent` has what arrived, in order.
    """

    def __init__(self, *receipts, always=ACCEPTED):
        self.sent = []
        self.receipts = list(receipts)
        self.always = always
        self.closed = False
        self._news = asyncio.Event()

    async def send(self, artifact):
        self.sent.append(artifact)
        self._news.set()
        return self.receipts.pop(0) if self.receipts else self.always

    async def close(self):
        self.closed = True

    async def arrived(self, count):
        """Wait until `count` artifacts were sent."""
        while len(self.sent) < count:
            self._news.clear()
            await self._news.wait()

    @property
    def ids(self):
        return [artifact.id for artifact in self.sent]


class Outbox:
    """Puts deliveries to ``out`` into a store, as the pipeline would."""

    def __init__(self, store):
        self._store = store
        self._versions = {}

    def add(self, *people, poison=False):
        """Add an event about each of `people`; return the events' ids."""
        return [self._add(person, poison=poison) for person in people]

    def _add(self, person, *, poison):
        number = next(_numbers)
        version = self._versions[person] = self._versions.get(person, 0) + 1
        put(self._store.writer, b"%d" % number, control_id=f"C{number}")
        [(seq,)] = self.query("SELECT max(seq) FROM message")
        event = care_event(
            "updated",
            version,
            id=f"evt_{number:032x}",
            entity=Entity("encounter", f"enc_{person}", version),
            subject=EventSubject(person),
            payload={"poison": poison},
        )
        self._store.writer.call(state.settle, [_settlement(seq, event, person)])
        return event.id

    def query(self, sql):
        reader = self._store.reader()
        try:
            return reader.execute(sql).fetchall()
        finally:
            reader.close()

    def states(self):
        """Return the state of each delivery, oldest first."""
        return [
            each for (each,) in self.query("SELECT state FROM delivery ORDER BY seq")
        ]


def _settlement(seq, event, person):
    now = microseconds(NOW)
    key, body = event.entity.key, msgspec.json.encode(event)
    version = event.entity.version
    return state.Settlement(
        seq,
        MessageState.PROCESSED,
        now,
        facts=(state.FactRow(seq, 0, key, b"{}"),),
        entities=(EntityRow(key, "encounter", person, version, b"{}", person),),
        events=(state.EventRow(event.id, seq, event.type, key, version, now, 1, body),),
        decisions=(_decision(event.id, now),),
        deliveries=(_delivery(event.id, person, now),),
    )


def _decision(event, now):
    return state.DecisionRow(
        event=event,
        subscription="sub",
        destination="out",
        permitted=True,
        verdict="permit",
        reason="relationship.all",
        purpose="treatment",
        patient_id="",
        rules="[]",
        decided_at=now,
    )


def _delivery(event, person, now):
    return state.DeliveryRow(
        id=delivery_id(event, "out"),
        event=event,
        subscription="sub",
        destination="out",
        okey=person,
        state="ready",
        due=now,
        created_at=now,
    )


def dispatcher(store, destination, told, clock=None, **more):
    """Return a dispatcher of `destination`, which is configured as `told`."""
    more |= {"clock": clock} if clock else {}
    return Dispatcher(told, destination, store.writer, metrics(), **more)
