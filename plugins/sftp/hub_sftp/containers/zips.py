"""zip archives: everything about one is looked at before any of it is unpacked.

Names of entries are data: they are compared, never used, and never shown.
"""

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from hub_sftp.containers.directory import find_directory
from hub_sftp.containers.errors import (
    DamagedError,
    NothingInsideError,
    TooManyEntriesError,
    UnreadableArchiveError,
    UnsafeArchiveError,
)
from hub_sftp.containers.writing import Allowance, created

_BLOCK: Final = 1 << 16
_LOCAL: Final = struct.Struct("<4s5H3L2H")
# Of the general purpose flags. Source: APPNOTE 6.3.10, 4.4.4.
_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000
_SIZES_FOLLOW: Final = 0x8
_UTF_8: Final = 0x800
_COMPARED: Final = _ENCRYPTED | _SIZES_FOLLOW
_IN_EXTRA: Final = 0xFFFFFFFF
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
#: Room in the directory for each entry: name, extra fields and comment, in bytes.
_ROOM: Final = 4096
_LEADS_OUT: Final = re.compile(
    r"(?:/|[A-Za-z]:|.*[\x00-\x1f])|(?:.*/)?\.\.(?:/|\Z)", re.DOTALL
)
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, struct.error)
# What Finder adds to each file of a Mac.
_FINDER: Final = "__MACOSX/"


def unzip(
    archive: BinaryIO, folder: Path, allowance: Allowance, most_entries: int
) -> list[Path]:
    """Unpack every file of `archive` into `folder`, in the order of its directory.

    Raises the errors CONTAINER-002 to 005, 009 and 010, all but those of damaged data
    before anything is written.
    """
    directory = find_directory(archive)
    too_many = directory.entries > most_entries
    if too_many or directory.size > _ROOM * max(directory.entries, 1):
        raise TooManyEntriesError(f"{directory.entries} where {most_entries} may be")
    with _damaged(), zipfile.ZipFile(archive) as opened:
        entries = opened.infolist()
        if len(entries) != directory.entries:
            raise UnsafeArchiveError("its directory does not count its entries right")
        _examine(archive, entries, directory.offset)
        files = [entry for entry in entries if _is_wanted(entry)]
        allowance.take(sum(entry.file_size for entry in files))
        return [
            _unpack(opened, entry, folder / str(number))
            for number, entry in enumerate(files, 1)
        ] or _nothing()


def _nothing() -> list[Path]:
    raise NothingInsideError


@contextmanager
def _damaged() -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise DamagedError("zip") from error
    except (NotImplementedError, RuntimeError) as error:
        raise UnreadableArchiveError from error


def _is_wanted(entry: zipfile.ZipInfo) -> bool:
    return not (entry.is_dir() or entry.filename.startswith(_FINDER))


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> Path:
    # No more comes than the directory says, which was taken off already.
    allowance = Allowance(entry.file_size)
    with archive.open(entry) as source, created(path, allowance) as target:
        size = 0
        while piece := source.read(_BLOCK):
            target.write(piece)
            size += len(piece)
    if size != entry.file_size:
        raise DamagedError("zip, an entry is shorter than it should be")
    return path


def _examine(archive: BinaryIO, entries: Sequence[zipfile.ZipInfo], end: int) -> None:
    names = [_plain(entry) for entry in entries]
    if len(set(names)) != len(names):
        raise UnsafeArchiveError("two entries with one name")
    for name, entry in zip(names, entries, strict=True):
        _examine_entry(name, entry)
    free = 0
    for entry in sorted(entries, key=lambda each: each.header_offset):
        if entry.header_offset < free:
            raise UnsafeArchiveError("entries overlap")
        free = _end_of(archive, entry)
    if free > end:
        raise UnsafeArchiveError("an entry overlaps the directory")


def _plain(entry: zipfile.ZipInfo) -> str:
    # Some programs for Windows write its own separator.
    return entry.orig_filename.replace("\\", "/")


def _examine_entry(name: str, entry: zipfile.ZipInfo) -> None:
    if not name or _LEADS_OUT.match(name):
        raise UnsafeArchiveError("the name of an entry leads out of it")
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise UnsafeArchiveError("an entry is a link or a device")
    if entry.is_dir() and entry.file_size:
        raise UnsafeArchiveError("a folder with content")
    if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _METHODS:
        raise UnreadableArchiveError


def _end_of(archive: BinaryIO, entry: zipfile.ZipInfo) -> int:
    """Compare an entry with its local header; return where its data ends."""
    archive.seek(entry.header_offset)
    header = _LOCAL.unpack(archive.read(_LOCAL.size))
    signature, _, flags, method, _, _, crc, packed, size, name, extra = header
    same = (
        signature == b"PK\x03\x04"
        and flags & _COMPARED == entry.flag_bits & _COMPARED
        and method == entry.compress_type
        and archive.read(name) == _raw_name(entry)
        and _same_sizes(entry, crc, packed, size)
    )
    if not same:
        raise UnsafeArchiveError("an entry is not what the directory says")
    data_at: int = entry.header_offset + _LOCAL.size + name + extra
    return data_at + entry.compress_size


def _raw_name(entry: zipfile.ZipInfo) -> bytes:
    return entry.orig_filename.encode("utf-8" if entry.flag_bits & _UTF_8 else "cp437")


def _same_sizes(entry: zipfile.ZipInfo, crc: int, packed: int, size: int) -> bool:
    stated = (crc, packed, size)
    if entry.flag_bits & _SIZES_FOLLOW and stated == (0, 0, 0):
        return True
    told = (entry.CRC, entry.compress_size, entry.file_size)
    pairs = zip(stated, told, strict=True)
    return all(one in (other, _IN_EXTRA) for one, other in pairs)
