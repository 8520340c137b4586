"""A store in which somebody was told of a made-up person, and somebody looked."""

from contextlib import closing

import msgspec

from hub.store import audit, journal, outbox, state
from hub.store.audit import Entry
from hub.store.outbox import Claim
from hub.store.store import Store, call_at_once
from tests.played import Played, fact
from tests.store.rows import NOW, row, settled, settlement

TERMS = '{"template":"notice","obligations":["part2.notice"],"consents":["rec_1@2"]}'


class Audited:
    """A person, whose key is `person`, and the folder of the store they are in."""

    def __init__(self, folder):
        self.played = Played(folder).play(fact())
        [self.person] = [each.key for each in self.reader.entities.persons().items]
        [self.visit] = [each.key for each in self.reader.entities.encounters().items]

        [event] = self.reader.events(entity=self.visit).items
        self.body = msgspec.json.encode(event)
        self.occurred = event["times"]["occurred"]["earliest"]

    @property
    def reader(self):
        return self.played.reader

    def write(self, apply, payload):
        """Do work in the store."""
        with Store(self.played.folder, call_at_once) as store:
            return store.writer.call(apply, payload)

    def tell(self, name, **ended):
        """Let the payer be told of an admission."""
        self.write(journal.put, [row(body=name.encode(), control_id=name)])
        with Store(self.played.folder, call_at_once) as store:
            with closing(store.reader()) as reader:
                [(seq,)] = reader.execute("SELECT max(seq) FROM message")
            made = settlement(seq, name, okey=self.person)
            event = made.events[0]._replace(
                body=self.body, entity=self.visit, version=seq
            )
            delivery = made.deliveries[0]._replace(terms=TERMS)
            rows = {"facts": (), "entities": (), "events": (event,)}
            made = made._replace(deliveries=(delivery,), **rows)
            store.writer.call(state.settle, [made])
            [claimed] = store.writer.call(outbox.claim, Claim("payer", NOW, 1))
            store.writer.call(outbox.settle, [settled(claimed, **ended)])
        return self

    def look(self, actor="analyst-1", action="person.viewed"):
        """Let somebody look at the person."""
        detail = {"address": "GET /api/v1/persons/{id}"}
        entry = Entry(actor, "analyst", action, self.person, self.person, detail=detail)
        self.write(audit.record, entry)
        return self
