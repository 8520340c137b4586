"""What the names on a partner's server are to us: data, never a path of ours.

A path is text here. Bytes of it that are no UTF-8 stand as characters of a private
range, so that they can be kept like any text, and mean the same file when sent back.
"""

import posixpath
import re

#: Suffixes of files that somebody is still writing, with those that we use.
UNFINISHED = (".tmp", ".part", ".filepart", ".partial", ".crdownload", ".lock", "~")
LONGEST = 255

_UNSAFE = re.compile(r"[/\\\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATES, _PRIVATE = 0xDC00, 0xF700
_HIGH = range(0x80, 0x100)
_SHOW = {_PRIVATE + byte: _SURROGATES + byte for byte in _HIGH}
_HIDE: dict[int, int | str] = {there: here for here, there in _SHOW.items()}
# A name that has such a character of its own keeps it as its bytes.
_HIDE |= {
    own: "".join(chr(_PRIVATE + byte) for byte in chr(own).encode()) for own in _SHOW
}


def as_text(raw: bytes) -> str:
    """Return the name that a server sent as text."""
    return raw.decode("utf-8", "surrogateescape").translate(_HIDE)


def as_bytes(path: str) -> bytes:
    """Return what the server calls a path that `as_text` made, or any other text."""
    return path.translate(_SHOW).encode("utf-8", "surrogateescape")


def is_safe(name: str) -> bool:
    """Say whether `name` is that of an entry of one folder, and can be used."""
    if name in {"", ".", ".."} or _UNSAFE.search(name):
        return False
    return len(as_bytes(name)) <= LONGEST


def is_unfinished(name: str) -> bool:
    """Say whether `name` is hidden, or one that writers use while they write."""
    return name.startswith(".") or name.lower().endswith(UNFINISHED)


def numbered(name: str, number: int) -> str:
    """Return another name for the same file: ``a.csv``, ``a.2.csv``, ``a.3.csv``."""
    if number == 1:
        return name
    stem, suffix = posixpath.splitext(name)
    return f"{stem}.{number}{suffix}"
