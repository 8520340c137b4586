"""What a file is by its first bytes, whatever its name says.

Only what nobody takes for a table, an interchange or a message is recognised.
"""

import re
from pathlib import Path
from typing import Final

#: As much of a file as is looked at, in bytes.
HEAD: Final = 4096

_STARTS: Final = (
    (b"\x1f\x8b", "gz"),
    (b"PK\x05\x06", "zip"),
    (b"PK\x07\x08", "zip"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x1f\x9d", "compress"),
    (b"%PDF-", "pdf"),
    (b"{\\rtf", "office"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office"),
)
_BZIP2: Final = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_OFFICE: Final = (b"[Content_Types].xml", b"_rels/", b"mimetypeapplication/vnd.oasis")
_TAR_AT: Final = 257  # "ustar". Source: POSIX.1-2017, pax interchange format
_HTML: Final = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_ARMOUR: Final = re.compile(rb"^-----BEGIN PGP [A-Z ]+-----", re.MULTILINE)
# The header of a packet for a public key (tag 1) or a passphrase (tag 3), with the
# versions and algorithms that there are, so that no umlaut looks like one.
# Source: RFC 4880, sections 4.2, 5.1, 5.3; RFC 9580, sections 5.1, 5.3.
_LENGTH: Final = rb"(?:[\x00-\xbf]|[\xc0-\xdf].|\xff.{4})"
_PACKET: Final = re.compile(
    rb"(?:\x84.|\x85..|\x86.{4}|\xc1" + _LENGTH + rb")"
    rb"(?:\x03.{8}[\x01\x02\x10\x12\x19]|\x06[\x00\x15\x21])"
    rb"|(?:\x8c.|\x8d..|\xc3" + _LENGTH + rb")"
    rb"(?:\x04[\x01-\x0d][\x00\x01\x03]|[\x05\x06].)",
    re.DOTALL,
)


def magic(path: Path) -> str:
    """Return a word for what the file is; empty where it may well be data.

    The word is ``gz``, ``zip``, ``pgp``, ``7z``, ``rar``, ``xz``, ``zst``, ``lz4``,
    ``compress``, ``bz2``, ``tar``, ``pdf``, ``html`` or ``office``.
    """
    with path.open("rb") as file:
        return magic_of(file.read(HEAD))


def magic_of(head: bytes) -> str:
    """Return what `magic` does, of the first `HEAD` bytes of a file."""
    for start, word in _STARTS:
        if head.startswith(start):
            return word
    if head.startswith(b"PK\x03\x04"):
        return "office" if _is_office(head) else "zip"
    if _BZIP2.match(head):
        return "bz2"
    if head[_TAR_AT : _TAR_AT + 5] == b"ustar":
        return "tar"
    if _PACKET.match(head) or _ARMOUR.search(head):
        return "pgp"
    return "html" if _HTML.match(head.removeprefix(b"\xef\xbb\xbf")) else ""


def _is_office(head: bytes) -> bool:
    # The name of the first entry, and what follows it.
    return head[30:].startswith(_OFFICE)
