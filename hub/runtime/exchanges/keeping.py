"""Keeping what was sent: each file of ours, by its digest, as evidence.

Written whole or not at all, readable by the hub's own user only.
"""

import hashlib
import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from hub.errors import HubError, Recovery

#: Where it is below the data folder.
FOLDER = Path("exchange", "sent")


class NotKeptError(HubError):
    """The bytes of a file of ours cannot be kept, so that it is not sent yet."""

    code = "EXCH-041"
    summary = "The bytes of a file that goes out cannot be kept"
    remedy = "Make room in the data folder, and let the hub write there"
    recovery = Recovery.RETRY


class NotThereError(HubError):
    """The bytes of a file of ours are gone, or are others."""

    code = "EXCH-042"
    summary = "The bytes of a file that went out are not there as they were sent"
    remedy = "Restore the folder `exchange/sent` of the data folder from a backup"
    recovery = Recovery.REJECT


class Kept:
    """The files of ours below a data folder."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER

    def keep(self, body: bytes, digest: bytes) -> None:
        """Keep `body`, whose SHA-256 is `digest`; it would survive power loss then.

        Raises NotKeptError.
        """
        final = self.place(digest)
        try:
            if not final.exists():
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._write(body, final)
        except OSError as error:
            raise NotKeptError(error.strerror or type(error).__name__) from error

    def read(self, digest: bytes) -> bytes:
        """Return what was kept. Raises NotThereError."""
        try:
            body = self.place(digest).read_bytes()
        except OSError as error:
            raise NotThereError(error.strerror or type(error).__name__) from error
        if hashlib.sha256(body).digest() != digest:
            raise NotThereError("other bytes")
        return body

    def place(self, digest: bytes) -> Path:
        """Return where a file lies that has this SHA-256, or would lie."""
        return self._folder / digest.hex()

    def _write(self, body: bytes, final: Path) -> None:
        # Temporary files are nobody else's to read, as the others then are.
        with NamedTemporaryFile(dir=self._folder, delete=False) as part:
            try:
                part.write(body)
                part.flush()
                os.fsync(part.fileno())
                Path(part.name).replace(final)
            except BaseException:
                Path(part.name).unlink(missing_ok=True)
                raise
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
