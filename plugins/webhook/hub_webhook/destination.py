"""Posts artifacts to a receiver over HTTP/1.1."""

import asyncio
import ssl
import time
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version

import aiohttp
import structlog
from yarl import URL

from hub.sdk import (
    Artifact,
    ForbiddenAddressError,
    Receipt,
    checked_resolver,
    is_local,
)
from hub_webhook.errors import UnreachableError, UntrustedReceiverError
from hub_webhook.outcome import answered, failed, unanswered
from hub_webhook.settings import WebhookSettings
from hub_webhook.signature import sign

log = structlog.get_logger()

# The answer's body is of no use; it is read only to keep the connection.
MAX_ANSWER_BYTES = 64 * 1024
MAX_ANSWER_SECONDS = 1.0

_HEADERS = {
    "User-Agent": f"carehub/{version('carehub-webhook')}",
    "Accept-Encoding": "identity",
}


class WebhookDestination:
    """A destination. Each artifact is one POST, signed, and never redirected."""

    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings
        self._url = URL(settings.url)
        self._keys = settings.keys
        self._tls = ssl.create_default_context(cafile=settings.ca_file)
        self._session: aiohttp.ClientSession | None = None

    async def send(self, artifact: Artifact) -> Receipt:
        """Post `artifact` once. The hub's time limit is the only one on an answer."""
        receipt = await self._attempt(artifact)
        log.debug(
            "artifact.posted",
            artifact=artifact.id,
            evidence=receipt.evidence,
            error_code=receipt.error_code,
        )
        return receipt

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def _attempt(self, artifact: Artifact) -> Receipt:
        try:
            return await self._post(artifact)
        except ForbiddenAddressError:
            return failed(ForbiddenAddressError)
        except aiohttp.ClientConnectorCertificateError:
            return failed(UntrustedReceiverError)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return failed(UnreachableError)
        except aiohttp.ClientError:
            return unanswered()

    async def _post(self, artifact: Artifact) -> Receipt:
        session = self._session = self._session or self._open()
        async with session.post(
            self._url,
            data=artifact.body,
            headers=self._headers(artifact),
            allow_redirects=False,
        ) as response:
            receipt = answered(
                response.status, response.headers.get("Retry-After"), datetime.now(UTC)
            )
            if not response.content.is_eof():
                await _discard(response.content)
            return receipt

    def _headers(self, artifact: Artifact) -> dict[str, str]:
        timestamp = int(time.time())
        return {
            "Content-Type": artifact.media_type,
            "Idempotency-Key": artifact.id,
            "webhook-id": artifact.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(
                self._keys, artifact.id, timestamp, artifact.body
            ),
        }

    def _open(self) -> aiohttp.ClientSession:
        # Half of the time, so that a connection that does not come about is
        # known as such before the hub's time limit makes the outcome unknown.
        connect_seconds = self._settings.timeout_seconds / 2
        return aiohttp.ClientSession(
            connector=self._connector(),
            headers=_HEADERS,
            timeout=aiohttp.ClientTimeout(total=None, connect=connect_seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            read_bufsize=MAX_ANSWER_BYTES,
        )

    def _connector(self) -> aiohttp.TCPConnector:
        return aiohttp.TCPConnector(
            limit=self._settings.concurrency,
            resolver=checked_resolver(local=is_local(self._url.host or "")),
            ssl=self._tls,
        )


async def _discard(content: aiohttp.StreamReader) -> None:
    """Read to the end of an answer, unless that takes too much or too long.

    The status has been seen, so nothing that happens here changes the outcome;
    a connection whose answer was not read to the end is not used again.
    """
    left = MAX_ANSWER_BYTES
    with suppress(aiohttp.ClientError, TimeoutError):
        async with asyncio.timeout(MAX_ANSWER_SECONDS):
            while left > 0 and (chunk := await content.read(left)):
                left -= len(chunk)
