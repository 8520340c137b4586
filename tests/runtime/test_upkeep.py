"""The gauges and the hourly look at the books."""

import asyncio
import sqlite3
from contextlib import closing

import structlog
from prometheus_client import CollectorRegistry

from hub.metrics import Metrics
from hub.runtime import upkeep
from hub.runtime.upkeep import Upkeep
from hub.store.books import balance_by_slices
from hub.store.sqlite import DATABASE_NAME
from tests.runtime.setting import put


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  a gauge has no event
            await asyncio.sleep(0.005)


async def running(work, condition):
    task = asyncio.create_task(work.run())
    try:
        await until(condition)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_says_how_much_waits(live_store, outbox):
    registry = CollectorRegistry()
    work = Upkeep(live_store.reader, ["out", "idle"], Metrics(registry))
    await asyncio.to_thread(put, live_store.writer, b"waits")
    await asyncio.to_thread(outbox.add, "anna", "bert")

    def value(name, **labels):
        return registry.get_sample_value(name, labels)

    await running(work, lambda: value("hub_messages_waiting") == 1)

    assert value("hub_deliveries_waiting", destination="out") == 2
    assert value("hub_deliveries_waiting", destination="idle") == 0
    assert value("hub_books_imbalance") == 0


async def test_raises_an_alarm_where_the_books_do_not_balance(live_store):
    registry = CollectorRegistry()
    await asyncio.to_thread(put, live_store.writer)
    await _say(live_store, "UPDATE message SET state = 'vanished'")

    with structlog.testing.capture_logs() as entries:
        await running(
            Upkeep(live_store.reader, [], Metrics(registry)),
            lambda: registry.get_sample_value("hub_books_imbalance") == 1,
        )

    await _say(live_store, "UPDATE message SET state = 'received'")
    [alarm] = [each for each in entries if each["event"] == "books.unbalanced"]
    assert alarm["checks"] == ["message in no known state"]


async def test_goes_on_after_the_store_could_not_be_read(live_store, monkeypatch):
    monkeypatch.setattr(upkeep, "GAUGES_SECONDS", 0.005)
    registry = CollectorRegistry()
    looks = []

    def unreadable_at_first():
        looks.append(live_store.reader())
        if len(looks) == 1:
            looks[0].set_progress_handler(lambda: 1, 1)
        return looks[-1]

    work = Upkeep(unreadable_at_first, ["out"], Metrics(registry))

    await running(work, lambda: len(looks) > 2)


async def test_a_look_at_the_books_keeps_no_change_from_being_copied_back(
    live_store, monkeypatch
):
    """Of a large store it takes hours; the log of changes would grow that long."""
    await asyncio.to_thread(put, live_store.writer, b"one", b"two")
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def forever(reader):
        for name, count in balance_by_slices(reader, size=1):
            loop.call_soon_threadsafe(begun.set)
            yield name, count
        yield from forever(reader)

    monkeypatch.setattr(upkeep, "balance_by_slices", forever)
    work = Upkeep(live_store.reader, [], Metrics(CollectorRegistry()))
    task = asyncio.create_task(work.run())
    await begun.wait()
    await asyncio.to_thread(put, live_store.writer, b"three")

    left = None
    async with asyncio.timeout(10):
        while left != 0:
            left = await asyncio.to_thread(_not_copied_back, live_store.folder)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _not_copied_back(folder):
    """Copy back what is in the log; return how many of its pages had to stay there."""
    with closing(sqlite3.connect(folder / DATABASE_NAME)) as connection:
        found = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        _, pages, copied = found
        return pages - copied


async def _say(store, statement):
    await asyncio.to_thread(
        store.writer.call, lambda sql, _: [sql.execute(statement) and None]
    )
