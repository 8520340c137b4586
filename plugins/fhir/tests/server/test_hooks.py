"""Subscribers hear that something changed, and not what."""

import asyncio
import json

import msgspec
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from hub_fhir.rendering.places import id_of
from plugins.fhir.tests.peers import serving
from plugins.fhir.tests.samples import KEY, REFERRAL, referral
from plugins.fhir.tests.server.conftest import ID, PARTY, RECORD


@pytest.fixture
async def hook():
    async with serving() as listening:
        yield listening


@pytest.fixture
def told(serve, hook, monkeypatch):
    """Return what serves with a subscriber, from the first referral on."""
    monkeypatch.setenv("HOOK_SECRET", "synthetic")

    def served(**changes):
        table = {"party": PARTY, "endpoint": f"{hook.url}/hook?x=1"}
        table |= {"secret": "env:HOOK_SECRET"}
        return serve(
            subscribers=[table], notify_seconds=0.02, notify_again_hours=72, **changes
        )

    return served


@pytest.fixture
def changing(inbox, monkeypatch):
    """Change a referral; those of the samples are of this year, as the desk asks."""
    from hub_fhir.server import hooks  # noqa: PLC0415

    long_ago = referral().event.times.emitted
    make = hooks.hooks_of
    monkeypatch.setattr(
        "hub_fhir.server.server.hooks_of",
        lambda settings, box, address, _: make(
            settings, box, address, lambda: long_ago
        ),
    )

    def change(version, key=KEY):
        notice = referral("accepted", state="accepted")
        event = notice.event
        replace = msgspec.structs.replace
        entity = replace(event.entity, version=version, key=key)
        later = event.times.emitted.replace(minute=version)
        times = replace(event.times, emitted=later)
        event = replace(event, entity=entity, times=times)
        inbox.referrals.show(PARTY, replace(notice, event=event), RECORD)

    return change


async def test_a_subscriber_hears_of_each_change_once(told, hook, changing):
    async with told():
        await hook.arrivals(1)
        changing(4)
        await hook.arrivals(2)
        await asyncio.sleep(0.1)  # some looks more, of which nothing must come

    first, second = map(json.loads, hook.bodies)
    assert len(hook.bodies) == 2
    assert hook.headers("Authorization") == ["Bearer synthetic"] * 2
    assert hook.requests[0].query_string == "x=1"
    assert first["type"] == second["type"] == "history"
    assert first["entry"][0]["fullUrl"] != second["entry"][0]["fullUrl"]


@pytest.mark.usefixtures("changing")
async def test_a_notification_holds_an_id_and_nothing_else(told, hook):
    async with told() as asker:
        await hook.arrivals(1)

    text = hook.bodies[0].decode()
    assert f"{asker.address}/Task/{ID}" in text
    assert id_of(ID) == ID
    for each in ("Musterfrau", "REF-1", REFERRAL["category"], "requested"):
        assert each not in text


@pytest.mark.usefixtures("changing")
@pytest.mark.parametrize("status", [302, 404, 500])
async def test_a_subscriber_that_fails_is_told_again(told, hook, status):
    hook.answer = lambda _: web.Response(status=status)
    with capture_logs() as logs:
        async with told():
            await hook.arrivals(2)
            hook.answer = lambda _: web.Response()
            before = len(hook.bodies)
            await hook.arrivals(before + 1)

    codes = {e["error_code"] for e in logs if e["event"] == "subscriber.not_told"}
    assert codes == {"FHIR-086"}
    assert len(set(hook.bodies[0:1])) == 1


async def test_what_was_told_before_a_failure_is_not_told_again(
    told, hook, changing, monkeypatch
):
    monkeypatch.setattr("hub_fhir.server.hooks._MOST_TOLD", 1)
    for minute in (10, 20, 30):
        changing(minute, f"rec_{minute:032x}")

    def answer(_):
        heard = len(hook.bodies)
        return web.Response(status=503 if 4 <= heard <= 6 else 200)

    hook.answer = answer
    with capture_logs():
        async with told():
            await hook.arrivals(7)

    named = [body.split(b"Task/rec-")[1][:32] for body in hook.bodies[:7]]
    assert len({*named[:4]}) == 4
    assert {*named[4:]} == {named[3]}
