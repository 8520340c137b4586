"""Files of a folder as one package: the same files give the same bytes.

Nothing outside of the folder is read: links are not followed, neither those to files
nor those to folders. Only the folder itself may be one, since an operator named it.
"""

import errno
import hashlib
import os
import re
import stat
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import msgspec

from hub_community.fetching.errors import (
    DirectoryTooLargeError,
    FolderUnreadableError,
)

ARCHIVE: Final = ".zip"
_TABLES: Final = (".csv", ".json", ".ndjson")
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# Without waiting for a writer, should a pipe have the name.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NAME: Final = re.compile(r"[^./\\\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]{0,199}")
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest time that an archive can say
_BLOCK: Final = 1 << 20
_MOST_FILES: Final = 1000
_LARGEST_DESCRIPTION: Final = 16 << 20
_DESCRIPTION: Final = "datapackage.json"
_PASSING: Final = frozenset({errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.ENXIO})


class ChangedError(Exception):
    """A file is not what it was when the folder was listed."""


class Found(NamedTuple):
    """A file of the folder; `name` has a slash where it is one level below."""

    name: str
    size: int
    changed_ns: int
    inode: int


def listed(path: Path) -> list[Found]:
    """Return the tables and archives of a folder, and of the folders in it, by name.

    Raises FolderUnreadableError, and DirectoryTooLargeError beyond 1,000 files.
    """
    with _opened(path) as folder:
        found = list(_level(folder, ""))
        with _listing(folder) as entries:
            below = sorted(
                each.name
                for each in entries
                if each.is_dir(follow_symlinks=False) and _NAME.fullmatch(each.name)
            )
        for name in below:
            with suppress(OSError), _inside(folder, name) as inner:
                found += _level(inner, f"{name}/")
    if len(found) > _MOST_FILES:
        raise DirectoryTooLargeError(f"{len(found)} files")
    return sorted(found)


def packed(path: Path, files: Sequence[Found], into: IO[bytes]) -> str:
    """Write an archive of `files` to `into`; return the digest of their contents.

    Raises ChangedError where one is not what `listed` found.
    """
    digest = hashlib.sha256()
    with (
        _opened(path) as folder,
        zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
    ):
        for file in files:
            digest.update(f"{len(file.name)}:{file.name}:{file.size}:".encode())
            with archive.open(_entry(file), "w", force_zip64=True) as target:
                for block in _blocks(folder, file):
                    digest.update(block)
                    target.write(block)
    return digest.hexdigest()


def copied(path: Path, file: Found, into: IO[bytes]) -> str:
    """Write a file as it is to `into`; return its digest. Raises ChangedError."""
    digest = hashlib.sha256()
    with _opened(path) as folder:
        for block in _blocks(folder, file):
            digest.update(block)
            into.write(block)
    return digest.hexdigest()


def missing(path: Path, files: Sequence[Found]) -> int:
    """Return how many tables a datapackage.json names that are not there."""
    there = {file.name.rpartition("/")[2].casefold() for file in files}
    described = [file for file in files if file.name.rpartition("/")[2] == _DESCRIPTION]
    if not described or described[0].size > _LARGEST_DESCRIPTION:
        return 0
    with _opened(path) as folder:
        body = b"".join(_blocks(folder, described[0]))
    return len({name for name in _named(body) if name not in there})


def has(path: Path, name: str) -> Found | None:
    """Return the file of that name in the folder itself, None where there is none."""
    with _opened(path) as folder:
        try:
            there = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except OSError:
            return None
    if not stat.S_ISREG(there.st_mode):
        return None
    return Found(name, there.st_size, there.st_mtime_ns, there.st_ino)


def _named(body: bytes) -> Iterator[str]:
    try:
        described: Any = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, RecursionError):
        return
    resources = described.get("resources") if isinstance(described, dict) else None
    for each in resources if isinstance(resources, list) else ():
        said = each.get("path") if isinstance(each, dict) else None
        if isinstance(said, str) and (name := said.rpartition("/")[2]):
            yield name.casefold()


def _entry(file: Found) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(file.name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # as on every system
    entry.external_attr = (stat.S_IFREG | 0o644) << 16
    return entry


def _level(folder: int, before: str) -> Iterator[Found]:
    with _listing(folder) as entries:
        for entry in entries:
            name = entry.name
            wanted = name.casefold().endswith((*_TABLES, ARCHIVE))
            if not wanted or not _NAME.fullmatch(name) or not _is_utf8(name):
                continue
            with suppress(FileNotFoundError):
                there = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(there.st_mode):
                    yield Found(
                        before + name, there.st_size, there.st_mtime_ns, there.st_ino
                    )


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _blocks(folder: int, file: Found) -> Iterator[bytes]:
    above, _, name = file.name.rpartition("/")
    try:
        with _inside(folder, above) as inner:
            opened = os.open(name, _FILE, dir_fd=inner)
    except OSError as error:
        if error.errno in _PASSING:
            raise ChangedError from error
        raise FolderUnreadableError(_name_of(error)) from error
    with os.fdopen(opened, "rb") as reader:
        _same(reader, file)
        while block := reader.read(_BLOCK):
            yield block
        _same(reader, file)


def _same(reader: IO[bytes], file: Found) -> None:
    now = os.fstat(reader.fileno())
    if not stat.S_ISREG(now.st_mode):
        raise ChangedError
    if (now.st_size, now.st_mtime_ns, now.st_ino) != file[1:]:
        raise ChangedError


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        folder = os.open(path, _FOLDER)
    except OSError as error:
        raise FolderUnreadableError(_name_of(error)) from error
    try:
        yield folder
    finally:
        os.close(folder)


@contextmanager
def _inside(folder: int, name: str) -> Iterator[int]:
    if not name:
        yield folder
        return
    inner = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
    try:
        yield inner
    finally:
        os.close(inner)


@contextmanager
def _listing(folder: int) -> Iterator[Iterator["os.DirEntry[str]"]]:
    try:
        with os.scandir(folder) as entries:
            yield entries
    except PermissionError as error:
        raise FolderUnreadableError(_name_of(error)) from error


def _name_of(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, "no errno")
