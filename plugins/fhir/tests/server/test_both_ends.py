"""The hub's own client, poller and server, with one another and over TLS."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from hub.sdk import Artifact, Outcome
from hub.testing import MemoryInbox, running
from hub_fhir.client.destination import FhirClient
from hub_fhir.client.poller import FhirPoller
from hub_fhir.client.settings import ClientSettings, PollerSettings
from hub_fhir.rendering.options import ReferralOptions
from hub_fhir.rendering.referral import render
from hub_fhir.server.server import FhirServer
from plugins.fhir.tests.peers import ec_key, pem
from plugins.fhir.tests.samples import referral
from plugins.fhir.tests.server.conftest import CLIENT_KEY

RENDERED = render([referral("requested", state="requested")], ReferralOptions())
ARTIFACT = Artifact(id="a-1", body=RENDERED.body, media_type=RENDERED.media_type)


def certificate(path):
    """Write a certificate of its own for localhost, and its key; return both."""
    key, now = ec_key(), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False
        )
        .sign(key, hashes.SHA384())
    )
    files = path / "cert.pem", path / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_text(pem(key))
    return tuple(map(str, files))


@pytest.fixture
def tls(tmp_path):
    return certificate(tmp_path)


@pytest.fixture
def secure(settings, tls):
    """Return a server that speaks TLS."""
    made = {"tls_certificate": tls[0], "tls_key": tls[1], "host": "127.0.0.1"}
    return FhirServer(settings(**made))


@pytest.fixture
def reach(monkeypatch):
    """Return what says how a server is reached, as the client ``tafel``."""
    monkeypatch.setenv("SIGNING_KEY", pem(CLIENT_KEY))

    def make(address, **changes):
        url = address.replace("127.0.0.1", "localhost")
        auth = {
            "token_url": f"{address}/token",
            "client_id": "tafel",
            "key_id": "e1",
            "signing_key": "env:SIGNING_KEY",
        }
        return {"base_url": url, "auth": auth, **changes}

    return make


async def test_a_bundle_goes_from_hub_to_hub(settings, reach, inbox):
    async with running(FhirServer(settings()), inbox) as address:
        given = {"kind": "fhir-client", "format": "fhir-referral", **reach(address)}
        client = FhirClient(ClientSettings.model_validate(given))
        receipt = await client.send(ARTIFACT)
        again = await client.send(ARTIFACT)
        await client.close()

    assert {receipt.outcome, again.outcome} == {Outcome.ACCEPTED}
    assert len(inbox.received) == 1  # the second has the same Idempotency-Key


async def test_a_hub_polls_another_one(settings, reach, inbox):
    other = MemoryInbox()
    async with running(FhirServer(settings()), inbox) as address:
        given = {"kind": "fhir-poller", "look_back_days": 366, **reach(address)}
        clock = lambda: datetime(2026, 4, 1, tzinfo=UTC)  # noqa: E731
        poller = FhirPoller(PollerSettings.model_validate(given), clock)
        async with running(poller, other), asyncio.timeout(5):
            await other.arrivals(1)

    assert b'"Task"' in other.messages[0].body
    assert b'"Patient"' in other.messages[0].body


async def test_a_certificate_must_be_trusted(secure, reach, inbox, tls, monkeypatch):
    monkeypatch.setattr("hub_fhir.client.access.Access._bearer", _no_token)
    receipts = []
    async with running(secure, inbox) as address:
        for trusted in ({}, {"ca_file": tls[0]}):
            given = {"kind": "fhir-client", "format": "x"} | reach(address, **trusted)
            client = FhirClient(ClientSettings.model_validate(given))
            receipts.append(await client.send(ARTIFACT))
            await client.close()

    first, second = receipts
    assert (first.error_code, first.blames_route) == ("FHIR-057", True)
    assert second.error_code == "FHIR-053"  # it is there, and wants a token


async def _no_token(*_):
    return ""


async def test_who_must_show_a_certificate_and_does_not_is_not_heard(
    settings, tls, inbox
):
    made = {"tls_certificate": tls[0], "tls_key": tls[1], "tls_client_ca": tls[0]}
    trusting = ssl.create_default_context(cafile=tls[0])
    showing = ssl.create_default_context(cafile=tls[0])
    showing.load_cert_chain(*tls)
    async with (
        running(FhirServer(settings(**made)), inbox) as address,
        aiohttp.ClientSession() as http,
    ):
        url = address.replace("127.0.0.1", "localhost") + "/metadata"
        async with http.get(url, ssl=showing) as answer:
            status = answer.status
        with pytest.raises(aiohttp.ClientError):
            await http.get(url, ssl=trusting)

    assert status == 200
