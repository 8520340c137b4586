"""Whether links lead where people may go (L3)."""

import ipaddress
import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

_USUAL: Final = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?P<last>[a-z]{2,63})"
    r"(?:[/?#][^\s\\]*)?",
    re.ASCII | re.IGNORECASE,
)
#: Longer ones are not remembered.
_LONGEST: Final = 500
_SCHEMES: Final = frozenset({"mailto", "tel"})
_SCHEME: Final = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*):(?!\d)", re.ASCII)
#: Names that lead into somebody's own network (RFC 6761, RFC 6762, RFC 8375, usage).
_INSIDE: Final = frozenset(
    {
        "localhost", "local", "localdomain", "internal", "intern", "intranet",
        "lan", "home", "corp", "private", "arpa", "test", "invalid", "onion",
    }
)  # fmt: skip
_NUMBERS: Final = re.compile(
    r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+))*\.?", re.IGNORECASE
)


def problem_of(link: str) -> str:
    """Return what is wrong: ``link_scheme``, ``link_host`` or ``link_credentials``.

    Empty where nothing is, and where it is no link at all, which L1 says.
    """
    return _problem(link) if len(link) <= _LONGEST else _problem.__wrapped__(link)


@lru_cache(maxsize=8192)
def _problem(link: str) -> str:
    if (usual := _USUAL.fullmatch(link)) is not None:
        return "link_host" if usual["last"].casefold() in _INSIDE else ""
    # Browsers read over these within a scheme.
    plain = re.sub(r"[\x00-\x20]", "", link)
    scheme = _SCHEME.match(plain)
    if scheme is None:
        return ""
    if scheme[1].casefold() not in {"http", "https"}:
        return "" if scheme[1].casefold() in _SCHEMES else "link_scheme"
    return _problem_of_web(plain)


def _problem_of_web(plain: str) -> str:
    try:
        parts = urlsplit(plain.replace("\\", "/"))
        host = parts.hostname or ""
    except ValueError:
        return "link_host"
    if parts.username is not None or parts.password is not None:
        return "link_credentials"
    return "link_host" if _is_inside(host) else ""


def _is_inside(host: str) -> bool:
    """Say whether a host is not one of the public internet."""
    told = host.rstrip(".").casefold()
    try:
        return not ipaddress.ip_address(told).is_global
    except ValueError:
        pass
    if not told or _NUMBERS.fullmatch(told):
        return True  # an address in one of the forms that only browsers read
    return "." not in told or told.rpartition(".")[2] in _INSIDE
