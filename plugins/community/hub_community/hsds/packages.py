"""What is in a package: which files it has, and what form each is in."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from hub_community.hsds.csvs import Found, normal, rows
from hub_community.hsds.errors import (
    NoDirectoryError,
    TooLargeError,
    UnreadablePackageError,
)
from hub_community.hsds.jsons import is_lines
from hub_community.hsds.profile import HsdsProfile
from hub_community.hsds.zips import Entry, unpacked

_MEBIBYTE: Final = 1 << 20
_HEAD: Final = 4096
#: What other things start with that come instead of a directory.
_OTHER: Final = (
    b"%PDF", b"\x1f\x8b", b"\xd0\xcf\x11\xe0", b"Rar!", b"7z\xbc\xaf", b"\x89PNG",
    b"\xff\xd8\xff", b"-----BEGIN PGP", b"BZh", b"\xfd7zXZ", b"GIF8", b"SQLite format",
)  # fmt: skip
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_DESCRIPTION: Final = "datapackage"
_LARGEST_DESCRIPTION: Final = 16 << 20


@dataclass
class Source:
    """A file of a package: its normalised name, form, and the header of a table."""

    name: str
    path: Path
    form: str
    header: Sequence[str] = ()


@dataclass
class Package:
    """A package as it lies on disk; `described` is its datapackage.json."""

    sources: list[Source]
    described: dict[str, Any] = field(default_factory=dict)
    archive: bool = False
    broken_description: bool = False
    ignored: int = 0


def opened(package: Path, folder: Path, profile: HsdsProfile) -> Package:
    """Return what is in a package, unpacked to `folder` where it is an archive.

    Raises the errors HSDS-001 to 006.
    """
    size = package.stat().st_size
    if size > profile.limits.max_mebibytes * _MEBIBYTE:
        raise TooLargeError(f"{size} bytes")
    with package.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        files = unpacked(package, folder, profile.limits)
        return _sorted(files, profile)
    form = _form(package)
    if not form:
        raise UnreadablePackageError
    return Package([_source(Entry("", package), form, profile)])


def _sorted(files: Sequence[Entry], profile: HsdsProfile) -> Package:
    made = Package([], archive=True)
    named = {}
    for entry in files:
        if normal(_stem(entry.name)) == _DESCRIPTION:
            made.described = _description(entry.path) or {}
            made.broken_description = not made.described
            named = _names(made.described)
    for entry in files:
        form = _form(entry.path)
        stem = _stem(entry.name)
        if normal(stem) == _DESCRIPTION:
            continue
        if not form or entry.name.casefold().endswith((".md", ".txt", ".pdf", ".html")):
            made.ignored += 1
            continue
        base = entry.name.rpartition("/")[2].casefold()
        source = _source(entry, form, profile)
        source.name = named.get(base, normal(stem))
        made.sources.append(source)
    if not made.sources:
        raise NoDirectoryError("no tables")
    return made


def _stem(name: str) -> str:
    base = name.rpartition("/")[2]
    return base.partition(".")[0] if not base.startswith(".") else base


def _form(path: Path) -> str:
    """Return ``json``, ``lines`` or ``csv``, empty for what is none of them."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n\0")
    if head.startswith(_UTF_16):
        return "csv"
    if not start or head.startswith((*_OTHER, b"PK")):
        return ""
    if start[:1] in (b"{", b"["):
        return "lines" if start[:1] == b"{" and is_lines(path) else "json"
    if start[:1] == b"<" or start.startswith((b"#!", b"ISA*", b"MSH|", b"---")):
        return ""
    binary = sum(byte < ord(" ") and byte not in b"\t\r\n\0\x0b\x0c" for byte in head)
    return "" if binary > len(head) // 100 else "csv"


def _source(entry: Entry, form: str, profile: HsdsProfile) -> Source:
    made = Source("", entry.path, form)
    if form == "csv":
        with entry.path.open("rb") as file, suppress(StopIteration):
            first = rows(file, profile.separator, profile.encoding, Found())
            made.header = next(first)[1]
    return made


def _description(path: Path) -> dict[str, Any] | None:
    if path.stat().st_size > _LARGEST_DESCRIPTION:
        return None
    try:
        found = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def resources(described: dict[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield name, file and columns of each table that a datapackage.json names."""
    listed = described.get("resources")
    for each in listed if isinstance(listed, list) else ():
        if not isinstance(each, dict):
            continue
        path, schema = each.get("path"), each.get("schema")
        fields = schema.get("fields") if isinstance(schema, dict) else None
        columns = [
            normal(str(column.get("name")))
            for column in (fields if isinstance(fields, list) else ())
            if isinstance(column, dict)
        ]
        base = path.rpartition("/")[2].casefold() if isinstance(path, str) else ""
        yield normal(str(each.get("name") or "")), base, columns


def _names(described: dict[str, Any]) -> dict[str, str]:
    return {base: name for name, base, _ in resources(described) if base and name}
