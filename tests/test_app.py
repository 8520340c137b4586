"""The hub in this process: started, at work, and stopped. All messages are made up."""

import asyncio
import json
import os
import signal
from contextlib import asynccontextmanager
from functools import partial

import aiohttp
import pytest

import hub_hl7
import hub_sftp
import hub_webhook
from hub.app import Hub
from hub.config import load
from hub.errors import HubError
from hub.registry import Registry
from hub.runtime import supervisor
from hub.runtime.errors import AddressSharedError, NothingRunsError
from hub.runtime.workings import LogSettings, load_workings
from hub.store.books import balance
from hub.store.errors import DataFolderLockedError
from tests.acceptance.messages import END, adt, framed, msa
from tests.acceptance.process import feed, folder, subscription, table, write_config
from tests.plugins import hostile_destinations, hostile_formats, hostile_sources

PATIENCE_SECONDS = 30
LOG = LogSettings(json=True)
PLUGINS = {
    "hl7": hub_hl7,
    "sftp": hub_sftp,
    "webhook": hub_webhook,
    "destinations": hostile_destinations,
    "formats": hostile_formats,
    "sources": hostile_sources,
}


@pytest.fixture
def make(tmp_path):
    """Return what makes a hub from tables; without any, a feed and a folder."""
    registry = Registry.from_modules(PLUGINS)

    def make(*tables, **more):
        tables = tables or (feed(), folder(tmp_path / "out"), subscription("out"))
        path = write_config(tmp_path / "hub.toml", *tables, **more)
        return Hub(load(path, registry), registry)

    return make


@asynccontextmanager
async def started(hub):
    """Run a hub; at the end its books must balance."""
    async with hub:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await hub.started()
        yield hub
        reader = hub.store.reader()
        try:
            assert [check for check in balance(reader).checks if check[1]] == []
        finally:
            reader.close()


async def send(hub, *bodies, source="klinik-nord"):
    """Send messages and return MSA-1 of each answer."""
    [address] = [each.address for each in hub.status().sources if each.name == source]
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        codes = []
        for body in bodies:
            writer.write(framed(body))
            codes.append(msa((await reader.readuntil(END))[1:-2])[0])
        return codes
    finally:
        writer.close()
        await writer.wait_closed()


async def idle(hub):
    async with asyncio.timeout(PATIENCE_SECONDS):
        await hub.idle()


def query(hub, sql):
    reader = hub.store.reader()
    try:
        return reader.execute(sql).fetchall()
    finally:
        reader.close()


async def test_takes_a_message_from_the_feed_to_the_destination(make, tmp_path):
    async with started(make()) as hub:
        assert await send(hub, adt()) == ["AA"]
        await idle(hub)

        [(event,)] = query(hub, "SELECT id FROM event")
    [file] = (tmp_path / "out").iterdir()
    assert file.name.startswith(event)
    assert json.loads(file.read_bytes())["id"] == event


async def test_says_what_its_parts_are_doing(make):
    async with started(make()) as hub:
        status = hub.status()

        assert (status.ready, status.reasons) == (True, [])
        [source], [destination] = status.sources, status.destinations
        assert (source.name, source.kind, source.state) == (
            "klinik-nord",
            "mllp-listener",
            "running",
        )
        assert (destination.name, destination.state) == ("out", "running")


async def test_answers_at_its_admin_address(make):
    async with started(make()) as hub, aiohttp.ClientSession() as session:
        answer = await session.get(f"{hub.admin.address}/health/ready")

        assert answer.status == 200
        assert (await answer.json())["ready"] is True


async def test_has_not_started_where_no_source_can(make, tmp_path):
    async with started(make()) as first:
        [source] = first.status().sources
        port = int(source.address.rpartition(":")[2])

        async with make(feed(port=port), data_dir=tmp_path / "other") as other:
            with pytest.raises(NothingRunsError, match="MLLP-010"):
                await other.started()
            assert not other.status().ready


async def test_refuses_two_feeds_at_one_address(make):
    """The messages of one would arrive under the name of the other."""
    feeds = (feed(port=2575), feed("klinik-sued", port=2575))

    with pytest.raises(AddressSharedError, match="klinik-sued and sources"):
        await make(*feeds).__aenter__()


async def test_refuses_a_data_folder_that_is_in_use(make):
    async with started(make()):
        with pytest.raises(DataFolderLockedError):
            await make().__aenter__()


async def test_can_be_stopped_and_started_again(make):
    for number in range(3):
        async with started(make()) as hub:
            body = adt(control_id=f"C{number}", visit=f"V{number}")
            assert await send(hub, body) == ["AA"]
            await idle(hub)

            count = query(hub, "SELECT count(*) FROM message WHERE state = 'processed'")
            assert count == [(number + 1,)]


async def test_finishes_what_the_last_hub_left(make):
    never = table(
        "destinations.out",
        kind="hostile-hangs",
        format="cloudevents-json",
        timeout_seconds=600,
    )
    async with started(make(feed(), never, subscription("out"))) as hub:
        assert await send(hub, adt()) == ["AA"]
        async with asyncio.timeout(PATIENCE_SECONDS):
            while query(hub, "SELECT state FROM delivery") != [("claimed",)]:  # noqa: ASYNC110  the store is another thread's
                await asyncio.sleep(0.01)

    async with started(make()) as hub:
        await idle(hub)

        assert query(hub, "SELECT state FROM delivery") == [("delivered",)]


async def test_processes_again_what_is_replayed(make):
    odd = feed(normaliser="hostile-raises", profile={})
    async with started(make(odd, folder("out"), subscription("out"))) as hub:
        await send(hub, adt())
        await idle(hub)
        [(key, state)] = query(hub, "SELECT id, state FROM message")
        assert state == "parked"

    async with started(make()) as hub:
        assert await hub.replay("message", key)
        await idle(hub)

        assert query(hub, "SELECT state FROM message") == [("processed",)]
        assert not await hub.replay("message", key)
        assert not await hub.replay("message", "msg_unknown")


async def test_sends_again_what_is_replayed(make, tmp_path):
    async with started(make()) as hub:
        await send(hub, adt())
        await idle(hub)
        [(key,)] = query(hub, "SELECT id FROM delivery")
        [file] = (tmp_path / "out").iterdir()
        file.unlink()

        assert await hub.replay("delivery", key)
        await idle(hub)

        assert file.exists()
        assert query(hub, "SELECT outcome FROM attempt") == [("accepted",)] * 2


async def test_a_source_that_crashes_does_not_keep_the_others(make, monkeypatch):
    monkeypatch.setattr(supervisor, "RESTART_SECONDS", (0.001, 0.001))
    crashes = table("sources.crashes", kind="hostile-crashes", normaliser="hl7-v2")
    hub = make(feed(), crashes, folder("out"), subscription("out"))

    async with hub:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not hub.status().sources[0].address:  # noqa: ASYNC110  there is no event for one source
                await asyncio.sleep(0.005)
        assert await send(hub, adt()) == ["AA"]
        await idle(hub)

        [reason] = hub.status().reasons
        assert reason.startswith("source crashes is")


async def test_a_destination_that_raises_when_closed_keeps_nobody(make, tmp_path):
    bad = table("destinations.bad", kind="hostile-close", format="cloudevents-json")
    tables = (bad, folder(tmp_path / "out"), subscription("bad"), subscription("out"))
    async with started(make(feed(), *tables)) as hub:
        await send(hub, adt())
        await idle(hub)

    assert list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    ("role", "kind"),
    [("destinations", "hostile-build")],
)
async def test_says_which_part_cannot_be_built(make, role, kind):
    given = {"kind": kind, "format": "cloudevents-json"}
    hub = make(feed(), table(f"{role}.broken", **given), subscription("broken"))

    with pytest.raises(HubError, match="broken"):
        await hub.__aenter__()


async def test_says_why_where_the_store_fails(make):
    async with make() as hub:
        await hub.started()
        failing = asyncio.create_task(hub.failed())

        hub.store.writer.submit(_break, None, lambda _result: None)
        async with asyncio.timeout(PATIENCE_SECONDS):
            error = await failing

        assert error.code == "STORE-004"
        assert not hub.status().ready
        with pytest.raises((OSError, EOFError)):
            await send(hub, adt())


async def test_says_why_where_the_pipeline_ends(tmp_path):
    registry = Registry.from_modules(PLUGINS)
    path = write_config(tmp_path / "hub.toml", feed())
    hub = Hub(load(path, registry), registry, partial(load_workings, path, LOG))

    async with hub:
        await hub.started()
        assert hub.status().ready
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not hub.pipeline.pid:  # noqa: ASYNC110  a thread starts it
                await asyncio.sleep(0.01)
        os.kill(hub.pipeline.pid, signal.SIGKILL)
        async with asyncio.timeout(PATIENCE_SECONDS):
            error = await hub.failed()

        assert error.code == "PIPE-007"
        assert hub.status().reasons == [str(error)]
        assert await send(hub, adt()) == ["AA"]


def _break(connection, _payloads):
    # An error of the disk, which no loopback can give.
    import sqlite3  # noqa: PLC0415  only this fault needs it

    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_WRITE"
    connection.execute("SELECT 1")
    raise error


async def test_takes_a_file_of_messages_and_works_out_each(make):
    batch = b"".join(
        adt(control_id=f"C{number}", patient=f"P{number}", visit=f"V{number}")
        for number in range(3)
    )
    async with started(make(feed(normaliser="hl7-batch"))) as hub:
        stored = await hub.take("klinik-nord", batch)
        again = await hub.take("klinik-nord", batch)
        await idle(hub)

        states = query(hub, "SELECT state, count(*) FROM message GROUP BY state")
        assert (again.id, again.duplicate) == (stored.id, True)
        assert sorted(states) == [("processed", 3), ("split", 1)]
        with pytest.raises(KeyError):
            await hub.take("klinik-west", batch)
