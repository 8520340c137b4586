"""The guide to FHIR works: a referral goes in, is read, accepted, and told of."""

import asyncio
import json
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import aiohttp
import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from structlog.testing import capture_logs

from hub.app import Hub
from hub.config import load
from tests.docs.pages import ROOT, blocks
from tests.docs.running import free_ports
from tests.docs.test_care_guide import ask

PAGE = ROOT / "docs/how-to/refer-by-fhir.md"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PATIENCE_SECONDS = 30


@pytest.fixture
def config(tmp_path, signing_key):
    """Return the configuration of the page, with free ports and keys of clients."""
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "client.pem").write_bytes(signing_key)
    public = load_pem_private_key(signing_key, None).public_key()
    stated = jwt.algorithms.ECAlgorithm.to_jwk(public, as_dict=True) | {"kid": "1"}
    for name in ("clinic", "food-bank"):
        (keys / f"{name}.json").write_text(json.dumps({"keys": [stated]}))
    admin, port, told = free_ports(3)
    own = f'[hub]\npipeline = "thread"\n[admin]\nport = {admin}\n'
    hook = f'{{ party = "food-bank", endpoint = "http://localhost:{told}/hook" }}'
    more = f"port = {port}\nsubscribers = [{hook}]\nnotify_seconds = 0.1"
    text = blocks(PAGE, "toml")[0].text.replace("port = 8085", more)
    path = tmp_path / "hub.toml"
    path.write_text(own + text)
    return path, f"http://127.0.0.1:{port}/fhir", told


def facts():
    """Return that the person consents that the food bank is told."""
    consent = {
        "kind": "consent",
        "person": {"identifiers": [{"system": "CASES", "value": "C-4711"}]},
        "key": {"system": "CASES", "value": "E-1"},
        "recorded": "2026-03-16T09:00:00Z",
        "status": "active",
        "decision": "permit",
        "mode": "explicit",
        "scope": ["care_coordination"],
        "recipients": ["food-bank", "partner-food-bank"],
    }
    return json.dumps({"facts": [consent]}).encode()


async def post(server, key, body):
    """Send a transaction as the clinic does."""
    claims = {"iss": "clinic-ehr", "sub": "clinic-ehr", "aud": f"{server}/token"}
    claims |= {"exp": time.time() + 200, "jti": "1"}
    form = {
        "grant_type": "client_credentials",
        "scope": "system/*.cruds",
        "client_assertion_type": ASSERTION,
        "client_assertion": jwt.encode(claims, key, "ES384", headers={"kid": "1"}),
    }
    async with aiohttp.ClientSession() as http:
        async with http.post(f"{server}/token", data=form) as answer:
            token = (await answer.json())["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        headers["Content-Type"] = "application/fhir+json"
        async with http.post(f"{server}/", data=body, headers=headers) as answer:
            return answer.status, json.loads(await answer.read())


@asynccontextmanager
async def subscriber(port):
    """Listen as a subscriber; gives the queue of what is posted."""
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def hook(request):
        await heard.put(await request.text())
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", hook)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield heard
    finally:
        await runner.cleanup()


async def test_a_referral_is_sent_read_and_accepted(
    config, registry, signing_key, tmp_path
):
    path, server, told = config
    program = tmp_path / "program.py"
    program.write_text(blocks(PAGE, "python")[0].text)
    key_file = tmp_path / "keys/client.pem"
    command = [sys.executable, program, server, "food-bank-app", key_file]
    with capture_logs():
        async with (
            subscriber(told) as heard,
            Hub(load(path, registry), registry) as hub,
        ):
            await hub.started()
            await hub.take("case-management", facts())
            # What was asked months ago has expired by the time at which it is read.
            asked = f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
            text = blocks(PAGE, "json")[0].text
            body = text.replace("2026-03-16T09:30:00Z", asked).encode()
            status, answer = await post(server, signing_key, body)
            await settled(hub)
            async with asyncio.timeout(PATIENCE_SECONDS):
                notification = await heard.get()
            done = await asyncio.to_thread(
                subprocess.run, command, check=True, capture_output=True, text=True
            )
            await settled(hub)
            [state] = ask(hub, "SELECT state FROM referral")
            told = ask(hub, "SELECT type FROM event ORDER BY seq")

    assert [each for each in told if each.startswith("referral.")] == [
        "referral.requested",
        "referral.received",  # as the food bank read it
        "referral.accepted",
    ]
    assert (status, answer["type"]) == (200, "transaction-response")
    assert done.stdout.startswith("accepted rec-")
    assert state == "accepted"
    assert f"{server}/Task/rec-" in notification
    assert "Roe" not in notification


async def settled(hub):
    async with asyncio.timeout(PATIENCE_SECONDS):
        await hub.idle()
        await hub.idle()
