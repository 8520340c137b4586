"""The hub validates what its feeds receive, where their tables say so."""

import asyncio
import time

import aiohttp
import pytest

import hub_hl7
from hub.app import Hub
from hub.config import ConfigError, load
from hub.registry import Registry
from tests.acceptance.messages import END, adt, framed
from tests.acceptance.process import table, write_config
from tests.plugins import validating

PATIENCE_SECONDS = 60
REGISTRY = Registry.from_modules({"hl7": hub_hl7, "validating": validating})


def feed(name, **keys):
    given = {"kind": "mllp-listener", "port": 0, "validation": "report"}
    return table(f"sources.{name}", **(given | keys))


@pytest.fixture
def make(tmp_path):
    def make(*tables):
        path = write_config(tmp_path / "hub.toml", *tables)
        return Hub(load(path, REGISTRY), REGISTRY)

    return make


async def send(hub, body, source):
    [address] = [each.address for each in hub.status().sources if each.name == source]
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(framed(body))
        await reader.readuntil(END)
    finally:
        writer.close()
        await writer.wait_closed()


async def shown(hub, ready):
    """Return each message as the API shows it, by control id, once `ready`."""
    found = {}
    async with asyncio.timeout(PATIENCE_SECONDS), aiohttp.ClientSession() as session:
        while not found or not ready(found):
            items = await get(session, hub, "messages")
            ids = [each["id"] for each in items["items"]]
            each = [await get(session, hub, f"messages/{key}") for key in ids]
            found = {one["control_id"]: one for one in each}
    return found


async def get(session, hub, path):
    async with session.get(f"{hub.admin.address}/api/v1/{path}") as answer:
        return await answer.json()


async def test_a_message_is_shown_with_the_report_on_it(make):
    tables = (
        feed("checked", normaliser="examined"),
        feed("unchecked", normaliser="examined", validation="off"),
    )
    async with make(*tables) as hub, asyncio.timeout(PATIENCE_SECONDS):
        await hub.started()
        await send(hub, adt(control_id="GOOD"), "checked")
        await send(hub, adt(control_id="BAD").replace(b"PV1|", b"ZV1|"), "checked")
        await send(hub, adt(control_id="UNSEEN"), "unchecked")
        found = await shown(
            hub,
            lambda all_: all_["BAD"]["validation"] and all_["GOOD"]["validation"] == [],
        )

    assert found["BAD"]["validation"] == [
        {"severity": "error", "place": "PV1", "text": "Required, and missing"}
    ]
    assert found["UNSEEN"]["validation"] is None


async def test_a_hub_stops_at_once_whose_validator_hangs(make):
    hub = make(feed("slow", normaliser="examined-slowly"))
    async with hub, asyncio.timeout(PATIENCE_SECONDS):
        await hub.started()
        await send(hub, adt(), "slow")
        await hub.idle()
        await asyncio.sleep(0.5)  # until the validator is at it, most of the times
        started = time.monotonic()

    assert time.monotonic() - started < 3
    assert hub.abandoned == []


def test_a_feed_whose_normaliser_cannot_validate_is_a_problem(tmp_path):
    path = write_config(tmp_path / "hub.toml", feed("klinik", normaliser="mute"))

    with pytest.raises(ConfigError, match="mute cannot validate") as refused:
        load(path, REGISTRY)

    assert [each.path for each in refused.value.problems] == [
        "sources.klinik.validation"
    ]
