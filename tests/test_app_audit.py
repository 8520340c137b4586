"""What a hub that runs leaves in its audit. All messages are made up."""

import asyncio
import hashlib
from contextlib import closing
from pathlib import Path

import pytest

import hub_hl7
import hub_sftp
import hub_webhook
from hub.app import Hub
from hub.config import load
from hub.registry import Registry
from hub.runtime import auditing
from hub.store.audit_verify import verify_folder
from hub.store.queries import Reader, open_read_only
from hub.store.sqlite import DATABASE_NAME
from tests.acceptance.messages import adt
from tests.acceptance.process import feed, folder, subscription, write_config
from tests.test_app import send, started

CANARY = "ZQXCANARY"
PLUGINS = {"hl7": hub_hl7, "sftp": hub_sftp, "webhook": hub_webhook}


@pytest.fixture
def hub(tmp_path):
    registry = Registry.from_modules(PLUGINS)
    tables = feed(), folder(tmp_path / "out"), subscription("out")
    return Hub(load(write_config(tmp_path / "hub.toml", *tables), registry), registry)


@pytest.fixture
async def ran(hub):
    """A hub that took a message, told of it, and stopped."""
    async with started(hub):
        assert await send(hub, adt(family=CANARY)) == ["AA"]
        async with asyncio.timeout(30):
            await hub.idle()
    return hub


def records(hub):
    found = Reader(hub.config.hub.data_dir / DATABASE_NAME).audit.records().items
    return list(reversed(found))


async def test_from_start_to_end_all_is_recorded_and_whole(ran):
    actions = [each.action for each in records(ran)]

    assert actions[:2] == ["audit.opened", "hub.started"]
    assert actions[-1] == "hub.stopped"
    assert {"event.decided", "notice.sent"} <= set(actions)
    verdict = verify_folder(ran.config.hub.data_dir)
    assert verdict.problems == []
    assert verdict.verified
    assert verdict.checkpoints == 1
    assert verdict.records == len(actions)


async def test_what_was_sent_is_known_by_its_digest(ran, tmp_path):
    [sent] = [each for each in records(ran) if each.action == "notice.sent"]
    [file] = await asyncio.to_thread(lambda: list((tmp_path / "out").glob("[!.]*")))
    body = await asyncio.to_thread(Path(file).read_bytes)

    assert sent.detail["digest"] == hashlib.sha256(body).hexdigest()
    assert sent.recipient == "out"
    assert sent.outcome == "accepted"


async def test_the_start_says_by_which_configuration(ran):
    [start] = [each for each in records(ran) if each.action == auditing.STARTED]

    assert start.object == ran.config.hub.name
    assert start.detail == auditing.started(ran.config).detail
    assert len(start.detail["config"]) == 64


async def test_no_content_is_in_the_audit(ran):
    path = ran.config.hub.data_dir / DATABASE_NAME
    with closing(open_read_only(path)) as store:
        text = str(store.execute("SELECT * FROM audit").fetchall())

    assert CANARY not in text
