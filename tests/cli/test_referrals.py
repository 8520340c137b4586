"""``hub referrals``, beside a hub that runs. Everybody in it is made up."""

import asyncio
import json
import socket

import pytest
from click.testing import CliRunner

from hub.cli import main
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
def world(tmp_path, monkeypatch):
    def discover():
        configure_logging(level="error")
        return REGISTRY

    monkeypatch.setattr("hub.cli.loading.discover", discover)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return World(tmp_path, port=probe.getsockname()[1])


@pytest.fixture
async def site(world):
    async with world.running() as site:
        await site.take("care", consent("food-bank"))
        await site.take("klinik-nord", request())
        yield site


@pytest.fixture
def run(world):
    async def run(*words, code=0):
        config = ("--config", str(world.file))
        asked = ["referrals", *words, *config]
        result = await asyncio.to_thread(CliRunner().invoke, main, asked)
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


async def test_it_takes_a_hub_that_runs_to_say_anything(world, run):
    async with world.running():
        pass

    answer = await run("cancel", "rec_1", "--reason", "why not", code=1)

    assert "CLI-" in answer
