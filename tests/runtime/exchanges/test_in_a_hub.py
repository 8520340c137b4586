"""Files in a whole hub, from a folder to the panel and back. All are made up."""

import asyncio

import pytest

import hub_sftp
from hub.app import Hub
from hub.config import load
from hub.registry import Registry
from tests.acceptance.process import table, write_config
from tests.runtime.exchanges import files_world
from tests.runtime.exchanges.files_world import text
from tests.test_app import idle, query, started

PATIENCE_SECONDS = 30


@pytest.fixture(name="make")
def _make(tmp_path):
    registry = Registry.from_modules({"sftp": hub_sftp, "files": files_world})
    source = table(
        "sources.roster",
        kind="folder-poller",
        folder=tmp_path / "inbox",
        normaliser="made-up",
        complete="rename",
        poll_seconds=0.05,
        gate={"panel": "payer", "expected": "daily 06:00 Europe/Berlin"},
    )
    (tmp_path / "inbox").mkdir()
    path = write_config(tmp_path / "hub.toml", source, table("panels.payer"))
    return lambda: Hub(load(path, registry), registry)


async def until(condition):
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110 - a file that is moved is no event
            await asyncio.sleep(0.02)


async def test_a_file_in_a_folder_takes_effect_and_is_answered(make, tmp_path):
    async with started(make()) as hub:
        (tmp_path / "inbox" / "list.csv").write_bytes(text("full", "a,1", "b,2"))
        await until(lambda: list((tmp_path / "outbox").glob("*.csv")))
        await until(lambda: list((tmp_path / "archive").rglob("list.csv")))
        await idle(hub)

        assert query(hub, "SELECT state, fed FROM exchange") == [("applied", 2)]
        [[members]] = query(hub, "SELECT members FROM panel WHERE name = 'payer'")
        assert members == 2
        rows = query(hub, "SELECT state FROM message WHERE source = 'roster'")
        assert rows == [("unmapped",), ("unmapped",)]
        assert not list((tmp_path / "inbox").glob("*.csv"))
