"""The ``sftp-poller`` against OpenSSH, where it is installed. All data is synthetic."""

import getpass
import hashlib
import os

import pytest

from hub_sftp.fetching.poller import sftp_poller
from hub_sftp.fetching.settings import SftpPollerSettings

BODY = hashlib.shake_256(b"synthetic").digest(12 << 20)


@pytest.fixture
def hub(openssh, tmp_path, local, hub_of):
    settings = SftpPollerSettings(
        kind="sftp-poller",
        host="127.0.0.1",
        port=openssh,
        user=getpass.getuser(),
        private_key=f"file:{tmp_path}/user_key",
        known_hosts=tmp_path / "known_hosts",
        folder=str(local.root / "inbox"),
        poll_seconds=0.05,
        concurrency=2,
    )
    return hub_of(sftp_poller(settings))


async def test_openssh_gives_small_and_large_files(hub, local):
    for name, body in {"a.csv": BODY, "b.csv": b"x\n", "c.csv": b""}.items():
        local.put(name, body)
    os.truncate(local.put("d.csv", b""), 5 << 20)

    async with hub.running():
        await hub.until(lambda: len(hub.desk.delivered) == 4)

    assert sorted(hub.bodies(), key=len) == [b"", b"x\n", bytes(5 << 20), BODY]


async def test_openssh_takes_answers_and_moves_files(hub, local):
    local.put("a.csv", b"first\n")
    local.put("a.csv", b"of another file\n", "error")

    async with hub.running():
        await hub.until(lambda: hub.desk.delivered)
        await hub.answer("error")
        await hub.until(lambda: hub.desk.finished)

    assert local.replies() == {"x-0.response.csv": b"ok\n"}
    assert local.names("error") == ["a.2.csv", "a.csv"]


async def test_openssh_lists_many_files(hub, local):
    """It gives a hundred names at a time."""
    for number in range(105):
        local.put(f"{number}.csv", b"%d\n" % number)

    async with hub.running():
        await hub.until(lambda: len(hub.desk.delivered) == 105, 30)

    assert len(set(hub.bodies())) == 105


async def test_openssh_refuses_what_is_no_file(hub, local):
    local.path("link.csv").symlink_to("/etc/passwd")
    os.mkfifo(local.path("pipe.csv"))

    async with hub.running():
        await hub.until(lambda: len(hub.desk.refused) == 2)

    assert {error.code for _, error in hub.desk.refused} == {"FILE-001"}
