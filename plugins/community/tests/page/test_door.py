"""Who says little is sent away, and holds up nobody. Everybody in here is made up."""

import asyncio
import contextlib
import socket
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web

from hub.testing import MemoryInbox, running
from hub_community.page.door import Door
from hub_community.page.server import ReferralPage
from plugins.community.tests.mail.servers import serving
from plugins.community.tests.page.conftest import settings

HEAD = b"POST /r/x/code HTTP/1.1\r\nHost: page\r\n"
#: What is never the whole of a request.
PARTS = {
    "nothing": b"",
    "a part of a head": HEAD + b"Content-Le",
    "a head without its body": HEAD + b"Content-Length: 10\r\n\r\nab",
    "no request": b"\x16\x03\x01\x02\x00\x01",
}


@pytest.fixture
async def address(clock):
    def door():
        return Door(most=20, silent_seconds=0.4)

    async with serving() as mail:
        page = ReferralPage(settings(mail.port), clock, door=door)
        async with running(page, MemoryInbox("page")) as address:
            yield urlsplit(address)


async def connected(address, said, stack):
    """Return what is read from a connection on which no more than this is said."""
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    stack.callback(writer.close)
    with contextlib.suppress(ConnectionError):
        writer.write(said)
    return reader


@pytest.mark.parametrize("said", PARTS.values(), ids=PARTS)
async def test_who_says_no_more_is_sent_away(address, said):
    with contextlib.ExitStack() as stack:
        reader = await connected(address, said, stack)
        answered = b""
        if b"Length" not in said:  # the page waits longer for what was announced
            async with asyncio.timeout(5):
                answered = await reader.read()

    assert not answered or b" 400 " in answered


async def test_many_who_are_silent_hold_up_nobody_for_long(address):
    with contextlib.ExitStack() as stack:
        silent = [await connected(address, HEAD, stack) for _ in range(200)]
        async with asyncio.timeout(5):
            for reader in silent:
                with contextlib.suppress(ConnectionError):
                    assert await reader.read() == b""
        async with (
            asyncio.timeout(5),
            aiohttp.ClientSession() as http,
            http.get(f"{address.geturl()}/r/none") as response,
        ):
            assert response.status == 404


async def test_who_was_still_arriving_at_a_look_is_sent_away_later():
    async def answer(_):
        raise web.HTTPNotFound

    loop, door, server = asyncio.get_running_loop(), Door(), web.Server(answer)
    door.lead_to(server)
    theirs, ours = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=theirs)
    handler = door.enter()
    door._look(loop.time())
    await loop.create_connection(lambda: handler, sock=ours)
    door._look(loop.time() + 31)

    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()
    await server.shutdown(0.1)


async def test_who_left_is_forgotten():
    async def answer(_):
        raise web.HTTPNotFound

    loop, door, server = asyncio.get_running_loop(), Door(), web.Server(answer)
    door.lead_to(server)
    door.enter()
    door._look(loop.time() + 31)

    assert not door._since
    assert not door._arriving
    await server.shutdown(0.1)


async def test_a_connection_that_is_used_is_kept(address):
    connector = aiohttp.TCPConnector(limit=1)
    async with aiohttp.ClientSession(connector=connector) as http:
        for _ in range(4):
            async with http.get(f"{address.geturl()}/r/none") as response:
                assert response.status == 404
            await asyncio.sleep(0.2)
        assert len(connector._conns) == 1


async def test_too_many_at_once_are_refused(address):
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            await connected(address, b"", stack)
        with contextlib.suppress(ConnectionError):
            last = await connected(address, HEAD, stack)
            async with asyncio.timeout(0.3):
                assert await last.read() == b""
