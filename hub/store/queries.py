"""A read-only look at the store, for the API, the command line and the demo.

It works beside a running hub and without one. It cannot change anything: the
file is opened for reading, and the connection refuses to write. Every question
has its own connection, one consistent view, and a time limit.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import msgspec
import sqlalchemy as sa

from hub.store import schema, shadow_amending
from hub.store.access import AccessReader
from hub.store.audit_queries import AuditReader
from hub.store.decided import decided
from hub.store.directory.reading import DirectoryReader
from hub.store.entity_queries import EntityReader
from hub.store.entity_rows import number_of
from hub.store.evidence.reader import EvidenceReader
from hub.store.exchanges.reading import LedgerReader
from hub.store.explaining.deliveries import delivery_with_history
from hub.store.explaining.messages import Readers
from hub.store.explaining.reader import ExplanationReader
from hub.store.explaining.views import Explanation
from hub.store.paging import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    decode_cursor,
    encode_cursor,
    require_limit,
)
from hub.store.panel_queries import PanelReader
from hub.store.query_errors import DamagedBytesError
from hub.store.reading import Looks, equal, one, open_read_only
from hub.store.referral_queries import ReferralReader
from hub.store.reviews import ReviewReader
from hub.store.services.reading import ServiceReader
from hub.store.shadow_amending import AmendmentView
from hub.store.unmapped import Unmapped, unmapped
from hub.store.views import (
    DECISION_COLUMNS,
    DELIVERY_COLUMNS,
    MESSAGE_COLUMNS,
    Counts,
    DecisionView,
    DeliveryDetail,
    DeliveryView,
    MessageDetail,
    MessageView,
    Page,
    decision_view,
    delivery_view,
    message_detail,
    message_view,
)

__all__ = ["DEFAULT_LIMIT", "MAX_LIMIT", "Reader", "open_read_only"]

# SQLite's largest row number has 19 digits; 18 cannot overflow it.
_SEQ = "[0-9]{1,18}"
#: An event's number, and a subscription's name.
_DECIDED = "[0-9]{1,18}/[a-z0-9@-]{1,200}"


class Reader:
    """Reads the store in the file `path`.

    Each method may be called from any thread, and raises StoreUnreadableError or,
    after `time_limit_seconds`, SlowQueryError. Lists are newest first, take equal
    values as filters, and a `cursor` from the page before. What is known of people
    is asked of `entities`, what nobody knows of `reviews`, why things are as they
    are of `explaining`, what was done of `evidence`, what became of files of
    `exchanges`, of services of `directories`, and how referrals stand of `referrals`.
    `trust` names the authorities whose word on people counts most, the best first;
    `readers` what reads the messages of each source, `cadences` at which pace
    subscriptions are served.
    """

    def __init__(
        self,
        path: Path,
        time_limit_seconds: float = 30,
        trust: Sequence[str] = (),
        readers: Readers | None = None,
        cadences: Mapping[str, str] | None = None,
    ) -> None:
        self._looks = Looks(path, time_limit_seconds)
        self.entities = EntityReader(self._looks, trust)
        self.reviews = ReviewReader(self._looks)
        self.panels = PanelReader(self._looks)
        self.exchanges = LedgerReader(self._looks)
        self.directories = DirectoryReader(self._looks)
        self.referrals = ReferralReader(self._looks)
        self.services = ServiceReader(self._looks, trust)
        self.access = AccessReader(self._looks)
        self.audit = AuditReader(self._looks, path.parent)
        self.explaining = ExplanationReader(self._looks, readers)
        self.evidence = EvidenceReader(path, cadences, time_limit_seconds)

    def messages(
        self,
        *,
        source: str | None = None,
        state: str | None = None,
        control_id: str | None = None,
        message_type: str | None = None,
        parent: str | None = None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page[MessageView]:
        """Return a page of messages. Raises BadCursorError."""
        table = schema.message.c
        query = sa.select(*MESSAGE_COLUMNS).where(
            *equal(table.source, source),
            *equal(table.state, state),
            *equal(table.control_id, control_id),
            *equal(table.message_type, message_type),
        )
        if parent is not None:
            query = query.where(table.parent == _seq_of(parent))
        rows, after = self._page(query, schema.message, limit, cursor)
        return Page([message_view(row) for row in rows], after)

    def message(self, message_id: str) -> MessageDetail:
        """Return one message. Raises UnknownIdError."""
        query = (
            sa.select(*MESSAGE_COLUMNS, schema.report.c.remarks)
            .outerjoin_from(schema.message, schema.report)
            .where(schema.message.c.id == message_id)
        )
        with self._looks.connection() as connection:
            return message_detail(one(connection, query, message_id))

    def raw(self, message_id: str) -> bytes:
        """Return the bytes of a message as they were received (G2).

        Raises UnknownIdError; DamagedBytesError where they are not the same.
        """
        table = schema.message.c
        query = sa.select(table.body, table.sha256).where(table.id == message_id)
        with self._looks.connection() as connection:
            row = one(connection, query, message_id)
        if hashlib.sha256(row.body).digest() != row.sha256:
            raise DamagedBytesError(message_id)
        return bytes(row.body)

    def document(self, digest: str) -> tuple[str, bytes]:
        """Return the media type and the bytes of a document.

        Raises UnknownIdError; DamagedBytesError where they are not the same.
        """
        table = schema.document.c
        query = sa.select(table.media_type, table.body).where(table.digest == digest)
        with self._looks.connection() as connection:
            row = one(connection, query, digest)
        if hashlib.sha256(row.body).hexdigest() != digest:
            raise DamagedBytesError(digest)
        return row.media_type, bytes(row.body)

    def events(
        self,
        *,
        type: str | None = None,  # noqa: A002 - the filter's name is a contract
        entity: str | None = None,
        message: str | None = None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page[dict[str, Any]]:
        """Return a page of events: their envelopes. Raises BadCursorError."""
        table = schema.event.c
        query = sa.select(table.seq, table.body).where(*equal(table.type, type))
        if entity is not None:
            query = query.where(table.entity == number_of(entity))
        if message is not None:
            query = query.where(table.message == _seq_of(message))
        rows, after = self._page(query, schema.event, limit, cursor)
        return Page([msgspec.json.decode(row.body) for row in rows], after)

    def event(self, event_id: str) -> dict[str, Any]:
        """Return the envelope of one event. Raises UnknownIdError."""
        table = schema.event.c
        query = sa.select(table.body).where(table.id == event_id)
        with self._looks.connection() as connection:
            row = one(connection, query, event_id)
        envelope: dict[str, Any] = msgspec.json.decode(row.body)
        return envelope

    def deliveries(
        self,
        *,
        destination: str | None = None,
        state: str | None = None,
        event: str | None = None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page[DeliveryView]:
        """Return a page of deliveries. Raises BadCursorError."""
        table = schema.delivery.c
        query = sa.select(*DELIVERY_COLUMNS).where(
            *equal(table.destination, destination),
            *equal(table.state, state),
            *equal(table.event, event),
        )
        rows, after = self._page(query, schema.delivery, limit, cursor)
        return Page([delivery_view(row) for row in rows], after)

    def delivery(self, delivery_id: str) -> DeliveryDetail:
        """Return one delivery with its attempts. Raises UnknownIdError."""
        query = sa.select(*DELIVERY_COLUMNS).where(schema.delivery.c.id == delivery_id)
        with self._looks.connection() as connection:
            row = one(connection, query, delivery_id)
            return delivery_with_history(connection, row)

    def decisions(
        self,
        *,
        event: str | None = None,
        destination: str | None = None,
        permitted: bool | None = None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page[DecisionView]:
        """Return a page of decisions. Raises BadCursorError."""
        table = decided.c
        query = sa.select(*DECISION_COLUMNS).where(
            *equal(table.event, event),
            *equal(table.destination, destination),
            *equal(table.permitted, permitted),
        )
        require_limit(limit)
        if cursor is not None:
            seq, name = decode_cursor("decision", cursor, _DECIDED).split("/")
            later = sa.and_(table.seq == int(seq), table.subscription > name)
            query = query.where(sa.or_(table.seq < int(seq), later))
        query = query.order_by(table.seq.desc(), table.subscription).limit(limit + 1)
        with self._looks.connection() as connection:
            rows = connection.execute(query).all()
        more, rows = len(rows) > limit, rows[:limit]
        last = f"{rows[-1].seq}/{rows[-1].subscription}" if more else ""
        following = encode_cursor("decision", last) if more else None
        return Page([decision_view(row) for row in rows], following)

    def unmapped(self, since: datetime) -> list[Unmapped]:
        """Return the codes on events since a time that nobody mapped."""
        with self._looks.connection() as connection:
            return unmapped(connection, since)

    def counts(self) -> Counts:
        """Count what the store holds. Reads all of it."""
        message, delivery = schema.message.c, schema.delivery.c
        count = sa.func.count()
        deliveries: dict[str, dict[str, int]] = {}
        with self._looks.connection() as connection:
            ask = connection.execute
            messages = dict(_tally(connection, message.state))
            repeats = ask(sa.select(sa.func.coalesce(sa.func.sum(message.repeats), 0)))
            events = dict(_tally(connection, schema.event.c.type))
            decisions = dict(_tally(connection, schema.decision.c.permitted))
            unrelated = sa.func.coalesce(sa.func.sum(schema.event.c.unrelated), 0)
            denied = ask(sa.select(unrelated)).scalar_one()
            by = (delivery.destination, delivery.state)
            for destination, state, total in ask(sa.select(*by, count).group_by(*by)):
                deliveries.setdefault(destination, {})[state] = total
            return Counts(
                messages=messages,
                repeats=repeats.scalar_one(),
                events=events,
                decisions={
                    "permit": decisions.get(True, 0),
                    "deny": decisions.get(False, 0) + denied,
                },
                deliveries=deliveries,
            )

    def amendments(self) -> list[AmendmentView]:
        """Return what was read again, newest first, and how far that is."""
        with self._looks.connection() as connection:
            bare = connection.connection.driver_connection
            return shadow_amending.amendments(cast("sqlite3.Connection", bare))

    def explain(self, message_id: str, destination: str | None = None) -> Explanation:
        """Return what became of a message, and why. Raises UnknownIdError."""
        return self.explaining.message(message_id, destination)

    def _page(
        self,
        query: sa.Select[Any],
        table: sa.Table,
        limit: int,
        cursor: str | None,
    ) -> tuple[Sequence[sa.Row[Any]], str | None]:
        """Return up to `limit` rows below the cursor, and the next cursor."""
        require_limit(limit)
        if cursor is not None:
            after = decode_cursor(table.name, cursor, _SEQ)
            query = query.where(table.c.seq < int(after))
        query = query.order_by(table.c.seq.desc()).limit(limit + 1)
        with self._looks.connection() as connection:
            rows = connection.execute(query).all()
        more = len(rows) > limit
        rows = rows[:limit]
        return rows, encode_cursor(table.name, str(rows[-1].seq)) if more else None


def _seq_of(message: str) -> sa.ScalarSelect[int]:
    table = schema.message.c
    return sa.select(table.seq).where(table.id == message).scalar_subquery()


def _tally(
    connection: sa.Connection, column: sa.ColumnElement[Any]
) -> Iterator[tuple[Any, int]]:
    query = sa.select(column, sa.func.count()).group_by(column).order_by(column)
    return (tuple(row) for row in connection.execute(query))
