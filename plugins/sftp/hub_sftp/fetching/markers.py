"""What markers and manifests say about the files that they belong to."""

import csv
import re
from collections.abc import Iterator

from msgspec import Struct

from hub_sftp.fetching.errors import ManifestUnreadableError
from hub_sftp.fetching.names import is_safe

#: The most of a marker or manifest that is read, in bytes.
MARKER_BYTES = 65_536
MANIFEST_BYTES = 4 << 20
#: The most files that one manifest may name.
MOST_PARTS = 1000

_DIGESTS = {32: "md5", 64: "sha256"}
_HEX = re.compile(r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{64}")
_WORD = re.compile(r"[^\s,;|=:]+")
_SIZES = frozenset({"size", "bytes", "length"})
_COUNTS = frozenset({"count", "rows", "records", "lines"})
_LONGEST_NUMBER = 15
_LINE = re.compile(r"([0-9A-Fa-f]{32}|[0-9A-Fa-f]{64})[ \t]+\*?(.+)")


class Expected(Struct, frozen=True):
    """What a file must be; what is None or empty may be anything.

    `count` is of records: a file may have a line more for its header and its trailer.
    """

    size: int | None = None
    count: int | None = None
    md5: str = ""
    sha256: str = ""

    @property
    def digests(self) -> tuple[str, ...]:
        """The names of the hashes that it takes to find out."""
        return tuple(name for name in ("md5", "sha256") if getattr(self, name))

    def holds(self, size: int, digests: dict[str, str], lines: int | None) -> bool:
        """Say whether a file is what is expected; None lines were not counted."""
        if self.size not in {None, size}:
            return False
        if any(digests.get(name) != getattr(self, name) for name in self.digests):
            return False
        if self.count is None or lines is None:
            return True
        return self.count in {lines, lines - 1, lines - 2}


def of_marker(body: bytes) -> Expected:
    """Return what a marker says: ``sha256=…``, ``count: 12``, ``12``, a bare hash.

    What it says besides is not looked at, so an empty marker is one, and so is prose.
    """
    found: dict[str, int | str] = {}
    label = ""
    words = _WORD.findall(body.decode("utf-8", "replace"))
    for word in words:
        if _HEX.fullmatch(word):
            found.setdefault(_DIGESTS[len(word)], word.lower())
        elif _is_number(word) and (label in _SIZES or label in _COUNTS):
            found.setdefault("size" if label in _SIZES else "count", int(word))
        elif _is_number(word) and len(words) == 1:
            found["count"] = int(word)
        label = word.lower()
    return Expected(**found)  # type: ignore[arg-type]


def of_manifest(body: bytes) -> dict[str, Expected]:
    """Return each file that a manifest names, and what it must be.

    Lines are ``hash  name``, as sha256sum writes them, or CSV with the columns name,
    hash and size under a heading. Raises ManifestUnreadableError.
    """
    try:
        text = body.decode("utf-8-sig")
        rows = [*_rows([line for line in text.splitlines() if line.strip()])]
    except (UnicodeDecodeError, csv.Error, ValueError) as error:
        raise ManifestUnreadableError from error
    parts = dict(rows)
    if not parts or len(parts) != len(rows) or len(parts) > MOST_PARTS:
        raise ManifestUnreadableError(f"{len(rows)} lines, {len(parts)} names")
    if not all(is_safe(name) for name in parts):
        raise ManifestUnreadableError("a name with a path")
    return parts


def _rows(lines: list[str]) -> Iterator[tuple[str, Expected]]:
    kept = [line for line in lines if not line.startswith("#")]
    if kept and not _LINE.fullmatch(kept[0]):
        yield from _table(kept)
        return
    for line in kept:
        found = _LINE.fullmatch(line)
        if found is None:
            raise ValueError("a line of another form")
        yield found[2].strip(), _expected(found[1])


def _table(lines: list[str]) -> Iterator[tuple[str, Expected]]:
    header = [each.strip().lower() for each in next(csv.reader(lines[:1], strict=True))]
    name, digest = header.index("name"), header.index("hash")
    size = header.index("size") if "size" in header else None
    for row in csv.reader(lines[1:], strict=True):
        if len(row) != len(header):
            raise ValueError("a row of another width")
        stated = row[size].strip() if size is not None else ""
        if stated and not _is_number(stated):
            raise ValueError("a size that is none")
        yield row[name].strip(), _expected(row[digest].strip(), stated)


def _expected(digest: str, size: str = "") -> Expected:
    if not _HEX.fullmatch(digest):
        raise ValueError("a hash that is none")
    stated = int(size) if size else None
    if _DIGESTS[len(digest)] == "md5":
        return Expected(size=stated, md5=digest.lower())
    return Expected(size=stated, sha256=digest.lower())


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= _LONGEST_NUMBER
