"""A read-only look at directories, for the API and the command line."""

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.coordination.directory.differences import Said
from hub.coordination.directory.same_as import Assured, preferred
from hub.model.directory import DirectoryHeading
from hub.store.directory.errors import (
    UnknownDirectoryError,
    UnknownHeldError,
    UnknownObjectError,
    UnknownRunError,
)
from hub.store.directory.views import (
    DiffView,
    FeedView,
    HeldView,
    LinkView,
    ObjectDetail,
    ObjectView,
    RemarkView,
    ReportView,
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
from hub.store.paging import (
    DEFAULT_LIMIT,
    decode_cursor,
    encode_cursor,
    require_limit,
)
from hub.store.reading import Looks, equal
from hub.store.views import Page

_PLACE = "[0-9]{1,18}"
_KEY = "[a-z0-9_]{1,80}"
_MOST_EXAMPLES = 3
#: What a held run says of what would be gone, and new.
_WOULD = {"object.vanished": "vanished", "object.new": "added"}
_said = msgspec.json.Decoder(Said).decode
_object = directory_object.c
_in_force = (
    directory_feed.c.feed == _object.feed,
    _object.since <= directory_feed.c.current,
    sa.or_(_object.until.is_(None), _object.until > directory_feed.c.current),
)

Meanings = Mapping[str, tuple[str, str]]


class DirectoryReader:
    """Reads directories by the looks of a `Reader`; see there for what it raises."""

    def __init__(self, looks: Looks) -> None:
        self._looks = looks

    def feeds(self) -> list[FeedView]:
        """Return the directories that ever came, by their names."""
        with self._looks.connection() as connection:
            return _feeds(connection)

    def runs(
        self,
        *,
        feed: str | None = None,
        state: str | None = None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page[RunView]:
        """Return a page of runs, newest first. Raises BadCursorError."""
        require_limit(limit)
        query = sa.select(directory_run).where(
            *equal(directory_run.c.feed, feed), *equal(directory_run.c.state, state)
        )
        if cursor is not None:
            before = int(decode_cursor("directory-run", cursor, _PLACE))
            query = query.where(directory_run.c.seq < before)
        query = query.order_by(directory_run.c.seq.desc()).limit(limit + 1)
        with self._looks.connection() as connection:
            found = [_run_view(row) for row in connection.execute(query)]
        shown, more = found[:limit], len(found) > limit
        after = encode_cursor("directory-run", str(shown[-1].run)) if more else None
        return Page(shown, after)

    def run(self, seq: int) -> RunView:
        """Return a run. Raises UnknownRunError."""
        with self._looks.connection() as connection:
            return _run_view(_run(connection, seq))

    def diff(
        self, seq: int, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None
    ) -> Page[DiffView]:
        """Return what a run did, or what of it made it wait.

        Raises UnknownRunError and BadCursorError.
        """
        require_limit(limit)
        after = int(decode_cursor("directory-diff", cursor, _PLACE)) if cursor else 0
        with self._looks.connection() as connection:
            run = _run(connection, seq)
            find = _would if run.state == "held" else _did
            found = find(connection, run, after, limit + 1)
        shown, more = found[:limit], len(found) > limit
        place = str(shown[-1][0]) if shown else ""
        return Page(
            [view for _, view in shown],
            encode_cursor("directory-diff", place) if more else None,
        )

    def report(self, feed: str, meanings: Meanings) -> ReportView:
        """Return how good a directory is; `meanings` are those of its codes.

        Raises UnknownDirectoryError.
        """
        with self._looks.connection() as connection:
            view = next((x for x in _feeds(connection) if x.feed == feed), None)
            query = (
                sa.select(directory_run)
                .where(
                    directory_run.c.feed == feed,
                    directory_run.c.state.in_(["applied", "held"]),
                )
                .order_by(directory_run.c.seq.desc())
                .limit(1)
            )
            run = connection.execute(query).one_or_none()
            if view is None or run is None:
                raise UnknownDirectoryError
            remarks = _remarks(connection, run, meanings)
            levels = _levels(connection, run.seq)
            unmapped = _unmapped(connection, run.seq)
        heading = _heading(run.heading)
        return ReportView(
            feed=view,
            run=run.seq,
            evidence=list(heading.evidence) if heading else [],
            levels=levels,
            remarks=remarks,
            unmapped=unmapped,
            restricted=view.counts.get("restricted", 0),
        )

    def held(self, feed: str | None = None) -> list[HeldView]:
        """Return changes that wait for a person, oldest first."""
        with self._looks.connection() as connection:
            return _held(connection, feed)

    def objects(
        self,
        kind: str,
        *,
        feed: str | None = None,
        name: str | None = None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page[ObjectView]:
        """Return a page of objects in force, by key; `name` is part of their names.

        Raises BadCursorError.
        """
        require_limit(limit)
        query = sa.select(directory_object).where(
            _object.type == kind, *_in_force, *equal(_object.feed, feed)
        )
        if name:
            query = query.where(_object.name.icontains(name, autoescape=True))
        if cursor is not None:
            after = decode_cursor("directory-object", cursor, _KEY)
            query = query.where(_object.key > after)
        query = query.order_by(_object.key).limit(limit + 1)
        with self._looks.connection() as connection:
            found = [_object_view(row) for row in connection.execute(query)]
        shown, more = found[:limit], len(found) > limit
        place = encode_cursor("directory-object", shown[-1].key) if more else None
        return Page(shown, place)

    def object(self, key: str, kind: str | None = None) -> ObjectDetail:
        """Return an object in force. Raises UnknownObjectError."""
        query = sa.select(directory_object, directory_feed.c.refreshed_at).where(
            _object.key == key, *_in_force, *equal(_object.type, kind)
        )
        with self._looks.connection() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                raise UnknownObjectError
            links = _links(connection, key)
            linked = [_assured(connection, each.key) for each in links]
        record = _record(row.record)
        whole = [Assured(key, record, _instant(row.assured_at))]
        whole += [each for each in linked if each is not None]
        return ObjectDetail(
            **msgspec.structs.asdict(_object_view(row))
            | {
                "stable_key": row.stable,
                "locations": msgspec.json.decode(row.places),
                "digest": row.digest.hex(),
                "restricted": msgspec.json.decode(row.restricted),
                "missing": row.missing,
                "first_seen": moment(row.first_seen),
                "last_seen": _last_seen(row),
                "assured_at": _instant(row.assured_at),
                "record": record,
                "same_as": links,
                "preferred": preferred(whole) if links else {},
            }
        )


def _feeds(connection: sa.Connection) -> list[FeedView]:
    waiting = _count(connection, directory_run, directory_run.c.state == "held")
    changes = _count(connection, directory_held, directory_held.c.state == "waiting")
    query = sa.select(directory_feed).order_by(directory_feed.c.feed)
    return [
        FeedView(
            feed=row.feed,
            version=row.current,
            run=row.run,
            refreshed_at=_instant(row.refreshed_at),
            stale_since=_instant(row.stale_at),
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


def _count(
    connection: sa.Connection, table: sa.Table, which: sa.ColumnElement[bool]
) -> Counter[str]:
    query = sa.select(table.c.feed, sa.func.count()).where(which).group_by(table.c.feed)
    return Counter({row[0]: row[1] for row in connection.execute(query)})


def _run(connection: sa.Connection, seq: int) -> Any:
    query = sa.select(directory_run).where(directory_run.c.seq == seq)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise UnknownRunError
    return row


def _heading(text: str) -> DirectoryHeading | None:
    try:
        return msgspec.json.decode(text, type=DirectoryHeading)
    except msgspec.MsgspecError:
        return None


def _run_view(row: Any) -> RunView:
    heading = _heading(row.heading)
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
        checked_at=_instant(row.checked_at),
        settled_at=_instant(row.settled_at),
    )


def _did(
    connection: sa.Connection, run: Any, after: int, most: int
) -> list[tuple[int, DiffView]]:
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
    return [(row.seq, _diff_view(row)) for row in connection.execute(query)]


def _diff_view(row: Any) -> DiffView:
    said = _said(row.said) if row.said else Said()
    return DiffView(
        change=_change(row, said),
        type=row.type,
        id=row.id,
        key=row.key,
        name=row.name,
        fields=list(said.fields),
        events=list(said.events),
        restricted=row.restricted != "[]",
    )


def _change(row: Any, said: Said) -> str:
    if row.removed:
        return "removed"
    if row.missing:
        return "missing"
    first = row.since == 1 or f"{row.type}_added" in said.events
    return "added" if first else "changed"


def _would(
    connection: sa.Connection, run: Any, after: int, most: int
) -> list[tuple[int, DiffView]]:
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
                name="",
                fields=[],
                events=[],
                restricted=False,
            ),
        )
        for row in connection.execute(query)
    ]


def _remarks(
    connection: sa.Connection, run: Any, meanings: Meanings
) -> list[RemarkView]:
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
            )
        )
    return found


def _levels(connection: sa.Connection, run: int) -> dict[str, int]:
    query = (
        sa.select(directory_remark.c.level, sa.func.count())
        .where(directory_remark.c.run == run, directory_remark.c.code.not_in(_WOULD))
        .group_by(directory_remark.c.level)
        .order_by(directory_remark.c.level)
    )
    return {f"L{level}": count for level, count in connection.execute(query)}


def _unmapped(connection: sa.Connection, run: int) -> list[UnmappedView]:
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


def _held(connection: sa.Connection, feed: str | None) -> list[HeldView]:
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
            contacts=_record(row.change) if row.change else {},
        )
        for row in connection.execute(query)
    ]


def _links(connection: sa.Connection, key: str) -> list[LinkView]:
    links = directory_link.c
    other = sa.case((links.one == key, links.other), else_=links.one)
    query = (
        sa.select(other.label("key"), _object.feed, links.score, links.why)
        .select_from(directory_link)
        .join(directory_feed, sa.true())
        .join(directory_object, sa.and_(_object.key == other, *_in_force))
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


def _assured(connection: sa.Connection, key: str) -> Assured | None:
    query = sa.select(_object.record, _object.assured_at).where(
        _object.key == key, *_in_force
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Assured(key, _record(row.record), _instant(row.assured_at))


def _object_view(row: Any) -> ObjectView:
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


def _last_seen(row: Any) -> datetime | None:
    """Return when an object was there last: what is not missing is there still."""
    return _instant(row.last_seen if row.missing or row.removed else row.refreshed_at)


def _record(body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(zlib.decompress(body))
    return found


def _instant(at: int | None) -> datetime | None:
    return None if at is None else moment(at)


def numbers_of(told: str) -> tuple[str, int]:
    """Return whether ``17`` is a run, or ``h5`` a change that waits, and its number.

    Raises UnknownRunError and UnknownHeldError for what is neither.
    """
    kind, digits = ("held", told[1:]) if told.startswith("h") else ("run", told)
    if digits.isascii() and digits.isdecimal() and len(digits) <= len("9" * 18):
        return kind, int(digits)
    raise UnknownHeldError if kind == "held" else UnknownRunError
