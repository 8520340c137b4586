"""A process that downloads files, seen from within.

Deciphering 80 MB/s takes a core and, in Python, the interpreter with it; the hub's
event loop has another one. Jobs come as lines of JSON on the standard input, the
server and the secrets of whoever signs in first; answers go out in the same way. Where
the hub is gone, its end of the pipe is closed, and the process ends.
"""

import os
import signal
import sys
import time
from contextlib import suppress
from typing import IO

import msgspec
from msgspec import Struct
from pydantic import SecretStr

from hub.sdk import HubError
from hub_sftp.client import Proof, proof
from hub_sftp.connecting import ConnectionSettings
from hub_sftp.fetching.errors import DownloaderFailedError
from hub_sftp.fetching.pacing import Brake
from hub_sftp.fetching.remote import RemoteShelf
from hub_sftp.fetching.spooling import Fetched, Job, fetch

#: How far it is started behind everything that answers somebody.
NICENESS = 10
#: How often the hub hears that bytes arrive.
SIGN_SECONDS = 5.0


class Server(Struct, frozen=True, kw_only=True):
    """Whom to connect to. Has the secrets in it: for a pipe, and nothing else."""

    host: str
    port: int
    user: str
    known_hosts: str
    connect_timeout_seconds: float
    private_key: str | None
    password: str | None

    @classmethod
    def of(cls, settings: ConnectionSettings) -> "Server":
        """Return what the process needs of `settings`."""
        return cls(
            host=settings.host,
            port=settings.port,
            user=settings.user,
            known_hosts=str(settings.known_hosts),
            connect_timeout_seconds=settings.connect_timeout_seconds,
            private_key=_plain(settings.private_key),
            password=_plain(settings.password),
        )

    def settings(self) -> ConnectionSettings:
        """Return the settings again."""
        values = msgspec.structs.asdict(self)
        for name in ("private_key", "password"):
            values[name] = values[name] and SecretStr(values[name])
        return ConnectionSettings.model_validate(values)


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


class Told(Struct, frozen=True, kw_only=True):
    """What the process says: that it lives, that it is done, or what went wrong."""

    fetched: Fetched | None = None
    error_code: str = ""
    detail: str = ""


def main() -> None:
    """Download what the standard input asks for, until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _leave_processors()
    lines, out = sys.stdin.buffer, sys.stdout.buffer
    settings = msgspec.json.decode(lines.readline(), type=Server).settings()
    worker = _Worker(settings, proof(settings), out, Brake(int(sys.argv[1])))
    jobs = msgspec.json.Decoder(Job)
    # What ends the wait for a server is the end of the hub, too.
    while line := lines.readline():
        worker.work(jobs.decode(line))


def _leave_processors() -> None:
    """Keep off half of the processors: whoever answers somebody finds one free.

    A low priority alone is not enough, since the kernel does not interrupt itself for
    others while it copies and writes for us. Every download takes the same half.
    """
    if not hasattr(os, "sched_setaffinity"):
        return
    ours = sorted(os.sched_getaffinity(0))[len(os.sched_getaffinity(0)) // 2 :]
    with suppress(OSError):  # not every container may choose
        os.sched_setaffinity(0, ours)


class _Worker:
    def __init__(
        self,
        settings: ConnectionSettings,
        proof: Proof,
        out: IO[bytes],
        brake: Brake,
    ) -> None:
        self._shelf = RemoteShelf(settings, proof)
        self._out = out
        self._brake = brake
        self._said = 0.0

    def work(self, job: Job) -> None:
        """Do one job, and say how it went."""
        try:
            told = Told(fetched=fetch(self._shelf, job, self._beat))
        except HubError as error:
            told = Told(error_code=error.code, detail=error.detail)
        except Exception as error:  # noqa: BLE001 - the hub hears of it, with no content
            told = Told(
                error_code=DownloaderFailedError.code, detail=type(error).__name__
            )
        self._tell(told)

    def _beat(self, size: int) -> None:
        self._brake.took(size)
        now = time.monotonic()
        if now - self._said >= SIGN_SECONDS:
            self._said = now
            self._tell(Told())

    def _tell(self, told: Told) -> None:
        try:
            self._out.write(msgspec.json.encode(told) + b"\n")
            self._out.flush()
        except OSError:
            os._exit(1)  # the hub is gone
