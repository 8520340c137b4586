"""One request and its answer, with limits on both."""

import asyncio
import io
from collections.abc import Mapping
from importlib.metadata import version
from typing import NamedTuple

import aiohttp
from aiohttp.typedefs import LooseHeaders
from yarl import URL

from hub.sdk import ForbiddenAddressError, checked_resolver, is_local
from hub_fhir.client.errors import (
    NoServerAnswerError,
    ServerUnreachableError,
    UntrustedServerError,
)
from hub_fhir.client.reach import Reach
from hub_fhir.resources.wire import MEDIA_TYPE

__all__ = ["Answer", "Caller", "ForbiddenAddressError"]

MAX_ANSWER_BYTES = 1 << 20
_CHUNK_BYTES = 64 * 1024
_HEADERS = {
    "User-Agent": f"carehub/{version('carehub-fhir')}",
    "Accept": MEDIA_TYPE,
    "Accept-Encoding": "identity",
}


class Answer(NamedTuple):
    """What came back. `whole` is false where the body was cut, or came packed."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool


class Caller:
    """Calls one server, and nobody it points to.

    Names are resolved once per connection and the address is checked; redirects are
    not followed, cookies not kept, and packed answers not unpacked.
    """

    def __init__(
        self, reach: Reach, *, connect_seconds: float, concurrency: int = 1
    ) -> None:
        self._tls = reach.tls()
        self._seconds = connect_seconds
        self._concurrency = concurrency
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def call(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: LooseHeaders | None = None,
        limit: int = MAX_ANSWER_BYTES,
    ) -> Answer:
        """Return the answer, read up to `limit` bytes.

        Raises ForbiddenAddressError, UntrustedServerError, ServerUnreachableError
        where nothing was sent, and NoServerAnswerError.
        """
        session = self._session(is_local(URL(url).host or ""))
        try:
            async with session.request(
                method,
                URL(url),
                data=None if body is None else io.BytesIO(body),
                headers=headers,
                allow_redirects=False,
            ) as response:
                return await _read(response, limit)
        except aiohttp.ClientConnectorCertificateError:
            raise UntrustedServerError from None
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise ServerUnreachableError from None
        except aiohttp.ClientError:
            raise NoServerAnswerError from None

    async def close(self) -> None:
        """Close all connections."""
        for each in self._sessions.values():
            await each.close()

    def _session(self, local: bool) -> aiohttp.ClientSession:  # noqa: FBT001 - a key
        if local not in self._sessions:
            self._sessions[local] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._concurrency,
                    resolver=checked_resolver(local=local),
                    ssl=self._tls,
                ),
                headers=_HEADERS,
                timeout=aiohttp.ClientTimeout(total=None, connect=self._seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                read_bufsize=_CHUNK_BYTES,
            )
        return self._sessions[local]


async def _read(response: aiohttp.ClientResponse, limit: int) -> Answer:
    body = bytearray()
    packed = response.headers.get("Content-Encoding", "identity").lower() != "identity"
    over = packed
    while not over and (chunk := await response.content.read(_CHUNK_BYTES)):
        over = len(body) + len(chunk) > limit
        body += chunk[: limit - len(body)]
        await asyncio.sleep(0)  # a fast sender must not starve the loop
    if over:
        response.close()  # the rest is not wanted, and the connection not used again
    return Answer(response.status, response.headers, bytes(body), whole=not over)
