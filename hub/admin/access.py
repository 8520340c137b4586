"""Who asks: tokens are checked here, and nothing of a request is read before.

The store has of each token an argon2id hash. Checking one takes long on purpose, so
that happens on a thread, and is not done again for a minute. Where the store has no
token at all, everybody on this machine may do everything. Source: S1, S17, S20, S39.
"""

import asyncio
import hashlib
import hmac
import ipaddress
import re
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from aiohttp import web
from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from hub.admin.access_errors import (
    BadTokenError,
    NoTokenError,
    TooManyRequestsError,
)
from hub.admin.limits import Buckets, Rate
from hub.admin.roles import Role
from hub.store.access import Token
from hub.threads import in_thread

#: How long a token that was checked is not checked again. A revoked one is not good
#: for that long: what is revoked is looked up each time.
KNOWN_SECONDS = 60
#: Tokens that may fail of one peer: so many at once, and then one in six seconds.
FAILURES = Rate(10, 60)
#: Threads that check tokens at once.
MOST_CHECKS = 2

# OWASP's least for argon2id: 19 MiB, two passes, one lane. A secret of 256 random
# bits needs no more.
_HASHER = PasswordHasher(
    time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID
)
_TOKEN = re.compile(r"carehub_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +(\S+) *")
_IPV6 = 6
_NETWORK_BITS = 64  # of an IPv6 address: what one subscriber has


class Caller(NamedTuple):
    """Who asks: a token, or whoever is on this machine where there are none."""

    id: str
    name: str
    role: Role
    scope: str = ""

    @property
    def actor(self) -> str:
        """Who that is to the audit."""
        return "/".join(filter(None, (self.name, self.id)))


#: Whoever is on this machine, where nobody has a token.
LOCAL = Caller("", "local", Role.ADMIN)
CALLER = web.RequestKey("caller", Caller)


def caller_of(request: web.Request) -> Caller:
    """Return who asks. Raises KeyError before that is known."""
    return request[CALLER]


def signed_by(request: web.Request, said: str) -> str:
    """Return who does something: whose token it is, else whoever they say they are."""
    caller = caller_of(request)
    return said if caller is LOCAL else caller.name or caller.id


class Secret(NamedTuple):
    """What is in a token: whose it is, and the proof."""

    id: str
    secret: str

    def text(self) -> str:
        """Return the token as it is handed out."""
        return f"carehub_{self.id}_{self.secret}"

    def hashed(self) -> str:
        """Return what may be kept of it. Takes some hundredths of a second."""
        return _HASHER.hash(self.secret)


def new_secret() -> Secret:
    """Return a token that nobody has: 64 random bits of name, 256 of secret."""
    return Secret(secrets.token_hex(8), secrets.token_urlsafe(32))


def parse_token(text: str) -> Secret | None:
    """Return what is in a token, None where it has not the form of one."""
    found = _TOKEN.fullmatch(text)
    return Secret(*found.groups()) if found else None


class _Known(NamedTuple):
    digest: bytes
    until: float


class Access:
    """Knows the tokens of the store, and whose a request is.

    `read` returns all tokens, and may block. Nobody but this process changes them
    while it runs, so it hears of changes by `learn`.
    """

    def __init__(
        self,
        read: Callable[[], Sequence[Token]],
        rate: Rate,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._read = read
        self._clock = clock
        self._now = now
        self._tokens: dict[str, Token] | None = None
        self._closed = False
        self._known: dict[str, _Known] = {}
        self._loading = asyncio.Lock()
        self._checks = asyncio.Semaphore(MOST_CHECKS)
        self._by_peer = Buckets(rate, clock)
        self._by_token = Buckets(rate, clock)
        self._failures = Buckets(FAILURES, clock)
        self._nobody = ""

    async def closed(self) -> bool:
        """Say whether it takes a token to be answered: there is one, or was.

        Raises HubError where the store cannot be read.
        """
        await self._all()
        return self._closed

    def learn(self, token: Token) -> None:
        """Take note of a token that was made or revoked; that counts at once."""
        self.suspend(token.id)
        self._closed = True
        if self._tokens is not None:
            self._tokens[token.id] = token

    def suspend(self, key: str) -> None:
        """Let a token be good no longer, whatever becomes of its revocation."""
        self._known.pop(key, None)
        if self._tokens is not None:
            self._tokens.pop(key, None)

    def read_anew(self) -> None:
        """Ask the store again which tokens there are."""
        self._tokens = None

    async def caller(self, headers: Sequence[str], peer: str) -> Caller:
        """Return who asks, by the headers `Authorization` of a request.

        Raises NoTokenError, BadTokenError, TooManyRequestsError, and HubError where
        the store cannot be read.
        """
        if not await self.closed():
            if not is_loopback(peer):
                raise NoTokenError
            return LOCAL
        address = _address(peer)
        _limit(self._by_peer, address)
        if not headers:
            raise NoTokenError
        token = await self._presented(headers, address)
        _limit(self._by_token, token.id)
        return Caller(token.id, token.name, Role(token.role), token.scope)

    async def _all(self) -> dict[str, Token]:
        async with self._loading:
            if self._tokens is None:
                # Checked where there is no such token: that must take as long.
                self._nobody = await in_thread(new_secret().hashed)
                found = await in_thread(self._read)
                self._tokens = {token.id: token for token in found}
                self._closed = self._closed or bool(found)
            return self._tokens

    async def _presented(self, headers: Sequence[str], address: str) -> Token:
        given = _BEARER.fullmatch(headers[0]) if len(headers) == 1 else None
        secret = parse_token(given[1]) if given else None
        token = self._remembered(secret) if secret else None
        if token is not None:
            return token
        # Counted before it is checked, so that many at once are counted too.
        _limit(self._failures, address)
        token = await self._checked(secret) if secret else None
        if token is None:
            raise BadTokenError
        self._failures.give_back(address)
        return token

    def _remembered(self, secret: Secret) -> Token | None:
        """Return the token where it was checked not long ago, and is still good."""
        known = self._known.get(secret.id)
        if known is None or known.until <= self._clock():
            return None
        if not hmac.compare_digest(known.digest, _digest(secret)):
            return None
        return self._good(secret.id)

    async def _checked(self, secret: Secret) -> Token | None:
        tokens = await self._all()
        async with self._checks:
            token = tokens.get(secret.id)
            matches = await in_thread(self._matches, token, secret.secret)
        # It may have been revoked in the meantime.
        token = self._good(secret.id) if matches else None
        if token is not None:
            until = self._clock() + KNOWN_SECONDS
            self._known[secret.id] = _Known(_digest(secret), until)
        return token

    def _matches(self, token: Token | None, secret: str) -> bool:
        """Compare, in constant time, as long for a token that there is not."""
        try:
            _HASHER.verify(token.hash if token else self._nobody, secret)
        except (VerificationError, InvalidHashError):
            return False
        return token is not None

    def _good(self, key: str) -> Token | None:
        token = (self._tokens or {}).get(key)
        if token is None or token.revoked_at is not None:
            return None
        if token.expires_at is not None and token.expires_at <= self._now():
            return None
        return token


def _limit(buckets: Buckets, key: str) -> None:
    wait = buckets.take(key)
    if wait:
        raise TooManyRequestsError(wait)


def _digest(secret: Secret) -> bytes:
    return hashlib.sha256(secret.secret.encode()).digest()


def is_loopback(host: str) -> bool:
    """Say whether an address, or ``localhost``, is of this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _address(peer: str) -> str:
    """Return what one peer cannot change at will: of IPv6 the network."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return peer
    if address.version == _IPV6:
        return str(ipaddress.ip_network((address.packed, _NETWORK_BITS), strict=False))
    return str(address)
