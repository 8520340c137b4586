"""How rows of directories become what is shown; see `hub.store.directory.views`."""

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.coordination.directory.differences import Said
from hub.coordination.directory.same_as import Assured
from hub.model.directory import DirectoryHeading
from hub.store.directory.errors import (
    UnknownRunError,
)
from hub.store.directory.views import (
    DiffView,
    FeedView,
    HeldView,
    LinkView,
    ObjectView,
    RemarkView,
    RunView,
    UnmappedView,
)
from hub.store.directory_tables import (
    directory_feed,
    directory_held,
    directory_link,
    directory_object,
    directory_remark,
    directory_run,
    directory_unmapped,
)
from hub.store.journal import moment
from hub.store.reading import equal

_MOST_EXAMPLES = 3
#: What a held run says of what would be gone, and new.
_WOULD = {"object.vanished": "vanished", "object.new": "added"}
_said = msgspec.json.Decoder(Said).decode
_object = directory_object.c
#: What holds of an object in force, beside its feed.
IN_FORCE = (
    directory_feed.c.feed == _object.feed,
    _object.since <= directory_feed.c.current,
    sa.or_(_object.until.is_(None), _object.until > directory_feed.c.current),
)
_mode = sa.func.json_extract(directory_run.c.heading, "$.mode")
#: What holds of runs that say themselves how good their directory is.
TELLING = (
    directory_run.c.state.in_(["applied", "held", "unchanged"]),
    directory_run.c.reason != "package.repeated",
    sa.func.coalesce(_mode, "full") != "unchanged",
)

Meanings = Mapping[str, tuple[str, str]]


def feeds(connection: sa.Connection) -> list[FeedView]:
    """Return the directories that ever came, by their names."""
    waiting = counted(connection, directory_run, directory_run.c.state == "held")
    changes = counted(connection, directory_held, directory_held.c.state == "waiting")
    query = sa.select(directory_feed).order_by(directory_feed.c.feed)
    return [
        FeedView(
            feed=row.feed,
            version=row.current,
            run=row.run,
            refreshed_at=instant(row.refreshed_at),
            stale_since=instant(row.stale_at),
            hsds_version=row.hsds_version,
            profile=row.profile,
            counts=msgspec.json.decode(row.counts),
            score=row.score,
            churning=bool(row.churning),
            held_runs=waiting[row.feed],
            held_changes=changes[row.feed],
        )
        for row in connection.execute(query)
    ]


def counted(
    connection: sa.Connection, table: sa.Table, which: sa.ColumnElement[bool]
) -> Counter[str]:
    """Return how many rows of each feed are so."""
    query = sa.select(table.c.feed, sa.func.count()).where(which).group_by(table.c.feed)
    return Counter({row[0]: row[1] for row in connection.execute(query)})


def run(connection: sa.Connection, seq: int) -> Any:
    """Return the row of a run. Raises UnknownRunError."""
    query = sa.select(directory_run).where(directory_run.c.seq == seq)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise UnknownRunError
    return row


def heading_of(text: str) -> DirectoryHeading | None:
    """Return the heading of a run, None where there is none."""
    try:
        return msgspec.json.decode(text, type=DirectoryHeading)
    except msgspec.MsgspecError:
        return None


def run_view(row: Any) -> RunView:
    """Return how a run is shown."""
    heading = heading_of(row.heading)
    return RunView(
        run=row.seq,
        feed=row.feed,
        state=row.state,
        reason=row.reason,
        error_code=row.error_code,
        hsds_version=heading.version if heading else "",
        mode=heading.mode if heading else "",
        complete=heading.complete if heading else False,
        counts=msgspec.json.decode(row.counts),
        score=row.score,
        actor=row.actor,
        received_at=moment(row.received_at),
        checked_at=instant(row.checked_at),
        settled_at=instant(row.settled_at),
    )


def did(
    connection: sa.Connection, run: Any, after: int, most: int
) -> list[tuple[int, DiffView]]:
    """Return what a run did, after a row."""
    query = (
        sa.select(directory_object)
        .where(
            _object.feed == run.feed,
            _object.since == run.version,
            _object.seq > after,
        )
        .order_by(_object.seq)
        .limit(most)
    )
    if run.state != "applied":
        return []
    return [(row.seq, diff_view(row)) for row in connection.execute(query)]


def diff_view(row: Any) -> DiffView:
    """Return how what was done to an object is shown."""
    said = _said(row.said) if row.said else Said()
    return DiffView(
        change=change(row, said),
        type=row.type,
        id=row.id,
        key=row.key,
        name=row.name,
        fields=list(said.fields),
        events=list(said.events),
        restricted=row.restricted != "[]",
    )


def change(row: Any, said: Said) -> str:
    """Return what was done to an object, in a word."""
    if row.removed:
        return "removed"
    if row.missing:
        return "missing"
    first = row.since == 1 or f"{row.type}_added" in said.events
    return "added" if first else "changed"


def would(
    connection: sa.Connection, run: Any, after: int, most: int
) -> list[tuple[int, DiffView]]:
    """Return what a run that waits would do, after a place."""
    query = (
        sa.select(directory_remark)
        .where(
            directory_remark.c.run == run.seq,
            directory_remark.c.code.in_(_WOULD),
            directory_remark.c.place > after,
        )
        .order_by(directory_remark.c.place)
        .limit(most)
    )
    return [
        (
            row.place,
            DiffView(
                change=_WOULD[row.code],
                type=row.type,
                id=row.id,
                key="",
                name=row.field,
                fields=[],
                events=[],
                restricted=False,
            ),
        )
        for row in connection.execute(query)
    ]


def remarks(
    connection: sa.Connection, run: Any, meanings: Meanings
) -> list[RemarkView]:
    """Return how often what is wrong, the most first."""
    counts: dict[str, int] = msgspec.json.decode(run.remarks)
    query = sa.select(directory_remark).where(directory_remark.c.run == run.seq)
    kept: dict[str, list[Any]] = {}
    for row in connection.execute(query):
        kept.setdefault(row.code, []).append(row)
    found = []
    for code, count in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        rows: Sequence[Any] = kept.get(code, ())
        what, remedy = meanings.get(code, ("", ""))
        found.append(
            RemarkView(
                code=code,
                count=count,
                level=rows[0].level if rows else None,
                severity=rows[0].severity if rows else "",
                what=what,
                remedy=remedy,
                examples=[each.id for each in rows[:_MOST_EXAMPLES] if each.id],
                fields=_fields(rows),
            )
        )
    return found


def _fields(rows: Sequence[Any]) -> dict[str, int]:
    """Return how often remarks are of which field, the most first."""
    named = Counter(
        f"{each.type}.{each.field}" if each.type else each.field
        for each in rows
        if each.field
    )
    return dict(sorted(named.items(), key=lambda each: (-each[1], each[0])))


def levels(connection: sa.Connection, run: int) -> dict[str, int]:
    """Return how many remarks there are of each level."""
    query = (
        sa.select(directory_remark.c.level, sa.func.count())
        .where(directory_remark.c.run == run, directory_remark.c.code.not_in(_WOULD))
        .group_by(directory_remark.c.level)
        .order_by(directory_remark.c.level)
    )
    return {f"L{level}": count for level, count in connection.execute(query)}


def unmapped(connection: sa.Connection, run: int) -> list[UnmappedView]:
    """Return columns without a place, those that are used most first."""
    columns = directory_unmapped.c
    query = (
        sa.select(columns.table, columns.column, columns.count)
        .where(columns.run == run)
        .order_by(columns.count.desc(), columns.table, columns.column)
    )
    return [
        UnmappedView(table=table, column=column, count=count)
        for table, column, count in connection.execute(query)
    ]


def held(connection: sa.Connection, feed: str | None) -> list[HeldView]:
    """Return changes that wait for a person, oldest first."""
    columns = directory_held.c
    query = (
        sa.select(directory_held, _object.name)
        .select_from(directory_held)
        .join(
            directory_object,
            sa.and_(_object.key == columns.key, _object.until.is_(None)),
        )
        .where(columns.state == "waiting", *equal(columns.feed, feed))
        .order_by(columns.seq)
    )
    return [
        HeldView(
            id=f"h{row.seq}",
            feed=row.feed,
            key=row.key,
            name=row.name,
            kind=row.kind,
            run=row.run,
            held_at=moment(row.held_at),
            contacts=record_of(row.change) if row.change else {},
        )
        for row in connection.execute(query)
    ]


def links(connection: sa.Connection, key: str) -> list[LinkView]:
    """Return what looks like the same as an object, the likest first."""
    links = directory_link.c
    other = sa.case((links.one == key, links.other), else_=links.one)
    query = (
        sa.select(other.label("key"), _object.feed, links.score, links.why)
        .select_from(directory_link)
        .join(directory_feed, sa.true())
        .join(directory_object, sa.and_(_object.key == other, *IN_FORCE))
        .where(sa.or_(links.one == key, links.other == key))
        .order_by(links.score.desc(), sa.literal_column("1"))
    )
    return [
        LinkView(
            key=row.key,
            feed=row.feed,
            score=row.score,
            why=msgspec.json.decode(row.why),
        )
        for row in connection.execute(query)
    ]


def assured(connection: sa.Connection, key: str) -> Assured | None:
    """Return an object with when it was assured, None where it is gone."""
    query = sa.select(_object.record, _object.assured_at).where(
        _object.key == key, *IN_FORCE
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Assured(key, record_of(row.record), instant(row.assured_at))


def object_view(row: Any) -> ObjectView:
    """Return how an object is shown in short."""
    return ObjectView(
        key=row.key,
        feed=row.feed,
        type=row.type,
        id=row.id,
        name=row.name,
        status=row.status,
        organization=row.owner,
        restricted=row.restricted != "[]",
        removed=bool(row.removed),
    )


def last_seen(row: Any) -> datetime | None:
    """Return when an object was there last: what is not missing is there still."""
    return instant(row.last_seen if row.missing or row.removed else row.refreshed_at)


def record_of(body: bytes) -> dict[str, Any]:
    """Return a record that was packed."""
    found: dict[str, Any] = msgspec.json.decode(zlib.decompress(body))
    return found


def instant(at: int | None) -> datetime | None:
    """Return a stored time, None where there is none."""
    return None if at is None else moment(at)
