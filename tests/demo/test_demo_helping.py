"""Whoever helps asks a hub; here another program stands in its place. All made up."""

import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiohttp import web

from hub.demo.errors import HelpRefusedError
from hub.demo.helping import HEARD, STEPS, Helpers
from hub.demo.referring import choose_hungry, number_of
from hub.demo.scenario import Scenario

WHEN = datetime(2026, 3, 16, 15, tzinfo=UTC)
PERSON = choose_hungry(Scenario.make(28, 3).simulation).helped


@asynccontextmanager
async def answering(answers):
    """Stand in for a hub; yield its address and what it was asked."""
    asked = []

    async def take(request):
        body = await request.read()
        asked.append((request.path, json.loads(body) if body else None))
        status, said = answers[request.path.removeprefix("/api/v1/")]
        return web.json_response(said, status=status)

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", asked
    finally:
        await runner.cleanup()


def events(number):
    return {
        "items": [
            {"subject": {"person": "p_1", "identifiers": [{"value": number}]}},
        ]
    }


async def test_finds_the_best_service_for_who_has_the_need():
    found = {"matching": {"items": [{"service": "dir_1"}, {"service": "dir_2"}]}}
    answers = {
        "events": (200, events(number_of(PERSON))),
        "services/match": (200, found),
    }
    async with answering(answers) as (url, asked), Helpers(url) as helpers:
        assert await helpers.find_service(PERSON) == "dir_1"

    assert asked[-1][1]["person"] == "p_1"


async def test_asks_for_services_before_there_are_any():
    answers = {"services/match": (200, {"items": []})}
    async with answering(answers) as (url, _), Helpers(url) as helpers:
        assert await helpers.look_around("00501") == 0


@pytest.mark.parametrize(
    ("number", "items"), [("another", []), (number_of(PERSON), [])]
)
async def test_finds_nothing_where_there_is_no_need_or_no_service(number, items):
    answers = {
        "events": (200, events(number)),
        "services/match": (200, {"matching": {"items": items}}),
    }
    async with answering(answers) as (url, _), Helpers(url) as helpers:
        assert await helpers.find_service(PERSON) == ""


async def test_refers_and_says_how_it_goes_for_the_food_bank():
    answers = {
        "referrals": (201, {"key": "rec_1"}),
        "referrals/rec_1/statements": (200, {}),
        "facts": (202, {}),
    }
    async with answering(answers) as (url, asked), Helpers(url) as helpers:
        await helpers.note_consents((PERSON,), WHEN)
        key = await helpers.refer(PERSON, "dir_1")
        for says, given in STEPS:
            await helpers.say(key, says, given)

    _, (_, wanted), *said = asked
    assert (wanted["services"], wanted["requester"]) == (["dir_1"], "st-mary")
    assert [body["says"] for _, body in said] == [says for says, _ in STEPS]
    assert {body["side"] for _, body in said} == {"performer"}
    assert [bool(body.get("appointment")) for _, body in said].count(True) == 2
    assert len(HEARD) == len(STEPS) + 1


async def test_says_what_the_hub_refuses():
    async with (
        answering({"referrals": (422, {})}) as (url, _),
        Helpers(url) as helpers,
    ):
        with pytest.raises(HelpRefusedError, match="DEMO-005"):
            await helpers.refer(PERSON, "dir_1")


async def test_asks_only_while_it_is_there():
    with pytest.raises(HelpRefusedError):
        await Helpers("http://127.0.0.1:1").refer(PERSON, "dir_1")
