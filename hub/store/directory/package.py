"""The bytes of a package: out of the store, into a file, piece by piece."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

from hub.store.sqlite import DATABASE_NAME

_PIECE = 1024 * 1024


def take_out(folder: Path, message: int, sha256: bytes, target: Path) -> bool:
    """Write the body of a message to a file; say whether it is the one that came.

    Raises sqlite3.Error and OSError.
    """
    address = f"{(folder / DATABASE_NAME).absolute().as_uri()}?mode=ro"
    digest = hashlib.sha256()
    with closing(sqlite3.connect(address, uri=True)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint=0")
        with (
            connection.blobopen("message", "body", message, readonly=True) as body,
            target.open("xb") as file,
        ):
            while piece := body.read(_PIECE):
                digest.update(piece)
                file.write(piece)
    return digest.digest() == sha256
