"""The commands about facts and scorers, against a hub in this process."""

import asyncio
import json

import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from hub.cli import main
from hub.model.care.schema import facts_schema
from plugins.care.tests.samples import TASK, body
from tests.admin.test_facts import started


@pytest.fixture
async def hub(tmp_path, monkeypatch):
    """Run commands on a hub that runs, by a configuration with its port."""
    async with started(tmp_path) as running:
        port = running.admin.address.rpartition(":")[2]
        config = tmp_path / "own.toml"
        config.write_text(
            f'# Synthetic.\n[hub]\ndata_dir = "data"\n[admin]\nport = {port}\n'
        )
        monkeypatch.chdir(tmp_path)

        async def run(*words):
            with capture_logs():
                return await asyncio.to_thread(
                    CliRunner().invoke, main, [*words, "--config", str(config)]
                )

        yield run


async def test_facts_are_posted_from_a_file(hub, tmp_path):
    (tmp_path / "facts.json").write_bytes(body(TASK))

    first = await hub("facts", "post", "facts.json", "--source", "cases", "--json")
    again = await hub("facts", "post", "facts.json", "--source", "cases", "--json")

    assert json.loads(first.output)["duplicate"] is False
    assert json.loads(again.output)["duplicate"] is True


async def test_all_that_is_wrong_with_a_file_is_listed(hub, tmp_path):
    wrong = TASK | {"due": "zqkanarie", "owner": 7}
    (tmp_path / "facts.json").write_bytes(body(wrong))

    result = await hub("facts", "post", "facts.json", "--source", "cases")

    assert result.exit_code == 1
    assert "facts[0].due: must be" in result.output
    assert "facts[0].owner: must be" in result.output
    assert "CLI-020" in result.output
    assert "zqkanarie" not in result.output


async def test_a_source_that_there_is_not_is_refused(hub, tmp_path):
    (tmp_path / "facts.json").write_bytes(body(TASK))

    result = await hub("facts", "post", "facts.json", "--source", "nobody")

    assert result.exit_code == 1
    assert "ADMIN-010" in result.output


async def test_scorers_are_listed_and_asked_to_run(hub):
    listed = await hub("scorers", "list")
    asked = await hub("scorers", "run", "points", "--json")

    assert "utilisation-points" in listed.output
    assert json.loads(asked.output)["scorer"] == "points"


async def test_a_scorer_that_there_is_not_is_refused(hub):
    result = await hub("scorers", "run", "nobody")

    assert "ADMIN-023" in result.output


def test_the_form_of_facts_is_printed():
    result = CliRunner().invoke(main, ["facts", "schema"])

    assert json.loads(result.output) == facts_schema()
