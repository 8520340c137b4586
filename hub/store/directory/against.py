"""What the hub has of a feed, as the process that reads its next package sees it.

All of it is of one moment: the version in force when the reading began, because the
connection is within one transaction.
"""

# ruff: noqa: S608 - every part of a statement stands in this module

import sqlite3
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from hub.store.directory.stage import LAID, Stage, StagedRow

_CURRENT = (
    "o.feed = :feed AND o.since <= :version AND (o.until IS NULL OR o.until > :version)"
)
#: Of what a removal is told.
_COUNTED = "o.type != 'taxonomy_term'"
_FIND = (
    "SELECT o.raw, o.digest, o.missing, o.removed FROM hub.directory_object o"
    f" WHERE o.type = :type AND o.id = :id AND {_CURRENT}"
)
#: With no more objects is it remembered how all of them are said.
MOST_REMEMBERED = 300_000
_AS_BEFORE = (
    "SELECT o.type, o.id, o.raw FROM hub.directory_object o"
    f" WHERE {_CURRENT} AND NOT o.missing AND NOT o.removed LIMIT :most"
)
_OLD = (
    "SELECT seq, key, stable, digest, restricted, record, first_seen, missing,"
    " removed, status, id FROM hub.directory_object WHERE seq = ?"
)
_TALLY = (
    "SELECT o.type, count(*), sum(o.missing = 0 AND NOT EXISTS"
    " (SELECT 1 FROM there t WHERE t.type = o.type AND t.id = o.id))"
    f" FROM hub.directory_object o WHERE {_CURRENT} AND NOT o.removed AND {_COUNTED}"
    " GROUP BY o.type"
)


class Found(NamedTuple):
    """What is known of an object before it is read."""

    raw: bytes
    digest: bytes
    missing: int
    removed: int


class Old(NamedTuple):
    """An object as the hub has it; `seq` is its row."""

    seq: int
    key: str
    stable: str
    digest: bytes
    restricted: str
    record: bytes
    first_seen: int
    missing: int
    removed: int
    status: str
    id: str

    def text(self) -> bytes:
        """Return its record as JSON."""
        return zlib.decompress(self.record)


class Other(NamedTuple):
    """An object to be compared with those of other feeds, with its locations."""

    feed: str
    type: str
    key: str
    record: bytes
    places: tuple[bytes, ...]


class Against:
    """Compares what is staged with what the hub has of `feed`, as of `version`."""

    def __init__(self, stage: Stage, feed: str, version: int) -> None:
        self._stage = stage
        self._connection: sqlite3.Connection = stage.connection
        self._feed = feed
        self._bound = {"feed": feed, "version": version}
        self._keys: dict[tuple[str, str], str] | None = None

    def as_before(self) -> dict[tuple[str, str], bytes] | None:
        """Return how packages said what is there as it was, by types and ids.

        None where there is too much of it to be remembered.
        """
        given = {**self._bound, "most": MOST_REMEMBERED + 1}
        found = self._connection.execute(_AS_BEFORE, given).fetchall()
        if len(found) > MOST_REMEMBERED:
            return None
        return {(kind, key): raw for kind, key, raw in found}

    def find(self, kind: str, key: str) -> Found | None:
        """Return what is known of an object by the feed's id."""
        found = self._connection.execute(
            _FIND, {**self._bound, "type": kind, "id": key}
        ).fetchone()
        return Found(*found) if found else None

    def old(self, seq: int) -> Old | None:
        """Return an object by its row."""
        found = self._connection.execute(_OLD, (seq,)).fetchone()
        return Old(*found) if found else None

    def name_of(self, kind: str, key: str) -> str:
        """Return the name of an object that the package did not say anew."""
        return str(self._value("name", kind, key) or "")

    def record_of(self, kind: str, key: str) -> bytes | None:
        """Return the record of an object that the package did not say anew."""
        found = self._value("record", kind, key)
        return zlib.decompress(found) if found else None

    def restricted_of(self, kind: str, key: str) -> str:
        """Return why an object was restricted, as JSON; ``[]`` where it was not."""
        return str(self._value("restricted", kind, key) or "[]")

    def secret_terms(self) -> set[str]:
        """Return the terms whose services are hidden, by the feed's ids."""
        found = self._connection.execute(
            "SELECT o.id FROM hub.directory_object o WHERE o.type = 'taxonomy_term'"
            f" AND o.restricted != '[]' AND {_CURRENT}",
            self._bound,
        )
        return {key for (key,) in found}

    def _value(self, column: str, kind: str, key: str) -> Any:
        return self._stage.one(
            f"SELECT o.{column} FROM hub.directory_object o"
            " WHERE o.feed = ? AND o.type = ? AND o.id = ? AND o.since <= ?"
            " AND (o.until IS NULL OR o.until > ?)",
            *(self._bound["feed"], kind, key),
            *(self._bound["version"], self._bound["version"]),
        )

    def tallies(self) -> list[tuple[str, int, int]]:
        """Return of each type how many there are, and how many are gone now."""
        return self._connection.execute(_TALLY, self._bound).fetchall()

    def match(self) -> None:
        """Find what is ready by its id among what the hub has."""
        self._connection.execute(
            "UPDATE ready SET old = coalesce((SELECT o.seq FROM hub.directory_object o"
            f" WHERE o.type = ready.type AND o.id = ready.id AND {_CURRENT}), 0)",
            self._bound,
        )

    def alike(self) -> int:
        """Return how many new objects are like one that is gone: by name and place.

        Only where both are the only ones with their name and place.
        """
        self._connection.execute("DROP TABLE IF EXISTS temp.alike")
        self._connection.execute(
            "CREATE TEMP TABLE alike AS WITH fresh AS ("
            " SELECT type, natural, min(n) AS n, count(*) AS many FROM ready"
            " WHERE old = 0 AND type != 'taxonomy_term' GROUP BY type, natural"
            "), lost AS ("
            " SELECT o.type, o.natural, min(o.seq) AS seq, count(*) AS many"
            f" FROM hub.directory_object o WHERE {_CURRENT} AND NOT EXISTS"
            " (SELECT 1 FROM there t WHERE t.type = o.type AND t.id = o.id)"
            " GROUP BY o.type, o.natural"
            ") SELECT fresh.n AS n, lost.seq AS seq FROM fresh JOIN lost"
            " ON lost.type = fresh.type AND lost.natural = fresh.natural"
            " WHERE fresh.many = 1 AND lost.many = 1",
            self._bound,
        )
        return int(self._stage.one("SELECT count(*) FROM temp.alike"))

    def adopt(self) -> None:
        """Let new objects be those that they are like, and these not be gone."""
        execute = self._connection.execute
        execute("CREATE INDEX temp.alike_n ON alike (n)")
        execute(
            "UPDATE ready SET old ="
            " (SELECT a.seq FROM temp.alike a WHERE a.n = ready.n)"
            " WHERE n IN (SELECT n FROM temp.alike)"
        )
        execute(
            "INSERT OR IGNORE INTO there SELECT o.type, o.id"
            " FROM hub.directory_object o WHERE o.seq IN (SELECT seq FROM temp.alike)"
        )

    def repeat(self) -> None:
        """Let all be there that was: what is missing is missing once more."""
        self._connection.execute(
            "INSERT OR IGNORE INTO there SELECT o.type, o.id"
            " FROM hub.directory_object o"
            f" WHERE {_CURRENT} AND NOT o.missing AND NOT o.removed",
            self._bound,
        )

    def absent(self, *, whole: bool) -> list[tuple[int, int]]:
        """Return rows of what is not there any more, each with 1 where that is said.

        Without `whole` only what the feed says itself that it has no longer.
        """
        said = "EXISTS (SELECT 1 FROM gone g WHERE g.type = o.type AND g.id = o.id)"
        missing = (
            "NOT EXISTS (SELECT 1 FROM there t WHERE t.type = o.type AND t.id = o.id)"
        )
        wanted = f"({said} OR {missing})" if whole else said
        return self._connection.execute(
            f"SELECT o.seq, {said} FROM hub.directory_object o"
            f" WHERE {_CURRENT} AND NOT o.removed AND {wanted} ORDER BY o.seq",
            self._bound,
        ).fetchall()

    def note_why(self, *, whole: bool, most: int = 500) -> None:
        """Note some of what is gone, and new, for who decides about a held run.

        Where other remarks have a field, these have the name, as it is shown.
        """
        rows = self.absent(whole=whole)[:most]
        names = [self.rest_of(seq)[1] for seq, _ in rows]
        told = [(each.type, each.id, each.name) for each in names if not each.missing]
        execute = self._connection.execute
        fresh = execute(
            "SELECT type, id, name FROM ready WHERE old = 0"
            " AND type != 'taxonomy_term' ORDER BY n LIMIT ?",
            (most,),
        ).fetchall()
        notes = (("object.vanished", told), ("object.new", fresh))
        for code, objects in notes:
            self._stage.put(
                "remark",
                [(0, "info", code, *each) for each in objects],
                "level, severity, code, type, id, field",
            )

    def rest_of(self, seq: int) -> tuple[str, StagedRow]:
        """Return the type of a row, and all of it as it would be laid again."""
        names = ", ".join(LAID)
        found = self._connection.execute(
            f"SELECT {names} FROM hub.directory_object WHERE seq = ?", (seq,)
        ).fetchone()
        row = StagedRow(*found)
        return row.type, row

    def present(self) -> int:
        """Return how many objects of the feed the hub has."""
        return int(
            self._connection.execute(
                "SELECT count(*) FROM hub.directory_object o"
                f" WHERE {_CURRENT} AND NOT o.removed AND {_COUNTED}",
                self._bound,
            ).fetchone()[0]
        )

    def has_others(self) -> bool:
        """Say whether other feeds have objects."""
        return bool(
            self._stage.one(
                "SELECT 1 FROM hub.directory_feed WHERE feed != ? AND current > 0",
                self._bound["feed"],
            )
        )

    def others(self) -> Iterator[Other]:
        """Yield what other feeds have that is compared."""
        found = self._stage.each(
            "SELECT o.feed, o.type, o.key, o.record, o.places"
            " FROM hub.directory_object o JOIN hub.directory_feed f ON f.feed = o.feed"
            " WHERE o.feed != ? AND o.type IN ('organization', 'service')"
            " AND o.since <= f.current AND (o.until IS NULL OR o.until > f.current)"
            " AND NOT o.removed",
            self._bound["feed"],
        )
        for feed, kind, key, record, places in found:
            yield Other(feed, kind, key, record, self._places(places))

    def laid(self) -> Iterator[tuple[int, Other]]:
        """Yield what is laid of this feed that is compared, by its place."""
        found = self._connection.execute(
            "SELECT n, type, key, record, places FROM lay"
            " WHERE type IN ('organization', 'service') AND NOT removed ORDER BY n"
        )
        for n, kind, key, record, places in found:
            row = Other(self._feed, kind, key, record, self._places(places))
            yield n, row

    def _places(self, keys: str) -> tuple[bytes, ...]:
        """Return the records of locations, of what is laid before what the hub has."""
        if keys == "[]":
            return ()
        found = self._stage.each(
            "SELECT coalesce((SELECT l.record FROM lay l WHERE l.key = p.value),"
            " (SELECT o.record FROM hub.directory_object o WHERE o.key = p.value"
            " AND o.until IS NULL)) FROM json_each(?) p",
            keys,
        )
        return tuple(each for (each,) in found if each is not None)

    def there(self) -> int:
        """Return how many objects the package has; those that count."""
        return int(
            self._stage.one("SELECT count(*) FROM there WHERE type != 'taxonomy_term'")
        )

    def new(self) -> int:
        """Return how many of those are not among what the hub has."""
        return int(
            self._stage.one(
                "SELECT count(*) FROM ready WHERE old = 0 AND type != 'taxonomy_term'"
            )
        )

    def said_gone(self) -> dict[str, int]:
        """Return of each type how many the feed says itself that it has no longer."""
        return dict(
            self._connection.execute(
                "SELECT o.type, count(*) FROM hub.directory_object o JOIN gone g"
                " ON g.type = o.type AND g.id = o.id"
                f" WHERE {_CURRENT} AND NOT o.removed GROUP BY o.type",
                self._bound,
            ).fetchall()
        )

    def give_keys(self, stable: str, hub_key: Callable[[str, str], str]) -> None:
        """Give what is ready its key: the one that it has, or one of a column's value.

        Of several with one name and place each has a key of its own.
        """
        execute = self._connection.execute
        self._connection.create_function("hub_key", 2, hub_key, deterministic=True)
        execute(
            "UPDATE ready SET key = o.key, stable = o.stable"
            " FROM hub.directory_object o WHERE o.seq = ready.old"
        )
        execute(
            f"UPDATE ready SET stable = {stable}, key = hub_key(type, {stable})"
            " WHERE old = 0"
        )
        execute("CREATE INDEX ready_key ON ready (key)")
        execute(
            "UPDATE ready SET stable = id, key = hub_key(type, id) WHERE old = 0 AND"
            " (EXISTS (SELECT 1 FROM hub.directory_object o WHERE o.key = ready.key"
            " AND o.until IS NULL) OR EXISTS (SELECT 1 FROM ready other"
            " WHERE other.key = ready.key AND other.n < ready.n))"
        )

    def known(self) -> dict[tuple[str, str], str]:
        """Return the hub's keys by types and ids, once they are given."""
        found = self._stage.each("SELECT type, id, key FROM known")
        return {(kind, key): hub for kind, key, hub in found}

    def key_of(self, kind: str, key: str) -> str:
        """Return the hub's key of an object by its id, "" where there is none."""
        if self._keys is None:
            count = int(self._stage.one("SELECT count(*) FROM known"))
            self._keys = self.known() if count <= MOST_REMEMBERED else {}
        if self._keys:
            return self._keys.get((kind, key), "")
        found = self._stage.one(
            "SELECT key FROM known WHERE type = ? AND id = ?", kind, key
        )
        return str(found or "")

    def keys(self) -> None:
        """Note the hub's key of everything that is known by an id."""
        self._connection.execute(
            "INSERT OR IGNORE INTO known SELECT type, id, key FROM ready"
        )
        self._connection.execute(
            "INSERT OR IGNORE INTO known SELECT o.type, o.id, o.key"
            f" FROM hub.directory_object o WHERE {_CURRENT}",
            self._bound,
        )
