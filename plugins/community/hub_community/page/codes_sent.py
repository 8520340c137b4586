"""One-time codes: who was sent one, and how often it was tried.

All of it is in memory and hashed, with a key that nobody has after a restart: then
another code is asked for. Times are seconds of a clock that only goes forward.
"""

import hmac
import secrets
from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from hub_community.page.errors import TooManyCodesError
from hub_community.page.links import Link

DIGITS = 6
#: Most codes in an hour for one link, and for all links to one address.
MOST_FOR_LINK, MOST_FOR_ADDRESS = 5, 20
_HOUR = 3600.0
#: Most links that have a code at once; the oldest one gives way.
_MOST_REMEMBERED = 10_000


class Answer(StrEnum):
    """What becomes of a code that was entered."""

    RIGHT = "right"
    WRONG = "wrong"
    OVER = "over"


@dataclass
class _Sent:
    digest: bytes
    until: float
    tries: int


class Codes:
    """The codes that are under way; a new one voids the one before for its link."""

    def __init__(self, *, valid_seconds: float, tries: int) -> None:
        self._valid = valid_seconds
        self._tries = tries
        self._key = secrets.token_bytes(32)
        self._sent: dict[bytes, _Sent] = {}
        self._asked: dict[bytes, deque[float]] = {}

    def issue(self, link: Link, now: float) -> str:
        """Return a new code of six digits. Raises TooManyCodesError."""
        own, address = self._own(link), self._of_address(link)
        counts = ((own, MOST_FOR_LINK), (address, MOST_FOR_ADDRESS))
        if any(len(self._lately(key, now)) >= most for key, most in counts):
            raise TooManyCodesError
        for key, _ in counts:
            self._lately(key, now).append(now)
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        self._forget(now)
        self._sent.pop(own, None)
        self._sent[own] = _Sent(self._digest(own, code), now + self._valid, self._tries)
        return code

    def enter(self, link: Link, code: str, now: float) -> Answer:
        """Say whether `code` is right. One that is right is never right again."""
        own = self._own(link)
        sent = self._sent.get(own)
        # Compared in any case, so that the time taken says nothing.
        given = self._digest(own, code)
        fits = hmac.compare_digest(given, sent.digest if sent else bytes(len(given)))
        if sent is None or now >= sent.until:
            self._sent.pop(own, None)
            return Answer.WRONG
        if fits:
            del self._sent[own]
            return Answer.RIGHT
        sent.tries -= 1
        if sent.tries > 0:
            return Answer.WRONG
        del self._sent[own]
        return Answer.OVER

    def _own(self, link: Link) -> bytes:
        return self._hashed(repr(link))

    def _of_address(self, link: Link) -> bytes:
        return self._hashed(repr((link.party, link.address)))

    def _digest(self, own: bytes, code: str) -> bytes:
        return self._hashed(f"{own.hex()}:{code}")

    def _hashed(self, text: str) -> bytes:
        return hmac.digest(self._key, text.encode("utf-8", "replace"), "sha256")

    def _lately(self, key: bytes, now: float) -> "deque[float]":
        """Return when codes were asked for in the last hour."""
        asked = self._asked.setdefault(key, deque())
        while asked and asked[0] <= now - _HOUR:
            asked.popleft()
        return asked

    def _forget(self, now: float) -> None:
        """Let go of what no longer counts, so that memory does not grow."""
        if len(self._sent) >= _MOST_REMEMBERED:
            self._sent = {
                key: each for key, each in self._sent.items() if each.until > now
            }
            while len(self._sent) >= _MOST_REMEMBERED:
                del self._sent[next(iter(self._sent))]
        if len(self._asked) >= 2 * _MOST_REMEMBERED:
            self._asked = {
                key: asked
                for key, asked in self._asked.items()
                if asked and asked[-1] > now - _HOUR
            }
