"""What makes destinations and pollers of a server on loopback."""

import pytest

from hub_fhir.client.destination import FhirClient
from hub_fhir.client.settings import ClientSettings
from plugins.fhir.tests.peers import ec_key, pem, serving


@pytest.fixture
async def peer():
    async with serving() as listening:
        yield listening


@pytest.fixture(scope="session")
def signing_key():
    return ec_key()


@pytest.fixture
def auth(signing_key, monkeypatch):
    """Return what makes the `auth` of a table, for a token endpoint."""
    monkeypatch.setenv("SIGNING_KEY", pem(signing_key))

    def make(token_url, **changes):
        given = {
            "token_url": token_url,
            "client_id": "carehub",
            "signing_key": "env:SIGNING_KEY",
            "key_id": "k1",
        }
        return given | changes

    return make


@pytest.fixture
async def build():
    """Return what makes a destination; all are closed at the end."""
    built = []

    def make(url, **changes):
        given = {"kind": "fhir-client", "format": "fhir-referral", "base_url": url}
        settings = ClientSettings.model_validate(given | changes)
        built.append(FhirClient(settings))
        return built[-1]

    yield make
    for each in built:
        await each.close()
