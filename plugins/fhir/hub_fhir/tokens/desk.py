"""The server's side: who asks is looked at once, and gets a token for a while.

Tokens and used marks are in memory: after a restart clients ask again.
"""

import asyncio
import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from hub_fhir.tokens.errors import (
    AssertionRefusedError,
    KeysUnreadableError,
    ScopeRefusedError,
)
from hub_fhir.tokens.scopes import Permission, granted, written
from hub_fhir.tokens.verifying import (
    LEEWAY_SECONDS,
    Proved,
    PublicKey,
    claimed_client,
    proved,
    read_keys,
)

_LARGEST_KEYS_BYTES = 64 * 1024
_MOST_TOKENS_PER_CLIENT = 64
_MOST_MARKS_PER_CLIENT = 20_000


class Client(NamedTuple):
    """A system that may ask, the partner for which it speaks, and what it may do."""

    party: str
    keys: Path
    scopes: tuple[str, ...]


class Grant(NamedTuple):
    """What the bearer of a token may do, and until when."""

    client: str
    party: str
    permissions: frozenset[Permission]
    expires: float


class Issued(NamedTuple):
    """A new token, its scopes, and for how many seconds it is good."""

    token: str
    scope: str
    seconds: int


class TokenDesk:
    """Gives tokens to clients and knows them again. `clock` is in seconds of 1970."""

    def __init__(
        self,
        clients: Mapping[str, Client],
        seconds: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clients = clients
        self._seconds = seconds
        self._clock = clock
        self._grants: dict[str, OrderedDict[bytes, Grant]] = {}
        self._marks: dict[str, OrderedDict[str, float]] = {}

    async def issue(self, assertion: str, scope: str, audience: str) -> Issued:
        """Return a token for who proves to be a client.

        Raises AssertionRefusedError, ScopeRefusedError and KeysUnreadableError.
        """
        name = claimed_client(assertion)
        client = self._clients.get(name)
        if client is None:
            raise AssertionRefusedError("iss")
        keys = await asyncio.to_thread(keys_at, client.keys)
        self._use(proved(assertion, name, keys, audience, self._clock()))
        permissions = granted(scope, client.scopes)
        if not permissions:
            raise ScopeRefusedError
        token = secrets.token_urlsafe(32)
        expires = self._clock() + self._seconds
        self._keep(token, Grant(name, client.party, permissions, expires))
        return Issued(token, written(permissions), self._seconds)

    def grant_of(self, token: str) -> Grant | None:
        """Return what a token permits, None where it is none or no longer good."""
        digest = _digest(token)
        for grants in self._grants.values():
            found = grants.get(digest)
            if found is not None:
                return found if found.expires > self._clock() else None
        return None

    def _keep(self, token: str, grant: Grant) -> None:
        kept = self._grants.setdefault(grant.client, OrderedDict())
        kept[_digest(token)] = grant
        while len(kept) > _MOST_TOKENS_PER_CLIENT:
            kept.popitem(last=False)

    def _use(self, shown: Proved) -> None:
        """Remember a mark of a client, whatever others do.

        Raises AssertionRefusedError where it was used, or too many are good still.
        """
        now = self._clock()
        kept = self._marks.setdefault(shown.client, OrderedDict())
        if kept.get(shown.mark, 0) > now:
            raise AssertionRefusedError("jti")
        # What came first nearly always ends first; the rest goes a little later.
        while kept and next(iter(kept.values())) <= now:
            kept.popitem(last=False)
        if len(kept) >= _MOST_MARKS_PER_CLIENT:
            raise AssertionRefusedError("too many at once")
        kept[shown.mark] = shown.expires + LEEWAY_SECONDS
        kept.move_to_end(shown.mark)


def keys_at(path: Path) -> list[PublicKey]:
    """Return the keys in a file as it is now. Raises KeysUnreadableError; blocks."""
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST_KEYS_BYTES + 1)
    except OSError as error:
        raise KeysUnreadableError(f"{path}: {error.strerror}") from None
    if len(text) > _LARGEST_KEYS_BYTES:
        raise KeysUnreadableError(f"{path} is too large")
    return read_keys(text.decode("utf-8", "replace"))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
