"""Whether a file is of the kind that its feed is about, by how it begins.

A spreadsheet, an archive or a web page that is called ``.csv`` is read by nobody as
rows: it would be one long row of rubbish, or worse, some that look right.
"""

from pathlib import Path
from typing import NamedTuple

from hub.runtime.exchanges.errors import DisguisedFileError

#: Beginnings are looked for within so many bytes.
LOOKED_AT = 1024


class _Kind(NamedTuple):
    name: str
    media_types: tuple[str, ...] = ()


# Source: the formats' own specifications; OpenPGP packets by RFC 9580, section 4.2.
_BEGINNINGS: tuple[tuple[bytes, _Kind], ...] = (
    (b"PK\x03\x04", _Kind("a zip archive or a spreadsheet", ("application/zip",))),
    (b"PK\x05\x06", _Kind("a zip archive", ("application/zip",))),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _Kind("an old spreadsheet or document")),
    (b"\x1f\x8b", _Kind("a gzip file", ("application/gzip",))),
    (b"BZh", _Kind("a bzip2 file")),
    (b"\xfd7zXZ\x00", _Kind("an xz file")),
    (b"7z\xbc\xaf\x27\x1c", _Kind("a 7z archive")),
    (b"Rar!\x1a\x07", _Kind("a rar archive")),
    (b"\x28\xb5\x2f\xfd", _Kind("a zstd file")),
    (b"%PDF-", _Kind("a PDF", ("application/pdf",))),
    (b"{\\rtf", _Kind("a text document", ("application/rtf", "text/rtf"))),
    (b"\x89PNG\r\n", _Kind("a picture", ("image/png",))),
    (b"\xff\xd8\xff", _Kind("a picture", ("image/jpeg",))),
)
# In any case, after blanks and a byte order mark.
_MARKUP: tuple[tuple[bytes, _Kind], ...] = (
    (b"<!doctype html", _Kind("a web page", ("text/html",))),
    (b"<html", _Kind("a web page", ("text/html",))),
    (b"-----begin pgp", _Kind("a PGP message", ("application/pgp-encrypted",))),
)
_PGP = _Kind("a PGP message", ("application/pgp-encrypted",))
# Tags of the first packet of a message, in the new and the old format: encrypted
# session keys, signatures, compressed and literal data. No text begins like that.
_PGP_TAGS = frozenset(
    {0xC1, 0xC2, 0xC3, 0xC4, 0xC8, 0xC9, 0xCB, 0xD2}
    | {*range(0x84, 0x94), *range(0xA0, 0xA8), *range(0xAC, 0xB0)}
)
# No text has these. Zeros are left out: UTF-16 without its mark is full of them.
_CONTROLS = frozenset({*range(1, 9), *range(14, 32)})
_BLANKS = b"\xef\xbb\xbf\x00 \t\r\n"


def look(path: Path, media_type: str) -> None:
    """Raise DisguisedFileError where a file begins as another kind of file does."""
    with path.open("rb") as file:
        kind = kind_of(file.read(LOOKED_AT))
    if kind is not None and media_type not in kind.media_types:
        raise DisguisedFileError(f"it begins like {kind.name}")


def kind_of(beginning: bytes) -> _Kind | None:
    """Return what kind of file begins like that, None for one of rows or messages."""
    for magic, kind in _BEGINNINGS:
        if beginning.startswith(magic):
            return kind
    text = beginning.lstrip(_BLANKS).lower()
    for magic, kind in _MARKUP:
        if text.startswith(magic):
            return kind
    return _PGP if _is_pgp(beginning) else None


def _is_pgp(beginning: bytes) -> bool:
    """Say whether it begins with an OpenPGP packet, and is no text of any encoding."""
    if not beginning or beginning[0] not in _PGP_TAGS:
        return False
    return any(byte in _CONTROLS for byte in beginning[:64])
