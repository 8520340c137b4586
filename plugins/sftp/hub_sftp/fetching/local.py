"""Files in a folder of this machine, such as one that an SFTP server fills."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hub.sdk import HubError
from hub_sftp.fetching.errors import (
    FileGoneError,
    MoveDeniedError,
    NotAFileError,
    ReadDeniedError,
    ReadFailedError,
)
from hub_sftp.fetching.names import as_bytes, as_text
from hub_sftp.fetching.shelf import Entry, Sink, TakenError

# Never through a link, and without waiting for whoever should write into a pipe.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_PIECE = 1 << 20
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR})
_DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.EXDEV})


class LocalShelf:
    """Implements `Shelf`; has no state but whether it was aborted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._aborted = False

    @property
    def address(self) -> str:
        """The folder that is watched."""
        return str(self._folder)

    def open(self) -> None:
        """Do nothing: every call opens what it needs."""

    def close(self) -> None:
        """Do nothing."""

    def abort(self) -> None:
        """Let a copy end at its next piece."""
        self._aborted = True

    def entries(self, folder: str) -> Iterator[Entry]:
        """Yield the entries as the system lists them."""
        with _catalogued(), os.scandir(as_bytes(folder)) as listing:
            for each in listing:
                with suppress(FileNotFoundError):  # gone since it was listed
                    yield _entry(as_text(each.name), each.stat(follow_symlinks=False))

    def look(self, path: str) -> Entry | None:
        """Return what lstat says."""
        with _catalogued():
            try:
                return _entry(path.rpartition("/")[2], os.lstat(as_bytes(path)))
            except (FileNotFoundError, NotADirectoryError):
                return None

    def read(self, path: str, start: int, end: int, sink: Sink) -> int:
        """Copy; threads beside this one go on meanwhile."""
        with _opened(path, _READ) as file:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise NotAFileError
            while start < end and not self._aborted:
                with _catalogued():
                    piece = os.pread(file, min(_PIECE, end - start), start)
                if not piece:
                    break
                sink(piece)
                start += len(piece)
        return start

    def move(self, old: str, new: str) -> None:
        """Rename, where the new name is free."""
        if self.look(new) is not None:
            raise TakenError
        try:
            with _catalogued():
                _path(old).rename(_path(new))
        except (ReadDeniedError, ReadFailedError) as error:
            raise MoveDeniedError from error

    def make(self, folder: str) -> None:
        """Create a folder for the hub's user and group."""
        try:
            with _catalogued(), suppress(FileExistsError):
                _path(folder).mkdir(0o770)
        except HubError as error:
            raise MoveDeniedError("a folder cannot be made") from error

    def write(self, path: str, body: bytes) -> None:
        """Write a file that others of the group may read."""
        with _opened(path, _WRITE) as file, _catalogued():
            rest = memoryview(body)
            while rest:
                rest = rest[os.write(file, rest) :]
            os.fsync(file)

    def remove(self, path: str) -> None:
        """Delete a file, if it is there and can be deleted."""
        with suppress(OSError):
            _path(path).unlink()


def _path(text: str) -> Path:
    return Path(os.fsdecode(as_bytes(text)))


@contextmanager
def _opened(path: str, flags: int) -> Iterator[int]:
    folder, _, name = path.rpartition("/")
    with _catalogued():
        above = os.open(as_bytes(folder) or b"/", _FOLDER)
        try:
            file = os.open(as_bytes(name), flags, 0o640, dir_fd=above)
        finally:
            os.close(above)
    try:
        yield file
    finally:
        os.close(file)


@contextmanager
def _catalogued() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, "no errno")
        if error.errno in _GONE:
            raise FileGoneError from error
        if error.errno in {errno.ELOOP, errno.ENXIO}:  # a link, a socket
            raise NotAFileError from error
        if error.errno in _DENIED:
            raise ReadDeniedError(name) from error
        raise ReadFailedError(name) from error


def _entry(name: str, status: os.stat_result) -> Entry:
    mode, size = status.st_mode, status.st_size
    modified = int(status.st_mtime)
    if stat.S_ISDIR(mode):
        return Entry(name, "folder", size, modified)
    return Entry(name, "file" if stat.S_ISREG(mode) else "other", size, modified)
