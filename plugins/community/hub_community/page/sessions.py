"""Sessions of those who entered a code: short, for one link, gone with a restart.

    cookie = id "." base64url( HMAC-SHA256( key, id ) )

The id is 128 random bits and says nothing; what it stands for is in memory. The key
is made anew at each start. Times are seconds of a clock that only goes forward.
"""

import asyncio
import base64
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.sdk import RawMessage
from hub_community.page.errors import ForeignFormError, NotNowError, NotSignedInError
from hub_community.page.forms import Worker
from hub_community.page.links import Link

#: Most forms that one session sends, and most sessions at once.
MOST_FORMS, MOST_SESSIONS = 200, 5_000
_NONCE = re.compile("[0-9a-f]{32}")


@dataclass
class Sending:
    """A form that was sent: what it said, and the message until it is stored."""

    said: tuple[tuple[str, str], ...]
    message: RawMessage | None = None
    stored: bool = False


@dataclass
class Session:
    """One visit. `told` is the key of what the next page says first."""

    link: Link
    worker: Worker
    until: float
    csrf: str = field(default_factory=lambda: secrets.token_hex(16))
    told: str = ""
    sent: dict[str, Sending] = field(default_factory=dict)
    sending: asyncio.Lock = field(default_factory=asyncio.Lock)

    def check(self, posted: Mapping[str, str]) -> None:
        """Raise ForeignFormError unless a form comes from a page of this visit."""
        if not self.made(posted):
            raise ForeignFormError

    def made(self, posted: Mapping[str, str]) -> bool:
        """Say whether a form comes from a page of this visit, by its token."""
        given = posted.get("csrf", "").encode("utf-8", "replace")
        return hmac.compare_digest(given, self.csrf.encode())

    def form(self, posted: Mapping[str, str]) -> Sending:
        """Return the form that was sent, the same one for a double click.

        Raises ForeignFormError for one that no page of this visit has made, and
        NotNowError where the same form comes back with something else in it.
        """
        self.check(posted)
        nonce = posted.get("nonce", "")
        if not _NONCE.fullmatch(nonce):
            raise ForeignFormError
        said = tuple(sorted((key, value) for key, value in posted.items()))
        if nonce not in self.sent and len(self.sent) >= MOST_FORMS:
            raise ForeignFormError
        sending = self.sent.setdefault(nonce, Sending(said))
        if sending.said == said:
            return sending
        if sending.message is not None:
            raise NotNowError
        self.sent[nonce] = Sending(said)
        return self.sent[nonce]


class Sessions:
    """All sessions of one page."""

    def __init__(self, valid_seconds: float) -> None:
        self._valid = valid_seconds
        self._key = secrets.token_bytes(32)
        self._sessions: dict[str, Session] = {}

    def open(self, link: Link, worker: Worker, now: float) -> str:
        """Open a session; return its cookie."""
        self._forget(now)
        key = secrets.token_hex(16)
        self._sessions[key] = Session(link, worker, now + self._valid)
        return self._signed(key)

    def of(self, cookie: str, link: Link, now: float) -> Session:
        """Return the session of a cookie. Raises NotSignedInError.

        A cookie that was made for another link opens nothing.
        """
        key = self._key_of(cookie)
        session = self._sessions.get(key)
        if session is None or now >= session.until or session.link != link:
            raise NotSignedInError
        return session

    def close(self, cookie: str) -> None:
        """End a session: its cookie opens nothing any more, wherever it is."""
        self._sessions.pop(self._key_of(cookie), None)

    def _key_of(self, cookie: str) -> str:
        key = cookie.partition(".")[0]
        given = cookie.encode("utf-8", "replace")
        fits = hmac.compare_digest(given, self._signed(key).encode("utf-8", "replace"))
        return key if fits else ""

    def _signed(self, key: str) -> str:
        mac = hmac.digest(self._key, key.encode("utf-8", "replace"), "sha256")
        return f"{key}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"

    def _forget(self, now: float) -> None:
        over = [key for key, each in self._sessions.items() if now >= each.until]
        for key in over:
            del self._sessions[key]
        while len(self._sessions) >= MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]


def new_nonce() -> str:
    """Return what makes a form another one than all before it."""
    return secrets.token_hex(16)
