"""Putting what goes out into its containers, from the inside outwards."""

import gzip
import io
import zipfile
from typing import Final

from hub_sftp.containers.pgp import encrypt
from hub_sftp.containers.settings import WrappingSettings

# The earliest that zip can say: a time would make other bytes each time.
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
_OWNER_ONLY: Final = 0o100600 << 16
_UNIX: Final = 3


def endings(settings: WrappingSettings) -> str:
    """Return what the containers add to a file name (``.gz.pgp``)."""
    return "".join(f".{container}" for container in settings.containers)


def wrap(body: bytes, name: str, settings: WrappingSettings) -> bytes:
    """Return `body` in its containers; `name` is what a zip archive calls it.

    The same bytes each time, but for PGP, which hides what is the same. Blocks.
    Raises PGP-001 to 003, 011 and 012.
    """
    compressed = False
    for container in settings.containers:
        if container == "gz":
            body = gzip.compress(body, mtime=0)
        elif container == "zip":
            body = _zip(body, name)
        elif settings.pgp:
            body = encrypt(body, settings.pgp, compress=not compressed)
        compressed = True
    return body


def _zip(body: bytes, name: str) -> bytes:
    entry = zipfile.ZipInfo(name, _NO_TIME)
    entry.external_attr, entry.create_system = _OWNER_ONLY, _UNIX
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(entry, body)
    return archive.getvalue()
