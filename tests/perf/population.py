"""Fills a store with people: ``python tests/perf/population.py --people 100000``.

N people and 3N encounters, as the pipeline would have stored them: the rows of some
dozen made-up people who went through it are written again with other names, numbers,
keys, ids and dates. Visits are written in the order in which a hub would have heard
of them, so that what belongs to a person lies as far apart as in a store that grew.

By default the bodies are lean: hardly anything of messages, of facts not who the
person is, of events what happened, when, and to what. No work on a next message reads
the rest; with it a million people take twice the disk. `--whole` keeps it.

The filled store is kept, and used again while the tables and this generator are the
same.
"""

import argparse
import hashlib
import shutil
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from clones import Clone
from exemplars import DERIVED, VISITS, person_of, quoted
from sqlalchemy.schema import CreateIndex, CreateTable
from templates import make_templates

from hub.coordination.ids import Keys
from hub.store import schema
from hub.store.sqlite import DATABASE_NAME, PAGE_BYTES
from hub.store.store import Store, call_at_once

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
#: The longest that a visit is later than that of the template.
DAYS = 28
BLOCKS_AT_ONCE = 64
PEOPLE_AT_ONCE = 50_000
GENERATOR = (
    *("clones", "crowd", "exemplars", "lean"),
    *("population", "templates", "working"),
)
#: As fast as SQLite can: a store that is half full is thrown away.
FAST = {
    "journal_mode": "off",
    "synchronous": 0,
    "locking_mode": "exclusive",
    "cache_size": -3_000_000,
    "foreign_keys": 0,
}


def population(people, *, whole=False, cache=None):
    """Return the folder of a store with at least so many people, filled if need be."""
    cache = cache or ROOT / "var" / "perf"
    folder = cache / f"people-{people}-{'whole' if whole else 'lean'}-{version()}"
    if not (folder / "filled").exists():
        for stale in cache.glob(f"people-{people}-{'whole' if whole else 'lean'}-*"):
            shutil.rmtree(stale)
        folder.mkdir(parents=True)
        fill(folder, people, whole=whole)
        (folder / "filled").touch()
    return folder


def version():
    """Return what changes where a store that was filled before is of no more use."""
    tables = schema.metadata.sorted_tables
    made = [CreateTable(each) for each in tables]
    made += [
        CreateIndex(index)
        for table in tables
        for index in sorted(table.indexes, key=lambda index: str(index.name))
    ]
    files = [(HERE / f"{name}.py").read_bytes() for name in GENERATOR]
    made += [PAGE_BYTES]
    digest = hashlib.sha256(b"".join([*(str(each).encode() for each in made), *files]))
    return digest.hexdigest()[:12]


def fill(folder, people, *, whole=False):
    """Make a store in `folder` and write people into it."""
    with Store(folder, call_at_once) as store:
        keys = Keys(store.secret)
    templates, layout = make_templates(keys, whole=whole)
    layout.blocks = -(-people // len(templates))
    with closing(sqlite3.connect(folder / DATABASE_NAME)) as connection:
        for name, value in FAST.items():
            connection.execute(f"PRAGMA {name}={value}")
        indexes = _drop_indexes(connection)
        for visit in range(VISITS):
            _write(connection, templates, visit, layout.blocks)
        _derive(connection, keys, layout.blocks * len(templates))
        for statement in indexes:
            connection.execute(statement)
        connection.execute("PRAGMA journal_mode=wal")


def _drop_indexes(connection):
    """Drop what can be made again later, and faster; return how."""
    found = connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql NOT NULL"
    ).fetchall()
    for name, _ in found:
        connection.execute(f"DROP INDEX {name}")
    return [statement for _, statement in found]


def _write(connection, templates, visit, blocks):
    """Write one visit of everybody."""
    scribes = [Scribe(place, each, visit) for place, each in enumerate(templates)]
    for first in range(0, blocks, BLOCKS_AT_ONCE):
        rows = {}
        for block in range(first, min(first + BLOCKS_AT_ONCE, blocks)):
            for scribe in scribes:
                number = block * len(scribes) + scribe.place + 1
                scribe.write(Clone(number, block * DAYS // blocks, block), rows)
        _insert(connection, rows)


def _insert(connection, rows):
    connection.execute("BEGIN")
    for name, found in rows.items():
        columns = [c.name for c in schema.metadata.tables[name].columns]
        columns = [each for each in columns if each != "seq"]
        connection.executemany(
            f"INSERT INTO {name} ({quoted(columns)}) "  # noqa: S608 - own tables
            f"VALUES ({', '.join('?' * len(columns))})",
            found,
        )
    connection.execute("COMMIT")


def _derive(connection, keys, people):
    for name, make in DERIVED.items():
        for first in range(1, people + 1, PEOPLE_AT_ONCE):
            several = range(first, min(first + PEOPLE_AT_ONCE, people + 1))
            rows = [row for index in several for row in make(keys, person_of(index))]
            # Side by side where the table is in the order of its key.
            _insert(connection, {name: sorted(rows)})


class Scribe:
    """Writes one visit of the clones of a template."""

    def __init__(self, place, template, visit):
        self.place = place
        self._makers = template.makers[visit]
        makers = [maker for each in self._makers.values() for maker in each]
        slots = template.slots.slots
        order = template.slots.closure({n for each in makers for n in each.needs})
        self._own = [(n, slots[n].make) for n in order if not slots[n].shared]
        self._shared = [(n, slots[n].make) for n in order if slots[n].shared]
        self._values = [None] * len(slots)
        self._days = -1

    def write(self, who, rows):
        """Add the rows of one clone to `rows`, by table."""
        if who.days != self._days:
            self._days = who.days
            self._fill(self._shared, who)
        self._fill(self._own, who)
        for name, makers in self._makers.items():
            found = rows.setdefault(name, [])
            found += [maker.make(self._values) for maker in makers]

    def _fill(self, slots, who):
        for place, make in slots:
            self._values[place] = make(who, self._values)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--whole", action="store_true")
    options = parser.parse_args()
    started = time.perf_counter()
    folder = population(options.people, whole=options.whole)
    size = (folder / DATABASE_NAME).stat().st_size
    sys.stdout.write(
        f"{folder}: {size / 1e9:.2f} GB, {time.perf_counter() - started:.0f} s\n"
    )
