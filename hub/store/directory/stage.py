"""The staging file of a run: what its package says, and what would become of it.

It is written by the process that reads the package, beside the hub's own database,
which it only reads; the hub then lays what is in it. It is private to one version of
the hub, so that it is no part of the schema: what is half done after a crash is done
again.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from hub.store.sqlite import DATABASE_NAME

#: The hub's database, within statements.
_ATTACH = "ATTACH DATABASE ? AS hub"
_PRAGMAS = (
    *("main.page_size=8192", "main.journal_mode=OFF", "main.synchronous=OFF"),
    *("main.locking_mode=EXCLUSIVE", "main.cache_size=-16384", "temp_store=FILE"),
)
_TABLES = (
    # What differs from how it was said before, as it was read.
    (
        "CREATE TABLE item (n INTEGER PRIMARY KEY, type TEXT, id TEXT, raw BLOB,"
        " record BLOB, restricted TEXT, owner TEXT, places TEXT)"
    ),
    # What the package has, whether it differs or not.
    "CREATE TABLE there (type TEXT, id TEXT, PRIMARY KEY (type, id)) WITHOUT ROWID",
    "CREATE TABLE gone (type TEXT, id TEXT, PRIMARY KEY (type, id)) WITHOUT ROWID",
    # What was read, as it is kept.
    (
        "CREATE TABLE ready (n INTEGER PRIMARY KEY, type TEXT, id TEXT, raw BLOB,"
        " record BLOB, restricted TEXT, owner TEXT, places TEXT, natural TEXT,"
        " name TEXT, digest BLOB, material BLOB, status TEXT, assured_at INTEGER,"
        " key TEXT,"
        " stable TEXT, old INTEGER)"
    ),
    (
        "CREATE TABLE known (type TEXT, id TEXT, key TEXT, PRIMARY KEY (type, id))"
        " WITHOUT ROWID"
    ),
    (
        "CREATE TABLE remark (place INTEGER PRIMARY KEY, level INTEGER, severity TEXT,"
        " code TEXT, type TEXT, id TEXT, field TEXT)"
    ),
    "CREATE TABLE unmapped (tab TEXT, col TEXT, count INTEGER)",
    # What is laid: the columns of `directory_object`, in the order of `LAID`.
    (
        "CREATE TABLE lay (n INTEGER PRIMARY KEY, type TEXT, key TEXT, id TEXT,"
        " stable TEXT, natural TEXT, name TEXT, owner TEXT, places TEXT, digest BLOB,"
        " material BLOB, raw BLOB, record BLOB, restricted TEXT, status TEXT,"
        " missing INTEGER, removed INTEGER, first_seen INTEGER, last_seen INTEGER,"
        " assured_at INTEGER, said TEXT, old INTEGER, contact INTEGER)"
    ),
    (
        "CREATE TABLE link (n INTEGER, one TEXT, other TEXT, type TEXT, score REAL,"
        " why TEXT)"
    ),
    "CREATE TABLE held (n INTEGER, key TEXT, kind TEXT, change BLOB, digest BLOB)",
)
_INDEXES = (
    "CREATE INDEX item_id ON item (type, id)",
    "CREATE INDEX item_owner ON item (owner) WHERE owner != ''",
)
#: What of an object is laid, in the order of the staging file.
LAID = (
    *("type", "key", "id", "stable", "natural", "name", "owner", "places", "digest"),
    *("material", "raw", "record", "restricted", "status", "missing", "removed"),
    *("first_seen", "last_seen", "assured_at", "said"),
)


class StagedItem(NamedTuple):
    """An object as it was read; `owner` and `places` are ids of the feed's."""

    type: str
    id: str
    raw: bytes
    record: bytes
    restricted: str
    owner: str
    places: str


class StagedReady(NamedTuple):
    """An object as it is to be kept; `old` is the row that has it now, 0 for none."""

    n: int
    type: str
    id: str
    raw: bytes
    record: bytes
    restricted: str
    owner: str
    places: str
    natural: str
    name: str
    digest: bytes
    material: bytes
    status: str
    assured_at: int | None
    key: str = ""
    stable: str = ""
    old: int = 0


class StagedRow(NamedTuple):
    """What is laid of an object; `contact` where other people would be called."""

    type: str
    key: str
    id: str
    stable: str
    natural: str
    name: str
    owner: str
    places: str
    digest: bytes
    material: bytes
    raw: bytes
    record: bytes
    restricted: str
    status: str
    missing: int
    removed: int
    first_seen: int
    last_seen: int
    assured_at: int | None
    said: str
    old: int = 0
    contact: int = 0


class StagedRemark(NamedTuple):
    """What is wrong with an object."""

    level: int
    severity: str
    code: str
    type: str
    id: str
    field: str


class StagedLink(NamedTuple):
    """That an object looks like one of another directory."""

    n: int
    one: str
    other: str
    type: str
    score: float
    why: str


class StagedHeld(NamedTuple):
    """A change that waits for a person."""

    n: int
    key: str
    kind: str
    change: bytes
    digest: bytes


class Stage:
    """A staging file. Use it as a context; raises what SQLite raises.

    Where `folder` is given, that of the hub's database, it is made anew and reads that
    too; else one that is there is opened.
    """

    def __init__(self, path: Path, folder: Path | None = None) -> None:
        self._path = path
        self._folder = folder
        self.connection: sqlite3.Connection

    def __enter__(self) -> Self:
        if self._folder is not None:
            self._path.unlink(missing_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        told = f"{self._path.absolute().as_uri()}?mode=rw"
        self.connection = sqlite3.connect(told, isolation_level=None, uri=True)
        if self._folder is not None:
            self._make(self._folder)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.connection.close()

    def put(self, table: str, rows: Sequence[Sequence[Any]], columns: str = "") -> None:
        """Take rows in; what is there already stays."""
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            told = f"{table} ({columns})" if columns else table
            self.connection.executemany(
                f"INSERT OR IGNORE INTO {told} VALUES ({marks})",  # noqa: S608
                rows,
            )

    def keep_out(self, kind: str, key: str, *, there: bool) -> None:
        """Let an object not be looked at, but count as there where it should."""
        execute, told = self.connection.execute, (kind, key)
        execute("DELETE FROM item WHERE type = ? AND id = ?", told)
        if there:
            execute("INSERT OR IGNORE INTO there VALUES (?, ?)", told)
        else:
            execute("DELETE FROM there WHERE type = ? AND id = ?", told)

    def items(self, most: int) -> Iterator[tuple[int, StagedItem]]:
        """Yield what was staged in its order; more may be staged meanwhile."""
        last = 0
        statement = "SELECT * FROM item WHERE n > ? ORDER BY n LIMIT ?"
        while rows := self.connection.execute(statement, (last, most)).fetchall():
            last = rows[-1][0]
            for n, *rest in rows:
                yield n, StagedItem(*rest)

    def record_of(self, kind: str, key: str) -> bytes | None:
        """Return the record of an object that the package says anew, as it says it."""
        found: bytes | None = self.one(
            "SELECT record FROM item WHERE type = ? AND id = ?", kind, key
        )
        return found

    def ready(self, most: int) -> Iterator[StagedReady]:
        """Yield what is ready, in its order."""
        last = 0
        statement = "SELECT * FROM ready WHERE n > ? ORDER BY n LIMIT ?"
        while rows := self.connection.execute(statement, (last, most)).fetchall():
            last = rows[-1][0]
            for row in rows:
                yield StagedReady(*row)

    def index_laid(self) -> None:
        """Let what is laid be found by its key."""
        self.connection.execute("CREATE INDEX lay_key ON lay (key)")

    def index_ready(self) -> None:
        """Let what is ready be found."""
        for columns in ("(type, id)", "(type, natural)", "(old)"):
            name = columns.strip("()").replace(", ", "_")
            self.connection.execute(f"CREATE INDEX ready_{name} ON ready {columns}")

    def index(self) -> None:
        """Let what was taken in be found."""
        for statement in _INDEXES:
            self.connection.execute(statement)

    def keep(self) -> None:
        """Let what is laid survive a loss of power, and nothing else; then close."""
        for table in ("item", "there", "gone", "ready", "known"):
            self.connection.execute(f"DROP TABLE IF EXISTS {table}")
        if self.connection.in_transaction:
            self.connection.execute("COMMIT")
        self.connection.close()
        for path, flags in ((self._path, 0), (self._path.parent, os.O_DIRECTORY)):
            opened = os.open(path, os.O_RDONLY | flags)
            try:
                os.fsync(opened)
            finally:
                os.close(opened)

    def rows(self, after: int, most: int) -> list[tuple[int, StagedRow]]:
        """Return what is laid, in order, after a place."""
        found = self.connection.execute(
            "SELECT * FROM lay WHERE n > ? ORDER BY n LIMIT ?", (after, most)
        )
        return [(n, StagedRow(*rest)) for n, *rest in found]

    def laid(self) -> tuple[int, int]:
        """Return how many rows are laid, and how many would have others called."""
        found = self.connection.execute("SELECT count(*), sum(contact) FROM lay")
        rows, contacts = found.fetchone()
        return int(rows), int(contacts or 0)

    def worst(self) -> dict[str, int]:
        """Return of how many objects a severity is the worst at a level.

        By level and severity, as in ``3.warning``. What is said of no object, such as
        of a row that cannot be read, counts as one that is lost.
        """
        ranks = ("error", "warning", "info")
        found = self.connection.execute(
            "SELECT level, rank, count(*) FROM (SELECT level, min(CASE severity WHEN"
            " 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END) AS rank FROM remark"
            " WHERE code NOT IN ('object.vanished', 'object.new') GROUP BY level, type,"
            " id, CASE id WHEN '' THEN place END) GROUP BY level, rank"
        )
        return {f"{level}.{ranks[rank]}": count for level, rank, count in found}

    def contacts(self) -> list[tuple[int, StagedRow]]:
        """Return what is laid by which others would be called, in order."""
        found = self.connection.execute(
            "SELECT * FROM lay WHERE contact = 1 ORDER BY n"
        )
        return [(n, StagedRow(*rest)) for n, *rest in found]

    def replace(self, n: int, row: StagedRow) -> None:
        """Lay something else of an object, for whose contacts nobody waits then."""
        self.connection.execute("DELETE FROM lay WHERE n = ?", (n,))
        self.put("lay", [(n, *row._replace(contact=0))])

    def links(self, first: int, last: int) -> list[StagedLink]:
        """Return the links of what is laid from one place to another."""
        found = self.connection.execute(
            "SELECT * FROM link WHERE n BETWEEN ? AND ?", (first, last)
        )
        return [StagedLink(*each) for each in found]

    def held(self) -> list[StagedHeld]:
        """Return what waits for a person."""
        found = self.connection.execute("SELECT * FROM held ORDER BY n")
        return [StagedHeld(*each) for each in found]

    def remarks(self, most: int) -> list[StagedRemark]:
        """Return what is wrong, the worst first."""
        found = self.connection.execute(
            "SELECT level, severity, code, type, id, field FROM remark ORDER BY"
            " code NOT IN ('object.vanished', 'object.new'),"
            " CASE severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END,"
            " level, place LIMIT ?",
            (most,),
        )
        return [StagedRemark(*each) for each in found]

    def unmapped(self, most: int) -> list[tuple[str, str, int]]:
        """Return columns without a place, those that are used most first."""
        return self.connection.execute(
            "SELECT tab, col, sum(count) FROM unmapped GROUP BY tab, col"
            " ORDER BY 3 DESC, 1, 2 LIMIT ?",
            (most,),
        ).fetchall()

    def each(self, statement: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """Yield what a statement finds."""
        return iter(self.connection.execute(statement, values))

    def one(self, statement: str, *values: Any) -> Any:
        """Return the first value that a statement finds, None where there is none."""
        found = self.connection.execute(statement, values).fetchone()
        return found[0] if found else None

    def _make(self, folder: Path) -> None:
        for statement in (*(f"PRAGMA {each}" for each in _PRAGMAS), *_TABLES):
            self.connection.execute(statement)
        # A reader never checkpoints, see `hub.store.sqlite`.
        self.connection.execute("PRAGMA wal_autocheckpoint=0")
        database = (folder / DATABASE_NAME).absolute().as_uri()
        self.connection.execute(_ATTACH, [f"{database}?mode=ro"])
        self.connection.execute("BEGIN")


def batches(rows: Iterable[Any], most: int) -> Iterator[list[Any]]:
    """Yield rows, several at a time."""
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) >= most:
            yield batch
            batch = []
    if batch:
        yield batch
