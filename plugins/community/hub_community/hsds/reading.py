"""The reader of directories: a package in, its objects and remarks out."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from hub.sdk import DirectoryHeading, DirectoryItem
from hub_community.hsds import snapshot
from hub_community.hsds.describing import described
from hub_community.hsds.documents import Documents
from hub_community.hsds.emitting import emitted, prepare
from hub_community.hsds.errors import NoDirectoryError
from hub_community.hsds.ingest import Ingest
from hub_community.hsds.nested import NestedReader
from hub_community.hsds.noting import Notes
from hub_community.hsds.packages import Package, opened
from hub_community.hsds.profile import HsdsProfile
from hub_community.hsds.scratch import Scratch
from hub_community.hsds.tables.form import ROOTS
from hub_community.hsds.tables_read import FLAT, read_tables, told
from hub_community.hsds.versions import Evidence, of_fields

#: Where nothing tells the version, the tolerant one.
_UNKNOWN: Final = Evidence("3.0", ("no mark of a version",))


def read(package: Path, folder: Path, profile: HsdsProfile) -> Iterator[DirectoryItem]:
    """Yield a heading, the objects of `package` by type and id, remarks, the rest.

    What is joined lies in a database in `folder`: memory does not grow with the
    package. Raises the errors HSDS-001 to HSDS-008.
    """
    found = opened(package, folder, profile)
    with closing(Scratch(folder)) as scratch:
        notes = Notes(scratch)
        ingest = Ingest(scratch, notes, profile)
        heading = _taken(found, ingest)
        prepare(ingest, whole=heading.complete and heading.mode == "full")
        yield heading
        yield from emitted(ingest)
        yield from scratch.remarks()
        yield from notes.columns()


def _taken(package: Package, ingest: Ingest) -> DirectoryHeading:
    """Take all that is in a package; return what it says of itself."""
    notes = ingest.notes
    for _ in range(package.ignored):
        notes.add("hsds.file_ignored")
    documents = Documents(ingest, NestedReader(ingest), package.archive)
    first = snapshot.first_line(package.sources[0]) if _is_lines(package) else None
    if first is not None:
        snapshot.take(package.sources[0], documents)
        return snapshot.heading(first, of_fields(documents.reader.met))
    csvs = [source for source in package.sources if source.form == "csv"]
    tables, shown = told(csvs, ingest)
    read_tables(tables, ingest)
    for source in package.sources:
        if source.form == "lines":
            documents.take_lines(source)
        elif source.form == "json":
            documents.take_json(source)
    documents.finish()
    if documents.unchanged:
        return DirectoryHeading(version="", mode="unchanged", complete=False)
    rooted = any(table.kind in {*ROOTS, FLAT} for table in tables)
    if (
        not rooted
        and not ingest.roots
        and not (documents.listed and not documents.taken)
    ):
        raise NoDirectoryError
    if not ingest.roots:
        notes.add("hsds.empty")
    return _heading(package, ingest, documents, shown)


def _is_lines(package: Package) -> bool:
    (first, *others) = package.sources
    return not others and first.form in {"lines", "json"} and not package.archive


def _heading(
    package: Package, ingest: Ingest, documents: Documents, shown: Evidence
) -> DirectoryHeading:
    profile = ingest.profile
    fields = of_fields(documents.reader.met)
    api = Evidence(documents.version, documents.shown_by, documents.profile)
    seen = next((each for each in (shown, fields, api) if each.version), _UNKNOWN)
    if seen is fields and api.version:
        seen = Evidence(seen.version, (*api.shown_by, *seen.shown_by), api.profile)
    known = described(
        package, seen if seen is not _UNKNOWN else Evidence(""), ingest.notes
    )
    best = known.evidence if known.evidence.version else _UNKNOWN
    if profile.dialect:
        best = Evidence(profile.dialect, ("dialect of the profile",), best.profile)
    uk = "uk" if profile.uk else best.profile or api.profile or fields.profile
    return DirectoryHeading(
        version=best.version,
        evidence=best.shown_by,
        profile=uk,
        complete=documents.complete and known.complete,
    )
