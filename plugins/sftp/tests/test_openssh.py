"""The ``sftp-writer`` against OpenSSH, where it is installed."""

import asyncio
import getpass
import os
import socket
import subprocess
from pathlib import Path

import asyncssh
import pytest

from hub.sdk import Outcome
from hub_sftp.settings import WriterSettings
from hub_sftp.writer import SftpWriter

SSHD = Path("/usr/sbin/sshd")
RUN = Path("/run/sshd")
CONFIG = """
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
Subsystem sftp internal-sftp
"""


def why_not():
    if not SSHD.exists():
        return f"{SSHD} is not installed"
    if os.geteuid() == 0:
        # Debian's start script makes it, and root's sshd does not start without.
        RUN.mkdir(parents=True, exist_ok=True)
    return ""


pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "it runs")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.fixture
async def port(tmp_path):
    port = free_port()
    config = tmp_path / "sshd_config"
    config.write_text(CONFIG.format(port=port, folder=tmp_path))
    for name, public in (("host_key", "known_hosts"), ("user_key", "authorized_keys")):
        key = asyncssh.generate_private_key("ssh-ed25519")
        (tmp_path / name).write_bytes(key.export_private_key())
        (tmp_path / name).chmod(0o600)
        line = key.export_public_key().decode()
        where = f"[127.0.0.1]:{port} " if public == "known_hosts" else ""
        (tmp_path / public).write_text(where + line)
    server = await asyncio.create_subprocess_exec(
        *(SSHD, "-D", "-e", "-f", config), stderr=subprocess.PIPE
    )
    async with asyncio.timeout(10):
        assert b"listening" in await server.stderr.readline()
    yield port
    server.terminate()
    await server.communicate()


@pytest.fixture
async def writer(port, tmp_path):
    (tmp_path / "drop").mkdir()
    settings = WriterSettings(
        kind="sftp-writer",
        format="notification-csv",
        host="127.0.0.1",
        port=port,
        user=getpass.getuser(),
        private_key=f"file:{tmp_path}/user_key",
        known_hosts=tmp_path / "known_hosts",
        folder=str(tmp_path / "drop"),
    )
    writer = SftpWriter(settings)
    yield writer
    await writer.close()


async def test_openssh_takes_files_one_after_the_other(writer, tmp_path, make_artifact):
    body = bytes(range(256)) * 40000  # 10 MB, synthetic
    receipts = [await writer.send(make_artifact(body, f"batch-{n}")) for n in range(2)]

    assert [receipt.outcome for receipt in receipts] == [Outcome.ACCEPTED] * 2
    there = {path.name: path.read_bytes() for path in (tmp_path / "drop").iterdir()}
    assert there == {"batch-0.csv": body, "batch-1.csv": body}


async def test_openssh_replaces_a_file_in_one_step(writer, tmp_path, make_artifact):
    final = tmp_path / "drop" / "batch-1.csv"
    final.write_bytes(b"half")

    receipt = await writer.send(make_artifact())

    assert receipt.outcome is Outcome.ACCEPTED
    assert final.read_bytes() == b"synthetic body"


async def test_openssh_without_the_folder_is_tried_again(
    writer, tmp_path, make_artifact
):
    (tmp_path / "drop").rmdir()

    receipt = await writer.send(make_artifact())

    assert (receipt.outcome, receipt.error_code) == (Outcome.RETRYABLE, "SFTP-007")
