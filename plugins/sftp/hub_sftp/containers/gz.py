"""gzip, member by member. Source: RFC 1952, section 2.2."""

import zlib
from typing import BinaryIO, Final

from hub_sftp.containers.errors import DamagedError
from hub_sftp.containers.writing import Limited

_BLOCK: Final = 1 << 16
_WITH_HEADER: Final = 31  # of zlib: a gzip header, and a trailer that is checked


def gunzip(source: BinaryIO, target: Limited) -> None:
    """Write what all members hold into `target`, in pieces.

    Zeros after the last member are what tapes and mainframes fill blocks with, and
    `gzip` ignores them too; anything else there is refused. Raises DamagedError and
    TooLargeUnpackedError.
    """
    rest = source.read(_BLOCK)
    while rest:
        rest = _member(source, rest, target) or source.read(_BLOCK)
        if rest.startswith(b"\x00"):
            _expect_zeros(source, rest)
            return


def _member(source: BinaryIO, rest: bytes, target: Limited) -> bytes:
    """Write one member; return what was read beyond it."""
    inflater = zlib.decompressobj(wbits=_WITH_HEADER)
    while not inflater.eof:
        rest = rest or source.read(_BLOCK)
        try:
            piece = inflater.decompress(rest, _BLOCK)
        except zlib.error as error:
            raise DamagedError("gzip") from error
        # At the end of the file zlib may still have some of what it read.
        if not (rest or piece or inflater.eof):
            raise DamagedError("gzip, its end is missing")
        target.write(piece)
        rest = inflater.unconsumed_tail
    return inflater.unused_data


def _expect_zeros(source: BinaryIO, rest: bytes) -> None:
    while rest:
        if rest.count(0) != len(rest):
            raise DamagedError("gzip, something follows its end")
        rest = source.read(_BLOCK)
