"""A read-only look at the ledger of files, for the API and the command line."""

import sqlite3
from collections.abc import Sequence
from typing import Any, cast

import msgspec
import sqlalchemy as sa

from hub.coordination.exchanges.gate import History
from hub.model.files import Heading
from hub.store.audit_tables import audit
from hub.store.audit_views import BROKE_GLASS, VIEWED
from hub.store.exchange_tables import (
    exchange,
    exchange_feed,
    exchange_reply,
    exchange_row,
)
from hub.store.exchanges import history, replies
from hub.store.exchanges.errors import UnknownExchangeError
from hub.store.exchanges.ledger import IN, ExchangeRow
from hub.store.exchanges.views import (
    ActView,
    AnswerView,
    ExchangeDetail,
    ExchangeView,
    FeedView,
    RowView,
    exchange_detail,
    exchange_view,
    instant,
)
from hub.store.journal import moment
from hub.store.paging import (
    DEFAULT_LIMIT,
    decode_cursor,
    encode_cursor,
    require_limit,
)
from hub.store.reading import Looks, equal
from hub.store.views import Page

#: Rows that are shown with a file; the others are asked for by pages.
FIRST_ROWS = 100

_heading = msgspec.json.Decoder(Heading).decode
#: What the ledger has of a file whose heading was not read.
_NO_HEADING = "{}"
_ALL = tuple(exchange.c[name] for name in ExchangeRow._fields)
_PLACE = "[0-9]{1,18}"
_LOOKS = (f"exchange.{VIEWED}", BROKE_GLASS)


class LedgerReader:
    """Reads the ledger by the looks of a `Reader`; see there for what it raises."""

    def __init__(self, looks: Looks) -> None:
        self._looks = looks

    def exchanges(
        self,
        *,
        direction: str | None = None,
        feed: str | None = None,
        partner: str | None = None,
        state: str | None = None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page[ExchangeView]:
        """Return a page of files, newest first. Raises BadCursorError."""
        require_limit(limit)
        query = sa.select(*_ALL).where(
            *equal(exchange.c.direction, direction),
            *equal(exchange.c.feed, feed),
            *equal(exchange.c.partner, partner),
            *equal(exchange.c.state, state),
        )
        if cursor is not None:
            before = int(decode_cursor("exchange", cursor, _PLACE))
            query = query.where(exchange.c.seq < before)
        query = query.order_by(exchange.c.seq.desc()).limit(limit + 1)
        with self._looks.connection() as connection:
            found = [ExchangeRow(*row) for row in connection.execute(query)]
        shown = [exchange_view(row) for row in found[:limit]]
        more = len(found) > limit
        after = encode_cursor("exchange", str(found[limit - 1].seq)) if more else None
        return Page(shown, after)

    def exchange(self, key: str) -> ExchangeDetail:
        """Return one file. Raises UnknownExchangeError."""
        with self._looks.connection() as connection:
            row = _row(connection, key)
            listed = _listed(connection, row.seq, 0, FIRST_ROWS)
            opened = _plain(connection)
            given = replies.of(opened, row.seq)
            before = _before(opened, row) if row.direction == IN else None
            acts = _acts(connection, key)
            by = _answered_by(connection, row)
        return exchange_detail(row, listed, given, acts, before, by)

    def full_id(self, start: str) -> str:
        """Return the id of the one file whose id starts so.

        Raises UnknownExchangeError where there is none, or more than one.
        """
        end = f"{start}\U0010ffff"
        query = (
            sa.select(exchange.c.id)
            .where(exchange.c.id >= start, exchange.c.id < end)
            .order_by(exchange.c.id)
            .limit(2)
        )
        with self._looks.connection() as connection:
            found: list[str] = [*connection.execute(query).scalars()] if start else []
        if not found or (len(found) > 1 and found[0] != start):
            raise UnknownExchangeError
        return found[0]

    def rows(
        self, key: str, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None
    ) -> Page[RowView]:
        """Return rows of a file that somebody should look at, in their order.

        Raises UnknownExchangeError, BadCursorError.
        """
        require_limit(limit)
        after = int(decode_cursor("row", cursor, _PLACE)) if cursor else 0
        with self._looks.connection() as connection:
            row = _row(connection, key)
            found = _listed(connection, row.seq, after, limit + 1)
        shown = found[:limit]
        more = len(found) > limit
        return Page(shown, encode_cursor("row", str(shown[-1].place)) if more else None)

    def reply(self, key: str, place: int) -> tuple[str, bytes]:
        """Return name and bytes of a reply. Raises UnknownExchangeError."""
        query = (
            sa.select(exchange_reply.c.name, exchange_reply.c.body)
            .join(exchange, exchange.c.seq == exchange_reply.c.exchange)
            .where(exchange.c.id == key, exchange_reply.c.place == place)
        )
        with self._looks.connection() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise UnknownExchangeError
        return row.name, bytes(row.body)

    def feeds(self) -> list[FeedView]:
        """Return how far the feeds of files are, by their names."""
        query = sa.select(exchange_feed).order_by(exchange_feed.c.feed)
        with self._looks.connection() as connection:
            return [
                FeedView(
                    feed=row.feed,
                    version=row.current,
                    active=row.active,
                    stated=row.stated,
                    said_at=instant(row.said_at),
                )
                for row in connection.execute(query)
            ]

    def history(self, key: str) -> History:
        """Return what was before a file, as its gate saw it, or would see it now.

        Raises UnknownExchangeError.
        """
        with self._looks.connection() as connection:
            row = _row(connection, key)
            return _before(_plain(connection), row)


def _row(connection: sa.Connection, key: str) -> ExchangeRow:
    found = connection.execute(sa.select(*_ALL).where(exchange.c.id == key))
    row = found.one_or_none()
    if row is None:
        raise UnknownExchangeError
    return ExchangeRow(*row)


def _listed(
    connection: sa.Connection, seq: int, after: int, most: int
) -> list[RowView]:
    columns: Sequence[Any] = [
        exchange_row.c[name] for name in RowView.__struct_fields__
    ]
    query = (
        sa.select(*columns)
        .where(exchange_row.c.exchange == seq, exchange_row.c.place > after)
        .order_by(exchange_row.c.place)
        .limit(most)
    )
    return [RowView(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001


def _before(connection: sqlite3.Connection, row: ExchangeRow) -> History:
    heading = None if row.heading == _NO_HEADING else _heading(row.heading)
    return history.history_of(connection, row, row.sha256, heading)


def _answered_by(connection: sa.Connection, row: ExchangeRow) -> AnswerView | None:
    """Return the partner's file that answered one of ours, None where none did.

    What it says of our files is taken in at the moment when it was checked.
    """
    if row.direction == IN or row.answered_at is None:
        return None
    query = (
        sa.select(exchange.c.id, exchange.c.name)
        .where(
            exchange.c.partner == row.partner,
            exchange.c.direction == IN,
            exchange.c.checked_at == row.answered_at,
        )
        .order_by(exchange.c.seq)
        .limit(1)
    )
    found = connection.execute(query).one_or_none()
    return None if found is None else AnswerView(id=found.id, name=found.name)


def _acts(connection: sa.Connection, key: str) -> list[ActView]:
    """Return what was done to a file, but not who looked at it."""
    table = audit.c
    query = (
        sa.select(table.at, table.action, table.actor, table.role, table.reason)
        .where(table.object == key, table.action.not_in(_LOOKS))
        .order_by(table.n)
    )
    return [
        ActView(
            at=moment(row.at),
            action=row.action,
            actor=row.actor,
            role=row.role,
            why=row.reason,
        )
        for row in connection.execute(query)
    ]


def _plain(connection: sa.Connection) -> sqlite3.Connection:
    """Return the driver's own connection, for statements that are made already."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)
