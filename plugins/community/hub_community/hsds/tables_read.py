"""Reading the tables of a package in an order in which they can be joined."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hub_community.hsds.catalogue import Recognised, places, recognised
from hub_community.hsds.csvs import Found, rows
from hub_community.hsds.flat import FlatConverter, is_flat
from hub_community.hsds.ingest import Ingest
from hub_community.hsds.joining import lift
from hub_community.hsds.packages import Source
from hub_community.hsds.tables.flat import PLACES
from hub_community.hsds.tables.form import ROOTS, SLOTS
from hub_community.hsds.tabular import Converter, aliased
from hub_community.hsds.versions import Evidence, of_tables

#: What is in others comes first; what stands by itself comes last.
ORDER: Final = (
    "metadata", "meta_table_description", "taxonomy", "unit", "taxonomy_term",
    "attribute", "language", "phone", "contact", "address", "accessibility",
    "eligibility", "schedule", "service_area", "cost_option", "required_document",
    "funding", "url", "capacity", "organization_identifier", "program",
    "service_at_location", "flat", "location", "organization", "service",
)  # fmt: skip
FLAT: Final = "flat"
#: What `dialect` of a profile calls it.
FLAT_DIALECT: Final = "csv"


@dataclass
class Told:
    """A table of a package with what it was recognised as; None: one for all."""

    source: Source
    header: Sequence[str]
    found: Recognised | None

    @property
    def kind(self) -> str:
        """Return the kind of its rows."""
        return self.found.table.kind if self.found else FLAT


def told(sources: Iterable[Source], ingest: Ingest) -> tuple[list[Told], Evidence]:
    """Return the tables that are of a directory, and the version that they show."""
    profile = ingest.profile
    made = []
    for source in sources:
        header = aliased(source.header, source.name, profile)
        found = recognised(source.name, header, profile.dialect or "3.0")
        if profile.dialect == FLAT_DIALECT or _is_flatter(header, found):
            found = None
        elif found is None:
            ingest.notes.add("hsds.file_ignored", field=source.name)
            continue
        made.append(Told(source, header, found))
    evidence = _evidence(made)
    version = profile.dialect or evidence.version
    for each in made:
        if each.found is not None:
            again = recognised(each.source.name, each.header, version or "3.0")
            each.found = again or each.found
    return made, evidence


def _is_flatter(header: Sequence[str], found: Recognised | None) -> bool:
    if not is_flat(header):
        return False
    known = set(places(found)) if found else set()
    return len(set(PLACES) & set(header)) > len(known & set(header))


def _evidence(tables: Sequence[Told]) -> Evidence:
    real = [table for table in tables if table.found]
    if not real:
        named = ("one table for all",) if tables else ()
        return Evidence(FLAT_DIALECT if tables else "", named)
    shown = of_tables(
        (table.source.name for table in real),
        ((table.kind, column) for table in real for column in table.header),
    )
    if shown.version:
        return shown
    best = max((table.found for table in real if table.found), key=_rank)
    return Evidence(best.version, ("columns of the tables",))


def _rank(found: Recognised) -> int:
    return len(found.table.columns)


def read_tables(tables: Sequence[Told], ingest: Ingest) -> None:
    """Read every table, and join what hangs off others."""
    for kind in ORDER:
        for table in tables:
            if table.kind == kind:
                _read(table, ingest)
        if kind not in ROOTS and kind in SLOTS:
            lift(ingest, kind)


def _read(table: Told, ingest: Ingest) -> None:
    source, profile = table.source, ingest.profile
    converter: Converter | FlatConverter = (
        Converter(ingest, table.found, table.header, source.name)
        if table.found
        else FlatConverter(ingest, table.header, source.name)
    )
    noticed = Found()
    with source.path.open("rb") as file:
        read = rows(file, profile.separator, profile.encoding, noticed)
        next(read, None)
        for _, row in read:
            converter.take(row)
    converter.report()
    for code in noticed.codes:
        ingest.notes.add(code, field=source.name)
    for number, code in noticed.rows:
        ingest.notes.add(code, table.kind, f"row {number}", source.name)
