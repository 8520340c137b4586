"""No way out of a whole hub tells where a shelter is. All of it is made up."""

import asyncio
import json
import shutil
from urllib.parse import quote

import pytest
import structlog
from click.testing import CliRunner

import hub_community
import hub_sftp
import hub_webhook
from hub.app import Hub
from hub.cli import main
from hub.cli.client import ask
from hub.cli.loading import load_own
from hub.config import load
from hub.registry import Registry
from hub.store.sqlite import DATABASE_NAME
from tests.acceptance.process import table, write_config
from tests.docs.running import free_ports
from tests.runtime.directory.dialects import DIALECTS, together
from tests.runtime.directory.shelters import canaries, shelter
from tests.runtime.directory.test_directory_in_a_hub import until
from tests.test_app import idle, query, started

WRITE, MARKS = DIALECTS["3.0"]
MARKED = MARKS[1::8]
NUMBERS = range(1, len(MARKED) + 1)
RUNS = "SELECT seq FROM directory_run"
SETTLED = "SELECT count(*) FROM directory_run WHERE state NOT IN ('waiting','applying')"


@pytest.fixture(name="registry")
def _registry():
    return Registry.from_modules(
        {"sftp": hub_sftp, "community": hub_community, "webhook": hub_webhook}
    )


@pytest.fixture(name="path")
def _path(tmp_path):
    (tmp_path / "inbox").mkdir()
    source = table(
        "sources.city",
        kind="hsds-folder",
        folder=tmp_path / "inbox",
        poll_seconds=0.05,
        directory={"max_new": 1.0, "missing_runs": 1, "max_removed": 0.5},
    )
    told = []
    for name, form in (("json", "cloudevents-json"),):
        told += [
            table(
                f"destinations.{name}",
                kind="folder",
                format=form,
                folder=tmp_path / "out" / name,
            ),
            table(
                f"subscriptions.{name}",
                destination=name,
                panel="all",
                events=["directory.*"],
                purpose="operations",
            ),
        ]
    return write_config(
        tmp_path / "hub.toml", source, *told, admin_port=free_ports(1)[0]
    )


def packages():
    """Return three packages: marked; changed, without a mark; most of it gone."""
    marked = together(*(shelter(n, mark) for n, mark in enumerate(MARKED, 1)))
    changed = together(*(shelter(n) for n in NUMBERS))
    for row in changed["service"]:
        row["alert"] = "Closed on Monday"
    few = together(*(shelter(n) for n in NUMBERS[: len(NUMBERS) // 4]))
    return [WRITE(each) for each in (marked, changed, few)]


def ways(path, hub):
    """Return what every command and every address says."""
    said, admin = [], load_own(path).config.admin

    def command(*words):
        result = CliRunner().invoke(main, [*words, "--config", str(path)])
        said.append(result.output)
        return result.output

    def address(where):
        found = ask(admin, "GET", quote(f"/api/v1/{where}", safe="/?=&"))
        said.append(str(found))

    seen = query(hub, "SELECT key, type, id FROM directory_object")
    for key, _, _ in seen[::20]:
        command("directory", "show", key)
    for key, kind, own in seen[::2]:
        address(f"{kind}s/{key}")
        address(f"{kind}s/{own}")
    _listed([run for (run,) in query(hub, RUNS)], command, address)
    command("services", "match", "--term", "Term 1", "--postcode", "60601", "--json")
    command("services", "match", "--need", "housing-instability", "--country", "US",
            "--postcode", "60601", "--radius-km", "50")  # fmt: skip
    address("services/match?term=Term 1&postcode=60601&country=US")
    for words in (
        "events list",
        "messages list",
        "deliveries list",
        "errors",
        "report",
    ):
        command(*words.split())
    for where in ("events?limit=500", "messages?limit=500", "deliveries?limit=500"):
        address(where)
    return said


def _listed(runs, command, address):
    """Ask for lists, and for what is not there."""
    for run in runs:
        command("directory", "diff", str(run), "--json")
        address(f"directory/runs/{run}")
        address(f"directory/runs/{run}/diff?limit=1000")
    for words in ("feeds", "runs", "report city", "show", "runs --held"):
        command("directory", *words.split(), "--json")
    command("directory", "show")
    for kind in ("service", "organization", "location"):
        command("directory", "show", "--type", kind, "--name", "Zq", "--json")
        address(f"{kind}s?limit=500")
        address(f"{kind}s?name=17 Zq")
        address(f"{kind}s/17-zq")
    for where in ("feeds", "runs?state=no", "report?feed=city", "held", "runs/x/diff"):
        address(f"directory/{where}")


@pytest.mark.long
async def test_no_way_out_tells_where_a_shelter_is(path, registry, tmp_path):
    with structlog.testing.capture_logs() as logs:
        async with started(Hub(load(path, registry), registry)) as hub:
            for n, body in enumerate(packages(), 1):
                (tmp_path / "one.zip").write_bytes(body)
                (tmp_path / "one.zip").rename(tmp_path / "inbox" / "city.zip")
                await until(lambda n=n: query(hub, SETTLED) == [(n,)])
                await idle(hub)
            said = await asyncio.to_thread(ways, path, hub)
            states = query(hub, "SELECT state FROM directory_run ORDER BY seq")
            tables = query(hub, "SELECT name FROM sqlite_master WHERE type = 'table'")
            stored = [
                str(query(hub, f"SELECT * FROM {name}"))  # noqa: S608
                for (name,) in tables
                if name not in {"message", "directory_object"}
            ]
    shutil.rmtree(tmp_path / "inbox")
    written = [
        each.read_bytes().decode(errors="replace")
        for each in tmp_path.rglob("*")
        if each.is_file() and not each.name.startswith(DATABASE_NAME)
    ]

    assert [state for (state,) in states] == ["applied", "applied", "held"]
    assert len(said) > 100
    text = "\n".join([*said, *stored, *written, json.dumps(logs, default=str)]).lower()
    assert "closed on monday" in text
    found = {n: c for n in NUMBERS for c in canaries(n) if c in text}
    assert found == {}
