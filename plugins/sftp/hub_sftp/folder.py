"""The ``folder`` destination: one file for each artifact, whole or not there."""

import asyncio
import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

from hub.sdk import Artifact, HubError, Outcome, Receipt
from hub_sftp.errors import (
    DiskFullError,
    FileFailedError,
    FolderDeniedError,
    FolderUnusableError,
    NameTakenError,
    not_accepted,
)
from hub_sftp.names import file_name, part_name
from hub_sftp.settings import FolderSettings

log = structlog.get_logger()

# A new file or none: never through a link that somebody put there.
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# Without waiting for a writer, should a pipe have the name.
_EXAMINE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_DENIED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_UNUSABLE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.ELOOP})


class Folder:
    """A destination that writes each artifact as ``<id><suffix>`` into a folder.

    A file has its final name only once it is complete and would survive power
    loss; until then it ends in ``.part``.
    """

    def __init__(self, settings: FolderSettings) -> None:
        self._folder = settings.folder
        self._turn = asyncio.Lock()
        self._writing: asyncio.Future[Receipt] | None = None

    async def send(self, artifact: Artifact) -> Receipt:
        """Write `artifact`, or say why it is not there."""
        loop = asyncio.get_running_loop()
        async with self._turn:
            # A thread outlives the send that was cancelled; two must not meet.
            if self._writing is not None:
                await asyncio.wait({self._writing})
            self._writing = loop.run_in_executor(None, self._store, artifact)
            return await asyncio.shield(self._writing)

    async def close(self) -> None:
        """Do nothing: between two sends nothing is open."""

    def _store(self, artifact: Artifact) -> Receipt:
        try:
            name = file_name(artifact)
            with _opened(self._folder) as folder:
                return _place(folder, name, artifact.body)
        except HubError as error:
            return not_accepted(error)
        except OSError as error:
            return not_accepted(_catalogued(error))


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        _create(path)
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in _UNUSABLE:
            raise FolderUnusableError(_name_of(error)) from error
        raise
    try:
        yield folder
    finally:
        os.close(folder)


def _create(path: Path) -> None:
    """Make `path` and what is missing above it, so that power loss keeps them."""
    if path.is_dir():
        return
    _create(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    above = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(above)
    finally:
        os.close(above)


def _place(folder: int, name: str, body: bytes) -> Receipt:
    there = _is_there(folder, name, body)
    if not there:
        _write(folder, name, body)
        log.debug("file.stored", artifact=name, size=len(body))
    # Also where it is there: the attempt that renamed it may have ended before.
    os.fsync(folder)
    what = "already there" if there else "stored"
    return Receipt(outcome=Outcome.ACCEPTED, evidence=f"{what}, {len(body)} bytes")


def _is_there(folder: int, name: str, body: bytes) -> bool:
    """Say whether `name` is there with the same bytes.

    Raises NameTakenError where something else has the name.
    """
    try:
        file = os.open(name, _EXAMINE, dir_fd=folder)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO}:  # a link, a socket
            raise NameTakenError("not a file") from error
        raise
    try:
        if _differs(file, body):
            raise NameTakenError("something else than this artifact")
    finally:
        os.close(file)
    return True


def _differs(file: int, body: bytes) -> bool:
    there = os.fstat(file)
    if not stat.S_ISREG(there.st_mode) or there.st_size != len(body):
        return True
    with os.fdopen(file, "rb", closefd=False) as reader:
        return reader.read() != body


def _write(folder: int, name: str, body: bytes) -> None:
    part = part_name(name)
    with suppress(FileNotFoundError):
        os.unlink(part, dir_fd=folder)
    # Others get nothing; the group reads where the operator shares the folder.
    file = os.open(part, _CREATE, 0o640, dir_fd=folder)
    try:
        _fill(file, body)
        os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(part, dir_fd=folder)
        raise
    finally:
        os.close(file)


def _fill(file: int, body: bytes) -> None:
    rest = memoryview(body)
    while rest:
        rest = rest[os.write(file, rest) :]
    os.fsync(file)
    size = os.fstat(file).st_size
    if size != len(body):
        raise FileFailedError(f"{size} of {len(body)} bytes are there")


def _catalogued(error: OSError) -> HubError:
    if error.errno in _FULL:
        return DiskFullError(_name_of(error))
    if error.errno in _DENIED:
        return FolderDeniedError(_name_of(error))
    return FileFailedError(_name_of(error))


def _name_of(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, "no errno")
