"""A place with files, on a server or on this machine, as fetching sees it."""

from collections.abc import Callable, Iterator
from typing import Literal, Protocol

from msgspec import Struct

from hub_sftp.reading import Bytes

#: Takes the next bytes of a file.
Sink = Callable[[Bytes], None]


class TakenError(Exception):
    """Something has the name that a file should get. Callers know another name."""


class Entry(Struct, frozen=True):
    """What is under a name. `kind` comes from the entry itself, not what it links to.

    `size` is in bytes, `modified` in seconds by the clock of the place.
    """

    name: str
    kind: Literal["file", "folder", "other"]
    size: int
    modified: int


class Shelf(Protocol):
    """Calls that block: make them in a thread, and from one thread at a time.

    Paths are those of `names.as_text`. After an error of the connection only `open`,
    `close` and `abort` are of use.
    """

    @property
    def address(self) -> str:
        """What operators know the place by."""

    def open(self) -> None:
        """Connect, unless that is done."""

    def close(self) -> None:
        """Let go of everything."""

    def abort(self) -> None:
        """Let a call in another thread end, at once."""

    def entries(self, folder: str) -> Iterator[Entry]:
        """Yield what is in a folder in any order, without holding all of it.

        Raises FileGoneError where it is missing, and ReadDeniedError. Must be
        exhausted or closed before anything else is called.
        """

    def look(self, path: str) -> Entry | None:
        """Return what is at `path`, None where nothing is."""

    def read(self, path: str, start: int, end: int, sink: Sink) -> int:
        """Give the bytes from `start` to `end` to `sink`; return up to where they went.

        That is less than `end` where the file is shorter. Raises NotAFileError,
        FileGoneError, ReadDeniedError.
        """

    def move(self, old: str, new: str) -> None:
        """Give a file another name.

        Raises TakenError, FileGoneError, MoveDeniedError.
        """

    def make(self, folder: str) -> None:
        """Create a folder whose parent exists, unless it does."""

    def write(self, path: str, body: bytes) -> None:
        """Write a small file, in place of what is there."""

    def remove(self, path: str) -> None:
        """Delete a file of ours, if it is there."""


def small(shelf: Shelf, path: str, most: int) -> bytes:
    """Return the first `most` bytes of a file."""
    pieces: list[Bytes] = []
    shelf.read(path, 0, most, pieces.append)
    return b"".join(pieces)
