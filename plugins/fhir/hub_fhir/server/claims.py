"""Requests that come twice, or at once: one of them counts.

All of this is in memory. After a restart the hub's own rules remain: the same bytes
are one message, and the same status again is no event.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable

from hub_fhir.server.errors import (
    BadRequestError,
    ChangedMeanwhileError,
    KeyReusedError,
    UnderWayError,
)

_MOST = 10_000
_LONGEST_KEY = 255
#: How long a version is taken, if what was said of it changes nothing.
_TAKEN_SECONDS = 60.0


class Keys:
    """Idempotency keys: what was asked with each, and what was stored for it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], tuple[bytes, str]] = OrderedDict()

    def begin(self, party: str, key: str, asked: bytes) -> str:
        """Return the message that was stored before, "" where this is the first.

        Raises BadRequestError, KeyReusedError and UnderWayError.
        """
        if len(key) > _LONGEST_KEY or not key.isprintable():
            raise BadRequestError("Idempotency-Key")
        digest = hashlib.sha256(asked).digest()
        known = self._kept.get((party, key))
        if known is None:
            self._kept[party, key] = (digest, "")
            if len(self._kept) > _MOST:
                self._kept.popitem(last=False)
            return ""
        if known[0] != digest:
            raise KeyReusedError
        if not known[1]:
            raise UnderWayError
        return known[1]

    def end(self, party: str, key: str, message: str) -> None:
        """Say what was stored; "" for nothing, and the key is free again."""
        found = self._kept.pop((party, key), None)
        if found and message:
            self._kept[party, key] = (found[0], message)


class Versions:
    """Which versions somebody is about to replace. `clock` is in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._taken: OrderedDict[tuple[str, str], tuple[float, bytes]] = OrderedDict()

    def take(self, referral: str, version: str, body: bytes) -> bool:
        """Take a version; False where this very request took it before.

        Raises ChangedMeanwhileError where another one did.
        """
        digest = hashlib.sha256(body).digest()
        until, owner = self._taken.get((referral, version), (0.0, b""))
        if until > self._clock():
            if owner != digest:
                raise ChangedMeanwhileError
            return False
        self._taken[referral, version] = (self._clock() + _TAKEN_SECONDS, digest)
        if len(self._taken) > _MOST:
            self._taken.popitem(last=False)
        return True

    def leave(self, referral: str, version: str) -> None:
        """Give a version back: nothing was stored."""
        self._taken.pop((referral, version), None)
