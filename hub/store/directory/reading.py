"""A read-only look at directories, for the API and the command line."""

import msgspec
import sqlalchemy as sa

from hub.coordination.directory.same_as import Assured, preferred
from hub.store.directory import shown
from hub.store.directory.errors import (
    UnknownDirectoryError,
    UnknownHeldError,
    UnknownObjectError,
    UnknownRunError,
)
from hub.store.directory.shown import IN_FORCE, Meanings
from hub.store.directory.views import (
    DiffView,
    FeedView,
    HeldView,
    ObjectDetail,
    ObjectView,
    ReportView,
    RunView,
)
from hub.store.directory_tables import (
    directory_feed,
    directory_object,
    directory_run,
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
_object = directory_object.c


__all__ = ["DirectoryReader", "Meanings", "numbers_of"]


class DirectoryReader:
    """Reads directories by the looks of a `Reader`; see there for what it raises."""

    def __init__(self, looks: Looks) -> None:
        self._looks = looks

    def feeds(self) -> list[FeedView]:
        """Return the directories that ever came, by their names."""
        with self._looks.connection() as connection:
            return shown.feeds(connection)

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
            found = [shown.run_view(row) for row in connection.execute(query)]
        page, more = found[:limit], len(found) > limit
        after = encode_cursor("directory-run", str(page[-1].run)) if more else None
        return Page(page, after)

    def run(self, seq: int) -> RunView:
        """Return a run. Raises UnknownRunError."""
        with self._looks.connection() as connection:
            return shown.run_view(shown.run(connection, seq))

    def diff(
        self, seq: int, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None
    ) -> Page[DiffView]:
        """Return what a run did, or what of it made it wait.

        Raises UnknownRunError and BadCursorError.
        """
        require_limit(limit)
        after = int(decode_cursor("directory-diff", cursor, _PLACE)) if cursor else 0
        with self._looks.connection() as connection:
            run = shown.run(connection, seq)
            find = shown.would if run.state == "held" else shown.did
            found = find(connection, run, after, limit + 1)
        page, more = found[:limit], len(found) > limit
        place = str(page[-1][0]) if page else ""
        return Page(
            [view for _, view in page],
            encode_cursor("directory-diff", place) if more else None,
        )

    def report(self, feed: str, meanings: Meanings) -> ReportView:
        """Return how good a directory is; `meanings` are those of its codes.

        Raises UnknownDirectoryError.
        """
        with self._looks.connection() as connection:
            view = next((x for x in shown.feeds(connection) if x.feed == feed), None)
            query = (
                sa.select(directory_run)
                .where(
                    directory_run.c.feed == feed,
                    *shown.TELLING,
                )
                .order_by(directory_run.c.seq.desc())
                .limit(1)
            )
            run = connection.execute(query).one_or_none()
            if view is None or run is None:
                raise UnknownDirectoryError
            remarks = shown.remarks(connection, run, meanings)
            levels = shown.levels(connection, run.seq)
            unmapped = shown.unmapped(connection, run.seq)
        heading = shown.heading_of(run.heading)
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
            return shown.held(connection, feed)

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
            _object.type == kind, *IN_FORCE, *equal(_object.feed, feed)
        )
        if name:
            query = query.where(_object.name.icontains(name, autoescape=True))
        if cursor is not None:
            after = decode_cursor("directory-object", cursor, _KEY)
            query = query.where(_object.key > after)
        query = query.order_by(_object.key).limit(limit + 1)
        with self._looks.connection() as connection:
            found = [shown.object_view(row) for row in connection.execute(query)]
        page, more = found[:limit], len(found) > limit
        place = encode_cursor("directory-object", page[-1].key) if more else None
        return Page(page, place)

    def object(self, key: str, kind: str | None = None) -> ObjectDetail:
        """Return an object in force. Raises UnknownObjectError."""
        query = sa.select(directory_object, directory_feed.c.refreshed_at).where(
            _object.key == key, *IN_FORCE, *equal(_object.type, kind)
        )
        with self._looks.connection() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                raise UnknownObjectError
            links = shown.links(connection, key)
            linked = [shown.assured(connection, each.key) for each in links]
        record = shown.record_of(row.record)
        whole = [Assured(key, record, shown.instant(row.assured_at))]
        whole += [each for each in linked if each is not None]
        return ObjectDetail(
            **msgspec.structs.asdict(shown.object_view(row))
            | {
                "stable_key": row.stable,
                "locations": msgspec.json.decode(row.places),
                "digest": row.digest.hex(),
                "restricted": msgspec.json.decode(row.restricted),
                "missing": row.missing,
                "first_seen": moment(row.first_seen),
                "last_seen": shown.last_seen(row),
                "assured_at": shown.instant(row.assured_at),
                "record": record,
                "same_as": links,
                "preferred": preferred(whole) if links else {},
            }
        )


def numbers_of(told: str) -> tuple[str, int]:
    """Return whether ``17`` is a run, or ``h5`` a change that waits, and its number.

    Raises UnknownRunError and UnknownHeldError for what is neither.
    """
    kind, digits = ("held", told[1:]) if told.startswith("h") else ("run", told)
    if digits.isascii() and digits.isdecimal() and len(digits) <= len("9" * 18):
        return kind, int(digits)
    raise UnknownHeldError if kind == "held" else UnknownRunError
