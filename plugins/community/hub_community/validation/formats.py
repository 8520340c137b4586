"""The formats that the specification names, as their standards have them.

Source: RFC 9562 (UUID), RFC 3986 (URI), RFC 5321 (Mailbox), RFC 3339 (date-time).
"""

import ipaddress
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

_UUID: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    re.ASCII | re.IGNORECASE,
)
_ESCAPE: Final = "%[0-9A-Fa-f]{2}"
_NAME: Final = rf"(?:[A-Za-z0-9._~!$&'()*+,;=-]|{_ESCAPE})*+"
_PART: Final = rf"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|{_ESCAPE})"
_URI: Final = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.-]*+:"
    rf"(?://(?:(?:[A-Za-z0-9._~!$&'()*+,;=:-]|{_ESCAPE})*@)?"
    rf"(?:\[(?P<literal>[^\[\]]*)\]|{_NAME})(?::[0-9]*)?(?:/{_PART}*+)*+"
    rf"|/?(?:{_PART}++(?:/{_PART}*+)*+)?)"
    rf"(?:\?(?:{_PART}|[/?])*+)?(?:\#(?:{_PART}|[/?])*+)?",
    re.ASCII,
)
_FUTURE: Final = re.compile(r"[vV][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+", re.ASCII)
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL: Final = re.compile(
    rf"(?P<local>{_ATOM}(?:\.{_ATOM})*+|\"(?:[ !\#-\[\]-~]|\\[ -~])*+\")@"
    rf"(?:(?P<domain>{_LABEL}(?:\.{_LABEL})*)|\[(?P<literal>[^\[\]\\]*)\])",
    re.ASCII,
)
_LONGEST_LOCAL: Final = 64
_LONGEST_DOMAIN: Final = 254
_MOMENT: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?"
    r"(?:[Zz]|([+-])(\d\d):(\d\d))",
    re.ASCII,
)
_LEAP_SECOND: Final = 60
#: A leap year like the year 0, which Python does not count.
_LIKE_ZERO: Final = 400


def is_uuid(text: str) -> bool:
    """Say whether a text is a UUID with its hyphens."""
    return len(text) == 36 and _UUID.fullmatch(text) is not None  # noqa: PLR2004


def is_uri(text: str) -> bool:
    """Say whether a text is a URI with its scheme; IRIs are none."""
    found = _URI.fullmatch(text)
    if found is None:
        return False
    literal = found["literal"]
    return literal is None or _is_ip6(literal) or bool(_FUTURE.fullmatch(literal))


def is_email(text: str) -> bool:
    """Say whether a text is one mailbox, without the name of whose it is."""
    found = _EMAIL.fullmatch(text)
    if found is None or len(found["local"]) > _LONGEST_LOCAL:
        return False
    domain, literal = found["domain"], found["literal"]
    if domain is not None:
        return len(domain) <= _LONGEST_DOMAIN
    if literal.startswith("IPv6:"):
        return _is_ip6(literal[len("IPv6:") :])
    return _is_ip4(literal)


def is_moment(text: str) -> bool:
    """Say whether a text is a date with a time and an offset."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        return False
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    ahead = timedelta(hours=int(found[8] or 0), minutes=int(found[9] or 0))
    leaps = second == _LEAP_SECOND
    try:
        zone = timezone(-ahead if found[7] == "-" else ahead)
        at = datetime(
            year or _LIKE_ZERO, month, day, hour, minute, second - leaps, tzinfo=zone
        )
        if int(found[9] or 0) >= _LEAP_SECOND:
            return False
        return not leaps or f"{at.astimezone(UTC):%H:%M}" == "23:59"
    except (ValueError, OverflowError):
        return False


def _is_ip6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return "%" not in text


def _is_ip4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True
