"""The ``folder`` destination: one file for each artifact, whole or not there."""

import asyncio
import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import structlog

from hub.sdk import Artifact, HubError, Outcome, Receipt
from hub_sftp.containers.expiry import KeyWatch
from hub_sftp.errors import (
    DiskFullError,
    FileFailedError,
    FolderDeniedError,
    FolderUnusableError,
    NameTakenError,
    not_accepted,
)
from hub_sftp.names import part_name
from hub_sftp.outgoing import Outgoing, evidence, outgoing
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
    """A destination that writes each artifact as a file into a folder.

    It is called ``<id><suffix>``, unless the settings say otherwise. A file has its
    final name only once it is complete and would survive power loss; until then it
    ends in ``.part``.
    """

    def __init__(self, settings: FolderSettings) -> None:
        self._settings = settings
        self._watch = KeyWatch()
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
        settings = self._settings
        who = settings.partner or settings.receiver or settings.folder.name
        self._watch.look(settings.pgp, datetime.now(UTC), partner=who)
        try:
            files = outgoing(artifact, settings)
            with _opened(settings.folder) as folder:
                what = _place(folder, files)
        except HubError as error:
            return not_accepted(error)
        except OSError as error:
            return not_accepted(_catalogued(error))
        told = evidence(what, files, settings)
        return Receipt(outcome=Outcome.ACCEPTED, evidence=told)


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


def _place(folder: int, files: Sequence[Outgoing]) -> str:
    there = [_is_there(folder, file) for file in files]
    if not all(there):
        for file, is_there in zip(files, there, strict=True):
            # An announcement that is due says what is in the file that is there.
            if not (is_there and files[0].exact):
                _write(folder, file.name, file.body)
                log.debug("file.stored", artifact=file.name, size=len(file.body))
    # Also where it is there: the attempt that renamed it may have ended before.
    os.fsync(folder)
    return "already there" if all(there) else "stored"


def _is_there(folder: int, file: Outgoing) -> bool:
    """Say whether the name of `file` is there with the same bytes.

    What PGP made anew has other bytes, and is told by its size. Raises NameTakenError
    where something else has the name.
    """
    try:
        opened = os.open(file.name, _EXAMINE, dir_fd=folder)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO}:  # a link, a socket
            raise NameTakenError("not a file") from error
        raise
    try:
        if _differs(opened, file):
            raise NameTakenError("something else than this artifact")
    finally:
        os.close(opened)
    return True


def _differs(opened: int, file: Outgoing) -> bool:
    there = os.fstat(opened)
    if not stat.S_ISREG(there.st_mode) or not file.may_have(there.st_size):
        return True
    if not file.exact:
        return False
    with os.fdopen(opened, "rb", closefd=False) as reader:
        return reader.read() != file.body


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
