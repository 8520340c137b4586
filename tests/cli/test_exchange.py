"""``hub exchange``, beside a hub that runs and without one. Everything is made up."""

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
import structlog
from click.testing import CliRunner

from hub.app import Hub
from hub.cli import main
from hub.cli.commands.exchange import _meanings
from hub.coordination.exchanges.responses import meaning_of
from hub.runtime.exchanges import service
from hub.telemetry import configure_logging
from tests.acceptance.messages import adt
from tests.filed import PATIENCE_SECONDS, Checking, Filed, people

BY = ("--by", "Ada", "--reason", "they all left")


@pytest.fixture(autouse=True)
def _in_process(monkeypatch):
    monkeypatch.setattr(service, "Checker", Checking)


@pytest.fixture
def filed(tmp_path, monkeypatch):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        filed = Filed(tmp_path, port=probe.getsockname()[1])
    find_plugins(monkeypatch, filed)
    return filed


def find_plugins(monkeypatch, filed):
    """Let commands find the plugins of the tests, and log as they do."""

    def discover():
        configure_logging(level="error")
        return filed.registry

    monkeypatch.setattr("hub.cli.loading.discover", discover)


@asynccontextmanager
async def running(filed):
    async with Hub(filed.load(), filed.registry) as hub:
        yield hub


class Cli:
    """Runs commands on a store in which a file was applied and another one waits."""

    beside = False

    def __init__(self, filed, one, two):
        self.filed, self.one, self.two = filed, one, two

    async def run(self, *arguments):
        words = ["exchange", *map(str, arguments), "--config", str(self.filed.file)]
        return await asyncio.to_thread(CliRunner().invoke, main, words)

    async def json(self, *arguments):
        result = await self.run(*arguments, "--json")
        assert result.stdout, result.stderr
        return json.loads(result.stdout)


async def held(filed):
    one = await filed.dropped("one.csv", "full", *people(*range(10)))
    two = await filed.dropped("two.csv", "full", *people(*range(6)), state="held")
    return Cli(filed, one, two)


@pytest.fixture(params=["without a hub", "beside a hub"])
async def cli(request, filed):
    """What is done is done in the store, or by a hub.

    A hub in this process logs nothing to where commands write.
    """
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    async with running(filed):
        cli = await held(filed)
        cli.beside = request.param == "beside a hub"
        if cli.beside:
            yield cli
            return
    yield cli


async def applied(cli):
    """Wait until the file is applied: by the hub that runs, else by the next one."""
    if cli.beside:
        await cli.filed.until("two.csv", "applied")
        return
    async with running(cli.filed):
        await cli.filed.until("two.csv", "applied")


async def test_files_are_listed(cli):
    found = await cli.json("list", "--state", "held")
    table = (await cli.run("list", "--partner", "payer")).stdout

    assert [each["id"] for each in found["items"]] == [cli.two]
    assert all(each[:16] in table for each in (cli.one, cli.two))
    assert "members.drop" in table
    shown = await cli.json("show", cli.two[:16])
    assert shown["id"] == cli.two


async def test_a_list_of_files_fits_into_a_hundred_columns(cli):
    table = (await cli.run("list")).stdout

    assert max(map(len, table.splitlines())) <= 100


async def test_the_beginning_of_an_id_is_refused_where_it_is_of_several(cli):
    result = await cli.run("show", "xch_")

    assert (result.exit_code, "LEDGER-001" in result.stderr) == (1, True)


async def test_a_file_is_shown(cli):
    shown = await cli.json("show", cli.two)
    text = (await cli.run("show", cli.two)).stdout

    assert shown["reason"] == "members.drop"
    assert shown["meanings"][0]["code"] == "members.drop"
    for told in ("lost 4", "exchange.held", "response", "max_drop"):
        assert told in text


def test_where_formats_differ_it_is_said_what_a_code_means_in_each():
    specs = [
        SimpleNamespace(
            name="one", row_codes={"a.b": ("It is", "Do"), "c": ("C", "D")}
        ),
        SimpleNamespace(name="two", row_codes={"a.b": ("It is", "Do")}),
        SimpleNamespace(name="six", row_codes={"a.b": ("It was", "Undo")}),
    ]
    codes = _meanings(specs)

    assert meaning_of("a.b", codes) == "one, two: It is. Do. six: It was. Undo."
    assert meaning_of("c", codes) == "C. D."


async def test_the_bytes_of_a_file_and_its_answer_are_written(cli):
    raw = await cli.run("show", cli.one, "--raw")
    answer = await cli.run("show", cli.one, "--reply", 1)

    assert raw.stdout.startswith("#full\nK0,P0\n")
    assert "applied" in answer.stdout


async def test_a_held_file_is_approved(cli):
    decided = await cli.json("approve", cli.two[:16], *BY)
    await applied(cli)

    assert (decided["id"], decided["feed"]) == (cli.two, "roster")
    shown = await cli.json("show", cli.two)
    assert shown["problems"] == []
    assert (shown["state"], shown["actor"]) == ("applied", "Ada")
    again = await cli.run("approve", cli.two, *BY)
    assert (again.exit_code, "LEDGER-002" in again.stderr) == (1, True)


async def test_a_held_file_is_rejected_and_answered(cli):
    result = await cli.run("reject", cli.two, *BY)

    assert result.exit_code == 0, result.output
    assert "rejected" in result.stdout
    shown = await cli.json("show", cli.two)
    assert (shown["state"], shown["reason"]) == ("rejected", "decided.rejected")
    assert [each["kind"] for each in shown["replies"]] == ["response", "response"]


async def test_what_is_not_there_is_refused(cli):
    for words in (("show", "xch_none"), ("show", "xch_none", "--raw")):
        result = await cli.run(*words)
        assert (result.exit_code, "LEDGER-001" in result.stderr) == (1, True)
    for words in (("approve", "xch_none"), ("resend", "xch_none")):
        result = await cli.run(*words, *BY)
        assert (result.exit_code, "LEDGER-001" in result.stderr) == (1, True)
    result = await cli.run("resend", cli.one, *BY)
    assert (result.exit_code, "LEDGER-006" in result.stderr) == (1, True)


async def test_partners_are_shown(cli):
    found = await cli.json("partners")
    table = (await cli.run("partners")).stdout

    [payer] = found["items"]
    [roster] = payer["feeds"]
    assert (roster["held"], roster["active"]) == (1, 10)
    assert roster["last_exchange"] == cli.two
    assert "roster" in table
    assert "out" in table


async def test_a_feed_is_reconciled(cli):
    clean = await cli.run("reconcile", "roster", "--by", "Ada")
    found = await cli.json("reconcile", "roster", "--count", 9, "--as-of", "2026-04-01")

    assert clean.exit_code == 0, clean.output
    assert "clean" in clean.stdout
    assert (found["status"], found["difference"], found["waiting"]) == ("differs", 1, 1)
    differs = await cli.run("reconcile", "roster", "--count", 9)
    assert differs.exit_code == 1
    unknown = await cli.run("reconcile", "nobody", "--count", 9)
    assert (unknown.exit_code, "LEDGER-003" in unknown.stderr) == (1, True)
    assert "differs" in (await cli.run("partners")).stdout


async def test_keys_in_question_are_listed(tmp_path, monkeypatch):
    filed = Filed(tmp_path, max_errors=1.0)
    find_plugins(monkeypatch, filed)
    async with running(filed):
        one = await filed.dropped("one.csv", "full", *people(*range(9)), "?X,1")

    result = await Cli(filed, one, "").run("reconcile", "roster")

    assert result.exit_code == 1
    assert "in question" in result.stdout
    assert "test.wrong" in result.stdout


async def test_a_file_of_ours_is_sent_again_by_the_next_hub(filed):
    async with running(filed) as hub:
        await hub.take("klinik-nord", adt())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await hub.idle()
    [(_, _, key)] = filed.files()
    [file] = (filed.path / "out").iterdir()
    body = file.read_bytes()
    file.unlink()

    cli = Cli(filed, key, key)
    decided = await cli.json("resend", key, *BY)
    async with running(filed) as hub, asyncio.timeout(PATIENCE_SECONDS):
        await hub.idle()

    assert decided["state"] == "sending"
    assert file.read_bytes() == body


async def test_an_approval_says_what_comes_next(filed):
    async with running(filed):
        cli = await held(filed)

    result = await cli.run("approve", cli.two, *BY)

    assert result.exit_code == 0, result.output
    assert "is checked again" in result.stdout


async def test_the_panel_has_entries_and_no_records(filed):
    async with running(filed):
        cli = await held(filed)

    assert "10 entries" in (await cli.run("reconcile", "roster")).stdout
