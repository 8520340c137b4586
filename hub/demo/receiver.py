"""A social service's webhook receiver, which trusts nothing it has not checked.

It verifies signatures itself and keeps each event once, by its ``webhook-id``.
Source: Standard Webhooks 1.0 (symmetric signatures, ``v1``).
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

HOST = "127.0.0.1"
PATH = "/care-events"
TOLERANCE_SECONDS = 300
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Told:
    """What one event says: its type, the number of the visit, what it corrects."""

    event_type: str
    visit: str
    corrects: str = ""


class Receiver:
    """Takes care events by HTTP and appends them to ``webhook-received.jsonl``.

    `secret` is what the hub must sign with. `events` maps the id of each event
    to what it said, `refused` counts requests that failed a check and `repeated`
    those that came again.
    """

    def __init__(self, folder: Path, *, secret: str = "") -> None:
        self.secret = secret or new_secret()
        self.events: dict[str, Told] = {}
        self.refused = 0
        self.repeated = 0
        self.url = ""
        self.log = folder / "webhook-received.jsonl"
        self._seen: set[str] = set()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post(PATH, self._receive)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, 0).start()
        port = self._runner.addresses[0][1]
        self.url = f"http://{HOST}:{port}{PATH}"
        self.log.touch(mode=0o600)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._runner:
            await self._runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        if not verify(self.secret, dict(request.headers), body, now=time.time()):
            self.refused += 1
            return web.Response(status=401)
        webhook_id = request.headers["webhook-id"]
        if webhook_id in self._seen:
            self.repeated += 1
            return web.Response(status=204)
        try:
            self._keep(read_events(body))
        except (ValueError, KeyError, TypeError):
            self.refused += 1
            return web.Response(status=400)
        self._seen.add(webhook_id)
        return web.Response(status=204)

    def _keep(self, events: list[dict[str, Any]]) -> None:
        told = {event["id"]: read_told(event) for event in events}
        with self.log.open("a", encoding="utf-8") as log:
            log.writelines(json.dumps(e, ensure_ascii=False) + "\n" for e in events)
        self.events |= told


def new_secret() -> str:
    """Return a fresh secret in the form that Standard Webhooks prescribes."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def verify(secret: str, headers: dict[str, str], body: bytes, *, now: float) -> bool:
    """Say whether `body` was signed with `secret` within the last five minutes."""
    lower = {name.lower(): value for name, value in headers.items()}
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    webhook_id, timestamp, signatures = (lower.get(name, "") for name in names)
    if not (webhook_id and timestamp.isdecimal()):
        return False
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    signed = sign(secret, webhook_id, timestamp, body)
    # More than one signature is sent while a secret is being replaced.
    given = [s.encode() for s in signatures.split(" ")]
    return any(hmac.compare_digest(signed.encode(), each) for each in given)


def sign(secret: str, webhook_id: str, timestamp: str, body: bytes) -> str:
    """Return the ``v1`` signature of a request."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = b".".join([webhook_id.encode(), timestamp.encode(), body])
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def read_events(body: bytes) -> list[dict[str, Any]]:
    """Return the CloudEvents in `body`: one, or a batch.

    Raises ValueError, KeyError or TypeError where there are none.
    """
    content = json.loads(body)
    events = content if isinstance(content, list) else [content]
    sound = [event["specversion"] == "1.0" and event["id"] for event in events]
    if not (sound and all(sound)):
        raise ValueError("no CloudEvents 1.0")
    return events


def care_type(cloud_type: str) -> str:
    """Return the care event type in a CloudEvents `type` (``….care.TYPE.v1``)."""
    _, _, tail = cloud_type.rpartition(".care.")
    name, _, version = tail.rpartition(".")
    return name if version.startswith("v") and name else tail


def read_told(event: dict[str, Any]) -> Told:
    """Return what a CloudEvent says. Raises KeyError or TypeError."""
    numbers = event["data"]["payload"].get("identifiers", [])
    visits = [number["value"] for number in numbers if number["type"] == "VN"]
    visit = visits[0] if visits else ""
    return Told(care_type(event["type"]), visit, event.get("correctionof", ""))
