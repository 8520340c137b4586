"""Bodies that come compressed: opened piece by piece, so that no bomb goes off."""

import zlib
from collections.abc import Iterator
from typing import Final, Protocol

from hub_community.fetching.errors import DirectoryFailedError, UnusableAnswerError

_PIECE: Final = 1 << 18
_GZIP: Final = 16 + zlib.MAX_WBITS


class Inflate(Protocol):
    """Opens what comes, in its order."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` holds, in pieces of a bounded size."""

    def end(self) -> None:
        """Raise DirectoryFailedError where something is still to come."""


class Plain:
    """What came as it is."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield `data`."""
        yield data

    def end(self) -> None:
        """Do nothing: how long it is, HTTP knows."""


class Gzip:
    """One gzip member. Raises DirectoryFailedError for what is none."""

    def __init__(self) -> None:
        self._open = zlib.decompressobj(_GZIP)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` holds, in pieces of 256 KiB at most."""
        while data and not self._open.eof:
            try:
                piece = self._open.decompress(data, _PIECE)
            except zlib.error as error:
                raise DirectoryFailedError("not gzip") from error
            data = self._open.unconsumed_tail
            if piece:
                yield piece

    def end(self) -> None:
        """Raise DirectoryFailedError where the member is not whole."""
        if not self._open.eof:
            raise DirectoryFailedError("gzip that breaks off")


def inflating(encoding: str | None) -> Inflate:
    """Return what opens a Content-Encoding. Raises UnusableAnswerError."""
    said = (encoding or "").strip().lower()
    if said in {"", "identity"}:
        return Plain()
    if said in {"gzip", "x-gzip"}:
        return Gzip()
    raise UnusableAnswerError("a Content-Encoding that was not asked for")
