"""Leases: whose turn it is to fetch a file. The functions are work for the writer.

A lease that ran out keeps its ticket, and with it the bytes that were fetched.
"""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from hub.model.files import ExchangeState
from hub.model.happenings import Happening
from hub.store.exchange_tables import lease
from hub.store.exchanges import ledger, replies, telling
from hub.store.exchanges.ledger import Arrived, ExchangeRow
from hub.store.exchanges.replies import ReplyFile
from hub.store.statements import Statement


class Claim(NamedTuple):
    """A wish for the right to fetch a file until a time, under a new ticket."""

    feed: str
    path: str
    size: int
    modified: int
    ticket: str
    now: int
    until: int


class Delivered(NamedTuple):
    """A file that came by a ticket, or never does: then it has `answers`."""

    ticket: str
    file: Arrived
    answers: tuple[ReplyFile, ...] = ()


_KEY = ("feed", "path", "size", "modified")
_new = insert(lease).values(
    {name: sa.bindparam(name) for name in (*_KEY, "ticket", "until")}
)
_CLAIM = Statement(
    _new.on_conflict_do_update(
        index_elements=_KEY,
        set_={"until": _new.excluded.until},
        where=lease.c.until <= sa.bindparam("now"),
    ).returning(lease.c.ticket)
)
_ticket = lease.c.ticket == sa.bindparam("key")
_UNTIL = Statement(sa.update(lease).where(_ticket).values(until=sa.bindparam("at")))
_DROP = Statement(sa.delete(lease).where(_ticket))
_RELEASE = Statement(sa.update(lease).values(until=0).where(lease.c.until > 0))
_TICKETS = Statement(sa.select(lease.c.ticket))


def claim(connection: sqlite3.Connection, claims: Sequence[Claim]) -> list[str]:
    """Give leases; return their tickets, "" where the file is known or fetched."""
    return [_claim(connection, each) for each in claims]


def _claim(connection: sqlite3.Connection, each: Claim) -> str:
    if ledger.known(connection, each.feed, each.path, each.size, each.modified):
        return ""
    found = _CLAIM(connection, **each._asdict()).fetchall()
    return str(found[0][0]) if found else ""


def extend(
    connection: sqlite3.Connection, tickets: Sequence[tuple[str, int]]
) -> list[None]:
    """Let leases last until a time; one that is past frees the file, not its bytes."""
    for ticket, at in tickets:
        _UNTIL(connection, key=ticket, at=at)
    return [None] * len(tickets)


def drop(connection: sqlite3.Connection, tickets: Sequence[str]) -> list[None]:
    """Give leases up, and the bytes that were fetched under them."""
    for ticket in tickets:
        _DROP(connection, key=ticket)
    return [None] * len(tickets)


def release(connection: sqlite3.Connection, hubs: Sequence[object]) -> list[None]:
    """Free what the last hub was fetching when it ended."""
    for _ in hubs:
        _RELEASE(connection)
    return [None] * len(hubs)


def deliver(connection: sqlite3.Connection, files: Sequence[Delivered]) -> list[str]:
    """Enter files into the ledger and end their leases; return under which ids.

    A file that was delivered before under another ticket keeps its first id.
    """
    return [_deliver(connection, each) for each in files]


def _deliver(connection: sqlite3.Connection, each: Delivered) -> str:
    file = each.file
    known = ledger.known(connection, file.feed, file.path, file.size, file.modified)
    if not known:
        row = ledger.arrive(connection, file)
        replies.add(connection, row.seq, file.partner, each.answers)
        telling.put(connection, _told(row))
    _DROP(connection, key=each.ticket)
    return known or file.id


def _told(row: ExchangeRow) -> list[Happening]:
    """Return that a file is here, and what became of one that never will be."""
    received = row._replace(state=ExchangeState.RECEIVED.value, reason="")
    states = [received] if row.state == ExchangeState.RECEIVED else [received, row]
    return [telling.happening_of(each) for each in states]


def tickets(connection: sqlite3.Connection) -> set[str]:
    """Return the tickets of all leases, also of those that ran out."""
    return {ticket for (ticket,) in _TICKETS(connection)}
