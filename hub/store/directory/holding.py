"""Changes of directories that wait for a person. Work for the writer, and its reading.

Another phone number or e-mail address of somebody with open referrals waits, because
whoever writes it there would be called about people; and that a place need not be
secret any more.
"""

import sqlite3
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from hub.coordination.directory.confidential import without_words
from hub.coordination.directory.differences import said_of_changed, written
from hub.coordination.directory.digests import canonical, digest, material_digest
from hub.store import audit
from hub.store.acting import Actor
from hub.store.directory import runs
from hub.store.directory.errors import FeedAtWorkError, UnknownHeldError
from hub.store.directory.objects import ToldRow
from hub.store.directory.stage import LAID
from hub.store.directory.telling import Telling, happenings_of
from hub.store.directory_tables import (
    directory_feed,
    directory_held,
    directory_object,
    directory_run,
)
from hub.store.journal import moment
from hub.store.statements import Insert, Statement

CONTACT, RESTRICTION = "contact", "restriction"
WAITING, APPROVED, REJECTED = "waiting", "approved", "rejected"


class HeldRow(NamedTuple):
    """A change that waits, or waited; see `directory_held`."""

    seq: int
    feed: str
    key: str
    kind: str
    run: int
    state: str
    change: bytes
    digest: bytes
    actor: str
    held_at: int
    settled_at: int | None


class NewHeld(NamedTuple):
    """A change that waits from now on."""

    feed: str
    key: str
    kind: str
    run: int
    state: str
    change: bytes
    digest: bytes
    held_at: int


class DecidedHeld(NamedTuple):
    """What a person decided about a change that waits."""

    seq: int
    acting: Actor
    reason: str
    at: int
    approved: bool


_ROW = tuple(directory_held.c[name] for name in HeldRow._fields)
_HOLD = Insert(directory_held, NewHeld._fields)
_AT = Statement(sa.select(*_ROW).where(directory_held.c.seq == sa.bindparam("key")))
_LAST = Statement(
    sa.select(*_ROW)
    .where(
        directory_held.c.key == sa.bindparam("key"),
        directory_held.c.kind == sa.bindparam("kind"),
        directory_held.c.digest == sa.bindparam("digest"),
    )
    .order_by(directory_held.c.seq.desc())
    .limit(1)
)
_DROP = Statement(
    sa.delete(directory_held).where(
        directory_held.c.key == sa.bindparam("key"),
        directory_held.c.kind == sa.bindparam("kind"),
        directory_held.c.state == sa.literal_column("'waiting'"),
    )
)
_SETTLE = Statement(
    sa.update(directory_held)
    .where(directory_held.c.seq == sa.bindparam("key"))
    .values(
        state=sa.bindparam("now"),
        actor=sa.bindparam("by"),
        settled_at=sa.bindparam("at"),
        # What was approved is in the record now, and what was not is nobody's.
        change=b"",
    )
)
_AT_WORK = Statement(
    sa.select(directory_run.c.seq)
    .where(
        directory_run.c.feed == sa.bindparam("name"),
        directory_run.c.state == sa.literal_column("'applying'"),
    )
    .limit(1)
)
_CURRENT = Statement(
    sa.select(
        directory_object.c.seq, *(directory_object.c[name] for name in LAID)
    ).where(
        directory_object.c.key == sa.bindparam("key"),
        directory_object.c.until.is_(None),
    )
)
_END = Statement(
    sa.update(directory_object)
    .where(directory_object.c.seq == sa.bindparam("key"))
    .values(until=sa.bindparam("version"))
)
_PUT = Insert(directory_object, ("feed", "since", *LAID))
_VERSION = Statement(
    sa.update(directory_feed)
    .where(directory_feed.c.feed == sa.bindparam("name"))
    .values(current=sa.bindparam("version"))
)
_encode = msgspec.json.Encoder().encode


def last(
    connection: sqlite3.Connection, key: str, kind: str, change: bytes
) -> HeldRow | None:
    """Return the last time that a change waited, by its digest."""
    found = _LAST(connection, key=key, kind=kind, digest=change).fetchone()
    return HeldRow(*found) if found else None


def held_at(connection: sqlite3.Connection, seq: int) -> HeldRow | None:
    """Return a change that waits, or waited, None where there is none."""
    found = _AT(connection, key=seq).fetchone()
    return HeldRow(*found) if found else None


def hold(connection: sqlite3.Connection, rows: Sequence[NewHeld]) -> list[None]:
    """Let changes wait. What waited of the same object is out of date; each once."""
    for each in rows:
        before = last(connection, each.key, each.kind, each.digest)
        if before is not None and before.state == WAITING:
            continue
        _DROP(connection, key=each.key, kind=each.kind)
        _HOLD.run(connection, [each])
    return [None] * len(rows)


def decide(connection: sqlite3.Connection, made: Sequence[DecidedHeld]) -> list[str]:
    """Let changes take effect that wait, or not; return the states they have then.

    Contacts that are approved count from then on, as a version of their own, and are
    told of. A place that need not be secret is shown with the next refresh. Raises
    UnknownHeldError and FeedAtWorkError.
    """
    return [_decide(connection, each) for each in made]


def _decide(connection: sqlite3.Connection, each: DecidedHeld) -> str:
    row = held_at(connection, each.seq)
    if row is None or row.state != WAITING:
        raise UnknownHeldError
    if each.approved and row.kind == CONTACT:
        if _AT_WORK(connection, name=row.feed).fetchone():
            raise FeedAtWorkError
        _take(connection, row, each.at)
    state = APPROVED if each.approved else REJECTED
    _SETTLE(connection, key=row.seq, now=state, by=each.acting.name, at=each.at)
    entry = audit.Entry(
        actor=each.acting.name,
        role=each.acting.role,
        action=f"directory.change_{state}",
        object=row.key,
        reason=each.reason,
        detail={"feed": row.feed, "kind": row.kind},
    )
    audit.append(connection, [entry])
    return state


def _take(connection: sqlite3.Connection, row: HeldRow, at: int) -> None:
    """Let other contacts count, as the next version of their feed."""
    found = _CURRENT(connection, key=row.key).fetchone()
    if found is None:
        return
    seq, *values = found
    now = dict(zip(LAID, values, strict=True))
    record = msgspec.json.decode(zlib.decompress(now["record"]))
    changed = with_contacts(record, changes_of(row))
    if now["restricted"] != "[]":  # maybe it was not yet when this began to wait
        changed = without_words(now["type"], changed)
    feed = runs.feed_of(connection, row.feed)
    version = feed.current + 1
    before, after = canonical(record), canonical(changed)
    said = said_of_changed(now["type"], before, after, now["digest"])
    now |= {
        "record": zlib.compress(_encode(changed), 1),
        "digest": digest(after),
        "material": material_digest(now["type"], after),
        "raw": b"",
        "said": written(said),
    }
    _END(connection, key=seq, version=version)
    _PUT.run(connection, [(row.feed, version, *(now[name] for name in LAID))])
    _VERSION(connection, name=row.feed, version=version)
    if said.events:
        told = ToldRow(seq, *(now[name] for name in ToldRow._fields[1:]))
        of = Telling(row.feed, row.run, feed.hsds_version, moment(at))
        runs.put(connection, list(happenings_of(told, of)))


def with_contacts(
    record: Mapping[str, Any], contacts: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a record with other contacts; those that are None are left out."""
    rest = {name: value for name, value in record.items() if name not in contacts}
    return rest | {name: each for name, each in contacts.items() if each is not None}


def changes_of(row: HeldRow) -> dict[str, Any]:
    """Return the contacts that a change would bring, by field."""
    if not row.change:
        return {}
    found: dict[str, Any] = msgspec.json.decode(zlib.decompress(row.change))
    return found


def packed(contacts: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Return contacts as they are kept while they wait, and their digest."""
    return zlib.compress(_encode(contacts), 1), digest(canonical(contacts))
