"""The socket of a listener, which several sources may share, and who comes in.

Sources that share one are told apart by the certificates of their peers; they must
agree on everything else that is decided before a certificate is seen.
"""

import asyncio
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Protocol

import structlog

from hub.sdk import HubError
from hub_hl7.receiving.arrival import Arrival
from hub_hl7.receiving.conversation import Conversation
from hub_hl7.receiving.errors import (
    AddressRefusedError,
    AddressUnavailableError,
    SharedPortError,
    TooManyConnectionsError,
    UnknownCertificateError,
)
from hub_hl7.receiving.settings import ListenerSettings
from hub_hl7.receiving.sockets import address_of
from hub_hl7.receiving.tls import Credentials

log = structlog.get_logger()

BIND_SECONDS = 10.0
BACKLOG = 512  # connections that the system holds until they are accepted
POLL_SECONDS = 5.0  # how often files of certificates are looked at
MOST_TOLD = 1000  # addresses that are remembered as having been spoken of


class Feed(Protocol):
    """A source behind a door."""

    limits: ListenerSettings

    def open_from(self, address: str) -> int:
        """Return how many connections from `address` are open."""

    def converse(self, address: str) -> Conversation:
        """Return the conversation of a new connection from `address`."""


class Door:
    """One listening socket and the feeds behind it. Made by `enter` only."""

    def __init__(self, limits: ListenerSettings) -> None:
        """Read the certificates; raises CertificateUnusableError."""
        self._limits = limits
        self._credentials = Credentials(limits) if limits.tls_certificate else None
        self._feeds: list[Feed] = []
        self._arrivals: dict[Arrival, str] = {}
        self._server: asyncio.Server | None = None
        self._key: _Key | None = None
        self._opening = asyncio.Lock()
        self._told: set[tuple[str, str]] = set()

    @property
    def address(self) -> str:
        """Where the socket listens, as ``host:port``."""
        return address_of(self._bound())

    def reserve(self, key: "_Key") -> None:
        """Be found under `key` before the socket is open: others may come meanwhile."""
        self._key = key
        _doors[key] = self

    async def open(self) -> None:
        """Listen, if nobody does yet; raises AddressUnavailableError."""
        async with self._opening:
            if self._server is None:
                self._server = await self._listen()
                self.reserve(self._known_as())

    async def attend(self) -> None:
        """See to the certificates until cancelled."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            self._told.clear()
            if self._credentials:
                self._credentials.refresh()
                self._credentials.warn_of_expiry(datetime.now(UTC))

    def join(self, feed: Feed) -> None:
        """Let `feed` have what is meant for it; raises as `enter` does."""
        for other in self._feeds:
            _check_sharing(feed.limits, other.limits)
        self._feeds.append(feed)

    def leave(self, feed: Feed) -> None:
        """Take `feed` away, and close the socket after the last one."""
        self._feeds.remove(feed)
        if self._feeds:
            return
        if self._server:
            self._server.close()
        for arrival in tuple(self._arrivals):
            arrival.abort()
        if self._key and _doors.get(self._key) is self:
            del _doors[self._key]

    # Called by arrivals.

    def context(self) -> ssl.SSLContext | None:
        """Return what to agree on TLS with, None where the socket is plain."""
        return self._credentials.context() if self._credentials else None

    def admits(self, arrival: Arrival, address: str) -> bool:
        """Say whether a connection from the IP `address` may go on."""
        feeds = [feed for feed in self._feeds if _allows(feed.limits, address)]
        if not feeds:
            self._tell(AddressRefusedError, address)
            return False
        if not any(self._has_room(feed, address) for feed in feeds):
            self._tell(TooManyConnectionsError, address)
            return False
        self._arrivals[arrival] = address
        return True

    def conversation(self, address: str, names: frozenset[str]) -> Conversation:
        """Return whose connection this is.

        Raises UnknownCertificateError where no feed, or more than one, claims the
        certificate, and AddressRefusedError.
        """
        feeds = [feed for feed in self._feeds if _claims(feed.limits, names)]
        if len(feeds) != 1:
            known = min((n for n in names if n.startswith("sha256:")), default="none")
            raise UnknownCertificateError(f"{len(feeds)} feeds claim {known}")
        (feed,) = feeds
        if not _allows(feed.limits, address):
            raise AddressRefusedError
        return feed.converse(address)

    def forget(self, arrival: Arrival) -> None:
        """Note that `arrival` is over, one way or the other."""
        self._arrivals.pop(arrival, None)

    def _has_room(self, feed: Feed, address: str) -> bool:
        arriving = sum(here == address for here in self._arrivals.values())
        from_here = arriving + feed.open_from(address)
        return (
            from_here < feed.limits.max_connections_per_address
            and len(self._arrivals) < feed.limits.max_connections
        )

    def _tell(self, error: type[HubError], address: str) -> None:
        """Log a refusal, once for each address until the next look around."""
        told = error.code, address
        if told not in self._told and len(self._told) < MOST_TOLD:
            self._told.add(told)
            log.warning("connection.refused", peer=address, error_code=error.code)

    def _bound(self) -> tuple[str, int]:
        assert self._server is not None  # noqa: S101  whoever asks has opened it
        host, port, *_ = self._server.sockets[0].getsockname()
        return host, port

    def _known_as(self) -> "_Key":
        _, port, *_ = self._bound()
        return asyncio.get_running_loop(), self._limits.host, port

    async def _listen(self) -> asyncio.Server:
        host, port = self._limits.host, self._limits.port
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(BIND_SECONDS):
                return await loop.create_server(
                    lambda: Arrival(self), host, port, backlog=BACKLOG
                )
        except (OSError, UnicodeError) as error:  # the latter from a name too long
            raise AddressUnavailableError(f"{host}:{port}") from error


_Key = tuple[asyncio.AbstractEventLoop, str, int]
#: The doors that are open, so that a second source finds that of the first.
_doors: dict[_Key, Door] = {}


async def enter(feed: Feed) -> Door:
    """Return the door of `feed`, which is open; call `leave` in the end.

    Raises AddressUnavailableError, CertificateUnusableError and SharedPortError.
    """
    limits = feed.limits
    key = asyncio.get_running_loop(), limits.host, limits.port
    door = _doors.get(key)
    if door is None:
        door = Door(limits)
        if limits.port:
            door.reserve(key)
    door.join(feed)
    try:
        await door.open()
    except BaseException:
        door.leave(feed)
        raise
    return door


def _check_sharing(one: ListenerSettings, other: ListenerSettings) -> None:
    place = f"{one.host}:{one.port}"
    if not (one.client_certificates and other.client_certificates):
        raise AddressUnavailableError(f"{place} is another source's")
    if _tls_files(one) != _tls_files(other):
        raise SharedPortError(f"{place}, and the tls_ files differ")
    both = {*one.client_certificates} & {*other.client_certificates}
    if both:
        raise SharedPortError(f"{place}, and both name {min(both)}")


def _tls_files(limits: ListenerSettings) -> Sequence[object]:
    return (
        limits.tls_certificate,
        limits.tls_key,
        limits.tls_client_ca,
        limits.tls_client_crl,
    )


def _claims(limits: ListenerSettings, names: frozenset[str]) -> bool:
    wanted = limits.client_certificates
    return not wanted or not names.isdisjoint(wanted)


def _allows(limits: ListenerSettings, address: str) -> bool:
    """Say whether `allow_from` holds `address`; what is no IP address never is."""
    if not limits.allow_from:
        return True
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return any(ip in network for network in _networks(limits.allow_from))


@lru_cache(maxsize=64)
def _networks(texts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(map(ip_network, texts))
