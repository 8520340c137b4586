"""Joining rows on disk: the only module of this plugin with SQL.

What was read lies in a database of its own in the folder that the reader was given,
so that memory does not grow with the directory. It is written once and read once;
when the reader is killed it is worth nothing, and so it is written without care.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from hub.sdk import DirectoryGone, DirectoryRemark, DirectorySeen
from hub_community.hsds.tables.form import ROOTS

_SCHEMA: Final = """
CREATE TABLE object (seq INTEGER PRIMARY KEY, kind TEXT, id TEXT, org TEXT,
    nested INTEGER, body BLOB);
CREATE TABLE child (seq INTEGER PRIMARY KEY, kind TEXT, parent TEXT, slot TEXT,
    body BLOB);
CREATE TABLE place (service TEXT, location TEXT);
CREATE TABLE tagged (kind TEXT, id TEXT, term TEXT);
CREATE TABLE secret (kind TEXT, id TEXT, code TEXT, PRIMARY KEY (kind, id, code))
    WITHOUT ROWID;
CREATE TABLE near (kind TEXT, id TEXT, location TEXT, PRIMARY KEY (kind, id, location))
    WITHOUT ROWID;
CREATE TABLE line (location TEXT, text TEXT);
CREATE TABLE remark (seq INTEGER PRIMARY KEY, body BLOB);
"""
#: In KiB; what does not fit goes to disk.
_CACHE: Final = 48 * 1024
_FLUSH_AT: Final = 4000
#: In bytes.
_MOST_HELD: Final = 2 << 20
_INSERTS: Final = {
    "object": "INSERT INTO object (kind, id, org, nested, body) VALUES (?, ?, ?, ?, ?)",
    "child": "INSERT INTO child (kind, parent, slot, body) VALUES (?, ?, ?, ?)",
    "place": "INSERT INTO place VALUES (?, ?)",
    "tagged": "INSERT INTO tagged VALUES (?, ?, ?)",
    "secret": "INSERT OR IGNORE INTO secret VALUES (?, ?, ?)",
    "line": "INSERT INTO line VALUES (?, ?)",
    "remark": "INSERT INTO remark (body) VALUES (?)",
}
_OBJECTS: Final = """
SELECT id, org, nested, body FROM object WHERE kind = ? ORDER BY id, nested, seq
"""
_CHILDREN: Final = """
SELECT parent, slot, body FROM child WHERE kind = ? ORDER BY parent, seq
"""
_BY_TERMS: Final = """
WITH RECURSIVE below (term, code) AS (
    SELECT id, code FROM secret WHERE kind = 'taxonomy_term'
    UNION
    SELECT object.id, below.code FROM below
    JOIN object ON object.kind = 'taxonomy_term' AND object.org = below.term
)
INSERT OR IGNORE INTO secret
SELECT tagged.kind, tagged.id, below.code FROM below
JOIN tagged ON tagged.term = below.term
UNION
SELECT 'taxonomy_term', term, code FROM below
"""
# From organisations down to services and locations, and from services to where they
# are; up only where all of the services, or all of the places, are secret.
_SPREAD: Final = (
    """
INSERT OR IGNORE INTO secret
SELECT DISTINCT object.kind, object.id, 'organization.restricted'
FROM secret JOIN object ON object.org = secret.id
WHERE secret.kind = 'organization' AND object.kind IN ('service', 'location')
""",
    """
INSERT OR IGNORE INTO secret
SELECT DISTINCT 'location', place.location, 'service.restricted'
FROM secret JOIN place ON place.service = secret.id WHERE secret.kind = 'service'
""",
    """
INSERT OR IGNORE INTO secret
SELECT 'service', place.service, 'location.restricted' FROM place
LEFT JOIN (SELECT DISTINCT id FROM secret WHERE kind = 'location') AS hidden
    ON hidden.id = place.location
WHERE place.service IN (SELECT service FROM place JOIN secret
    ON secret.kind = 'location' AND secret.id = place.location)
GROUP BY place.service HAVING count(*) = count(hidden.id)
""",
    """
INSERT OR IGNORE INTO secret
SELECT 'organization', object.org, 'services.restricted' FROM object
LEFT JOIN (SELECT DISTINCT id FROM secret WHERE kind = 'service') AS hidden
    ON hidden.id = object.id
WHERE object.kind = 'service' AND object.org IN (SELECT org FROM object JOIN secret
    ON secret.kind = 'service' AND secret.id = object.id WHERE object.kind = 'service')
GROUP BY object.org HAVING count(*) = count(hidden.id)
""",
)
# Who belongs to an organisation with more secret places than that knows nothing of
# them: it is one for all, as those are that gather directories.
_NEAR: Final = (
    """
INSERT OR IGNORE INTO near
SELECT DISTINCT 'service', place.service, place.location FROM place JOIN secret
ON secret.kind = 'location' AND secret.id = place.location
""",
    """
INSERT OR IGNORE INTO near
SELECT DISTINCT 'organization', object.org, object.id FROM object JOIN secret
ON secret.kind = 'location' AND secret.id = object.id
WHERE object.kind = 'location' AND object.org <> ''
""",
    """
INSERT OR IGNORE INTO near
SELECT DISTINCT 'organization', object.org, place.location FROM place JOIN secret
ON secret.kind = 'location' AND secret.id = place.location
JOIN object ON object.kind = 'service' AND object.id = place.service
WHERE object.org <> ''
""",
    """
INSERT OR IGNORE INTO near
SELECT DISTINCT 'service', object.id, near.location FROM near JOIN object
ON object.kind = 'service' AND object.org = near.id
WHERE near.kind = 'organization' AND near.id IN (
    SELECT id FROM near WHERE kind = 'organization' GROUP BY id HAVING count(*) <= 50
)
""",
)
#: How often what is secret may spread; each round reaches one step further.
_ROUNDS: Final = 16
_DANGLING: Final = (
    (
        "organization_id",
        """
SELECT DISTINCT object.kind, object.id FROM object
WHERE object.kind IN ('service', 'location') AND object.org <> ''
AND object.org NOT IN (SELECT id FROM object WHERE kind = 'organization')
""",
    ),
    (
        "service_at_locations.location_id",
        """
SELECT DISTINCT 'service', place.service FROM place
WHERE place.location NOT IN (SELECT id FROM object WHERE kind = 'location')
""",
    ),
    (
        "attributes.taxonomy_term_id",
        """
SELECT DISTINCT tagged.kind, tagged.id FROM tagged
WHERE tagged.term NOT LIKE 'program:%'
AND tagged.term NOT IN (SELECT id FROM object WHERE kind = 'taxonomy_term')
""",
    ),
)
_CYCLES: Final = """
WITH RECURSIVE above (term, ancestor, depth) AS (
    SELECT id, org, 1 FROM object WHERE kind = 'taxonomy_term' AND org <> ''
    UNION
    SELECT above.term, object.org, above.depth + 1 FROM above
    JOIN object ON object.kind = 'taxonomy_term' AND object.id = above.ancestor
    WHERE object.org <> '' AND above.depth < 32 AND above.ancestor <> above.term
)
SELECT DISTINCT term FROM above WHERE term = ancestor
"""

#: What comes after the objects.
Later = DirectoryRemark | DirectorySeen | DirectoryGone

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Scratch:
    """What was read of one package, waiting to be joined."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "scratch.sqlite"
        self._database = sqlite3.connect(
            self._path, isolation_level=None, check_same_thread=True
        )
        for pragma in (
            "journal_mode = OFF",
            "synchronous = OFF",
            "locking_mode = EXCLUSIVE",
            "temp_store = FILE",
            f"cache_size = -{_CACHE}",
        ):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.executescript(_SCHEMA)
        self._database.execute("BEGIN")
        self._waiting: dict[str, list[tuple[Any, ...]]] = {
            table: [] for table in _INSERTS
        }
        self._held = 0
        #: Kinds that have children, so that their rows must wait for these.
        self.holders: set[str] = set()

    def close(self) -> None:
        """Let go of the database: it holds what the reader leaves out."""
        self._database.close()
        self._path.unlink(missing_ok=True)

    def put(
        self, kind: str, key: str, record: dict[str, Any], *, org: str = "", nested: int
    ) -> None:
        """Add an object; `nested` ones were found within others, and may repeat."""
        self._add("object", (kind, key, org, nested, _encode(record)))

    def put_child(self, kind: str, parent: str, of: str, record: Any) -> None:
        """Add a child of the kind `of` to an object of `kind`."""
        self.holders.add(kind)
        self._add("child", (kind, parent, of, _encode(record)))

    def put_place(self, service: str, location: str) -> None:
        """Say that a service is offered at a location."""
        self._add("place", (service, location))

    def tag(self, kind: str, key: str, term: str) -> None:
        """Say that an object has a term of a taxonomy."""
        self._add("tagged", (kind, key, term))

    def hide(self, kind: str, key: str, codes: Sequence[str] | set[str]) -> None:
        """Say why the place of an object is secret."""
        for code in codes:
            self._add("secret", (kind, key, code))

    def put_lines(self, location: str, lines: set[str]) -> None:
        """Remember what must not stand in texts of others."""
        for line in lines:
            self._add("line", (location, line))

    def remark(self, remark: Later) -> None:
        """Keep what is said last."""
        self._add("remark", (_encode(remark),))

    def _add(self, table: str, row: tuple[Any, ...]) -> None:
        waiting = self._waiting[table]
        waiting.append(row)
        self._held += len(row[-1])
        if len(waiting) >= _FLUSH_AT:
            self._write(table)
        if self._held >= _MOST_HELD:
            self.flush()

    def _write(self, table: str) -> None:
        waiting = self._waiting[table]
        if waiting:
            self._database.executemany(_INSERTS[table], waiting)
            waiting.clear()

    def flush(self) -> None:
        """Write what waits in memory."""
        self._held = 0
        for table in self._waiting:
            self._write(table)

    def remarks(self) -> Iterator[Later]:
        """Yield what is said last, in the order in which it was kept."""
        self.flush()
        read: Callable[[bytes], Later] = msgspec.json.Decoder(Later).decode
        for (body,) in self._database.execute("SELECT body FROM remark ORDER BY seq"):
            yield read(body)

    def objects(self, kind: str) -> Iterator[tuple[str, str, int, dict[str, Any]]]:
        """Yield id, organisation, nested, record of a kind, sorted by id."""
        self.flush()
        for key, org, nested, body in self._database.execute(_OBJECTS, (kind,)):
            yield key, org, nested, _decode(body)

    def children(self, kind: str) -> Iterator[tuple[str, str, Any]]:
        """Yield parent, kind and record of children of a kind, sorted by parent."""
        self.flush()
        for parent, of, body in self._database.execute(_CHILDREN, (kind,)):
            yield parent, of, _decode(body)

    def clear(self, kind: str) -> None:
        """Forget what waits of a kind that was joined."""
        self.flush()
        self._database.execute("DELETE FROM object WHERE kind = ?", (kind,))
        self._database.execute("DELETE FROM child WHERE kind = ?", (kind,))
        self.holders.discard(kind)

    def count(self, kind: str) -> int:
        """Return how many rows there are of a kind."""
        self.flush()
        found = self._database.execute(
            "SELECT count(*) FROM object WHERE kind = ?", (kind,)
        )
        return int(found.fetchone()[0])

    def adopt(self) -> None:
        """Find the kind of what children with nothing but an id belong to."""
        self.flush()
        self._database.execute(
            "CREATE INDEX IF NOT EXISTS object_by_id ON object (id, kind)"
        )
        marks = ", ".join("?" * len(ROOTS))
        for table, column in (("child", "parent"), ("tagged", "id"), ("secret", "id")):
            self._database.execute(
                f"UPDATE OR REPLACE {table} SET kind = coalesce((SELECT kind "  # noqa: S608 - constants
                f"FROM object WHERE id = {table}.{column} AND kind IN ({marks})), '') "
                "WHERE kind = '?'",
                ROOTS,
            )
        self.holders |= set(ROOTS) if "?" in self.holders else set()

    def lend_organizations(self) -> None:
        """Give services without an organisation that of where they are offered."""
        self.flush()
        self._database.execute(
            "UPDATE object SET org = coalesce((SELECT location.org FROM place "
            "JOIN object AS location ON location.kind = 'location' "
            "AND location.id = place.location WHERE place.service = object.id "
            "AND location.org <> ''), '') WHERE kind = 'service' AND org = ''"
        )

    def index(self) -> None:
        """Make what follows quick."""
        self.flush()
        for index in (
            "object_by_id ON object (id, kind)",
            "object_by_kind ON object (kind, id)",
            "object_by_org ON object (org, kind)",
            "place_by_service ON place (service, location)",
            "place_by_location ON place (location)",
            "tagged_by_term ON tagged (term)",
        ):
            self._database.execute(f"CREATE INDEX IF NOT EXISTS {index}")

    def spread(self) -> None:
        """Carry what is secret on to all that it makes secret."""
        self.flush()
        self._database.execute(_BY_TERMS)
        for _ in range(_ROUNDS):
            before = self._database.total_changes
            for statement in _SPREAD:
                self._database.execute(statement)
            if self._database.total_changes == before:
                break
        for statement in _NEAR:
            self._database.execute(statement)

    def secrets(self, kind: str) -> Iterator[tuple[str, str]]:
        """Yield id and code of the secret objects of a kind, sorted by id."""
        self.flush()
        yield from self._database.execute(
            "SELECT id, code FROM secret WHERE kind = ? ORDER BY id, code", (kind,)
        )

    def near(self, kind: str) -> Iterator[tuple[str, str]]:
        """Yield id of objects of a kind, and a line of a secret place of theirs."""
        self.flush()
        self._database.execute("CREATE INDEX IF NOT EXISTS lines ON line (location)")
        yield from self._database.execute(
            "SELECT near.id, line.text FROM near JOIN line "
            "ON line.location = near.location WHERE near.kind = ? ORDER BY near.id",
            (kind,),
        )

    def dangling(self) -> Iterator[tuple[str, str, str]]:
        """Yield kind, id and field of what refers to something that is not there."""
        self.flush()
        for field, statement in _DANGLING:
            for kind, key in self._database.execute(statement):
                yield kind, key, field

    def cycles(self) -> Iterator[str]:
        """Yield the terms that are their own ancestors."""
        self.flush()
        for (term,) in self._database.execute(_CYCLES):
            yield term
