"""A store in which a message was told of. Every name, number and key is made up."""

import itertools
import json
from pathlib import Path

import sqlalchemy as sa

from hub.coordination.ids import delivery_id
from hub.store import schema
from hub.store.entity_rows import number_of
from hub.store.policy_tables import asked, recheck
from hub.store.sqlite import DATABASE_NAME
from tests.stores import created, engine

#: 2026-03-14T09:30:00Z in microseconds.
NOON = 1_773_480_600_000_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
#: Stands wherever content may be, so that it can be looked for where it may not be.
CANARY = "ZZCANARYZZ"
WHEN = {
    "raw": "20260314102900",
    "precision": "second",
    "earliest": "2026-03-14T09:29:00Z",
    "latest": "2026-03-14T09:29:01Z",
    "local": "2026-03-14T10:29:00",
}
WHOLE = {
    "class": {"code": "inpatient"},
    "person": {"names": [{"family": CANARY}]},
    "careteam": [{"role": "attending", "name": CANARY}],
    "facility": {"name": "NORD"},
    "location": {"facility": "NORD", "unit": "INN1"},
}


def message_id(number, at=NOON):
    return f"msg_{at // 1000:012x}{number:020x}"


def event_id(number, at=NOON):
    return f"evt_{at // 1000:012x}{number:020x}"


class Told:
    """Writes rows into a store of its own in `folder`."""

    def __init__(self, folder):
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.path = Path(folder / DATABASE_NAME)
        self.path.write_bytes(created())
        self._engine = engine(self.path)
        self._numbers = itertools.count(1)

    def add(self, table, **values):
        with self._engine.begin() as connection:
            connection.execute(sa.insert(table).values(**values))

    def change(self, table, **values):
        with self._engine.begin() as connection:
            connection.execute(sa.update(table).values(**values))

    def message(self, at=NOON, **more):
        number = next(self._numbers)
        given = {
            "id": message_id(number, at),
            "seq": number,
            "source": "klinik-nord",
            "control_id": f"C{number}",
            "message_type": "ADT^A01",
            "media_type": "text/plain",
            "sha256": b"",
            "size": 1,
            "body": CANARY.encode(),
            "received_at": at,
            "peer": "",
            "state": "processed",
        }
        self.add(schema.message, **given | more)
        return number

    def fact(self, message, entity, place=0, kind="start"):
        body = json.dumps({"kind": kind, "subject": {"n": CANARY}}).encode()
        about = self._number_of(entity)
        self.add(schema.fact, message=message, place=place, entity=about, body=body)

    def entity(self, key, kind, person, body=b"{}", **more):
        """Write an entity, or what is known now of one that something is about."""
        given = {"kind": kind, "person": person, "body": body}
        values = {"version": 1, "identity": person} | given | more
        number = self._number_of(key)
        with self._engine.begin() as connection:
            changed = sa.update(schema.entity).where(schema.entity.c.seq == number)
            connection.execute(changed.values(**values))

    def _number_of(self, key, person="p_1"):
        """Return the number of an entity, which is written if there is none."""
        with self._engine.begin() as connection:
            number = connection.scalar(sa.select(number_of(key)))
            if number is None:
                given = {"key": key, "kind": "encounter", "person": person}
                entity = given | {"version": 1, "body": b"{}", "identity": person}
                inserted = sa.insert(schema.entity).values(**entity)
                [number] = connection.execute(inserted).inserted_primary_key
            return number

    def referrals(self, count):
        """Write so many referrals of which nothing is known."""
        row = {"kind": "referral", "person": "p_1", "version": 0, "body": b"null"}
        rows = [{"key": f"rec_{number}"} | row for number in range(count)]
        with self._engine.begin() as connection:
            connection.execute(sa.insert(schema.entity), rows)

    def event(self, message, type_="encounter.admitted", at=NOON, **more):
        """Write an event of a message; return its id."""
        number = next(self._numbers)
        key = event_id(number, at)
        columns = {name: more.pop(name) for name in (*more,) if name in _COLUMNS}
        about = self._number_of(more.pop("entity", "enc_1"), more.pop("person", "p_1"))
        envelope = {
            "id": key,
            "type": type_,
            "source": {"feed": "klinik-nord"},
            "times": {"occurred": WHEN},
            "correction": None,
            "payload": WHOLE,
        } | more
        given = {
            "id": key,
            "seq": number,
            "message": message,
            "type": type_,
            "entity": about,
            "version": number,
            "emitted_at": at,
            "routes": 1,
            "body": json.dumps(envelope).encode(),
        }
        self.add(schema.event, **given | columns)
        return key

    def decision(self, event, destination="payer", **more):
        given = {
            "event": event,
            "subscription": f"{destination}-members",
            "destination": destination,
            "permitted": True,
            "verdict": "permit",
            "reason": "relationship.panel",
            "purpose": "care_coordination",
            "patient_id": CANARY,
            "rules": '["relationship@1"]',
            "decided_at": NOON,
        }
        self.add(schema.decision, **given | more)

    def denial(self, event, destination="payer", reason="consent.denied", **more):
        given = {"permitted": False, "verdict": "deny", "reason": reason}
        self.decision(event, destination, **given | more)

    def delivery(self, event, destination="payer", state="delivered", **more):
        """Write a delivery with its permission; return its number."""
        decided = {name: more.pop(name) for name in (*more,) if name in _DECIDED}
        self.decision(event, destination, **decided)
        number = next(self._numbers)
        given = {
            "seq": number,
            "id": delivery_id(event, destination),
            "event": event,
            "subscription": f"{destination}-members",
            "destination": destination,
            "okey": "p_1",
            "state": state,
            "due": NOON,
            "created_at": NOON,
            "settled_at": None if state in {"ready", "claimed"} else NOON + MINUTE,
        }
        self.add(schema.delivery, **given | more)
        return number

    def attempt(self, delivery, at=NOON + MINUTE, **more):
        given = {
            "delivery": delivery,
            "number": 1,
            "started_at": at,
            "ended_at": at,
            "outcome": "accepted",
            "evidence": "",
            "error_code": "",
        }
        self.add(schema.attempt, **given | more)

    def recheck(self, delivery, verdict="deny", reason="consent.revoked"):
        self.add(
            recheck,
            delivery=delivery,
            verdict=verdict,
            reason=reason,
            rules='["consent@1"]',
            terms="{}",
            generation=2,
            decided_at=NOON + MINUTE,
        )

    def asks(self, count, type_="encounter.admitted"):
        for number in range(count):
            self.add(
                asked,
                ruleset=1,
                type=type_,
                subscription=f"stranger-{number:03}",
                destination=f"other-{number:03}",
                purpose="payment",
            )


_COLUMNS = frozenset({"version", "emitted_at", "unrelated", "ruleset", "body"})
_DECIDED = frozenset({"permitted", "verdict", "reason", "rules", "purpose"})
