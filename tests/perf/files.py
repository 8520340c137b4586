"""Files that take effect: ``python tests/perf/files.py``.

A list of a million people is checked and applied, with a panel; then the same list
again in which some changed. How long applying takes, and how long messages wait for
their commit meanwhile; then how fast rows become messages while nothing else waits.
"""

import argparse
import asyncio
import json
import platform
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import structlog
from made_lists import read
from panels import Puts
from prometheus_client import CollectorRegistry

from hub.config.panels import PanelTable
from hub.config.tables import SourceConfig
from hub.contract import NormaliserSpec, SourceSpec
from hub.metrics import Metrics
from hub.model.facts import Normalised
from hub.model.files import Listed
from hub.runtime.exchanges.service import Exchanges
from hub.runtime.panel_keeping import PanelKeeper
from hub.runtime.panel_loading import Loader
from hub.sdk import FileSourceSettings, Settings
from hub.store.exchanges import ledger, unfed
from hub.store.store import Store, call_at_once

VAR = Path(__file__).parents[2] / "var"
# What is asked for.
MOST_SECONDS = 50
#: In the second file one row of so many says something else.
CHANGED = 1000
FED = 5000
#: It is measured for so long at least, in seconds.
SETTLING = 3


def normalise(_body, _profile):
    """Say nothing of a row."""
    return Normalised(unmapped="made up")


def source():
    """Return the configuration of a feed of lists."""
    normaliser = NormaliserSpec(
        name="made-up",
        media_type="text/csv",
        profile=Settings,
        normalise=normalise,
        summary="Reads made-up lists.",
        read=read,
    )
    gate = {"panel": "large", "max_drop": 1.0}
    given = {"kind": "made-up", "gate": gate}
    settings = FileSourceSettings.model_validate(given)
    spec = SourceSpec(
        kind="made-up",
        settings=FileSourceSettings,
        build=lambda _settings: None,
        normaliser="made-up",
        summary="Made up.",
    )
    return SourceConfig("roster", spec, settings, normaliser, Settings())


class World:
    """Files without the rest of a hub."""

    def __init__(self, folder, store):
        self.store = store
        self.keeper = PanelKeeper(
            Loader(store.writer, store.reader, folder, {"large": PanelTable()}), store
        )
        config = SimpleNamespace(
            sources={"roster": source()}, hub=SimpleNamespace(data_dir=folder)
        )
        self.exchanges = Exchanges(
            config,
            store,
            lambda *work: asyncio.to_thread(store.writer.call, *work),
            self.keeper,
            Metrics(CollectorRegistry()),
            lambda: None,
        )

    async def deliver(self, body, name):
        desk = self.exchanges.desk("roster")
        ticket = await desk.claim(Listed(path=name, size=len(body), modified=1))
        await asyncio.to_thread(Path(ticket.spool).write_bytes, body)
        await desk.deliver(ticket)

    async def step(self):
        """Do what the oldest file waits for; return seconds."""
        [row] = await self.exchanges.look(ledger.to_do)
        started = time.perf_counter()
        await self.exchanges._step(row)
        return time.perf_counter() - started

    async def feed(self, rows):
        """Make messages of some rows, which are gone at once; return seconds."""
        started = time.perf_counter()
        for _ in range(0, rows, 32):
            await self.exchanges._feeder.turn()
            await asyncio.to_thread(self.store.writer.call, _settle)
        return time.perf_counter() - started

    async def skip(self):
        """Say that all messages of the file were made."""
        for row in await self.exchanges.look(unfed.unfed):
            portion = unfed.Portion(row.seq, row.fed, row.rows, [])
            await asyncio.to_thread(self.store.writer.call, unfed.feed, portion)


def _settle(connection, payloads):
    connection.execute("UPDATE message SET state = 'unmapped' WHERE state = 'received'")
    return payloads


async def measure(folder, options):
    with Store(folder, call_at_once) as store:
        world = World(folder, store)
        await world.keeper.start()
        await world.exchanges.start()
        report = {"rows": options.rows}
        with Puts(store) as before:
            await asyncio.sleep(3)
        report["put_ms"] = before.report()
        for turn, changed in (("first", 0), ("again", CHANGED)):
            await world.deliver(b"%d %d\n" % (options.rows, changed), f"{turn}.csv")
            report[f"{turn}_check_s"] = await world.step()
            with Puts(store) as puts:
                report[f"{turn}_apply_s"] = await world.step()
                await asyncio.sleep(SETTLING - report[f"{turn}_apply_s"])
            report[f"{turn}_put_ms"] = puts.report()
            if turn == "first":
                fed = min(FED, options.rows)
                report["rows_a_second"] = fed / await world.feed(fed)
            await world.skip()
        with closing(store.reader()) as reader:
            query = "SELECT count(*) FROM holding WHERE until IS NULL"
            report["held"] = reader.execute(query).fetchone()[0]
        await world.exchanges.stop()
        await world.keeper.stop()
        return report


def show(report):
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    lines = [
        f"{versions}, {report['rows']:,} rows",
        "ms until a message is committed     median      p99  longest",
        f"nothing else                      {_three(report['put_ms'])}",
    ]
    for turn in ("first", "again"):
        waits = _three(report[f"{turn}_put_ms"])
        lines.append(f"while it is applied, {turn:<12} {waits}")
        lines.append(
            f"{turn}: checked {report[f'{turn}_check_s']:.1f} s, applied "
            f"{report[f'{turn}_apply_s']:.1f} s ({MOST_SECONDS} allowed)"
        )
    lines.append(f"{report['rows_a_second']:.0f} rows a second become messages")
    return "\n".join(lines)


def _three(values):
    return " ".join(f"{each:>8.2f}" for each in values)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with tempfile.TemporaryDirectory(prefix="carehub-bench-", dir=VAR) as scrap:
        report = asyncio.run(measure(Path(scrap), options))
    print(json.dumps(report) if options.json else show(report))  # noqa: T201


if __name__ == "__main__":
    main()
