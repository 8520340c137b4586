"""JSON files of a directory: lists, pages, single objects, tables in one file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hub_community.hsds.catalogue import by_name
from hub_community.hsds.csvs import normal
from hub_community.hsds.errors import BrokenJsonError
from hub_community.hsds.ingest import Ingest
from hub_community.hsds.joining import lift
from hub_community.hsds.jsons import Page, TruncatedError, lines, values
from hub_community.hsds.nested import NestedReader, kind_of
from hub_community.hsds.packages import Source
from hub_community.hsds.tables.form import ROOTS, SLOTS
from hub_community.hsds.tables_read import ORDER
from hub_community.hsds.versions import profile_of, stated

_TOTALS: Final = ("total_items", "totalElements", "total_elements")
_PAGES: Final = ("total_pages", "totalPages")
_LIST: Final = re.compile(r"_?(?:full|list|package|page|compiled|\d+)$")
_NUMBERED: Final = re.compile(r"_?(?:page)?_?\d+$")
#: What describes a directory, and is none.
_DESCRIBING: Final = (
    "$schema",
    "openapi",
    "swagger",
    "resources",
    "properties",
    "paths",
)


@dataclass
class Documents:
    """Reads JSON and NDJSON; what it found out is in its fields."""

    ingest: Ingest
    reader: NestedReader
    archive: bool = False
    listed: bool = False
    complete: bool = True
    unchanged: bool = False
    taken: int = 0
    version: str = ""
    shown_by: tuple[str, ...] = ()
    profile: str = ""
    _pages: dict[str, "_Pages"] = field(default_factory=dict)

    def take_lines(self, source: Source) -> None:
        """Take the objects of an NDJSON file."""
        self.listed = True
        with source.path.open("rb") as file:
            for number, record in lines(file):
                if record is None:
                    self.bad_line(number)
                else:
                    self._take(record, source.name)

    def bad_line(self, number: int) -> None:
        """Remark a line that is no object."""
        self.ingest.notes.add("hsds.bad_line", "", f"line {number}")

    def take_json(self, source: Source) -> None:
        """Take what a JSON file holds.

        Raises BrokenJsonError where nothing of it can be read.
        """
        page, count = Page(), 0
        try:
            with source.path.open("rb") as file:
                for record in values(file, page):
                    count += 1
                    self._value(record, page, source.name)
        except TruncatedError as error:
            if not count:
                raise BrokenJsonError from error
            self.complete = False
            self.ingest.notes.add("hsds.truncated", field=source.name)
        if page.listed:
            self.listed = True
            self._paged(page, count, source.name)

    def _value(self, record: Any, page: Page, name: str) -> None:
        if not isinstance(record, dict):
            self.taken += 1
            self.ingest.notes.add("hsds.unknown_shape")
        elif page.listed:
            self._take(record, name)
        else:
            self._single(record, name)

    def _take(self, record: dict[str, Any], name: str = "") -> None:
        found = by_name(_LIST.sub("", name)) if name else []
        self.taken += 1
        self.reader.take(record, found[0][1].kind if found else "")

    def _single(self, record: dict[str, Any], name: str) -> None:
        if record.get("mode") == "unchanged" and "id" not in record:
            self.unchanged = True
        elif "id" in record:
            self._take(record, name if kind_of(record) == "" else "")
            if not self.archive:
                self.complete = False
                self.ingest.notes.add("hsds.not_complete")
        elif tables := _tables(record):
            self._tables(tables)
        elif any(key in record for key in _DESCRIBING):
            self.ingest.notes.add("hsds.file_ignored", field=name)
        elif version := stated(record.get("version")):
            self.version = version
            self.shown_by = (f"version {version} of the API",)
            self.profile = profile_of(record.get("profile"), record.get("openapi_url"))
        else:
            self.ingest.notes.add("hsds.file_ignored", field=name)

    def _tables(self, tables: Mapping[str, list[Any]]) -> None:
        self.listed = True
        for kind in ORDER:
            for record in tables.get(kind, ()):
                if isinstance(record, dict):
                    self.taken += 1
                    self.reader.take(record, kind)
                else:
                    self.ingest.notes.add("hsds.unknown_shape", kind)
            if kind not in ROOTS and kind in SLOTS:
                lift(self.ingest, kind)

    def _paged(self, page: Page, count: int, name: str) -> None:
        """Remember how much of what a page is."""
        pages = self._pages.setdefault(_NUMBERED.sub("", name), _Pages())
        pages.files += 1
        pages.objects += count
        for key in _TOTALS:
            pages.all_objects = max(pages.all_objects, _count(page.around.get(key)))
        for key in _PAGES:
            pages.all_files = max(pages.all_files, _count(page.around.get(key)))

    def finish(self) -> None:
        """Find out whether all pages are there."""
        for name, pages in self._pages.items():
            if pages.files < pages.all_files or pages.objects < pages.all_objects:
                self.complete = False
                self.ingest.notes.add("hsds.not_complete", field=name)


@dataclass
class _Pages:
    """How many pages and objects of a list there are, and should be."""

    files: int = 0
    objects: int = 0
    all_files: int = 0
    all_objects: int = 0


def _count(said: Any) -> int:
    return said if isinstance(said, int) else 0


def _tables(record: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the tables of a file that holds several, by kind."""
    made: dict[str, list[Any]] = {}
    for key, value in record.items():
        found = by_name(normal(key.partition(".")[0]))
        if found and isinstance(value, list):
            made.setdefault(found[0][1].kind, []).extend(value)
    return made
