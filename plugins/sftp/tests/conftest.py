"""A real SSH server on loopback, with faults to order. All data is synthetic."""

import asyncio
import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from hub.sdk import Artifact
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
KEYS = {name: asyncssh.generate_private_key("ssh-ed25519") for name in ("host", "user")}


class Gate:
    """A fault: lets nothing pass until it is opened."""

    def __init__(self):
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()

    async def __call__(self, _who):
        self.reached.set()
        await self.opened.wait()


def artifact(body=b"synthetic body", name="batch-1", **changes):
    changes = {"media_type": "text/csv", "suffix": ".csv", **changes}
    return Artifact(id=name, body=body, **changes)


class Files(asyncssh.SFTPServer):
    """Files below the server's root; asks the server for trouble first."""

    def __init__(self, chan, server):
        self.server = server
        super().__init__(chan, chroot=os.fsencode(server.root))

    async def open(self, path, pflags, attrs):
        await self.server.before("open", self)
        return super().open(path, pflags, attrs)

    async def write(self, file_obj, offset, data):
        await self.server.before("write", self)
        self.server.written += len(data)
        return super().write(file_obj, offset, data)

    async def read(self, file_obj, offset, size):
        await self.server.before("read", self)
        self.server.read += size
        self.server.largest = max(self.server.largest, size)
        return super().read(file_obj, offset, size)

    async def lstat(self, path):
        await self.server.before("lstat", self)
        return super().lstat(path)

    async def mkdir(self, path, attrs):
        await self.server.before("mkdir", self)
        return super().mkdir(path, attrs)

    async def scandir(self, path):
        await self.server.before("scandir", self)
        async for name in super().scandir(path):
            yield name
        for name in self.server.besides.get(path.rpartition(b"/")[2], []):
            yield name

    async def stat(self, path):
        await self.server.before("stat", self)
        return super().stat(path)

    async def rename(self, oldpath, newpath):
        await self.server.before("rename", self)
        return super().rename(oldpath, newpath)

    async def posix_rename(self, oldpath, newpath):
        await self.server.before("posix_rename", self)
        return super().posix_rename(oldpath, newpath)


class Door(asyncssh.SSHServer):
    """Lets the user in, and keeps the connection for the server to cut."""

    def __init__(self, server):
        self.server = server

    def connection_made(self, conn):
        self.connection = conn
        self.server.connections.append(conn)
        self.server.opened += 1

    def connection_lost(self, exc):  # noqa: ARG002  # asyncssh calls it so
        self.server.connections.remove(self.connection)

    def password_auth_supported(self):
        return True

    async def validate_password(self, username, password):
        await self.server.before("sign-in", self)
        return (username, password) == ("hub", "made-up password")


class Server:
    """An SSH server with SFTP on an ephemeral port of loopback.

    `faults` has what to await before an operation of that name, `besides` what a
    folder of that name is said to hold besides its files.
    """

    def __init__(self, folder: Path):
        self.root = folder / "root"
        self.authorized = folder / "authorized_keys"
        self.known_hosts = folder / "known_hosts"
        self.host_key = KEYS["host"]
        self.host_keys = [self.host_key]
        self.options: dict[str, Any] = {"sftp_factory": self._files}
        self.faults: dict[str, Callable[[Any], Any]] = {}
        self.connections: list[Any] = []
        self.besides: dict[bytes, list[asyncssh.SFTPName]] = {}
        self.written = self.read = self.largest = self.opened = self.port = 0
        self.root.mkdir()
        self.authorized.write_bytes(KEYS["user"].export_public_key())

    async def start(self):
        self._acceptor = await asyncssh.listen(
            "127.0.0.1",
            self.port,
            server_factory=lambda: Door(self),
            server_host_keys=self.host_keys,
            authorized_client_keys=str(self.authorized),
            **self.options,
        )
        self.port = self._acceptor.get_port()
        self.pin(self.host_key)

    async def stop(self):
        for connection in self.connections:
            connection.abort()
        self._acceptor.close()
        await self._acceptor.wait_closed()

    def pin(self, key, host=None):
        line = f"{host or f'[127.0.0.1]:{self.port}'} ".encode()
        self.known_hosts.write_bytes(line + key.export_public_key())

    async def before(self, operation, who):
        if fault := self.faults.get(operation):
            await fault(who)

    async def cut(self, who):
        """End the connection of `who`: a fault."""
        who.connection.abort()
        raise asyncssh.SFTPConnectionLost("cut")

    def names(self):
        return sorted(path.name for path in self.root.iterdir())

    def _files(self, chan):
        return Files(chan, self)


@pytest.fixture
async def server(tmp_path):
    server = Server(tmp_path)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def writer_to():
    """Return what makes writers to a server, with changed settings; closes them."""
    writers = []

    def make(server, **changes):
        settings = {
            "kind": "sftp-writer",
            "format": "notification-csv",
            "host": "127.0.0.1",
            "port": server.port,
            "user": "hub",
            "known_hosts": server.known_hosts,
            **changes,
        }
        if "password" not in settings and "private_key" not in settings:
            key = server.root.parent / "id_ed25519"
            key.write_bytes(KEYS["user"].export_private_key())
            settings["private_key"] = f"file:{key}"
        writers.append(SftpWriter(WriterSettings(**settings)))
        return writers[-1]

    yield make
    for writer in writers:
        await writer.close()


@pytest.fixture
def writer(server, writer_to):
    return writer_to(server)


@pytest.fixture
async def gate():
    gate = Gate()
    yield gate
    gate.opened.set()


@pytest.fixture
def make_artifact():
    return artifact


def why_not():
    if not SSHD.exists():
        return f"{SSHD} is not installed"
    if os.geteuid() == 0:
        # Debian's start script makes it, and root's sshd does not start without.
        RUN.mkdir(parents=True, exist_ok=True)
    return ""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.fixture
async def openssh(tmp_path):
    """The port of an OpenSSH server with a key for us, or a reason to skip."""
    if why := why_not():
        pytest.skip(why)
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
