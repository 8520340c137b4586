"""A directory in a whole hub, from a folder to an event and the API. All is made up."""

import asyncio
import json

import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

import hub_community
import hub_sftp
import hub_webhook
from hub.app import Hub
from hub.cli import main
from hub.cli.client import ask, expected
from hub.cli.loading import load_own
from hub.config import ConfigError, load
from hub.registry import Registry
from tests.acceptance.process import table, write_config
from tests.docs.running import free_ports
from tests.runtime.directory.world import CANARY
from tests.test_app import idle, query, started

PATIENCE_SECONDS = 30


@pytest.fixture(name="registry")
def _registry():
    return Registry.from_modules(
        {"sftp": hub_sftp, "community": hub_community, "webhook": hub_webhook}
    )


@pytest.fixture(name="path")
def _path(tmp_path):
    source = table(
        "sources.city",
        kind="folder-poller",
        folder=tmp_path / "inbox",
        normaliser="hsds",
        complete="rename",
        poll_seconds=0.05,
        files=".+\\.json",
        gate={"respond": False},
        directory={"max_new": 1.0},
    )
    told = (
        table(
            "destinations.board",
            kind="folder",
            format="cloudevents-json",
            folder=tmp_path / "out",
        ),
        table(
            "subscriptions.board",
            destination="board",
            panel="all",
            events=["directory.*"],
            purpose="operations",
        ),
    )
    (tmp_path / "inbox").mkdir()
    (tmp_path / "out").mkdir()
    return write_config(
        tmp_path / "hub.toml", source, *told, admin_port=free_ports(1)[0]
    )


def directory(**changed):
    """Return a made-up directory of three services, one at a secret place."""
    services = []
    for n, name in enumerate(("Pantry", "Frauenhaus Sonne", "Legal aid")):
        services.append(
            {
                "id": f"5b2f0000-0000-4000-8000-00000000000{n}",
                "name": name,
                "status": "active",
                "description": "Made up.",
                "organization": {
                    "id": f"5b2f0000-0000-4000-8000-00000000001{n}",
                    "name": f"Association {n}",
                    "description": "Made up.",
                },
                "phones": [
                    {
                        "id": f"5b2f0000-0000-4000-8000-00000000002{n}",
                        "number": f"+49 30 555000{n}",
                    }
                ],
                "service_at_locations": [
                    {
                        "id": f"5b2f0000-0000-4000-8000-00000000003{n}",
                        "location": {
                            "id": f"5b2f0000-0000-4000-8000-00000000004{n}",
                            "location_type": "physical",
                            "name": f"House {n}",
                            "latitude": 52.123456,
                            "longitude": 13.123456,
                            "addresses": [
                                {
                                    "id": f"5b2f0000-0000-4000-8000-00000000005{n}",
                                    "address_1": f"{CANARY} {n}" if n == 1 else "Hof 1",
                                    "city": "Musterort",
                                    "postal_code": "10115",
                                    "country": "DE",
                                    "address_type": "physical",
                                }
                            ],
                        },
                    }
                ],
            }
            | changed.get(name, {})
        )
    return json.dumps(services).encode()


async def until(condition):
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110 - a run that ends is no event
            await asyncio.sleep(0.02)


async def deliver(hub, folder, name, body, runs):
    (folder / "inbox" / name).write_bytes(body)
    settled = "SELECT count(*) FROM directory_run WHERE settled_at IS NOT NULL"
    await until(lambda: query(hub, settled) == [(runs,)])
    await idle(hub)


async def test_a_package_in_a_folder_is_a_directory(path, registry, tmp_path):
    async with started(Hub(load(path, registry), registry)) as hub:
        await deliver(hub, tmp_path, "one.json", directory(), 1)
        changed = directory(Pantry={"status": "inactive"})
        await deliver(hub, tmp_path, "two.json", changed, 2)
        other = {"application_process": "call first"}
        changed = directory(
            Pantry={"status": "inactive"}, **{"Frauenhaus Sonne": other}
        )
        await deliver(hub, tmp_path, "three.json", changed, 3)

        events = query(
            hub,
            "SELECT type, body FROM event WHERE type LIKE 'directory.%' ORDER BY seq",
        )
        told = [kind for kind, _ in events]
        assert told.count("directory.feed_refreshed") == 3
        assert "directory.service_closed" in told
        secret = json.loads(events[told.index("directory.service_updated")][1])
        assert secret["labels"]["handling"] == ["directory.restricted"]
        assert secret["labels"]["confidentiality"] == "R"
        assert secret["payload"]["record"]["application_process"] == "call first"
        assert secret["source"]["feed"] == "city"
        bodies = b"".join(body for _, body in events)
        bodies += b"".join(
            body
            for (body,) in query(
                hub, "SELECT body FROM fact UNION SELECT body FROM entity"
            )
        )
        assert CANARY.encode() not in bodies
        [[delivered]] = query(hub, "SELECT count(*) FROM delivery")
        assert delivered == len(events)
        for each in (tmp_path / "out").rglob("*"):
            assert each.is_dir() or CANARY.encode() not in each.read_bytes()


async def test_the_same_verbs_by_command_and_by_address(path, registry, tmp_path):
    def command(*words):
        result = CliRunner().invoke(main, ["directory", *words, "--config", str(path)])
        assert result.exit_code == 0, result.output
        assert CANARY not in result.output
        return result.output

    def address(where):
        asked = ask(load_own(path).config.admin, "GET", f"/api/v1/{where}")
        assert CANARY not in str(asked)
        return expected(asked)

    # A hub in the same process logs where the commands print.
    with capture_logs():
        async with started(Hub(load(path, registry), registry)) as hub:
            await deliver(hub, tmp_path, "one.json", directory(), 1)
            fewer = json.dumps(json.loads(directory())[:1]).encode()
            (tmp_path / "inbox" / "two.json").write_bytes(fewer)
            held = "SELECT seq FROM directory_run WHERE state = 'held'"
            await until(lambda: query(hub, held))
            [[run]] = query(hub, held)

            def work():
                feeds = json.loads(command("feeds", "--json"))["items"]
                assert feeds[0]["counts"]["service"] == 3
                assert feeds[0]["held_runs"] == 1
                runs = json.loads(command("runs", "--state", "held", "--json"))["items"]
                assert [each["reason"] for each in runs] == ["objects.vanished"]
                diff = json.loads(command("diff", str(run), "--json"))["items"]
                assert {each["change"] for each in diff} == {"vanished"}
                report = json.loads(command("report", "city", "--json"))
                assert report["restricted"] == 3
                services = json.loads(command("show", "--json"))["items"]
                for each in services:
                    command("show", each["key"], "--json")
                    command("show", each["key"])
                for words in (["feeds"], ["runs"], ["diff", "1"], ["report", "city"]):
                    command(*words)
                command("runs", "--held")
                for each in services:
                    address(f"services/{each['key']}")
                    address(f"organizations/{each['organization']}")
                for kind in ("services", "organizations", "locations"):
                    assert len(address(kind)["items"]) == 3
                for each in address("locations")["items"]:
                    address(f"locations/{each['key']}")
                assert address("directory/feeds")["items"] == feeds
                assert address(f"directory/runs/{run}")["state"] == "held"
                assert address(f"directory/runs/{run}/diff")["items"] == diff
                assert address("directory/report?feed=city") == report
                assert address("directory/runs?state=held")["items"] == runs
                assert address("directory/held")["items"] == []
                command("show", "--type", "location", "--name", "House")
                said = ("--by", "ines", "--reason", "asked them", "--json")
                return json.loads(command("approve", str(run), *said))

            assert await asyncio.to_thread(work) == {"id": str(run), "state": "waiting"}
            await until(lambda: not query(hub, held))
            await idle(hub)
            await until(
                lambda: (
                    query(hub, "SELECT max(missing) FROM directory_object") == [(1,)]
                )
            )


def test_what_goes_with_directories_goes_with_nothing_else(path, registry):
    text = path.read_text().replace('"hsds"', '"referral-statement"')
    path.write_text(text)

    with pytest.raises(ConfigError) as caught:
        load(path, registry)

    assert [each.path for each in caught.value.problems] == ["sources.city.directory"]


def test_the_name_of_the_feed_is_the_hubs_own(path, registry):
    text = path.read_text().replace("sources.city", "sources.carehub-directories")
    path.write_text(text)

    with pytest.raises(ConfigError, match="carehub-directories"):
        load(path, registry)
