"""``hub shadow``, beside a running hub and without one. Everybody is made up."""

import asyncio
import json
from contextlib import closing

import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from hub.app import Hub
from hub.cli import main
from hub.registry import Registry
from hub.store.books import balance
from hub.store.queries import Reader
from hub.store.sqlite import DATABASE_NAME
from tests.docs.running import free_ports
from tests.runtime.past import ADMITTED, DISCHARGED, REGISTRY, Past, loaded, written

WRONG, RIGHT = "Europe/Helsinki", "Europe/Berlin"
PATIENCE_SECONDS = 30


@pytest.fixture(autouse=True)
def _plugins(monkeypatch, tmp_path):
    monkeypatch.setattr(Registry, "discover", lambda: REGISTRY)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def config(tmp_path):
    return written(tmp_path / "hub.toml", zone=WRONG)


@pytest.fixture
def mended(tmp_path):
    return written(tmp_path / "mended.toml", zone=RIGHT)


@pytest.fixture
def past(config):
    return Past(config).hear(ADMITTED, DISCHARGED)


@pytest.fixture
def hub(monkeypatch):
    """Run `hub` with arguments."""
    monkeypatch.delenv("HUB_CONFIG", raising=False)

    def run(*arguments):
        return CliRunner().invoke(main, [str(each) for each in arguments])

    return run


APPROVED = ("--by", "a.operator", "--reason", "wrong zone")


@pytest.mark.usefixtures("past")
def test_the_differences_are_shown_in_numbers_and_one_by_one(hub, config, mended):
    result = hub("shadow", "run", mended, "--config", config, "--values")

    assert result.exit_code == 0, result.output
    assert "2 messages compared" in result.output
    assert "something else comes of 2, and 2 say something else" in result.output
    assert "encounter.admitted" in result.output
    assert "2026-03-14T08:31:04Z" in result.output


@pytest.mark.usefixtures("past")
def test_no_content_is_shown_unless_it_is_asked_for(hub, config, mended):
    result = hub("shadow", "run", mended, "--config", config)

    assert "times.occurred.earliest" in result.output
    assert "2026-03-14T08:31:04Z" not in result.output


@pytest.mark.usefixtures("past")
def test_the_report_is_json_too(hub, config, mended):
    given = ("--json", "--limit", 1, "--from", "2026-01-01T00:00Z")
    result = hub("shadow", "run", mended, "--config", config, *given)

    report = json.loads(result.stdout)
    assert (report["messages"], report["differing"]) == (2, 2)
    assert len(report["details"]) == 1
    assert "before" not in report["details"][0]["events"][0]["fields"][0]


@pytest.mark.usefixtures("past")
def test_where_nothing_differs_that_is_all_that_is_said(hub, config):
    result = hub("shadow", "run", config, "--config", config)

    assert result.output.count("\n") == 1
    assert "something else comes of 0" in result.output


def test_without_a_hub_it_is_applied_at_the_next_start(hub, past, mended):
    result = hub("shadow", "apply", "--config", mended, *APPROVED, "--json")
    [waiting] = json.loads(result.stdout)
    past.configure(mended)
    past.clock.advance(10**9)
    past.work()
    shown = json.loads(hub("shadow", "amendments", "--config", mended, "--json").stdout)

    assert (waiting["messages"], waiting["waiting"]) == (2, 2)
    assert (shown[0]["amended"], shown[0]["waiting"]) == (2, 0)
    assert (shown[0]["actor"], shown[0]["reason"]) == ("a.operator", "wrong zone")


async def test_a_running_hub_applies_it_at_once(hub, past, mended):
    [port] = free_ports(1)
    mended.write_text(mended.read_text().replace("port = 0", f"port = {port}", 1))
    given = ("shadow", "apply", "--config", mended, *APPROVED)
    with capture_logs():
        async with Hub(loaded(mended), REGISTRY) as running:
            result = await asyncio.to_thread(hub, *given)
            await amended(past.folder / DATABASE_NAME, 2)
            with closing(running.store.reader()) as reader:
                balanced = balance(reader).balanced

    assert result.exit_code == 0, result.output
    assert "wrong zone" in result.output
    assert balanced


async def amended(path, count):
    async with asyncio.timeout(PATIENCE_SECONDS):
        while Reader(path).amendments()[0].amended < count:  # noqa: ASYNC110 - another process' view
            await asyncio.sleep(0.05)


@pytest.mark.usefixtures("past")
async def test_a_hub_that_reads_otherwise_refuses(hub, config, mended):
    [port] = free_ports(1)
    for each in (config, mended):
        each.write_text(each.read_text().replace("port = 0", f"port = {port}", 1))
    given = ("shadow", "apply", "--config", mended, *APPROVED)
    with capture_logs():
        async with Hub(loaded(config), REGISTRY):
            result = await asyncio.to_thread(hub, *given)

    assert result.exit_code == 1
    assert "AMEND-001" in result.output


def test_nobody_applies_anything_without_a_name_and_a_reason(hub, mended):
    result = hub("shadow", "apply", "--config", mended, "--by", "a.operator")

    assert result.exit_code == 2
    assert "--reason" in result.output
