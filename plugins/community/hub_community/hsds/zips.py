"""zip archives of tables: looked at whole before any of it is unpacked.

Names of entries are data: they tell which table one is, and are never paths.
"""

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub_community.hsds.errors import (
    DamagedArchiveError,
    EncryptedArchiveError,
    TooLargeError,
    UnsafeArchiveError,
)
from hub_community.hsds.profile import Limits

_BLOCK: Final = 1 << 18
_MEBIBYTE: Final = 1 << 20
#: More than that per packed byte is a bomb, where it is of any size.
_RATIO: Final = 100
_SMALL: Final = 8 << 20
_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_LEADS_OUT: Final = re.compile(
    r"(?:/|[A-Za-z]:|.*[\x00-\x1f])|(?:.*/)?\.\.(?:/|\Z)", re.DOTALL
)
_ARCHIVES: Final = (
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!",
    b"BZh",
    b"\xfd7zXZ",
)
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError)
#: What systems and people add.
_FURNITURE: Final = re.compile(
    r"(?:.*/)?(?:__MACOSX/.*|\.[^/]+|thumbs\.db|readme[^/]*|license[^/]*|licence[^/]*)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a package: what it is called there, and where it lies now."""

    name: str
    path: Path


def unpacked(package: Path, folder: Path, limits: Limits) -> list[Entry]:
    """Unpack every file of `package` into `folder`, under names of our own.

    Raises DamagedArchiveError, UnsafeArchiveError, EncryptedArchiveError and
    TooLargeError; all but the first before anything is written.
    """
    with _damaged(), zipfile.ZipFile(package) as archive:
        entries = archive.infolist()
        _examine(entries, limits)
        wanted = [
            entry
            for entry in entries
            if not entry.is_dir() and not _FURNITURE.fullmatch(_plain(entry))
        ]
        return [
            Entry(_plain(entry), _unpack(archive, entry, folder / f"{number}"))
            for number, entry in enumerate(wanted, 1)
        ]


@contextmanager
def _damaged() -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise DamagedArchiveError from error
    except (NotImplementedError, RuntimeError) as error:
        raise EncryptedArchiveError from error


def _plain(entry: zipfile.ZipInfo) -> str:
    # Some programs for Windows write its own separator.
    return entry.orig_filename.replace("\\", "/")


def _examine(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(entries) > limits.entries:
        raise TooLargeError(f"{len(entries)} entries where {limits.entries} may be")
    names = [_plain(entry) for entry in entries]
    if len(set(names)) != len(names):
        raise UnsafeArchiveError("two entries with one name")
    for name, entry in zip(names, entries, strict=True):
        _examine_entry(name, entry)
    size = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if size > limits.max_mebibytes * _MEBIBYTE:
        raise TooLargeError(f"more than {limits.max_mebibytes} MiB when unpacked")
    if size > _SMALL and size > packed * _RATIO:
        raise TooLargeError(f"more than {_RATIO} times as large when unpacked")
    at = -1
    for entry in sorted(entries, key=lambda each: each.header_offset):
        if entry.header_offset < at:
            raise UnsafeArchiveError("entries overlap")
        at = entry.header_offset + entry.compress_size


def _examine_entry(name: str, entry: zipfile.ZipInfo) -> None:
    if not name or _LEADS_OUT.match(name):
        raise UnsafeArchiveError("the name of an entry leads out of it")
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise UnsafeArchiveError("an entry is a link or a device")
    if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _METHODS:
        raise EncryptedArchiveError


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> Path:
    size = 0
    with archive.open(entry) as source, path.open("xb") as target:
        while piece := source.read(_BLOCK):
            if not size and piece.startswith(_ARCHIVES):
                raise UnsafeArchiveError("an entry is an archive itself")
            size += len(piece)
            if size > entry.file_size:
                raise DamagedArchiveError
            target.write(piece)
    if size != entry.file_size:
        raise DamagedArchiveError
    return path
