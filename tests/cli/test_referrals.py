"""``hub referrals``, beside a hub that runs. Everybody in it is made up."""

import asyncio
import json
import socket
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from click.testing import CliRunner

from hub.cli import main
from hub.coordination.policy.reasons import REASONS
from hub.telemetry import configure_logging
from tests.runtime.referrals.loop_world import (
    CANARY,
    NUMBER,
    REGISTRY,
    World,
    consent,
    reply,
    request,
)


@pytest.fixture
def make_world(tmp_path, monkeypatch):
    def discover():
        configure_logging(level="error")
        return REGISTRY

    def make(**partners):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return World(tmp_path, port=probe.getsockname()[1], **partners)

    monkeypatch.setattr("hub.cli.loading.discover", discover)
    return make


@pytest.fixture
def world(make_world):
    return make_world()


KITCHEN = {"sources": ["stranger"], "sides": ["performer"], "name": "The Kitchen"}


@pytest.fixture
async def site(world):
    async with world.running() as site:
        await site.take("care", consent("food-bank"))
        await site.take("klinik-nord", request())
        yield site


@pytest.fixture
def run(world):
    return running(world)


def running(world):
    """Return what runs a command with the configuration of a world."""

    async def run(*words, code=0):
        config = ("--config", str(world.file))
        asked = [*words] if words[0] == "explain" else ["referrals", *words]
        result = await asyncio.to_thread(CliRunner().invoke, main, [*asked, *config])
        assert result.exit_code == code, result.output
        return result.output

    return run


async def asked(run, *words):
    return json.loads(await run(*words, "--json"))


async def test_referrals_are_listed_and_shown(site, run):
    key = site.referral()[0]

    [listed] = (await asked(run, "list", "--loop", "unclosed"))["items"]
    shown = await run("show", key)

    assert (listed["key"], listed["state"]) == (key, "received")
    assert (listed["requester"], listed["performer"]) == ("clinic", "food-bank")
    assert key in await run("list", "--party", "clinic", "--state", "received")
    assert "referral.requested" in shown
    assert CANARY not in shown
    assert (await asked(run, "show", key))["number"]["value"] == "R-77"
    assert "There are none." in await run("list", "--overdue")
    assert "There are none." in await run("escalations")


async def test_one_is_sent_and_what_becomes_of_it_is_said(site, run):
    sent = await asked(
        run,
        *("send", "--identifier", "KLINIK_NORD", NUMBER, "--to", "food-bank"),
        *("--category", "transportation-insecurity", "--note", "a ride on Monday"),
        *("--no-contact", "--reason", CANARY, "--idempotency-key", "ride-1"),
    )
    await site.idle()

    accepted = await run("state", sent["key"], "accepted", "--side", "performer")
    await run("state", sent["key"], "completed", "--side", "performer",
              "--outcome", "resolved", "--note", "brought home")  # fmt: skip

    assert sent["details"]["safety"] == {"contact_prohibited": True}
    assert "accepted" in accepted
    found = await asked(run, "show", sent["key"])
    assert (found["state"], found["details"]["outcome"]["code"]) == (
        "completed",
        "resolved",
    )


async def test_one_is_sent_for_somebody_new(site, run):
    sent = await asked(
        run,
        *("send", "--identifier", "CASES", "C-9", "--to", "food-bank"),
        *("--category", "food-insecurity", "--name", "Doe", "John"),
        *("--phone", "312-555-0148"),
    )
    await site.idle()

    async with site.api() as api:
        person = await api.get(f"persons/{sent['person']}")
    assert "312-555-0148" in json.dumps(person["demographics"]["telecoms"])
    assert "SEND-001" in await run(
        *("send", "--identifier", "CASES", "C-10", "--to", "food-bank"),
        *("--category", "food-insecurity", "--name", "Doe", "Jill"),
        code=1,
    )


async def test_one_is_cancelled(site, run):
    await site.take("food-bank-feed", reply("A"))
    key = site.referral()[0]

    found = await asked(run, "cancel", key, "--reason", "moved away", "--code", "moved")

    assert found["cancel_requested"]
    assert "SEND-003" in await run(
        "state", key, "scheduled", "--side", "requester", code=1
    )


@pytest.mark.parametrize(
    "words",
    [
        ("cancel", "rec_1", "--reason", "why not"),
        ("send", "--person", "p_1", "--to", "food-bank", "--category", "stress"),
    ],
    ids=["cancel", "send"],
)
async def test_it_takes_a_hub_that_runs_to_say_anything(world, run, words):
    async with world.running():
        pass

    [answer] = (await run(*words, code=1)).splitlines()

    assert answer.startswith("[CLI-012]")
    assert answer.count("CLI-") == 1


SEND = (
    *("send", "--identifier", "KLINIK_NORD", NUMBER),
    *("--category", "food-insecurity"),
)


async def test_in_which_words_something_was_said_is_shown(site, run):
    key = site.referral()[0]
    by = ("--side", "performer")
    await run("state", key, "on_hold", *by, "--reason", "the freezer broke",
              "--note", "ring us on Monday")  # fmt: skip
    await run("state", key, "scheduled", *by, "--appointment", "2031-03-10T12:00:00Z")
    booked = await run("show", key)
    await run("cancel", key, "--reason", "moved away", "--code", "moved")
    await run("state", key, "cancelled", *by, "--reason", "as they asked")

    shown = lines(await run("show", key))

    assert "appointment 2031-03-10 12:00:00Z" in lines(booked)
    assert has(shown, "performer on_hold the freezer broke ring us on Monday")
    assert has(shown, "performer scheduled 2031-03-10 12:00:00Z")
    assert has(shown, "requester cancel_requested moved: moved away")
    assert has(shown, "performer cancelled as they asked")
    assert "status_reason as they asked" in shown
    assert CANARY not in "".join(shown)


async def test_what_came_of_a_referral_is_shown(site, run):
    await site.take("food-bank-feed", reply("A", text="come by any time"))
    key = site.referral()[0]
    async with site.api() as api:
        end = {"code": "resolved", "text": "food for a month"}
        said = {"side": "performer", "says": "completed", "outcome": end}
        await api.ask("POST", f"referrals/{key}/statements", json=said)
    await site.idle()

    shown = lines(await run("show", key))

    assert "outcome resolved: food for a month" in shown
    assert has(shown, "performer completed resolved: food for a month")
    assert has(shown, "performer accepted other: come by any time")


async def test_who_sends_learns_who_was_not_told_and_why(world, run):
    why = REASONS["consent.missing"]
    async with world.running() as site:
        await site.take("klinik-nord", request())

        sent = lines(await run(*SEND, "--to", "food-bank"))
        found = await asked(run, *SEND, "--to", "food-bank")
        shown = lines(await run("show", found["key"]))

    withheld = "food-bank food-bank referral.requested withheld consent.missing"
    for printed in (sent, shown):
        assert has(printed, f"{withheld} {why.summary}. {why.remedy}.")
    [notice] = found["performers"]
    assert (notice["performer"], notice["told"]) == ("food-bank", "withheld")
    assert notice["why"] == {"code": "consent.missing", **why._asdict()}


async def test_of_a_referral_is_shown_that_its_performer_was_told(site, run):
    sent = await asked(run, *SEND, "--to", "food-bank")
    await site.idle()

    [notice] = (await asked(run, "show", sent["key"]))["performers"]

    assert sent["performers"][0]["told"] in {"waiting", "told"}
    assert (notice["type"], notice["told"]) == ("referral.requested", "told")
    assert notice["why"]["code"] == "consent.permitted"


async def test_of_several_who_shall_act_each_is_shown(make_world):
    world = make_world(kitchen=KITCHEN)
    run = running(world)
    async with world.running() as site:
        await site.take("klinik-nord", request())

        sent = await asked(run, *SEND, "--to", "food-bank", "--to", "kitchen")
        shown = lines(await run("show", sent["key"]))

    told = {each["performer"]: each for each in sent["performers"]}
    assert {name: each["told"] for name, each in told.items()} == {
        "food-bank": "withheld",
        "kitchen": "no_notice",
    }
    assert {each["referral"] for each in told.values()} == {*sent["children"]}
    assert has(shown, "kitchen no_notice No notice is made")


async def test_their_own_words_are_not_kept_from_who_acts(site, run):
    key = site.referral()[0]
    await run("state", key, "accepted", "--side", "performer")
    await site.idle()

    told = (await asked(run, "show", key))["performers"]

    assert [each["type"] for each in told] == ["referral.requested"]


async def test_a_referral_is_explained_by_its_key(site, run):
    key = site.referral()[0]
    [(newest,)] = site.query(
        "SELECT event.id FROM event JOIN entity ON entity.seq = event.entity"
        " WHERE key = ? ORDER BY event.seq DESC LIMIT 1",
        key,
    )

    assert newest in await run("explain", key)
    assert "QUERY-002" in await run("explain", "rec_none", code=1)


class Storing(BaseHTTPRequestHandler):
    """A hub that has stored what it got, and no time for it yet."""

    def do_POST(self):
        body = b'{"key": "rec_1"}'
        self.send_response(202)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


async def test_who_sends_hears_where_it_is_not_known_yet_who_is_told(world, run):
    port = world.load().admin.port
    with HTTPServer(("127.0.0.1", port), Storing) as server:
        answering = asyncio.create_task(asyncio.to_thread(server.handle_request))
        printed = await run(*SEND, "--to", "food-bank")
        await answering

    assert "rec_1" in printed
    assert "not worked out yet" in printed


def lines(printed):
    """Return what was printed, however wide its columns are."""
    return [" ".join(line.split()) for line in printed.splitlines()]


def has(shown, words):
    return any(words in line for line in shown)
