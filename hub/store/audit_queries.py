"""Looks at the audit: its records, and what it says to a person who asks.

An accounting of disclosures (45 CFR 164.528) and an access report (Art. 15 GDPR) are
questions by person. People are tokens in the audit, and the tokens of all identities
of a person are theirs: what was told under one that is parted now is not.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from hub.model.delivery import Outcome
from hub.store import schema
from hub.store.audit_keys import read_keys
from hub.store.audit_records import TRIED
from hub.store.audit_tables import NOT_A_DECISION, audit
from hub.store.audit_views import BROKE_GLASS, VIEWED, AuditRecord
from hub.store.journal import microseconds, moment
from hub.store.paging import (
    DEFAULT_LIMIT,
    decode_cursor,
    encode_cursor,
    require_limit,
)
from hub.store.reading import Looks, equal
from hub.store.views import Instant, Page
from hub.store.whose import whose

_N = "[0-9]{1,18}"
#: Attempts after which the recipient has it, or may have it.
_MAY_HAVE_IT = (Outcome.ACCEPTED.value, Outcome.UNKNOWN.value)
_COLUMNS = tuple(audit.c[name] for name in AuditRecord.__struct_fields__)


class Told(Struct, frozen=True, kw_only=True):
    """Of what a recipient was told: an event, and when that happened."""

    event: str
    type: str
    occurred: str | None


class Disclosure(Struct, frozen=True, kw_only=True):
    """That somebody was told something of a person, or may have been.

    `outcome` is ``unknown`` where nobody knows whether it arrived. `digest` is the
    SHA-256 of all that was sent, `receipt` what the recipient answered.
    """

    n: int
    at: Instant
    recipient: str
    purpose: str
    outcome: str
    told: list[Told]
    obligations: list[str]
    consents: list[str]
    digest: str
    receipt: str


class AuditReader:
    """Reads the audit of the store whose data folder is `folder`.

    Each method may be called from any thread, and raises StoreUnreadableError or
    SlowQueryError; those that are about a person UnknownIdError and AuditKeyError.
    """

    def __init__(self, looks: Looks, folder: Path) -> None:
        self._looks = looks
        self._folder = folder

    def records(  # noqa: PLR0913 - each is a filter, by name
        self,
        *,
        action: str | None = None,
        actor: str | None = None,
        object: str | None = None,  # noqa: A002 - the filter's name is a contract
        recipient: str | None = None,
        outcome: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page[AuditRecord]:
        """Return a page of records, newest first. Raises BadCursorError."""
        require_limit(limit)
        query = sa.select(*_COLUMNS).where(
            *equal(audit.c.action, action),
            *equal(audit.c.actor, actor),
            *equal(audit.c.object, object),
            *equal(audit.c.recipient, recipient),
            *equal(audit.c.outcome, outcome),
        )
        if since is not None:
            query = query.where(audit.c.at >= microseconds(since))
        if until is not None:
            query = query.where(audit.c.at < microseconds(until))
        if cursor is not None:
            after = decode_cursor("audit", cursor, _N)
            query = query.where(audit.c.n < int(after))
        query = query.order_by(audit.c.n.desc()).limit(limit + 1)
        with self._looks.connection() as connection:
            found = [_record(row) for row in connection.execute(query)]
        more, found = len(found) > limit, found[:limit]
        return Page(found, encode_cursor("audit", str(found[-1].n)) if more else None)

    def disclosures(self, person: str) -> list[Disclosure]:
        """Return what was told of a person to whom, in order."""
        tried = sa.and_(audit.c.action == TRIED, audit.c.outcome.in_(_MAY_HAVE_IT))
        with self._looks.connection() as connection:
            found = self._about(connection, person, tried)
            keys = {key for each in found for key in each.detail.get("events", [])}
            events = _events(connection, keys)
        return [_disclosure(each, events) for each in found if each.detail["digest"]]

    def accesses(self, person: str) -> list[AuditRecord]:
        """Return who looked at what is known of a person, in order."""
        looked = sa.or_(
            audit.c.action.like(f"%.{VIEWED}"), audit.c.action == BROKE_GLASS
        )
        with self._looks.connection() as connection:
            return self._about(connection, person, looked)

    def subjects(self, message: str) -> list[str]:
        """Return the keys of the identities that a message is about."""
        entity, fact = schema.entity.c, schema.fact.c
        query = (
            sa.select(entity.identity)
            .distinct()
            .join_from(schema.fact, schema.entity)
            .join(schema.message, schema.message.c.seq == fact.message)
            .where(schema.message.c.id == message)
        )
        with self._looks.connection() as connection:
            return list(connection.execute(query).scalars())

    def subjects_of_document(self, digest: str) -> list[str]:
        """Return the keys of the identities whose document it is."""
        entity, fact, document = schema.entity.c, schema.fact.c, schema.document.c
        query = (
            sa.select(entity.identity)
            .distinct()
            .join_from(schema.fact, schema.entity)
            .join(schema.document, document.message == fact.message)
            .where(document.digest == digest)
        )
        with self._looks.connection() as connection:
            return list(connection.execute(query).scalars())

    def _about(
        self, connection: sa.Connection, person: str, what: sa.ColumnElement[bool]
    ) -> list[AuditRecord]:
        keys = read_keys(self._folder)
        tokens = [keys.token(key) for key in whose(connection, person, None).keys]
        query = (
            sa.select(*_COLUMNS)
            .where(audit.c.subject.in_(tokens), NOT_A_DECISION, what)
            .order_by(audit.c.n)
        )
        return [_record(row) for row in connection.execute(query)]


def _record(row: sa.Row[Any]) -> AuditRecord:
    values = row._asdict()
    values |= {
        "at": moment(row.at),
        "detail": msgspec.json.decode(row.detail),
        "hash": row.hash.hex(),
    }
    return AuditRecord(**values)


def _events(connection: sa.Connection, keys: Iterable[str]) -> dict[str, Told]:
    asked = sa.func.json_each(sa.bindparam("keys")).table_valued("value")
    query = sa.select(
        schema.event.c.id, schema.event.c.type, schema.event.c.body
    ).where(schema.event.c.id.in_(sa.select(asked.c.value)))
    listed = msgspec.json.encode(sorted(keys)).decode()
    found = {}
    for row in connection.execute(query, {"keys": listed}):
        occurred = msgspec.json.decode(row.body)["times"]["occurred"]
        at = occurred.get("earliest") if occurred else None
        found[row.id] = Told(event=row.id, type=row.type, occurred=at)
    return found


def _disclosure(record: AuditRecord, events: dict[str, Told]) -> Disclosure:
    detail = record.detail
    return Disclosure(
        n=record.n,
        at=record.at,
        recipient=record.recipient,
        purpose=record.purpose,
        outcome=record.outcome,
        told=[events[key] for key in detail["events"] if key in events],
        obligations=detail.get("obligations", []),
        consents=detail.get("consents", []),
        digest=detail["digest"],
        receipt=detail.get("receipt", ""),
    )
