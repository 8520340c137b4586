"""The audit: what was decided, told, looked at, changed and done, and by whom.

Each record is chained to the one before by an HMAC, and is written in the same
transaction as what it is about: where it cannot be written, the change fails. It
names no patient: people are tokens. Source: domain 8.5, reliability 4.5.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from hmac import digest
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from hub.store.audit_digests import NOTHING_BEFORE, OPENED, prior_decisions
from hub.store.audit_keys import IN_MEMORY, AuditKeys, make_keys, read_keys
from hub.store.audit_tables import audit
from hub.store.connections import StoreConnection
from hub.store.statements import Insert, Statement

#: Who acts where it is the hub itself.
HUB = "hub"
SERVICE = "service"
CLOCK_STEPPED = "clock.stepped"
#: What the first record follows.
START = b""

#: A wall clock that moved so much against the steady one was set, in microseconds.
_STEP = 5_000_000
#: What of a record its hash covers, in this order.
HASHED = (
    *("n", "at", "monotonic", "actor", "role", "action", "object", "subject"),
    *("recipient", "purpose", "reason", "outcome", "detail"),
)

_encode = msgspec.json.Encoder().encode
_INSERT = Insert(audit, (*HASHED, "hash"))
_LAST = Statement(
    sa.select(audit.c.n, audit.c.hash).order_by(audit.c.n.desc()).limit(1)
)


class Entry(Struct, frozen=True):
    """One thing that somebody did.

    `action` is ``noun.past_participle``, `object` the id of what it was done to.
    `subject` is the key of the identity that it is about, "" for nobody: only a token
    of it is kept, also where the identity itself is the object. `reason` is what
    somebody gave as one. `detail` holds codes, ids and digests, never content.
    """

    actor: str
    role: str
    action: str
    object: str = ""
    subject: str = ""
    recipient: str = ""
    purpose: str = ""
    reason: str = ""
    outcome: str = "success"
    detail: dict[str, Any] = {}


class Head(NamedTuple):
    """The newest record. Its clocks are known only to the process that wrote it."""

    n: int
    hash: bytes
    at: int = 0
    monotonic: int = 0


class Chain:
    """The end of a store's chain, in memory, for the connection that writes."""

    def __init__(self, keys: AuditKeys, head: Head) -> None:
        self._keys = keys
        self._head = head

    def extend(self, connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
        """Write entries after the last; a set clock is an entry of its own."""
        at, monotonic = _clocks()
        rows: list[tuple[Any, ...]] = []
        last = self._head.hash
        entries = [*self._stepped(at, monotonic), *entries]
        for n, each in enumerate(entries, self._head.n + 1):
            subject = self._keys.token(each.subject)
            what = subject if each.object == each.subject else each.object
            values = (
                *(n, at, monotonic, each.actor, each.role, each.action, what, subject),
                *(each.recipient, each.purpose, each.reason, each.outcome),
                _encode(each.detail).decode() if each.detail else "{}",
            )
            last = following(self._keys.chain, last, values)
            rows.append((*values, last))
        _INSERT.run(connection, rows)
        self._head = Head(rows[-1][0], last, at, monotonic)

    def _stepped(self, at: int, monotonic: int) -> list[Entry]:
        if not self._head.at:
            return []
        step = (at - self._head.at) - (monotonic - self._head.monotonic)
        if abs(step) <= _STEP:
            return []
        detail = {"seconds": round(step / 1_000_000, 3)}
        return [Entry(HUB, SERVICE, CLOCK_STEPPED, detail=detail)]


def _clocks() -> tuple[int, int]:
    return time.time_ns() // 1000, time.monotonic_ns() // 1000


def following(key: bytes, before: bytes, values: Sequence[Any]) -> bytes:
    """Return the hash of a record, by its values as `HASHED`, after another one."""
    return digest(key, before + _encode(values), sha256)


def append(connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    """Write entries within the caller's transaction.

    Raises AuditKeyError, and what SQLite raises; the transaction must fail then.
    """
    if entries:
        chain_of(connection).extend(connection, entries)


def record(connection: sqlite3.Connection, entries: Sequence[Entry]) -> list[None]:
    """Write an entry for each payload: work for the writer by itself."""
    append(connection, entries)
    return [None] * len(entries)


def record_all(
    connection: sqlite3.Connection, batches: Sequence[Sequence[Entry]]
) -> list[None]:
    """Write the entries of each payload: work for the writer by itself."""
    append(connection, [each for batch in batches for each in batch])
    return [None] * len(batches)


def forget(connection: sqlite3.Connection) -> None:
    """Take note that a transaction was rolled back: the end of the chain with it."""
    if isinstance(connection, StoreConnection):
        connection.chain = None


def begin(connection: sqlite3.Connection) -> None:
    """Look up the end of the chain; where there is none, begin one.

    What was decided before there was an audit is in its first record. Raises
    AuditKeyError.
    """
    if not _LAST(connection).fetchone():
        _open(connection, prior_decisions(connection))
    chain_of(connection)


def chain_of(connection: sqlite3.Connection) -> Chain:
    """Return the end of the chain; begin one where there is none.

    Raises AuditKeyError.
    """
    if isinstance(connection, StoreConnection) and connection.chain is not None:
        chain: Chain = connection.chain
        return chain
    found = _LAST(connection).fetchone()
    if found is None:
        return _open(connection, NOTHING_BEFORE)
    folder = _folder_of(connection)
    return _kept(connection, Chain(_keys(folder, read_keys), Head(*found)))


def _open(connection: sqlite3.Connection, before: dict[str, Any]) -> Chain:
    folder = _folder_of(connection)
    chain = Chain(_keys(folder, make_keys), Head(0, START))
    chain.extend(connection, [Entry(HUB, SERVICE, OPENED, detail=before)])
    return _kept(connection, chain)


def _keys(folder: Path | None, keys: Callable[[Path], AuditKeys]) -> AuditKeys:
    return IN_MEMORY if folder is None else keys(folder)


def _kept(connection: sqlite3.Connection, chain: Chain) -> Chain:
    if isinstance(connection, StoreConnection):
        connection.chain = chain
    return chain


def _folder_of(connection: sqlite3.Connection) -> Path | None:
    """Return the folder of the store; None for a scratch store, which has no keys."""
    if not isinstance(connection, StoreConnection):
        return None
    found = connection.execute("PRAGMA database_list")
    [file] = [file for _, name, file in found if name == "main"]
    return Path(file).parent if file else None
