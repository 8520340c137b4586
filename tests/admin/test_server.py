"""The server of the admin API, on real ports of loopback."""

import socket

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from hub.admin.context import AdminContext, HubStatus
from hub.admin.errors import AddressTakenError, NotLoopbackError
from hub.admin.server import AdminServer
from hub.errors import Recovery
from hub.store.queries import Reader


async def no_replay(_, __):
    return False


@pytest.fixture
def context(seeded):
    return AdminContext(
        reader=Reader(seeded.path),
        plugins=[],
        status=lambda: HubStatus(ready=True),
        replay=no_replay,
        metrics_registry=CollectorRegistry(),
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_it_answers_where_it_says_it_does(context, host):
    server = AdminServer(context, host, 0)
    await server.start()
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{server.address}/health/live") as response,
        ):
            assert await response.json() == {"live": True}
    finally:
        await server.stop()


async def test_a_port_that_is_taken_is_an_error_with_a_remedy(context):
    with socket.create_server(("127.0.0.1", 0)) as other:
        server = AdminServer(context, "127.0.0.1", other.getsockname()[1])
        with pytest.raises(AddressTakenError) as caught:
            await server.start()

    assert caught.value.code == "ADMIN-001"
    assert caught.value.recovery is Recovery.STOP
    assert server.address == ""


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "hub.example"])  # noqa: S104 - refused
async def test_it_does_not_listen_for_other_machines(context, host):
    with pytest.raises(NotLoopbackError):
        await AdminServer(context, host, 0).start()


async def test_it_has_no_address_once_it_is_stopped(context):
    server = AdminServer(context, "127.0.0.1", 0)
    await server.start()
    await server.stop()
    await server.stop()

    assert server.address == ""


async def test_it_stops_while_a_client_keeps_its_connection(context):
    server = AdminServer(context, "127.0.0.1", 0)
    await server.start()
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{server.address}/health/live") as response:
            await response.read()
        await server.stop()

    assert server.address == ""
