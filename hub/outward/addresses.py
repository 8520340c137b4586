"""Which addresses the hub may call. Pure.

The rules keep the hub from being used to reach what only the hub can reach: the
machine it runs on, and the metadata service of a cloud. Private networks are
allowed, because that is where hospitals are. Source: OWASP ASVS 5.0, 1.3.6.
"""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from yarl import URL

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052, section 2.1
_IPV4 = (1 << 32) - 1

#: Metadata services of clouds (EC2 over IPv6, Alibaba, Oracle) whose addresses look
#: like those of a private network.
_METADATA = frozenset(
    map(ip_address, ("fd00:ec2::254", "100.100.100.200", "192.0.0.192"))
)

# 2130706433 and 0x7f.1 are 127.0.0.1 to many resolvers. Source: WHATWG URL, 3.5.
_NUMERIC = re.compile(r"(.*\.)?([0-9]+|0[xX][0-9a-fA-F]*)\.?")

_EXAMPLE = "a URL such as https://example.org/hook is needed"


def is_local(host: str) -> bool:
    """Say whether `host`, as an operator writes it, names this machine."""
    address = _literal(host)
    return host == "localhost" or bool(address and address.is_loopback)


def is_permitted(address: str, *, local: bool) -> bool:
    """Say whether a connection to the IP address `address` may be made.

    `local` says that the URL names this machine; only then, and then only,
    loopback addresses are permitted.
    """
    ip = _embedded(ip_address(address))
    if local or ip.is_loopback:
        return local and ip.is_loopback
    special = ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip.is_reserved
    return not special and ip not in _METADATA


def checked_url(text: str) -> str:
    """Return `text` if it is a URL that the hub may call.

    Raises ValueError, which does not quote the URL: it may hold a token.
    """
    try:
        url = URL(text)  # what aiohttp parses with: two parsers may disagree
    except ValueError:
        raise ValueError(_EXAMPLE) from None
    if url.scheme not in {"http", "https"} or not url.host or not url.port:
        raise ValueError(_EXAMPLE)
    if url.user is not None or url.password is not None or url.fragment:
        raise ValueError("the URL must not hold a user name, password or fragment")
    if url.scheme == "http" and not is_local(url.host):
        raise ValueError("http is only for this machine, use https")
    _check_host(url.host)
    return text


def _check_host(host: str) -> None:
    if _literal(host):
        if not is_permitted(host, local=is_local(host)):
            raise ValueError("the address is not one that can be a receiver")
    elif _NUMERIC.fullmatch(host):
        raise ValueError("an IP address is written in full")


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _embedded(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that traffic to an IPv6 address ends up at."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _NAT64:
        return IPv4Address(int(ip) & _IPV4)
    return ip.ipv4_mapped or ip.sixtofour or ip
