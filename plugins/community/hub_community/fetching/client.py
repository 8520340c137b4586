"""Asks a server for directories: GET, bounded, and only where it may go."""

import asyncio
import ssl
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from itertools import count
from types import TracebackType
from typing import IO, Final, NamedTuple, Self

import aiohttp
import structlog
from yarl import URL

from hub.sdk import ForbiddenAddressError, HubError, checked_resolver, is_local
from hub_community.fetching import errors
from hub_community.fetching.clock import Clock
from hub_community.fetching.inflating import inflating
from hub_community.fetching.outcomes import REDIRECTS, http_date, problem
from hub_community.fetching.pacing import Pace
from hub_community.fetching.settings import WebSettings

log = structlog.get_logger()

_HOPS: Final = 5
_CHUNK: Final = 1 << 16
_MEBIBYTE: Final = 1 << 20
#: A publisher that asks for more patience than that is left alone as a whole.
_IN_PLACE: Final = 300.0
_SLOWEST: Final = 60.0
_HEADERS: Final = {
    "User-Agent": f"carehub/{version('carehub-community')}",
    "Accept": "application/json, application/zip, text/csv, */*;q=0.5",
    "Accept-Encoding": "gzip",
}
_AGAIN: Final = (
    errors.DirectoryBusyError,
    errors.DirectoryFailedError,
    errors.DirectoryUnreachableError,
)


class Answer(NamedTuple):
    """An answer whose body was written where it was to go."""

    status: int
    headers: Mapping[str, str]
    size: int


class Client:
    """Asks one server. Use it as an asynchronous context manager."""

    def __init__(
        self, url: str, settings: WebSettings, pace: Pace, clock: Clock
    ) -> None:
        self._origin = URL(url).origin()
        self._hosts = {self._origin.host, *settings.redirect_hosts}
        self._settings, self._pace, self._clock = settings, pace, clock
        self._session: aiohttp.ClientSession | None = None
        #: What time it was by the server's clock when it answered last.
        self.server_time: datetime | None = None

    async def __aenter__(self) -> Self:
        tls = ssl.create_default_context(cafile=self._settings.ca_file)
        local = is_local(self._origin.host or "")
        seconds = self._settings.timeout_seconds
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=checked_resolver(local=local), ssl=tls
            ),
            headers=_HEADERS,
            timeout=aiohttp.ClientTimeout(
                total=None, connect=min(seconds, 30), sock_read=seconds
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(
        self,
        url: URL,
        into: IO[bytes],
        conditions: Mapping[str, str] | None = None,
        *,
        attempts: int = 0,
    ) -> Answer:
        """Write to `into` what is at `url`, trying some times.

        With `conditions`, an answer of status 304 has no body. Raises the errors
        HSDS-020 to HSDS-029.
        """
        tries = attempts or self._settings.attempts
        for attempt in count(1):
            try:
                return await self._tried(url, into, conditions or {})
            except _AGAIN as error:
                wait = _wait(error, attempt, self._clock)
                if attempt >= tries or wait > _IN_PLACE:
                    raise
                log.debug("request.repeated", error_code=error.code, attempt=attempt)
                if isinstance(error, errors.DirectoryBusyError):
                    self._pace.hold(wait)
                else:
                    await self._clock.sleep(wait)
        raise AssertionError  # pragma: no cover - counting never ends

    async def rest(self, attempt: int) -> None:
        """Wait, as long as after an attempt that failed."""
        await self._clock.sleep(_jittered(attempt, self._clock))

    async def _tried(
        self, url: URL, into: IO[bytes], conditions: Mapping[str, str]
    ) -> Answer:
        into.seek(0)
        into.truncate()
        try:
            return await self._followed(url, into, conditions)
        except ForbiddenAddressError as error:
            raise errors.DirectoryAddressError from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise errors.DirectoryUntrustedError from error
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise errors.DirectoryUnreachableError from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise errors.DirectoryFailedError(type(error).__name__) from error

    async def _followed(
        self, url: URL, into: IO[bytes], conditions: Mapping[str, str]
    ) -> Answer:
        for _ in range(_HOPS):
            await self._pace.turn()
            found = await self._asked(url, into, conditions)
            if isinstance(found, Answer):
                return found
            url = self._permitted(found)
        raise errors.DirectoryMovedError("too many redirects")

    async def _asked(
        self, url: URL, into: IO[bytes], conditions: Mapping[str, str]
    ) -> Answer | URL:
        assert self._session is not None  # noqa: S101 - only between enter and exit
        async with self._session.get(
            url, headers=self._headers(url, conditions), allow_redirects=False
        ) as response:
            self.server_time = http_date(response.headers.get("Date"))
            if response.status in REDIRECTS:
                return _target(url, response.headers.get("Location"))
            wrong = problem(
                response.status,
                response.headers.get("Retry-After"),
                self._clock.now(),
                conditional=bool(conditions),
            )
            if wrong is not None:
                raise wrong
            size = await self._body(response, into)
            return Answer(response.status, response.headers.copy(), size)

    def _headers(self, url: URL, conditions: Mapping[str, str]) -> dict[str, str]:
        headers = dict(conditions)
        secret = self._settings.authorization
        if secret is not None and url.origin() == self._origin:
            headers[self._settings.authorization_header] = secret.get_secret_value()
        return headers

    async def _body(self, response: aiohttp.ClientResponse, into: IO[bytes]) -> int:
        most, size = self._settings.max_mebibytes * _MEBIBYTE, 0
        opened = inflating(response.headers.get("Content-Encoding"))
        empty = True
        async for chunk in response.content.iter_chunked(_CHUNK):
            empty = False
            for piece in opened.feed(chunk):
                size += len(piece)
                if size > most:
                    raise errors.DirectoryTooLargeError(f"more than {most} bytes")
                into.write(piece)
            await asyncio.sleep(0)
        if not empty:
            opened.end()
        return size

    def _permitted(self, url: URL) -> URL:
        plain = url.scheme == "http" and self._origin.scheme == "http"
        if url.scheme != "https" and not (plain and is_local(url.host or "")):
            raise errors.DirectoryMovedError("to an address without TLS")
        if url.host not in self._hosts or url.user or url.password:
            raise errors.DirectoryMovedError("to another host")
        return url


def _target(url: URL, location: str | None) -> URL:
    try:
        return url.join(URL(location or ""))
    except ValueError as error:
        raise errors.DirectoryMovedError("to nowhere") from error


def _wait(error: HubError, attempt: int, clock: Clock) -> float:
    """Return how long to wait after an attempt: as told, or with full jitter."""
    if isinstance(error, errors.DirectoryBusyError):
        return error.retry_after_seconds
    return _jittered(attempt, clock)


def _jittered(attempt: int, clock: Clock) -> float:
    return clock.chance() * float(min(2**attempt, _SLOWEST))
