"""Files that may only grow so far."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from hub_sftp.containers.errors import TooLargeUnpackedError


class Allowance:
    """How much all that is in one container may come to, in bytes."""

    def __init__(self, most: int) -> None:
        self.left = most

    def take(self, size: int) -> None:
        """Use up `size` bytes. Raises TooLargeUnpackedError."""
        self.left -= size
        if self.left < 0:
            raise TooLargeUnpackedError


class Limited:
    """A file to write to, as far as an allowance goes."""

    def __init__(self, file: BinaryIO, allowance: Allowance) -> None:
        self._file = file
        self._allowance = allowance

    def write(self, piece: bytes) -> None:
        """Write all of `piece`, or none. Raises TooLargeUnpackedError."""
        self._allowance.take(len(piece))
        self._file.write(piece)


@contextmanager
def created(path: Path, allowance: Allowance) -> Iterator[Limited]:
    """Make a new file for its owner only, and close it."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        yield Limited(file, allowance)
