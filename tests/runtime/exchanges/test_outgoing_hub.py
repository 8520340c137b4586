"""Files that a whole hub sends, and what it tells of files. All of it is made up."""

import asyncio
import hashlib
import json
from contextlib import asynccontextmanager

import aiohttp
import pytest

import hub_hl7
import hub_sftp
import hub_webhook
from hub.app import Hub
from hub.config import load
from hub.model.happenings import Happening
from hub.registry import Registry
from hub.store.books import balance
from hub.store.exchanges import telling
from tests.acceptance.messages import adt
from tests.acceptance.process import feed, folder, subscription, write_config
from tests.plugins import hostile_formats
from tests.runtime.setting import NOW

PATIENCE_SECONDS = 30
PLUGINS = {
    "hl7": hub_hl7,
    "sftp": hub_sftp,
    "webhook": hub_webhook,
    "formats": hostile_formats,
}


@pytest.fixture
def hub(tmp_path):
    registry = Registry.from_modules(PLUGINS)
    ops = {"events": ["exchange.*"], "purpose": "operations"}
    path = write_config(
        tmp_path / "hub.toml",
        feed(),
        folder(tmp_path / "out", partner="payer", acknowledge_within_hours=2),
        folder(tmp_path / "ops", name="ops"),
        subscription("out"),
        subscription("ops", **ops),
    )
    return Hub(load(path, registry), registry)


@asynccontextmanager
async def started(hub):
    """Run a hub; at the end its books must balance."""
    async with hub:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await hub.started()
        yield
        async with asyncio.timeout(PATIENCE_SECONDS):
            await hub.idle()
        reader = hub.store.reader()
        try:
            assert [check for check in balance(reader).checks if check[1]] == []
        finally:
            reader.close()


def query(hub, sql):
    reader = hub.store.reader()
    try:
        return reader.execute(sql).fetchall()
    finally:
        reader.close()


async def test_what_a_hub_sends_as_a_file_is_in_the_ledger(hub, tmp_path):
    async with started(hub):
        await hub.take("klinik-nord", adt())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await hub.idle()

        [(name, state, number, digest, due, settled)] = query(
            hub,
            "SELECT name, state, number, sha256, due_at, settled_at FROM exchange",
        )

    [file] = (tmp_path / "out").iterdir()
    assert (file.name, state, number) == (name, "sent", 1)
    assert due - settled == 2 * 3600 * 1_000_000
    body = file.read_bytes()
    assert hashlib.sha256(body).digest() == digest
    kept = hub.config.hub.data_dir / "exchange" / "sent" / digest.hex()
    assert kept.read_bytes() == body


async def test_what_happens_to_a_file_reaches_whoever_looks_after_the_hub(
    hub, tmp_path
):
    happening = Happening(
        type="file_rejected",
        at=NOW,
        feed="roster",
        partner="payer",
        direction="in",
        exchange="in_1",
        state="rejected",
        reason="made.up",
    )

    def put(connection, payloads):
        telling.put(connection, payloads)
        return [None] * len(payloads)

    async with started(hub), aiohttp.ClientSession() as session:
        await hub.write(put, happening)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await hub.idle()
        base = f"{hub.admin.address}/api/v1"
        async with session.get(f"{base}/events?type=exchange.file_rejected") as answer:
            [listed] = (await answer.json())["items"]
        message = listed["causes"][0]
        async with session.get(f"{base}/explain?message={message}") as answer:
            conclusion = (await answer.json())["conclusion"]

    assert not (tmp_path / "out").exists()
    assert "delivered to ops" in "".join(conclusion)
    [file] = (tmp_path / "ops").iterdir()
    told = json.loads(file.read_bytes())
    assert told["type"].endswith("exchange.file_rejected.v1")
    assert told["data"]["payload"]["reason"] == "made.up"
