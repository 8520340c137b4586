"""What a certificate says of its holder and its time, read without a connection.

Source: RFC 5280, section 4.1 (the structure) and 4.1.2.5 (the times).
"""

import hashlib
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

_VERSION, _UTC_TIME = 0xA0, 0x17
_LONG_FORM = 0x80

#: The names of a peer without certificate.
NAMELESS: frozenset[str] = frozenset()


class Validity(Struct, frozen=True):
    """From when to when a certificate is valid; both aware."""

    start: datetime
    end: datetime


def names_of(der: bytes, decoded: Mapping[str, Any]) -> frozenset[str]:
    """Return all names under which a configuration may list a certificate.

    `decoded` is what `ssl` makes of the certificate once it is verified. The names
    are ``sha256:`` and the fingerprint, ``cn:`` and a common name, and ``dns:`` and
    a DNS name in lower case, of which a wildcard stands for itself only.
    """
    subject = [pair for group in decoded.get("subject", ()) for pair in group]
    common = {f"cn:{value}" for key, value in subject if key == "commonName"}
    others = decoded.get("subjectAltName", ())
    dns = {f"dns:{value.lower()}" for kind, value in others if kind == "DNS"}
    return frozenset({fingerprint(der)} | common | dns)


def is_over(decoded: Mapping[str, Any], now: float) -> bool:
    """Say whether a verified certificate has expired at `now`, a POSIX time."""
    return bool(decoded) and ssl.cert_time_to_seconds(decoded["notAfter"]) <= now


def fingerprint(der: bytes) -> str:
    """Return ``sha256:`` and the digest of a certificate in hexadecimal digits."""
    return f"sha256:{hashlib.sha256(der).hexdigest()}"


def first_of(pem: str) -> bytes:
    """Return the first certificate of a PEM file as DER.

    Raises ValueError where there is none.
    """
    _, begin, rest = pem.partition(ssl.PEM_HEADER)
    block, end, _ = rest.partition(ssl.PEM_FOOTER)
    if not (begin and end):
        raise ValueError("no certificate")
    return ssl.PEM_cert_to_DER_cert(begin + block + end)


def validity_of(der: bytes) -> Validity:
    """Return when the certificate `der` is valid.

    Raises ValueError where it is no certificate.
    """
    try:
        start, end = _times(der)
        return Validity(_time(*start), _time(*end))
    except IndexError:
        raise ValueError("the certificate is cut off") from None


def _times(der: bytes) -> Iterator[tuple[int, bytes]]:
    _, certificate, _ = _element(der, 0)
    _, place, _ = _element(der, certificate)
    tag, _, after = _element(der, place)
    skipped = 4 if tag == _VERSION else 3  # version, number, algorithm, issuer
    for _ in range(skipped):
        _, _, place = _element(der, place)
    _, place, end = _element(der, place)
    while place < end:
        tag, start, after = _element(der, place)
        yield tag, der[start:after]
        place = after


def _element(der: bytes, place: int) -> tuple[int, int, int]:
    """Return the tag at `place`, and where its content starts and ends."""
    length, start = der[place + 1], place + 2
    if length & _LONG_FORM:
        size = length & ~_LONG_FORM
        length = int.from_bytes(der[start : start + size], "big")
        start += size
    return der[place], start, start + length


def _time(tag: int, text: bytes) -> datetime:
    # Two digits of a year: those of UTCTime are read as strptime reads them up to
    # 2049 at the latest, which is when GeneralizedTime takes over.
    form = "%y%m%d%H%M%SZ" if tag == _UTC_TIME else "%Y%m%d%H%M%SZ"
    return datetime.strptime(text.decode("ascii"), form).replace(tzinfo=UTC)
