"""Where the bytes of files lie in the data folder. Nothing here is for the event loop.

`spool` has what is being fetched, by its ticket, `files` the originals, as they came,
by their exchange, and `staging` what is in one until all of it has taken effect. What
is in them is of people: only the hub's own user may look. No name in here is one that
a partner made up.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from hub.runtime.exchanges.errors import NotSpooledError, StagingLostError
from hub.runtime.exchanges.findings import Findings, decode, encode

#: All of it lies here, in the data folder.
EXCHANGE = "exchange"
_FINDINGS = "findings.json"


class Folders:
    """The folders of one hub."""

    def __init__(self, data_dir: Path) -> None:
        self.root = data_dir / EXCHANGE
        self._spool = self.root / "spool"
        self._files = self.root / "files"
        self._staging = self.root / "staging"

    def make(self) -> None:
        """Make the folders that are not there."""
        for each in (self.root, self._spool, self._files, self._staging):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)

    def spool(self, ticket: str) -> tuple[Path, int]:
        """Return where the bytes of a ticket go, and how many are there already."""
        path = self._spool / ticket
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        return path, path.stat().st_size

    def despool(self, ticket: str) -> None:
        """Throw away what was fetched."""
        (self._spool / ticket).unlink(missing_ok=True)

    def original(self, key: str) -> Path:
        """Return where the bytes of a file lie, as they came."""
        return self._files / key[-2:] / key

    def keep(self, ticket: str, key: str) -> int:
        """Make what was fetched the original of a file; return its size.

        Afterwards it would survive power loss. Doing it again changes nothing. Raises
        NotSpooledError where nothing was fetched.
        """
        spool, original = self._spool / ticket, self.original(key)
        if spool.exists():
            _sync(spool)
            original.parent.mkdir(mode=0o700, exist_ok=True)
            spool.replace(original)
            _sync(original.parent)
            _sync(self._files)
        if not original.exists():
            raise NotSpooledError
        return original.stat().st_size

    def forget(self, key: str) -> None:
        """Remove the original of a file, and what is staged of it."""
        self.original(key).unlink(missing_ok=True)
        self.unstage(key)

    def staging(self, key: str) -> Path:
        """Return an empty folder for what is in a file."""
        self.unstage(key)
        folder = self._staging / key
        folder.mkdir(mode=0o700, parents=True)
        return folder

    def stage(self, key: str, findings: Findings) -> None:
        """Keep what was found, with what is staged, so that power loss spares it."""
        folder = self._staging / key
        (folder / _FINDINGS).write_bytes(encode(findings))
        for each in folder.rglob("*"):
            _sync(each)
        _sync(folder)
        _sync(self._staging)

    def staged(self, key: str) -> Findings:
        """Return what was found. Raises StagingLostError where it is not there."""
        try:
            return decode((self._staging / key / _FINDINGS).read_bytes())
        except (OSError, msgspec.MsgspecError) as error:
            raise StagingLostError(type(error).__name__) from error

    def unstage(self, key: str) -> None:
        """Remove what is staged of a file."""
        with suppress(FileNotFoundError):
            shutil.rmtree(self._staging / key)

    def spooled(self) -> Iterator[str]:
        """Yield the tickets under which something was fetched."""
        return (each.name for each in self._spool.iterdir())

    def spooled_before(self, moment: float) -> list[str]:
        """Return the tickets of what has not grown since a moment, in Unix seconds."""
        there = [(each.name, each.stat().st_mtime) for each in self._spool.iterdir()]
        return [ticket for ticket, at in there if at < moment]

    def originals(self) -> Iterator[str]:
        """Yield the files whose bytes are there."""
        return (each.name for each in self._files.glob("*/*"))

    def stagings(self) -> Iterator[str]:
        """Yield the files of which something is staged."""
        return (each.name for each in self._staging.iterdir())


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
