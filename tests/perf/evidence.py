"""Evidence over a million events: ``python tests/perf/evidence.py``.

How long each report takes over a million events that a recipient was told of, and how
long it takes to explain one of them, in a store that is filled for it with made-up
people. Filling takes a minute or two and 5 GB at the first time; it is kept in
`var/perf`. With ``--events 20000`` it takes some seconds.
"""

import argparse
import hashlib
import json
import platform
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from statistics import median

import msgspec
from sqlalchemy.schema import CreateTable

from hub.admin.report_text import as_csv
from hub.coordination.ids import delivery_id, event_id
from hub.store import schema
from hub.store.evidence.asked import Asked
from hub.store.evidence.reader import REPORTS, EvidenceReader
from hub.store.queries import Reader
from hub.store.sqlite import DATABASE_NAME
from hub.store.statements import Insert
from hub.store.store import Store, call_at_once

# What is asked for.
MOST_SECONDS = 10
MOST_MS = 100

ROOT = Path(__file__).parents[2]
BEGIN = 1_767_225_600_000_000  # 2026-01-01 in microseconds
SECOND = 1_000_000
AT_ONCE = 10_000
LOOKS = 200
#: So many subscriptions ask for each event; one of them has to do with the person.
SUBSCRIPTIONS = 200
#: Half of them ask for a notice; of a real feed it is less.
TYPES = (
    ("encounter.ed_arrived", "emergency"),
    ("encounter.admitted", "inpatient"),
    ("encounter.transferred", "inpatient"),
    ("encounter.updated", "inpatient"),
    ("encounter.discharged", "inpatient"),
    ("stay.closed", "inpatient"),
)
TABLES = {
    schema.message: (
        *("seq", "id", "source", "control_id", "message_type", "media_type"),
        *("sha256", "size", "body", "received_at", "peer", "state"),
    ),
    schema.entity: ("seq", "key", "kind", "person", "version", "body", "identity"),
    schema.fact: ("message", "place", "entity", "body"),
    schema.event: (
        *("seq", "id", "message", "type", "entity", "version"),
        *("emitted_at", "routes", "body", "unrelated", "ruleset"),
    ),
    schema.decision: (
        *("event", "subscription", "destination", "permitted", "reason", "purpose"),
        *("patient_id", "rules", "decided_at", "verdict", "terms"),
    ),
    schema.delivery: (
        *("seq", "id", "event", "subscription", "destination", "okey", "state"),
        *("attempts", "due", "receipt", "created_at", "settled_at", "terms"),
    ),
    schema.attempt: (
        *("delivery", "number", "started_at", "ended_at", "outcome", "evidence"),
        "error_code",
    ),
}
TERMS = '{"template":"payer"}'


def store_of(events, cache):
    """Return the folder of a store with so many events, filled if need be."""
    cache = cache or ROOT / "var" / "perf"
    folder = cache / f"evidence-{events}-{version()}"
    if not (folder / "filled").exists():
        for stale in cache.glob(f"evidence-{events}-*"):
            shutil.rmtree(stale)
        folder.mkdir(parents=True)
        fill(folder, events)
        (folder / "filled").touch()
    return folder


def version():
    """Return what changes where a store that was filled before is of no more use."""
    tables = "".join(str(CreateTable(each)) for each in schema.metadata.sorted_tables)
    made = tables.encode() + Path(__file__).read_bytes()
    return hashlib.sha256(made).hexdigest()[:12]


def fill(folder, events):
    with Store(folder, call_at_once):
        pass
    with closing(
        sqlite3.connect(folder / DATABASE_NAME, isolation_level=None)
    ) as connection:
        for name, value in (("journal_mode", "off"), ("synchronous", 0)):
            connection.execute(f"PRAGMA {name}={value}")
        inserts = {table: Insert(table, names) for table, names in TABLES.items()}
        connection.execute("BEGIN")
        _ask(connection)
        for first in range(1, events + 1, AT_ONCE):
            rows = {table: [] for table in TABLES}
            for number in range(first, min(first + AT_ONCE, events + 1)):
                for table, row in _rows(number):
                    rows[table].append(row)
            for table, found in rows.items():
                inserts[table].run(connection, found)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=wal")


def _ask(connection):
    """Let many subscriptions ask for all types."""
    rows = [
        (1, name, f"s-{place:03}", f"d-{place:03}", "care_coordination")
        for name, _ in TYPES
        for place in range(SUBSCRIPTIONS)
    ]
    connection.executemany("INSERT INTO asked VALUES (?, ?, ?, ?, ?)", rows)


def _rows(number):
    """Yield a message and all that came of it, told to one recipient."""
    at = BEGIN + number * 10 * SECOND
    place, which = divmod(number, len(TYPES))
    event_type, encounter_class = TYPES[which]
    key = f"msg_{at // 1000:012x}{number:020x}"
    person, entity = f"p_{place:032x}", f"enc_{place:032x}"
    event = event_id(key, entity, which + 1)
    told = f"s-{number % 8:03}", f"d-{number % 8:03}"
    settled = at + (1 + number % 50) * SECOND
    body = _body(event, event_type, encounter_class, person, entity, number)
    yield (
        schema.message,
        (
            *(number, key, "klinik-nord", f"C{number}", "ADT^A01", "text/plain"),
            *(number.to_bytes(32), 9, b"synthetic", at, "", "processed"),
        ),
    )
    known, seen = 2 * place, 2 * place + 1
    if which == 0 or number == 1:
        yield schema.entity, (known, person, "person", person, 0, b"{}", person)
        yield schema.entity, (seen, entity, "encounter", person, 3, b"{}", person)
    yield schema.fact, (number, 0, seen, b'{"kind":"start"}')
    yield (
        schema.event,
        (
            *(number, event, number, event_type, seen, which + 1, at),
            *(SUBSCRIPTIONS, body, SUBSCRIPTIONS - 1, 1),
        ),
    )
    yield (
        schema.decision,
        (
            *(event, *told, True, "relationship.panel", "care_coordination"),
            *(f"M-{number}", '["relationship@1"]', at, "permit", TERMS),
        ),
    )
    yield (
        schema.delivery,
        (
            *(number, delivery_id(event, told[1]), event, *told, person, "delivered"),
            *(1, at, "HTTP 202", at, settled, TERMS),
        ),
    )
    yield schema.attempt, (number, 1, settled, settled, "accepted", "HTTP 202", "")


def _body(event, event_type, encounter_class, person, entity, number):
    """Return an envelope as large as those of a real feed."""
    when = {
        "raw": "20260310120000",
        "precision": "second",
        "earliest": "2026-01-01T00:00:00Z",
        "latest": "2026-01-01T00:00:01Z",
        "local": "2026-01-01T01:00:00",
        "zone": "Europe/Berlin",
        "zone_source": "feed",
    }
    received = "2026-01-01T00:00:00Z"
    place = {"unit": "INN1", "room": "039", "bed": "2", "facility": "KLINIK_NORD"}
    number = {"system": "KLINIK_NORD", "value": f"{number:08}", "type": "PI"}
    return msgspec.json.encode(
        {
            "id": event,
            "type": event_type,
            "schema": "careevent/encounter/1.0",
            "subject": {"person": person, "identifiers": [number]},
            "entity": {"kind": "encounter", "key": entity, "version": 1},
            "times": {
                "received": received,
                "emitted": received,
                **dict.fromkeys(("occurred", "recorded", "sent"), when),
            },
            "source": {"feed": "klinik-nord", "facility": "KLINIK_NORD"},
            "causes": [],
            "correction": None,
            "payload": {
                "identifiers": [number],
                "status": "in-progress",
                "period": {"start": when, "end": when},
                "class": {"code": encounter_class, "original": "I"},
                "location": place,
                "prior_location": place,
                "careteam": [{"role": "attending", "name": "Ute Muster"}],
                "facility": {"name": "KLINIK_NORD"},
                "person": {
                    "names": [{"family": "Muster", "given": "Ada", "use": "L"}],
                    "birth_date": "2002-06-30",
                    "addresses": [{"city": "Musterstadt", "lines": ["Weg 1"]}],
                },
                "changed_fields": [],
            },
        }
    )


def reported(folder):
    """Return by report how long it takes as CSV, and how many rows it has."""
    reader = EvidenceReader(folder / DATABASE_NAME)
    found = {}
    for name, report in REPORTS.items():
        started, used = time.perf_counter(), time.process_time()
        size = sum(map(len, as_csv(report.columns, reader.rows(name, Asked()))))
        found[name] = {
            "seconds": time.perf_counter() - started,
            "cpu_seconds": time.process_time() - used,
            "bytes": size,
        }
    return found


def explained(folder, events):
    """Return milliseconds that explanations take."""
    reader = Reader(folder / DATABASE_NAME)
    with closing(sqlite3.connect(folder / DATABASE_NAME)) as connection:
        ids = [
            connection.execute("SELECT id FROM message WHERE seq = ?", [seq]).fetchone()
            for seq in range(1, events, max(1, events // LOOKS))
        ]
    asks = {
        "hub": reader.explaining.message,
        "one destination": lambda key: reader.explaining.message(key, "d-001"),
        "sender": reader.explaining.to_sender,
        "recipient": lambda key: reader.explaining.to_recipient(key, "d-001"),
    }
    return {name: _timed(ask, [key for (key,) in ids]) for name, ask in asks.items()}


def _timed(ask, keys):
    times = []
    for key in keys:
        started = time.perf_counter()
        ask(key)
        times.append((time.perf_counter() - started) * 1000)
    return {"ms": median(times), "most_ms": max(times)}


def show(report):
    lines = [
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        f"{report['events']:,} events, each told to one of {SUBSCRIPTIONS} who asked",
        f"seconds, {MOST_SECONDS} allowed         clock      CPU     MB of CSV",
    ]
    for name, one in report["reports"].items():
        size = one["bytes"] / 1e6
        lines.append(
            f"{name:<26}{one['seconds']:>7.1f}{one['cpu_seconds']:>9.1f}{size:>14.1f}"
        )
    lines.append(f"milliseconds, {MOST_MS} allowed   median  longest")
    for name, one in report["explain"].items():
        lines.append(f"explain, {name:<17}{one['ms']:>7.1f}{one['most_ms']:>9.1f}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--cache", type=Path, help="folder of the filled stores")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder = store_of(options.events, options.cache)
    report = {
        "events": options.events,
        "reports": reported(folder),
        "explain": explained(folder, options.events),
    }
    print(json.dumps(report) if options.json else show(report))  # noqa: T201


if __name__ == "__main__":
    main()
