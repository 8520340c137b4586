"""Directories that a hub fetches itself, to the end. All of it is made up."""

import asyncio
import io
import zipfile
from datetime import UTC, datetime

import msgspec
import pytest
from aiohttp import web

import hub_community
from hub.app import Hub
from hub.config import ConfigError, load
from hub.registry import Registry
from plugins.community.tests.fetching.publisher import Publisher, service
from plugins.community.tests.fetching.turning import TurnedClock
from tests.acceptance.process import table, write_config
from tests.test_app import idle, query, started

PATIENCE_SECONDS = 30


@pytest.fixture(name="registry")
def _registry():
    return Registry.from_modules({"community": hub_community})


@pytest.fixture(name="publisher")
async def _publisher():
    async with Publisher().serving() as publisher:
        publisher.put(*map(service, range(10)))
        yield publisher


def source(kind, **given):
    return table("sources.city", kind=kind, directory={"max_new": 1.0}, **given)


async def settled(hub, runs):
    """Wait until so many packages were read; return their states."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            found = query(
                hub,
                "SELECT state, json_extract(heading, '$.mode') FROM directory_run"
                " WHERE settled_at IS NOT NULL ORDER BY seq",
            )
            if len(found) >= runs:
                await idle(hub)
                return found
            await asyncio.sleep(0.02)


def present(hub, kind):
    [[count]] = query(
        hub,
        f"SELECT count(*) FROM directory_object WHERE type = '{kind}'"  # noqa: S608
        " AND until IS NULL AND NOT removed",
    )
    return count


async def test_a_directory_is_read_through_its_api(
    publisher, registry, tmp_path, monkeypatch
):
    clock = TurnedClock(datetime.now(UTC))
    monkeypatch.setattr("hub_community.fetching.api.SystemClock", lambda: clock)
    path = write_config(
        tmp_path / "hub.toml",
        source("hsds-api", url=publisher.url, interval_hours=24),
    )

    async with started(Hub(load(path, registry), registry)) as hub:
        runs = [await settled(hub, 1)]
        count = present(hub, "service")
        later = "2037-01-01T00:00:00Z"
        publisher.put(service(3, status="inactive", last_modified=later))
        clock.turn()
        runs.append(await settled(hub, 2))
        del publisher.services["s7"]  # which only a sweep can find
        clock.turn()
        runs.append(await settled(hub, 3))
        events = query(hub, "SELECT type FROM event WHERE type LIKE 'directory.%'")

    assert runs[2] == [("applied", "full"), ("applied", "delta"), ("applied", "delta")]
    assert count == 10
    assert ("directory.service_closed",) in events
    assert ("directory.service_removed",) in events


@pytest.mark.parametrize("kind", ["hsds-folder", "hsds-http"])
async def test_a_package_is_fetched(kind, publisher, registry, tmp_path):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(
            "services.json", msgspec.json.encode(list(publisher.services.values()))
        )
    publisher.instead = lambda _: web.Response(body=made.getvalue())
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "city.zip").write_bytes(made.getvalue())
    where = (
        {"folder": tmp_path / "inbox", "poll_seconds": 0.05}
        if kind == "hsds-folder"
        else {"url": publisher.url + "/city.zip"}
    )
    path = write_config(tmp_path / "hub.toml", source(kind, **where))

    async with started(Hub(load(path, registry), registry)) as hub:
        first, *_ = await settled(hub, 1)
        count = present(hub, "service")

    assert first == ("applied", "full")
    assert count == 10


def test_a_check_finds_a_wrong_address(registry, tmp_path):
    path = write_config(
        tmp_path / "hub.toml", source("hsds-api", url="http://directory.example.org")
    )

    with pytest.raises(ConfigError, match="http is only for this machine") as caught:
        load(path, registry)

    assert [each.path for each in caught.value.problems] == ["sources.city.url"]
