"""A read-only look at the store, for the API, the command line and the demo.

It works beside a running hub and without one. It cannot change anything: the
file is opened for reading, and the connection refuses to write. Every question
has its own connection, one consistent view, and a time limit.
"""

import base64
import hashlib
import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import sqlalchemy as sa

from hub.errors import HubError
from hub.store import schema
from hub.store.explain import delivery_with_history, explain_message
from hub.store.query_errors import (
    BadCursorError,
    DamagedBytesError,
    SlowQueryError,
    StoreUnreadableError,
    UnknownIdError,
)
from hub.store.views import (
    DECISION_COLUMNS,
    DELIVERY_COLUMNS,
    MESSAGE_COLUMNS,
    Counts,
    DecisionView,
    DeliveryDetail,
    DeliveryView,
    Explanation,
    MessageDetail,
    MessageView,
    Page,
    decision_view,
    delivery_view,
    message_detail,
    message_view,
)

MAX_LIMIT = 1000
DEFAULT_LIMIT = 100

# How many steps of SQLite's virtual machine between two looks at the clock:
# about a millisecond.
_STEPS = 20_000

# What an id may look like; anything else that is asked for is not repeated.
_ID = re.compile(r"[a-z]{1,10}_[0-9A-Za-z]{1,64}")


class Reader:
    """Reads the store in the file `path`.

    Each method may be called from any thread, and raises StoreUnreadableError or,
    after `time_limit_seconds`, SlowQueryError. Lists are newest first, take equal
    values as filters, and a `cursor` from the page before.
    """

    def __init__(self, path: Path, time_limit_seconds: float = 30) -> None:
        self._path = path
        self._time_limit = time_limit_seconds
        self._engine = sa.create_engine(
            "sqlite://", creator=self._open, poolclass=sa.NullPool
        )

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
            *_equal(table.source, source),
            *_equal(table.state, state),
            *_equal(table.control_id, control_id),
            *_equal(table.message_type, message_type),
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
        with self._connection() as connection:
            return message_detail(_one(connection, query, message_id))

    def raw(self, message_id: str) -> bytes:
        """Return the bytes of a message as they were received (G2).

        Raises UnknownIdError; DamagedBytesError where they are not the same.
        """
        table = schema.message.c
        query = sa.select(table.body, table.sha256).where(table.id == message_id)
        with self._connection() as connection:
            row = _one(connection, query, message_id)
        if hashlib.sha256(row.body).digest() != row.sha256:
            raise DamagedBytesError(message_id)
        return bytes(row.body)

    def document(self, digest: str) -> tuple[str, bytes]:
        """Return the media type and the bytes of a document.

        Raises UnknownIdError; DamagedBytesError where they are not the same.
        """
        table = schema.document.c
        query = sa.select(table.media_type, table.body).where(table.digest == digest)
        with self._connection() as connection:
            row = _one(connection, query, digest)
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
        query = sa.select(table.seq, table.body).where(
            *_equal(table.type, type), *_equal(table.entity, entity)
        )
        if message is not None:
            query = query.where(table.message == _seq_of(message))
        rows, after = self._page(query, schema.event, limit, cursor)
        return Page([msgspec.json.decode(row.body) for row in rows], after)

    def event(self, event_id: str) -> dict[str, Any]:
        """Return the envelope of one event. Raises UnknownIdError."""
        table = schema.event.c
        query = sa.select(table.body).where(table.id == event_id)
        with self._connection() as connection:
            row = _one(connection, query, event_id)
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
            *_equal(table.destination, destination),
            *_equal(table.state, state),
            *_equal(table.event, event),
        )
        rows, after = self._page(query, schema.delivery, limit, cursor)
        return Page([delivery_view(row) for row in rows], after)

    def delivery(self, delivery_id: str) -> DeliveryDetail:
        """Return one delivery with its attempts. Raises UnknownIdError."""
        query = sa.select(*DELIVERY_COLUMNS).where(schema.delivery.c.id == delivery_id)
        with self._connection() as connection:
            row = _one(connection, query, delivery_id)
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
        table = schema.decision.c
        query = sa.select(*DECISION_COLUMNS).where(
            *_equal(table.event, event),
            *_equal(table.destination, destination),
            *_equal(table.permitted, permitted),
        )
        rows, after = self._page(query, schema.decision, limit, cursor)
        return Page([decision_view(row) for row in rows], after)

    def counts(self) -> Counts:
        """Count what the store holds. Reads all of it."""
        message, delivery = schema.message.c, schema.delivery.c
        count = sa.func.count()
        deliveries: dict[str, dict[str, int]] = {}
        with self._connection() as connection:
            ask = connection.execute
            messages = dict(_tally(connection, message.state))
            repeats = ask(sa.select(sa.func.coalesce(sa.func.sum(message.repeats), 0)))
            events = dict(_tally(connection, schema.event.c.type))
            decisions = dict(_tally(connection, schema.decision.c.permitted))
            by = (delivery.destination, delivery.state)
            for destination, state, total in ask(sa.select(*by, count).group_by(*by)):
                deliveries.setdefault(destination, {})[state] = total
            return Counts(
                messages=messages,
                repeats=repeats.scalar_one(),
                events=events,
                decisions={
                    "permit": decisions.get(True, 0),
                    "deny": decisions.get(False, 0),
                },
                deliveries=deliveries,
            )

    def explain(self, message_id: str, destination: str | None = None) -> Explanation:
        """Return what became of a message, and why. Raises UnknownIdError."""
        table = schema.message.c
        query = sa.select(*MESSAGE_COLUMNS).where(table.id == message_id)
        with self._connection() as connection:
            row = _one(connection, query, message_id)
            return explain_message(connection, row, destination)

    def _page(
        self,
        query: sa.Select[Any],
        table: sa.Table,
        limit: int,
        cursor: str | None,
    ) -> tuple[Sequence[sa.Row[Any]], str | None]:
        """Return up to `limit` rows below the cursor, and the next cursor."""
        if not 1 <= limit <= MAX_LIMIT:
            raise ValueError(f"limit: {limit} is not between 1 and {MAX_LIMIT}")
        if cursor is not None:
            query = query.where(table.c.seq < _decode_cursor(table, cursor))
        query = query.order_by(table.c.seq.desc()).limit(limit + 1)
        with self._connection() as connection:
            rows = connection.execute(query).all()
        more = len(rows) > limit
        rows = rows[:limit]
        return rows, _encode_cursor(table, rows[-1].seq) if more else None

    @contextmanager
    def _connection(self) -> Iterator[sa.Connection]:
        """Give a connection whose answers are all of the same moment."""
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("BEGIN")
                yield connection
        except sa.exc.DatabaseError as error:
            raise _judge(error.orig) from error

    def _open(self) -> sqlite3.Connection:
        deadline = time.monotonic() + self._time_limit
        connection = open_read_only(self._path)
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
        return connection


def open_read_only(path: Path) -> sqlite3.Connection:
    """Return a connection that cannot change the store in the file `path`.

    Raises StoreUnreadableError where there is none that can be read.
    """
    if not path.is_file():
        raise StoreUnreadableError(f"there is no {path}")
    try:
        return _connect_read_only(path)
    except sqlite3.DatabaseError as error:
        raise _judge(error) from error


def _connect_read_only(path: Path) -> sqlite3.Connection:
    try:
        return _connect(path, "mode=ro")
    except sqlite3.OperationalError:
        # A reader needs the files of the write-ahead log, or a folder to make
        # them in. Without a log there is no hub that writes, and the file is all
        # there is.
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            raise
        return _connect(path, "mode=ro&immutable=1")


def _connect(path: Path, options: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?{options}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA query_only=1")
        connection.execute("PRAGMA trusted_schema=0")
        connection.execute("SELECT count(*) FROM sqlite_schema")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _judge(error: BaseException | None) -> HubError:
    name = getattr(error, "sqlite_errorname", "") or type(error).__name__
    if name == "SQLITE_INTERRUPT":
        return SlowQueryError()
    return StoreUnreadableError(name)


def _equal(
    column: sa.ColumnElement[Any], value: object
) -> list[sa.ColumnElement[bool]]:
    return [] if value is None else [column == value]


def _seq_of(message: str) -> sa.ScalarSelect[int]:
    table = schema.message.c
    return sa.select(table.seq).where(table.id == message).scalar_subquery()


def _one(connection: sa.Connection, query: sa.Select[Any], key: str) -> sa.Row[Any]:
    row = connection.execute(query).one_or_none()
    if row is None:
        raise UnknownIdError(key if _ID.fullmatch(key) else "")
    return row


def _tally(
    connection: sa.Connection, column: sa.ColumnElement[Any]
) -> Iterator[tuple[Any, int]]:
    query = sa.select(column, sa.func.count()).group_by(column).order_by(column)
    return (tuple(row) for row in connection.execute(query))


def _encode_cursor(table: sa.Table, seq: int) -> str:
    return base64.urlsafe_b64encode(f"{table.name}:{seq}".encode()).decode()


def _decode_cursor(table: sa.Table, cursor: str) -> int:
    try:
        text = base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
    except ValueError:
        raise BadCursorError from None
    # SQLite's largest row number has 19 digits; 18 cannot overflow it.
    found = re.fullmatch(rf"{table.name}:([0-9]{{1,18}})", text)
    if found is None:
        raise BadCursorError
    return int(found[1])
