"""Opening a connection to a receiver, whichever of its addresses is the good one."""

import asyncio
import socket
import ssl

from hub_hl7.receiving.tls import cause_of
from hub_hl7.sending.errors import UnreachableError, UntrustedError
from hub_hl7.sending.line import Line


async def dial(
    host: str, port: int, seconds: float, tls: ssl.SSLContext | None, name: str
) -> Line:
    """Return a connection to `host`, opened within `seconds`.

    Each address of the name gets its share of the time, so that one behind which
    packets vanish does not hide the others (F54). With `tls`, the receiver proves
    that it is `name`. Raises UnreachableError and UntrustedError.
    """
    try:
        async with asyncio.timeout(seconds):
            addresses = await _addresses(host, port)
            share = seconds / (len(addresses) + 1)
            return await _first_of(addresses, port, share, tls, name)
    except ssl.SSLError as error:
        raise UntrustedError(cause_of(error)) from None
    except (OSError, UnicodeError) as error:  # TimeoutError is one, and no DNS too
        raise UnreachableError(type(error).__name__) from None


async def _addresses(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


async def _first_of(
    addresses: list[str], port: int, share: float, tls: ssl.SSLContext | None, name: str
) -> Line:
    """Try each address in turn; raises what the last one raised."""
    *others, last = addresses
    for address in others:
        try:
            async with asyncio.timeout(share):
                return await _connect(address, port, tls, name)
        except ssl.SSLError:
            raise  # it is there, and it is not trusted: no other makes up for that
        except OSError:
            continue
    return await _connect(last, port, tls, name)


async def _connect(
    address: str, port: int, tls: ssl.SSLContext | None, name: str
) -> Line:
    loop = asyncio.get_running_loop()
    _, line = await loop.create_connection(
        Line, address, port, ssl=tls, server_hostname=name if tls else None
    )
    return line
