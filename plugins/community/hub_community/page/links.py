"""Links to one referral for one partner, signed and for a time. Pure.

    link    = page "/r/" token
    token   = base64url( claims ) "." base64url( HMAC-SHA256( key, label claims ) )
    claims  = JSON array: version, referral, party, address, expires, mark

`referral` is the hub's own opaque key and `address` a keyed digest, so that a link
says nothing about anybody; `expires` is in whole seconds since 1970. Only one text
is the token of its claims: base64 without padding, and no other way to write it.
"""

import base64
import binascii
import hmac
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from hub_community.page.errors import LinkExpiredError, NoSuchLinkError

#: A longer one is none of ours; a browser or a mail could cut it.
LONGEST_TOKEN = 600
#: A secret that can be guessed makes links that can be made by anybody.
SHORTEST_SECRET = 32
_LABEL = b"carehub referral link 1:"
_ADDRESS = b"carehub referral address 1:"
_DIGEST_BYTES = 12

_Word = Annotated[str, Meta(min_length=1, max_length=120)]


class Link(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a token says: which referral it opens, for whom, until when.

    `address` is what `address_digest` returns; `mark` makes each invitation's link
    another one.
    """

    version: Annotated[int, Meta(ge=1, le=1)]
    referral: _Word
    party: _Word
    address: _Word
    expires: Annotated[int, Meta(ge=0, le=1 << 40)]
    mark: Annotated[str, Meta(max_length=64)] = ""

    @property
    def until(self) -> datetime:
        """The first moment at which it no longer opens anything."""
        return datetime.fromtimestamp(self.expires, UTC)


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Link).decode


def checked_secret(secret: str) -> str:
    """Return a secret that is long enough. Raises ValueError without quoting it."""
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(f"a secret for links has {SHORTEST_SECRET} characters or more")
    return secret


def address_digest(secret: str, address: str) -> str:
    """Return what stands for a mail address in links: it cannot be read from it."""
    digest = hmac.digest(
        secret.encode(), _ADDRESS + address.casefold().encode(), "sha256"
    )
    return _text(digest[:_DIGEST_BYTES])


def signed(link: Link, secret: str) -> str:
    """Return the token of `link`: it needs no escaping in a URL."""
    claims = _encode(link)
    return f"{_text(claims)}.{_text(_mac(claims, secret))}"


def read(token: str, secrets: Iterable[str], now: datetime) -> Link:
    """Return what a token says that was signed with one of `secrets`.

    Nothing of it is read before its signature is known to be right. Raises
    NoSuchLinkError, and LinkExpiredError where it was right until some time ago.
    """
    claims = _verified(token, secrets)
    try:
        link = _decode(claims)
    except msgspec.MsgspecError:
        raise NoSuchLinkError from None
    if now >= link.until:
        raise LinkExpiredError
    return link


def _verified(token: str, secrets: Iterable[str]) -> bytes:
    if len(token) > LONGEST_TOKEN or token.count(".") != 1:
        raise NoSuchLinkError
    claims, given = map(_bytes, token.split("."))
    # All are tried, so that the time taken does not say which of them fits.
    fits = [hmac.compare_digest(_mac(claims, each), given) for each in secrets]
    if not any(fits):
        raise NoSuchLinkError
    return claims


def _mac(claims: bytes, secret: str) -> bytes:
    return hmac.digest(secret.encode(), _LABEL + claims, "sha256")


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise NoSuchLinkError from None
    if _text(raw) != text:
        raise NoSuchLinkError
    return raw
