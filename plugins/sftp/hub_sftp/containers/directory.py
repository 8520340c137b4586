"""The end of a zip archive, read without trust. Source: APPNOTE 6.3.10, 4.3.12-16.

    local header, data, [descriptor] ... central directory,
    [zip64 end record, zip64 locator,] end record

`zipfile` looks for the end record wherever it may be and reads as many entries as the
directory has bytes for. Here each thing is in the one place where it belongs.
"""

import os
import struct
from typing import BinaryIO, Final

from msgspec import Struct

from hub_sftp.containers.errors import DamagedError, UnsafeArchiveError

_END: Final = struct.Struct("<4s4H2LH")
_LOCATOR: Final = struct.Struct("<4sLQL")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LONGEST_COMMENT: Final = 0xFFFF
_SEE_64: Final = (0xFFFF, 0xFFFFFFFF)


class Directory(Struct, frozen=True):
    """Where the central directory is: entries, size and offset in bytes."""

    entries: int
    size: int
    offset: int


def find_directory(file: BinaryIO) -> Directory:
    """Return the directory of the archive that ends where `file` ends.

    Raises DamagedError where there is none, UnsafeArchiveError where a reader might
    take another one than this.
    """
    length = file.seek(0, os.SEEK_END)
    at, fields = _end_record(file, length)
    _, disk, first_disk, here, entries, size, offset, _ = fields
    if disk or first_disk or here != entries:
        raise UnsafeArchiveError("in several parts")
    if entries == _SEE_64[0] or _SEE_64[1] in (size, offset):
        at, found = _zip64(file, at)
    else:
        found = Directory(entries, size, offset)
    if found.offset + found.size != at:
        raise UnsafeArchiveError("its directory is not where it should be")
    return found


def _end_record(file: BinaryIO, length: int) -> tuple[int, tuple[int, ...]]:
    start = max(0, length - _END.size - _LONGEST_COMMENT)
    file.seek(start)
    tail = file.read(length - start)
    ends = [at for at in _places(tail) if _ends_there(tail, at)]
    if not ends:
        raise DamagedError("zip, its end is missing")
    if len(ends) > 1:
        raise UnsafeArchiveError("it has two ends")
    return start + ends[0], _END.unpack_from(tail, ends[0])


def _places(tail: bytes) -> list[int]:
    places = []
    at = tail.find(b"PK\x05\x06")
    while at >= 0:
        places.append(at)
        at = tail.find(b"PK\x05\x06", at + 1)
    return places


def _ends_there(tail: bytes, at: int) -> bool:
    if at + _END.size > len(tail):
        return False
    comment: int = _END.unpack_from(tail, at)[-1]
    return at + _END.size + comment == len(tail)


def _zip64(file: BinaryIO, end: int) -> tuple[int, Directory]:
    at = end - _LOCATOR.size
    signature, _, where, disks = _LOCATOR.unpack(_read_at(file, at, _LOCATOR.size))
    if signature != b"PK\x06\x07" or disks > 1 or where + _END_64.size != at:
        raise DamagedError("zip, its 64-bit end is missing")
    fields = _END_64.unpack(_read_at(file, where, _END_64.size))
    if fields[0] != b"PK\x06\x06" or fields[4] or fields[5] or fields[6] != fields[7]:
        raise DamagedError("zip, its 64-bit end is damaged")
    return where, Directory(entries=fields[7], size=fields[8], offset=fields[9])


def _read_at(file: BinaryIO, at: int, size: int) -> bytes:
    if at < 0:
        raise DamagedError("zip, it is cut")
    file.seek(at)
    found = file.read(size)
    if len(found) != size:
        raise DamagedError("zip, it is cut")
    return found
