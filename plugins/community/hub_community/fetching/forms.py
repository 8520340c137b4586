"""What a file is, by how it starts: servers say all kinds of things about it."""

import zipfile
from typing import IO, Final

from hub_community.fetching.errors import DirectoryFailedError, UnusableAnswerError

ZIP: Final = "application/zip"
_HEAD: Final = 4096


def media_type(file: IO[bytes]) -> str:
    """Return the media type of a package.

    Raises UnusableAnswerError for nothing and for pages for people, and
    DirectoryFailedError for an archive or a JSON that breaks off.
    """
    file.seek(0)
    head = file.read(_HEAD)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise UnusableAnswerError("nothing")
    if start.startswith(b"<"):
        raise UnusableAnswerError("a page for people")
    if head.startswith(b"PK"):
        if not zipfile.is_zipfile(file):
            raise DirectoryFailedError("an archive that breaks off")
        return ZIP
    if start[:1] in (b"{", b"["):
        if _last(file) not in (b"}", b"]"):
            raise DirectoryFailedError("JSON that breaks off")
        first = head.partition(b"\n")[0].rstrip()
        lines = start[:1] == b"{" and first.endswith(b"}") and b"\n{" in head
        return "application/x-ndjson" if lines else "application/json"
    return "text/csv"


def _last(file: IO[bytes]) -> bytes:
    size = file.seek(0, 2)
    file.seek(max(0, size - _HEAD))
    return file.read().rstrip()[-1:]
