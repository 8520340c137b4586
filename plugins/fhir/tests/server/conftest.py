"""A server of the hub's on loopback, and clients of it. All of it is made up."""

import io
import json
import time
from contextlib import asynccontextmanager

import aiohttp
import jwt
import pytest

from hub.sdk import RecordKey
from hub.testing import MemoryInbox, running
from hub_fhir.server.server import FhirServer
from hub_fhir.server.settings import ServerSettings
from hub_fhir.tokens.assertion import TYPE
from plugins.fhir.tests.peers import FHIR, ec_key, key_set
from plugins.fhir.tests.samples import KEY, referral

PARTY = "food-bank"
RECORD = RecordKey("referral", "KLINIK_TEST", "REF-1")
ID = KEY.replace("_", "-")
CLIENT_KEY = ec_key()


class Asker:
    """A client with a token; every method gives the status and the body."""

    def __init__(self, http, address, token=""):
        self.http = http
        self.address = address
        self.token = token
        self.headers = {}

    async def call(self, method, path, body=None, **headers):
        given = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None:
            given["Content-Type"] = FHIR
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = json.dumps(body).encode() if isinstance(body, dict | list) else body
        async with self.http.request(
            method,
            self.address + path,
            data=None if data is None else io.BytesIO(data),
            headers=given,
        ) as response:
            self.headers = response.headers
            text = await response.read()
            return response.status, json.loads(text) if text else None

    async def sign_in(self, scope="system/*.cruds", client="tafel"):
        now = time.time()
        claims = {"iss": client, "sub": client, "aud": f"{self.address}/token"}
        claims |= {"exp": now + 200, "jti": f"{now}"}
        form = {
            "grant_type": "client_credentials",
            "scope": scope,
            "client_assertion_type": TYPE,
            "client_assertion": jwt.encode(
                claims, CLIENT_KEY, "ES384", headers={"kid": "e1"}
            ),
        }
        async with self.http.post(f"{self.address}/token", data=form) as response:
            assert response.status == 200, await response.text()
            self.token = (await response.json())["access_token"]
        return self


@pytest.fixture
def settings(tmp_path):
    """Return what makes settings from changes."""
    keys = tmp_path / "keys.json"
    keys.write_text(key_set(e1=CLIENT_KEY))
    clients = {
        "tafel": {"party": PARTY, "jwks_file": str(keys)},
        "clinic": {"party": "klinik", "jwks_file": str(keys)},
    }

    def make(**changes):
        given = {"kind": "fhir-server", "port": 0, "clients": clients}
        return ServerSettings.model_validate(given | changes)

    return make


@pytest.fixture
def inbox():
    """Return an inbox whose desk shows one referral to the food bank."""
    inbox = MemoryInbox()
    inbox.referrals.show(PARTY, referral("requested", state="requested"), RECORD)
    return inbox


@pytest.fixture
def serve(settings, inbox):
    """Return what serves, and gives somebody who asks."""

    @asynccontextmanager
    async def served(*, scope="system/*.cruds", client="tafel", **changes):
        source = FhirServer(settings(**changes))
        async with (
            running(source, inbox) as address,
            aiohttp.ClientSession(auto_decompress=False) as http,
        ):
            asker = Asker(http, address)
            yield await asker.sign_in(scope, client) if client else asker

    return served


@pytest.fixture
async def asker(serve):
    async with serve() as signed_in:
        yield signed_in


def code_of(outcome):
    """Return the code of the error that an outcome tells."""
    assert outcome["resourceType"] == "OperationOutcome", outcome
    return outcome["issue"][0]["details"]["coding"][0]["code"]
