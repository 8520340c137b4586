"""A receiver on loopback. Everything that is sent to it is synthetic."""

import asyncio
import base64
import inspect
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub_webhook.destination import WebhookDestination
from hub_webhook.settings import WebhookSettings

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@dataclass
class Receiver:
    """Keeps every request; `answer` makes the response."""

    url: str = ""
    requests: list = field(default_factory=list)
    bodies: list = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    answer: object = lambda _request: web.Response(status=202)

    async def handle(self, request):
        self.bodies.append(await request.read())
        self.requests.append(request)
        self.arrived.set()
        answer = self.answer(request)
        return await answer if inspect.isawaitable(answer) else answer

    @property
    def ids(self):
        return [request.headers["webhook-id"] for request in self.requests]


@asynccontextmanager
async def serve(receiver, *, host="127.0.0.1", tls=None):
    """Let `receiver` listen; yields it with its URL set."""
    app = web.Application(client_max_size=1 << 24)
    app.router.add_post("/hook", receiver.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, 0, ssl_context=tls)
        await site.start()
        port = runner.addresses[0][1]
        receiver.url = f"{'https' if tls else 'http'}://localhost:{port}/hook"
        yield receiver
    finally:
        await runner.cleanup()


@pytest.fixture
async def receiver():
    async with serve(Receiver()) as listening:
        yield listening


@pytest.fixture(scope="session")
def authority():
    """Return a certificate authority of our own: key and certificate."""
    return _certificate("synthetic.test")


@pytest.fixture
def ca_file(authority, tmp_path):
    path = tmp_path / "ca.pem"
    path.write_bytes(_pem(authority[1]))
    return path


@pytest.fixture
async def secure_receiver(authority, tmp_path):
    """Speaks TLS with a certificate of `authority` for localhost."""
    key, certificate = _certificate("localhost", authority)
    path = tmp_path / "server.pem"
    path.write_bytes(_pem(key) + _pem(certificate))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(path)
    async with serve(Receiver(), tls=tls) as listening:
        yield listening


def _certificate(name, issuer=None):
    """Return a new key and its certificate, signed by `issuer` or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signing_key, issued_by = (
        (issuer[0], issuer[1].subject) if issuer else (key, subject)
    )
    constraints = x509.BasicConstraints(ca=issuer is None, path_length=None)
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(issued_by, subject, key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(constraints, critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False
        )
        .sign(signing_key, hashes.SHA256())
    )
    return key, certificate


def _pem(item):
    if isinstance(item, x509.Certificate):
        return item.public_bytes(serialization.Encoding.PEM)
    return item.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@pytest.fixture
def settings(monkeypatch):
    """Return what makes settings from changes."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)

    def make(**changes):
        given = {
            "kind": "webhook",
            "format": "cloudevents-json",
            "url": "http://localhost:9/hook",
            "secret": "env:HOOK_SECRET",
        }
        return WebhookSettings.model_validate(given | changes)

    return make


@pytest.fixture
async def build(settings):
    """Return what makes a destination from settings; all are closed at the end."""
    built = []

    def make(**changes):
        built.append(WebhookDestination(settings(**changes)))
        return built[-1]

    yield make
    for each in built:
        await each.close()


@pytest.fixture
def unused_url(unused_tcp_port):
    return f"http://127.0.0.1:{unused_tcp_port}/hook"
