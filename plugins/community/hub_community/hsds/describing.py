"""What a datapackage.json says, held against the tables that came with it."""

from collections.abc import Mapping
from dataclasses import dataclass

from hub_community.hsds.catalogue import by_name
from hub_community.hsds.noting import Notes
from hub_community.hsds.packages import Package, Source, resources
from hub_community.hsds.tables.form import ROOTS
from hub_community.hsds.versions import Evidence, profile_of, stated


@dataclass(frozen=True, slots=True)
class Described:
    """The version of a package after all, and whether all of its tables are there."""

    evidence: Evidence
    complete: bool = True


def described(package: Package, shown: Evidence, notes: Notes) -> Described:
    """Return what holds: the tables where they and the description differ."""
    if package.broken_description:
        notes.add("hsds.datapackage_unreadable")
    if not package.described:
        return Described(shown)
    complete = _compare(package, notes)
    said = stated(package.described.get("version"))
    profile = shown.profile or profile_of(
        package.described.get("profile"), package.described.get("name")
    )
    if not said:
        return Described(Evidence(shown.version, shown.shown_by, profile), complete)
    mark = f"datapackage.json version {said}"
    if shown.version in ("", said):
        return Described(Evidence(said, (mark, *shown.shown_by), profile), complete)
    notes.add("hsds.datapackage_differs", field="version")
    return Described(Evidence(shown.version, shown.shown_by, profile), complete)


def _compare(package: Package, notes: Notes) -> bool:
    """Remark tables that are missing and columns that differ."""
    by_file: Mapping[str, Source] = {source.name: source for source in package.sources}
    complete = True
    for name, base, columns in resources(package.described):
        source = by_file.get(name) or by_file.get(base.partition(".")[0])
        if source is None:
            notes.add("hsds.table_missing", field=name)
            found = by_name(name)
            complete &= not (found and found[0][1].kind in ROOTS)
        elif source.header and set(columns) - set(source.header):
            notes.add("hsds.datapackage_differs", field=source.name)
    return complete
