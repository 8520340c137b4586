"""Runs: each package that came, from its message to its effect. Work for the writer.

A run is ``waiting`` until it was read; then ``applying``, ``held`` until a person
decides, ``unchanged`` or ``failed``; ``applied`` once it is in force, ``rejected``
where a person, or a later run, says so.
"""

import sqlite3
from collections.abc import Sequence

import sqlalchemy as sa

from hub.model.directory_happenings import (
    DIRECTORIES_FEED,
    DirectoryHappening,
    message_of,
)
from hub.store import audit, journal
from hub.store.acting import Actor
from hub.store.directory import remarks
from hub.store.directory.errors import RunNotHeldError, UnknownRunError
from hub.store.directory.objects import IS_TOLD
from hub.store.directory.run_rows import (
    APPLIED,
    APPLYING,
    FAILED,
    HELD,
    REFUSED,
    REJECTED,
    SUPERSEDED,
    UNCHANGED,
    WAITING,
    DecidedRun,
    FeedRow,
    InForce,
    Read,
    Refreshed,
    RunRow,
    Told,
)
from hub.store.directory_tables import (
    directory_feed,
    directory_object,
    directory_run,
)
from hub.store.schema import message
from hub.store.statements import Insert, Statement

__all__ = [
    "APPLIED",
    "APPLYING",
    "FAILED",
    "HELD",
    "REFUSED",
    "REJECTED",
    "SUPERSEDED",
    "UNCHANGED",
    "WAITING",
    "DecidedRun",
    "FeedRow",
    "InForce",
    "Read",
    "Refreshed",
    "RunRow",
    "Told",
    "decide",
    "feed_of",
    "feeds",
    "last_heard",
    "open_runs",
    "put",
    "put_in_force",
    "read_again",
    "record",
    "refresh",
    "run_at",
    "stale",
    "told",
    "untold",
]

_ITSELF = Actor("hub", "")


_RUN = tuple(directory_run.c[name] for name in RunRow._fields)
_FEED = tuple(directory_feed.c[name] for name in FeedRow._fields)
_key = directory_run.c.seq == sa.bindparam("key")
_OPEN = Statement(
    sa.select(*_RUN)
    .where(
        directory_run.c.state.in_(
            sa.literal_column(f"'{each}'") for each in (WAITING, APPLYING)
        )
    )
    .order_by(directory_run.c.seq)
)
_AT = Statement(sa.select(*_RUN).where(_key))
_UNTOLD = Statement(
    sa.select(*_RUN)
    .where(
        directory_run.c.state == sa.literal_column("'applied'"),
        directory_run.c.told < directory_run.c.changes,
    )
    .order_by(directory_run.c.seq)
)
_FEED_OF = Statement(
    sa.select(*_FEED).where(directory_feed.c.feed == sa.bindparam("feed"))
)
_FEEDS = Statement(sa.select(*_FEED).order_by(directory_feed.c.feed))
_REPEATED = Statement(
    sa.select(message.c.repeated_at)
    .select_from(message.join(directory_run, directory_run.c.message == message.c.seq))
    .where(_key)
)
_READ = Statement(
    sa.update(directory_run)
    .where(_key, directory_run.c.state == WAITING)
    .values(
        {
            name: sa.bindparam(name)
            for name in (
                *("state", "reason", "error_code", "reading", "heading", "counts"),
                *("remarks", "score", "rows", "version", "checked_at", "settled_at"),
            )
        }
    )
    .values(laid=0)
)
_APPLY = Statement(
    sa.update(directory_run)
    .where(_key)
    .values(
        state=APPLIED,
        settled_at=sa.bindparam("at"),
        changes=sa.bindparam("changes"),
    )
)
_LAST_SAID = Statement(
    sa.select(sa.func.coalesce(sa.func.max(directory_object.c.seq), 0)).where(
        directory_object.c.feed == sa.bindparam("feed"),
        directory_object.c.since == sa.bindparam("version"),
        *IS_TOLD,
    )
)
_PUT_FEED = Insert(
    directory_feed,
    FeedRow._fields,
    "ON CONFLICT (feed) DO UPDATE SET current = excluded.current, run = excluded.run,"
    " refreshed_at = excluded.refreshed_at, hsds_version = excluded.hsds_version,"
    " profile = excluded.profile, counts = excluded.counts, score = excluded.score,"
    " churning = excluded.churning, stale_at = NULL",
)
_REFRESH = Statement(
    sa.update(directory_feed)
    .where(directory_feed.c.feed == sa.bindparam("name"))
    .values(refreshed_at=sa.bindparam("at"), run=sa.bindparam("of"), stale_at=None)
)
_STALE = Statement(
    sa.update(directory_feed)
    .where(directory_feed.c.feed == sa.bindparam("name"))
    .values(stale_at=sa.bindparam("at"))
)
_AGAIN = Statement(
    sa.update(directory_run)
    .where(_key)
    .values(
        state=WAITING,
        approved=sa.bindparam("was_approved"),
        actor=sa.bindparam("by"),
        laid=0,
        rows=0,
        settled_at=None,
    )
)
_REJECT = Statement(
    sa.update(directory_run)
    .where(_key)
    .values(
        state=REJECTED,
        reason=sa.bindparam("why"),
        actor=sa.bindparam("by"),
        settled_at=sa.bindparam("at"),
    )
)
_HELD_BEFORE = Statement(
    sa.select(*_RUN).where(
        directory_run.c.feed == sa.bindparam("name"),
        directory_run.c.state == sa.literal_column("'held'"),
        directory_run.c.seq < sa.bindparam("before"),
    )
)
_TELL = Statement(sa.update(directory_run).where(_key).values(told=sa.bindparam("to")))


def open_runs(connection: sqlite3.Connection) -> list[RunRow]:
    """Return the runs that the keeper has to do with, oldest first."""
    return [RunRow(*row) for row in _OPEN(connection)]


def run_at(connection: sqlite3.Connection, seq: int) -> RunRow | None:
    """Return a run, None where there is none."""
    found = _AT(connection, key=seq).fetchone()
    return RunRow(*found) if found else None


def untold(connection: sqlite3.Connection) -> list[RunRow]:
    """Return the runs of which something is still to be told, oldest first."""
    return [RunRow(*row) for row in _UNTOLD(connection)]


def feed_of(connection: sqlite3.Connection, feed: str) -> FeedRow:
    """Return how far a feed is; one that never had anything is at version 0."""
    found = _FEED_OF(connection, feed=feed).fetchone()
    return FeedRow(*found) if found else FeedRow(feed)


def feeds(connection: sqlite3.Connection) -> list[FeedRow]:
    """Return how far all feeds are, by name."""
    return [FeedRow(*row) for row in _FEEDS(connection)]


def last_heard(connection: sqlite3.Connection, feed: FeedRow) -> int | None:
    """Return when a feed last said how it is, also where it said the same bytes."""
    if feed.refreshed_at is None:
        return None
    found = _REPEATED(connection, key=feed.run).fetchone()
    return max(feed.refreshed_at, (found and found[0]) or 0)


def record(connection: sqlite3.Connection, found: Sequence[Read]) -> list[bool]:
    """Record what was found of runs that wait; say of each whether it still did."""
    return [_record(connection, each) for each in found]


def _record(connection: sqlite3.Connection, each: Read) -> bool:
    run = run_at(connection, each.seq)
    if run is None or run.state != WAITING:
        return False
    current = feed_of(connection, run.feed).current
    if current != each.base:
        return False
    settles = each.state not in {APPLYING, HELD}
    _READ(
        connection,
        key=each.seq,
        state=each.state,
        reason=each.reason,
        error_code=each.error_code,
        reading=each.reading,
        heading=each.heading,
        counts=each.counts,
        remarks=each.remarks,
        score=each.score,
        rows=each.rows,
        version=current + 1,
        checked_at=each.at,
        settled_at=each.at if settles else None,
    )
    remarks.keep(connection, run, each)
    if each.state == HELD:
        _audit(connection, run, "directory.held", _ITSELF, each.reason)
    if each.state == FAILED:
        _audit(connection, run, "directory.failed", _ITSELF, each.error_code)
    return True


def put_in_force(connection: sqlite3.Connection, runs: Sequence[InForce]) -> list[None]:
    """Let what was laid of runs count; what waited of their feeds is out of date."""
    for each in runs:
        run = run_at(connection, each.seq)
        if run is not None and run.state == APPLYING:
            _put_in_force(connection, run, each)
    return [None] * len(runs)


def _put_in_force(connection: sqlite3.Connection, run: RunRow, each: InForce) -> None:
    changes = _LAST_SAID(connection, feed=run.feed, version=run.version).fetchone()[0]
    _APPLY(connection, key=run.seq, at=each.at, changes=changes)
    feed = FeedRow(
        feed=run.feed,
        current=run.version,
        run=run.seq,
        refreshed_at=each.at,
        hsds_version=each.hsds_version,
        profile=each.profile,
        counts=each.totals,
        score=each.score,
        churning=int(each.churning),
    )
    _PUT_FEED.run(connection, [feed])
    for held in _HELD_BEFORE(connection, name=run.feed, before=run.seq).fetchall():
        old = RunRow(*held)
        _REJECT(connection, key=old.seq, why=SUPERSEDED, by="", at=each.at)
        _audit(connection, old, "directory.rejected", _ITSELF, SUPERSEDED)
    put(connection, [each.happening])
    _audit(connection, run, "directory.applied", Actor(run.actor or "hub", ""), "")


def refresh(connection: sqlite3.Connection, found: Sequence[Refreshed]) -> list[None]:
    """Take note that feeds are as they were."""
    for each in found:
        run = run_at(connection, each.seq)
        if run is not None:
            _REFRESH(connection, name=run.feed, at=each.at, of=run.seq)
            put(connection, [each.happening])
    return [None] * len(found)


def put(
    connection: sqlite3.Connection, happenings: Sequence[DirectoryHappening]
) -> None:
    """Put what happened into the journal, within the caller's transaction."""
    rows = [journal.row(DIRECTORIES_FEED, message_of(each)) for each in happenings]
    if rows:
        journal.put(connection, [rows])


def stale(
    connection: sqlite3.Connection, found: Sequence[DirectoryHappening]
) -> list[None]:
    """Tell of feeds that were not refreshed for too long, each once."""
    for each in found:
        feed = feed_of(connection, each.feed)
        if feed.stale_at is None:
            _STALE(connection, name=each.feed, at=journal.microseconds(each.at))
            put(connection, [each])
    return [None] * len(found)


def told(connection: sqlite3.Connection, portions: Sequence[Told]) -> list[None]:
    """Make messages of what runs changed, up to a row each."""
    for each in portions:
        run = run_at(connection, each.seq)
        if run is not None and run.told == each.after:
            put(connection, each.happenings)
            _TELL(connection, key=each.seq, to=each.to)
    return [None] * len(portions)


def read_again(connection: sqlite3.Connection, seqs: Sequence[int]) -> list[None]:
    """Let runs be read again whose staging is lost, or was out of date."""
    for seq in seqs:
        run = run_at(connection, seq)
        if run is not None and run.state == APPLYING:
            _AGAIN(connection, key=seq, was_approved=run.approved, by=run.actor)
    return [None] * len(seqs)


def decide(connection: sqlite3.Connection, made: Sequence[DecidedRun]) -> list[str]:
    """Let runs go on that wait for a person, or end; return the states they have then.

    One that is approved is read again, because others were applied since, and is then
    held by nothing. One that failed can be approved too. Raises UnknownRunError and
    RunNotHeldError.
    """
    return [_decide(connection, each) for each in made]


def _decide(connection: sqlite3.Connection, each: DecidedRun) -> str:
    run = run_at(connection, each.seq)
    if run is None:
        raise UnknownRunError
    if run.state != HELD and not (each.approved and run.state == FAILED):
        raise RunNotHeldError(run.state)
    if each.approved:
        approved = int(run.state == HELD or bool(run.approved))
        _AGAIN(connection, key=run.seq, was_approved=approved, by=each.acting.name)
    else:
        by = each.acting.name
        _REJECT(connection, key=run.seq, why=REFUSED, by=by, at=each.at)
    act = "directory.approved" if each.approved else "directory.rejected"
    _audit(connection, run, act, each.acting, each.reason)
    return WAITING if each.approved else REJECTED


def _audit(
    connection: sqlite3.Connection, run: RunRow, act: str, acting: Actor, reason: str
) -> None:
    entry = audit.Entry(
        actor=acting.name,
        role=acting.role,
        action=act,
        object=f"run {run.seq}",
        reason=reason,
        detail={"feed": run.feed},
    )
    audit.append(connection, [entry])
