"""Directories that take effect: ``python tests/perf/directories.py``.

A snapshot of 100,000 services with their organisations and locations is read by the
reader of HSDS and takes effect; then the same bytes again, then the same objects in
other bytes, then with another text for each, then one in which each service has other
phones. How long it takes, and how long messages wait for their commit meanwhile.
"""

import argparse
import asyncio
import json
import platform
import resource
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import structlog
from panels import Puts

from hub.config.tables import SourceConfig
from hub.contract import SourceSpec
from hub.model.message import RawMessage
from hub.runtime.directory.keeper import Directories
from hub.settings import DirectorySettings, SourceSettings
from hub.store import journal
from hub.store.directory import arrivals, runs
from hub.store.directory.arrivals import DirectoryArrival
from hub.store.store import Store, call_at_once
from hub_community.hsds.spec import HSDS

VAR = Path(__file__).parents[2] / "var"
# What is asked for, in seconds.
MOST_FULL, MOST_UNCHANGED = 60, 15
OWNERS = 5
DAYS = ("MO", "TU", "WE", "TH", "FR")


def source():
    """Return the configuration of a directory."""
    table = SourceSettings(
        kind="made-up", directory=DirectorySettings(stale_days=1, hold_contacts=False)
    )
    spec = SourceSpec(
        kind="made-up",
        settings=SourceSettings,
        build=lambda _settings: None,
        normaliser="hsds",
        summary="Made up.",
    )
    return SourceConfig("made-up", spec, table, HSDS, HSDS.profile())


def lines(services, text, phone, day=1):
    """Yield the lines of a made-up snapshot, as our own fetcher writes them."""
    yield {
        "carehub_snapshot": 1,
        "mode": "full",
        "version": "3.0",
        "complete": True,
        "fetched_at": f"2026-04-0{day}T00:00:00Z",
    }
    for n in range(services // OWNERS):
        record = {"id": f"o{n}", "name": f"Charity {n}", "description": "Made up."}
        yield {"type": "organization", "record": record}
    for n in range(services):
        yield {"type": "location", "record": _location(n)}
        yield {"type": "service", "record": _service(n, text, phone)}


def _location(n):
    return {
        "id": f"l{n}",
        "name": f"House {n}",
        "location_type": "physical",
        "latitude": 41 + n / 1e6,
        "longitude": -87 - n / 1e6,
        "addresses": [
            {
                "id": f"a{n}",
                "address_1": f"{n} Example Street",
                "city": "Springfield",
                "state_province": "IL",
                "postal_code": f"{60000 + n % 1000}",
                "country": "US",
                "address_type": "physical",
            }
        ],
    }


def _service(n, text, phone):
    return {
        "id": f"s{n}",
        "organization_id": f"o{n // OWNERS}",
        "name": f"Pantry {n}",
        "status": "active",
        "description": f"{text} Food for who needs it, made up for number {n}.",
        "email": f"desk{n}@example.org",
        "phones": [{"id": f"p{n}", "number": f"+1 217 55{phone} {n % 10000:04}"}],
        "languages": [{"id": f"g{n}", "name": "English", "code": "en"}],
        "schedules": [
            {"id": f"h{n}{day}", "freq": "WEEKLY", "byday": day, "opens_at": "09:00"}
            for day in DAYS
        ],
        "service_at_locations": [
            {"id": f"x{n}", "service_id": f"s{n}", "location_id": f"l{n}"}
        ],
    }


class Waits(Puts):
    """Measures how long messages wait; its own go afterwards, and no others."""

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        self._store.writer.call(_drop)


def _drop(connection, payloads):
    connection.execute("DELETE FROM message WHERE source = 'nobody'")
    return [None] * len(payloads)


class World:
    """A directory without the rest of a hub."""

    def __init__(self, folder, store):
        self.store = store
        config = SimpleNamespace(
            sources={"made-up": source()}, hub=SimpleNamespace(data_dir=folder)
        )
        self.directories = Directories(config, store, self.write, lambda: None)
        self._count = 0

    async def write(self, apply, payload):
        """Do work in the store."""
        return await asyncio.to_thread(self.store.writer.call, apply, payload)

    async def take(self, body):
        """Let a package take effect; return its run and the seconds of each step."""
        self._arrive(body)
        seconds = []
        while True:
            started = time.perf_counter()
            if not await self.directories.turn():
                break
            seconds.append(time.perf_counter() - started)
        return await self.directories.look(runs.run_at, self._count), seconds

    def _arrive(self, body):
        self._count += 1
        raw = RawMessage(
            body=body,
            media_type="x",
            received_at=journal.moment(1_775_000_000_000_000),
            control_id=str(self._count),
        )
        row = journal.row("made-up", raw)
        self.store.writer.call(journal.put, [row])
        seq = self.store.writer.call(_find, row[0])
        arrived = DirectoryArrival(seq, "made-up", row[5], row[8])
        self.store.writer.call(_arrive, arrived)


def _find(connection, ids):
    find = "SELECT seq FROM message WHERE id = ?"
    return [connection.execute(find, [each]).fetchone()[0] for each in ids]


def _arrive(connection, arrived):
    arrivals.put(connection, arrived)
    return [None] * len(arrived)


async def measure(services):
    """Return what was measured, by name."""
    found = {}
    cases = (
        ("full", ("One", 1)),
        ("same bytes", ("One", 1)),
        ("other bytes", ("One", 1, 2)),
        ("other texts", ("Two", 1)),
        ("other phones", ("Two", 2)),
    )
    with (
        tempfile.TemporaryDirectory(dir=VAR) as folder,
        Store(Path(folder), call_at_once) as store,
    ):
        world = World(Path(folder), store)
        for name, said in cases:
            body = "\n".join(map(json.dumps, lines(services, *said))).encode()
            before = _busy()
            with Waits(store) as puts:
                run, seconds = await world.take(body)
            told = (_busy() - before, puts.report())
            found[name] = (run.state, run.reason, run.rows, seconds, *told)
        await world.directories.stop()
    return found


def _busy():
    """Return the seconds that processes which read were busy, whoever else was."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def show(services, found, verdict):
    """Return what was measured, for people."""
    told = [f"{services:,} services, Python {platform.python_version()}"]
    for name, (state, reason, rows, seconds, busy, waits) in found.items():
        steps = " + ".join(f"{each:.1f}" for each in seconds)
        told += [
            f"{name:>14}: {sum(seconds):5.1f} s ({steps}), {state} {reason}",
            f"{'':>14}  {rows:,} rows; reading took {busy:.1f} s of CPU",
            f"{'':>14}  commits of messages meanwhile: {waits}",
        ]
    return "\n".join([*told, verdict])


def main():
    """Measure, and say whether it is fast enough."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=100_000)
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    VAR.mkdir(exist_ok=True)
    found = asyncio.run(measure(asked.services))
    full, same = sum(found["full"][3]), sum(found["other bytes"][3])
    ok = full <= MOST_FULL and same <= MOST_UNCHANGED
    print(show(asked.services, found, "fast enough" if ok else "too slow"))  # noqa: T201
    raise SystemExit(not ok)


if __name__ == "__main__":
    main()
