"""Servers on loopback that a test makes up, and keys. All of it is synthetic."""

import asyncio
import inspect
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import jwt
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

FHIR = "application/fhir+json"


@dataclass
class Peer:
    """Keeps every request; `answer` makes the response."""

    url: str = ""
    requests: list = field(default_factory=list)
    bodies: list = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    answer: object = lambda _request: web.Response(status=200)

    async def handle(self, request):
        self.bodies.append(await request.read())
        self.requests.append(request)
        async with self.changed:
            self.changed.notify_all()
        answer = self.answer(request)
        return await answer if inspect.isawaitable(answer) else answer

    async def arrivals(self, count):
        """Wait until `count` requests came in all."""
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(lambda: len(self.requests) >= count)

    def headers(self, name):
        return [request.headers.get(name) for request in self.requests]


@asynccontextmanager
async def serving(peer=None, path="/fhir"):
    """Let a peer listen; yields it with its URL set."""
    peer = peer or Peer()
    app = web.Application(client_max_size=1 << 24)
    app.router.add_route("*", "/{rest:.*}", peer.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        peer.url = f"http://localhost:{runner.addresses[0][1]}{path}"
        yield peer
    finally:
        await runner.cleanup()


def resource_answer(tree, status=200, **headers):
    return web.Response(
        body=json.dumps(tree).encode(),
        status=status,
        content_type=FHIR,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def outcome(severity, code):
    issue = {"severity": severity, "code": code}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def ec_key():
    return ec.generate_private_key(ec.SECP384R1())


def rsa_key(bits=2048):
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def key_set(**keys):
    """Return a JSON Web Key Set of public keys, by their ids."""
    listed = []
    for kid, key in keys.items():
        is_rsa = isinstance(key, rsa.RSAPrivateKey)
        kind = jwt.algorithms.RSAAlgorithm if is_rsa else jwt.algorithms.ECAlgorithm
        listed.append(kind.to_jwk(key.public_key(), as_dict=True) | {"kid": kid})
    return json.dumps({"keys": listed})
