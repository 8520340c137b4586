"""A hub with two feeds that know the same patient. All of it is made up."""

import msgspec

from hub.config.tables import IdentityTable
from hub.model.delivery import DeliveryState
from hub.runtime import core
from hub.runtime.pipeline import Pipeline
from hub.runtime.relations import Relations
from hub.runtime.routing import Router
from hub.runtime.transitions import Programmes
from hub.store import outbox
from hub.store.outbox import Claim
from hub.testing.clock import FakeClock
from tests.runtime.facts import PANELS, SECRET, made_up_feed, reads
from tests.runtime.setting import NOW, metrics, put
from tests.store.rows import settled


class Hub:
    """Hears facts from the feeds ``nord`` and ``sued``, and tells one recipient."""

    def __init__(self, store, query):
        self.store, self.query = store, query
        self._known, self._readers = {}, []
        self.subscribe(())

    def subscribe(self, subscriptions):
        """Go on with these subscriptions, as after a restart."""
        reader = self.store.reader()
        self._readers.append(reader)
        processor = core.processor(
            reader,
            SECRET,
            Router(subscriptions),
            Relations(PANELS),
            rules="us",
            programmes=Programmes(),
            identity=IdentityTable(),
        )
        feed = made_up_feed(reads(self._known))
        self._pipeline = Pipeline(
            feeds=dict.fromkeys(("nord", "sued"), feed),
            reader=reader,
            writer=self.store.writer,
            processor=processor,
            metrics=metrics(),
            on_deliveries=lambda _destinations: None,
            clock=FakeClock(NOW),
        )

    def hear(self, source, fact):
        """Let a feed state a fact, and make sense of it."""
        self.hear_at_once((source, fact))

    def hear_at_once(self, *stated):
        """Let feeds state facts that are made sense of in one round."""
        for source, fact in stated:
            body = b"%d" % len(self._known)
            self._known[body] = fact
            put(self.store.writer, body, source=source, control_id=body.decode())
        while self._pipeline.work():
            continue

    def send(self, now=NOW):
        """Send all that is due; return it."""
        sent = []
        claim = Claim("out", now, 9)
        while claimed := self.store.writer.call(outbox.claim, claim):
            told = [settled(each, DeliveryState.DELIVERED) for each in claimed]
            self.store.writer.call(outbox.settle, told)
            sent += claimed
        return sent

    def types(self, claimed):
        """Return the types of the events of what was sent."""
        return [msgspec.json.decode(each.event_body)["type"] for each in claimed]

    def services(self, claimed):
        """Return the services that what was sent names."""
        bodies = [msgspec.json.decode(each.event_body) for each in claimed]
        return [body["payload"]["service"] for body in bodies]

    def told(self):
        """Return the types of all that is told, or is to be, but what goes no more."""
        found = self.query(
            "SELECT e.type FROM delivery y JOIN event e ON e.id = y.event"
            " WHERE y.state <> 'withdrawn' ORDER BY y.seq"
        )
        return [kind for (kind,) in found]

    def reasons(self, kind):
        """Return the reasons of the decisions on events of a type, in order."""
        found = self.query(
            "SELECT e.type, d.reason FROM decision d JOIN event e ON e.id = d.event"
            " ORDER BY d.seq"
        )
        return [reason for each, reason in found if each == kind]

    def receipts(self, state):
        """Return the receipts of the deliveries in a state."""
        found = self.query("SELECT state, receipt FROM delivery ORDER BY seq")
        return [receipt for each, receipt in found if each == state]

    def close(self):
        """Let go of the store."""
        for reader in self._readers:
            reader.close()
