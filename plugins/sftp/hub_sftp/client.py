"""One SSH connection with SFTP on it, by paramiko, which nothing else imports.

Everything but `Session.abort` blocks: call it in a thread.
"""

import io
import logging
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import paramiko
from paramiko.hostkeys import InvalidHostKey
from paramiko.sftp import SFTPError

from hub.sdk import HubError
from hub_sftp import keys
from hub_sftp.connecting import ConnectionSettings
from hub_sftp.errors import (
    ConnectionBrokenError,
    ConnectionRefusedByServerError,
    HostKeyChangedError,
    HostKeyUnknownError,
    HostNameUnknownError,
    KnownHostsUnusableError,
    NoSafeAlgorithmError,
    NoSftpError,
    PrivateKeyUnusableError,
    RemoteFolderMissingError,
    RenameRefusedError,
    RenameUnansweredError,
    ServerSilentError,
    SignInRefusedError,
    WriteDeniedError,
    WriteFailedError,
)

# What paramiko would log as tracebacks reaches the operator as a catalogued code.
logging.getLogger("paramiko").setLevel(logging.CRITICAL)

_KEY_TYPES = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)
_CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
_SSH_PORT = 22  # the one that a known_hosts file does not name
_RSA = ("rsa-sha2-512", "rsa-sha2-256")  # how an ssh-rsa key signs without SHA-1
_KEEPALIVE_SECONDS = 15
_ANSWER_SECONDS = 30
# What a server may send before it hears that we took it, and in one SSH packet. Each
# packet costs the same whatever its size, and a window that is full stops the server.
_WINDOW = 4 << 20
_PACKET = 128 << 10
_SETTLING_SECONDS = 0.2
# The most that SFTP servers must take in one write. Source: filexfer-02, section 3.
_BLOCK = 32768
_LOST = (EOFError, paramiko.SSHException, SFTPError)


#: The key or password as paramiko takes it.
Proof = dict[str, Any]


class Line(Protocol):
    """Bytes to and from a server, with a time limit for each of its answers."""

    def sendall(self, data: bytes, /) -> None:
        """Send all of `data`."""

    def recv(self, most: int, /) -> bytes:
        """Return what has come, at least one byte; nothing where it has ended."""


def proof(settings: ConnectionSettings) -> Proof:
    """Return what proves to the server who we are.

    Raises PrivateKeyUnusableError.
    """
    if settings.private_key is None:
        password = settings.password
        return {"password": password and password.get_secret_value()}
    text = keys.to_openssh(settings.private_key.get_secret_value())
    for key_type in _KEY_TYPES:
        with suppress(paramiko.SSHException):
            return {"pkey": key_type.from_private_key(io.StringIO(text))}
    raise PrivateKeyUnusableError("neither Ed25519, ECDSA nor RSA")


class Session:
    """A connection to one server, opened when it is first needed.

    After `abort` the session is of no more use; after any error, `close` it, and
    the next call of `open` connects anew.
    """

    def __init__(self, settings: ConnectionSettings, proof: Proof) -> None:
        self.server = f"{settings.host}:{settings.port}"
        self._settings = settings
        self._proof = proof
        self._guard = Lock()
        self._aborted = False
        self._socket: socket.socket | None = None
        self._client: paramiko.SSHClient | None = None
        self._channel: paramiko.Channel | None = None
        self._sftp: paramiko.SFTPClient | None = None

    def open(self) -> None:
        """Connect and sign in, unless that is done.

        Raises the errors SFTP-001 to 004 and SFTP-011 to 016.
        """
        if self._sftp is not None and self._alive():
            return
        self.close()
        self._connect()
        self._start_sftp()

    def size(self, path: str) -> int | None:
        """Return the size of the file at `path` in bytes, None where it is missing."""
        with self._answered() as sftp:
            try:
                return sftp.stat(path).st_size
            except FileNotFoundError:
                return None

    def upload(self, path: str, body: bytes) -> None:
        """Write `body` to `path` and read the server's answer to every block.

        paramiko's own `putfo` drops the answers to the last hundred blocks, so a
        full disk, or worse a hole in the file, could go unseen.
        """
        last = max(0, len(body) - _BLOCK)
        with self._answered() as sftp, sftp.file(path, "wb") as file:
            file.set_pipelined(True)
            file.write(body[:last])
            # A write that is not pipelined collects all the answers outstanding.
            file.set_pipelined(False)
            file.write(body[last:])

    def rename(self, old: str, new: str) -> None:
        """Give `old` the name `new`, in place of what has it, in one step.

        Raises RenameUnansweredError where only the server knows the outcome, and
        RenameRefusedError where it answered with an error.
        """
        try:
            self._rename(old, new)
        except (ConnectionBrokenError, ServerSilentError) as error:
            raise RenameUnansweredError(self.server) from error
        except HubError as error:
            raise RenameRefusedError(self.server) from error

    def _rename(self, old: str, new: str) -> None:
        with suppress(WriteFailedError), self._answered() as sftp:
            sftp.posix_rename(old, new)
            return
        # A server without the extension can still rename where `new` is free.
        with self._answered() as sftp:
            sftp.rename(old, new)

    def remove(self, path: str) -> None:
        """Delete the file at `path`, if it is there and the server lets us."""
        refused = suppress(WriteFailedError, WriteDeniedError, RemoteFolderMissingError)
        with refused, self._answered() as sftp:
            sftp.remove(path)

    @contextmanager
    def line(self) -> Iterator["Line"]:
        """Give the bytes to and from the server for the length of the block.

        Whoever asks in there waits for every answer in there, or closes the session.
        Raises SFTP-003 or SFTP-004.
        """
        with self._answered():
            if self._channel is None:
                raise ConnectionBrokenError(self.server)
            yield self._channel

    def abort(self) -> None:
        """End the session from another thread, at once: whoever waits gets an error."""
        with self._guard:
            self._aborted = True
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the connection, if there is one."""
        with self._guard:
            client, held = self._client, self._socket
            self._client = self._channel = self._sftp = self._socket = None
        if client is not None:
            client.close()
        if held is not None:
            held.close()

    def _connect(self) -> None:
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        pinned = _pinned(client, self._settings)
        seconds = self._settings.connect_timeout_seconds
        self._client = client
        connected = self._tcp()
        with self._signing_in(client, time.monotonic() + seconds):
            client.connect(
                self._settings.host,
                self._settings.port,
                self._settings.user,
                sock=connected,
                allow_agent=False,
                look_for_keys=False,
                timeout=seconds,
                banner_timeout=seconds,
                auth_timeout=seconds,
                channel_timeout=seconds,
                transport_factory=_transport_factory(pinned),
                **self._proof,
            )

    def _tcp(self) -> socket.socket:
        settings = self._settings
        address = (settings.host, settings.port)
        try:
            connected = socket.create_connection(
                address, timeout=settings.connect_timeout_seconds
            )
        except (socket.gaierror, UnicodeError) as error:
            raise HostNameUnknownError(settings.host) from error
        except TimeoutError as error:
            raise ServerSilentError(self.server) from error
        except OSError as error:
            raise ConnectionRefusedByServerError(self.server) from error
        with self._guard:
            self._socket = connected
            if self._aborted:
                raise ConnectionBrokenError(self.server)
        return connected

    @contextmanager
    def _signing_in(
        self, client: paramiko.SSHClient, deadline: float
    ) -> Iterator[None]:
        try:
            yield
        except paramiko.BadHostKeyException as error:
            raise HostKeyChangedError(self.server) from error
        except paramiko.ssh_exception.IncompatiblePeer as error:
            raise NoSafeAlgorithmError(self.server) from error
        except (*_LOST, OSError) as error:
            # paramiko has no exception of its own for a time limit that passed,
            # and calls a connection lost while signing in a refusal.
            if time.monotonic() >= deadline:
                raise ServerSilentError(self.server) from error
            transport = client.get_transport()
            refused = isinstance(error, paramiko.AuthenticationException)
            if refused and transport is not None and transport.is_active():
                raise SignInRefusedError(self.server) from error
            raise ConnectionBrokenError(self.server) from error

    def _start_sftp(self) -> None:
        transport = self._client and self._client.get_transport()
        if not transport:
            raise ConnectionBrokenError(self.server)
        transport.set_keepalive(_KEEPALIVE_SECONDS)
        try:
            self._channel = transport.open_session(
                window_size=_WINDOW,
                max_packet_size=_PACKET,
                timeout=self._settings.connect_timeout_seconds,
            )
            self._channel.settimeout(_ANSWER_SECONDS)
            self._channel.invoke_subsystem("sftp")
            self._sftp = paramiko.SFTPClient(self._channel)
        except (*_LOST, OSError) as error:
            # A refusal leaves the connection standing; give a broken one time to show.
            transport.join(_SETTLING_SECONDS)
            if transport.is_alive():
                raise NoSftpError(self.server) from error
            raise ConnectionBrokenError(self.server) from error

    def _alive(self) -> bool:
        channel = self._channel
        if channel is None or channel.closed or channel.eof_received:
            return False
        return channel.get_transport().is_active()

    @contextmanager
    def _answered(self) -> Iterator[paramiko.SFTPClient]:
        """Turn what can go wrong with a request into the errors SFTP-003 to 007."""
        if self._sftp is None:
            raise ConnectionBrokenError(self.server)
        try:
            yield self._sftp
        except TimeoutError as error:
            raise ServerSilentError(self.server) from error
        except _LOST as error:
            raise ConnectionBrokenError(self.server) from error
        except OSError as error:
            raise self._status(error) from error

    def _status(self, error: OSError) -> HubError:
        # A closed channel is an OSError to paramiko too.
        if not self._alive():
            return ConnectionBrokenError(self.server)
        if isinstance(error, PermissionError):
            return WriteDeniedError(self.server)
        if isinstance(error, FileNotFoundError):
            return RemoteFolderMissingError(self.server)
        return WriteFailedError(self.server)


def _pinned(client: paramiko.SSHClient, settings: ConnectionSettings) -> list[str]:
    """Load the known_hosts file and return the types of the server's keys in it."""
    path, host = settings.known_hosts, settings.host
    try:
        _refuse_markers(path)
        client.load_host_keys(str(path))
    except (OSError, ValueError, InvalidHostKey) as error:
        raise KnownHostsUnusableError(path.name) from error
    name = host if settings.port == _SSH_PORT else ""
    name = name or f"[{host}]:{settings.port}"
    pinned = client.get_host_keys().lookup(name)
    if not pinned:
        raise HostKeyUnknownError(name)
    return list(pinned)


def _refuse_markers(path: Path) -> None:
    """Refuse @revoked and @cert-authority, which paramiko would read over."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("@"):
            raise KnownHostsUnusableError(f"{path.name}, a marker in line {number}")


def _transport_factory(pinned: list[str]) -> Any:
    """Return what makes transports without CBC, SHA-1 and MD5."""

    def make(sock: socket.socket, **rest: Any) -> paramiko.Transport:
        transport = paramiko.Transport(sock, **rest)
        options = transport.get_security_options()
        counters = [cipher for cipher in options.ciphers if cipher.endswith("-ctr")]
        options.ciphers = (*_CIPHERS, *counters)
        options.digests = tuple(name for name in options.digests if "sha2" in name)
        options.kex = tuple(name for name in options.kex if "sha1" not in name)
        options.key_types = _preferred(pinned, options.key_types)
        return transport

    return make


def _preferred(pinned: list[str], offered: Sequence[str]) -> tuple[str, ...]:
    """Put the types that are pinned first, so that the server shows such a key."""
    types = {*pinned, *(_RSA if "ssh-rsa" in pinned else ())}
    return tuple(sorted(offered, key=lambda name: name not in types))
