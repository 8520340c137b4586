"""The bytes of one file, from a shelf into the file that the hub made up for them."""

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Self

from msgspec import Struct

from hub_sftp.fetching.errors import FileChangedError, SpoolFailedError
from hub_sftp.fetching.shelf import Shelf
from hub_sftp.reading import Bytes

#: Bytes after which the disk gets them. Whoever waits for the same disk, such as the
#: journal, waits for as much of each download, and for all of it without this.
_SYNC_BYTES = 1 << 20
_PIECE = 1 << 20


class Job(Struct, frozen=True, kw_only=True):
    """What to fetch: the bytes from `offset` on, of a file of `size`."""

    path: str
    spool: str
    offset: int
    size: int
    digests: tuple[str, ...] = ()


class Fetched(Struct, frozen=True, kw_only=True):
    """The hashes of the whole file, where they were asked for."""

    digests: dict[str, str] = {}


def fetch(shelf: Shelf, job: Job, beat: Callable[[int], None] | None = None) -> Fetched:
    """Fetch a file, or the rest of one; tell `beat` the size of each piece.

    Raises FileChangedError where it has another length than was listed, and
    SpoolFailedError.
    """
    with _Spool(job) as spool:

        def sink(piece: Bytes) -> None:
            spool.write(piece)
            if beat is not None:
                beat(len(piece))

        reached = shelf.read(job.path, spool.start, job.size, sink)
        spool.settle()
    if reached != job.size:
        raise FileChangedError(f"{reached} of {job.size} bytes")
    return Fetched(digests=spool.digests())


class _Spool:
    """The file that bytes go to. Use it in a ``with`` block."""

    def __init__(self, job: Job) -> None:
        self.start = job.offset if job.offset <= job.size else 0
        self._path = job.spool
        self._hashes = {
            name: hashlib.new(name, usedforsecurity=False) for name in job.digests
        }
        self._since_sync = 0
        # Its thread starts with its first task: small files never have one.
        self._disk = ThreadPoolExecutor(1)
        self._syncing: Future[None] | None = None

    def __enter__(self) -> Self:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file = _kept(lambda: os.open(self._path, flags, 0o600))
        try:
            _kept(lambda: os.ftruncate(self._file, self.start))
            self._read_what_is_there()
        except BaseException:
            os.close(self._file)
            raise
        return self

    def __exit__(self, *what: object) -> None:
        self._disk.shutdown()
        os.close(self._file)

    def write(self, piece: Bytes) -> None:
        """Take the next bytes."""
        for each in self._hashes.values():
            each.update(piece)
        rest = memoryview(piece)
        while rest:
            written = rest
            rest = rest[_kept(lambda: os.write(self._file, written)) :]  # noqa: B023
        self._since_sync += len(piece)
        if self._since_sync >= _SYNC_BYTES:
            self.settle()
            self._syncing = self._disk.submit(os.fdatasync, self._file)
            self._since_sync = 0

    def settle(self) -> None:
        """Wait for what the disk was given. Raises SpoolFailedError.

        A disk says only once that it lost something: whoever asks later hears nothing.
        """
        if self._syncing is not None:
            _kept(self._syncing.result)

    def digests(self) -> dict[str, str]:
        """Return the hashes of all bytes, of earlier tries too."""
        return {name: each.hexdigest() for name, each in self._hashes.items()}

    def _read_what_is_there(self) -> None:
        at = 0
        while self._hashes and at < self.start:
            piece = os.pread(self._file, min(_PIECE, self.start - at), at)
            for each in self._hashes.values():
                each.update(piece)
            at += len(piece)
        os.lseek(self._file, 0, os.SEEK_END)


def _kept(call: Callable[[], int | None]) -> int:
    try:
        return call() or 0
    except OSError as error:
        raise SpoolFailedError(os.strerror(error.errno or 0)) from error


def lines_in(path: str) -> int:
    """Return how many lines a fetched file has; the last may lack its end."""
    lines, last = 0, b""
    with open(path, "rb") as file:  # noqa: PTH123 - a path of the hub's, as text
        while piece := file.read(_PIECE):
            lines += piece.count(b"\n")
            last = piece[-1:]
    return lines + (last not in {b"", b"\n"})


def forget(path: str) -> None:
    """Drop what was fetched of a file."""
    with suppress(OSError):
        os.unlink(path)  # noqa: PTH108 - a path of the hub's, as text
