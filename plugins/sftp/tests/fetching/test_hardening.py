"""F64 and F65: no byte goes to a server that is another one, or speaks weakly."""

import asyncssh
import pytest


async def refused(hub):
    async with hub.running():
        await hub.failed.wait()
    return hub.failures[0].code, hub.failures[0].detail


async def restart(server, **options):
    await server.stop()
    server.options |= options
    await server.start()


@pytest.mark.parametrize(
    "options",
    [
        {"encryption_algs": ["aes128-cbc", "aes256-cbc", "3des-cbc"]},
        {"encryption_algs": ["aes128-ctr"], "mac_algs": ["hmac-sha1", "hmac-md5"]},
        {"kex_algs": ["diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1"]},
    ],
    ids=["CBC", "SHA-1 and MD5", "key exchange with SHA-1"],
)
async def test_a_server_that_offers_only_weak_algorithms_is_refused(
    server, partner, hub_of, poller_of, options
):
    partner.put("a.csv")
    await restart(server, **options)
    hub = hub_of(poller_of())

    assert await refused(hub) == ("SFTP-020", "SFTP-015")
    assert not hub.desk.delivered


async def test_a_host_key_that_changed_is_refused(server, hub_of, poller_of):
    hub = hub_of(poller_of())
    server.pin(asyncssh.generate_private_key("ssh-ed25519"))

    assert await refused(hub) == ("SFTP-020", "SFTP-012")


async def test_a_host_key_that_is_unknown_is_never_accepted(server, hub_of, poller_of):
    hub = hub_of(poller_of())
    server.pin(server.host_key, "another.example")
    before = server.opened

    assert await refused(hub) == ("SFTP-020", "SFTP-011")
    assert server.opened == before


async def test_a_host_key_that_is_pinned_in_the_meantime_needs_no_restart(
    server, partner, hub_of, poller_of, monkeypatch
):
    monkeypatch.setattr(
        "hub_sftp.fetching.errors.SignInPausedError.retry_after_seconds", 0.1
    )
    hub = hub_of(poller_of())
    server.pin(server.host_key, "another.example")
    partner.put("a.csv")

    async with hub.running():
        await hub.failed.wait()
        server.pin(server.host_key)
        await hub.until(lambda: hub.desk.delivered)

    assert hub.bodies() == [b"key;value\n"]
