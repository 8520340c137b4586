"""Snapshots of a directory's API, as the hub's own sources write them.

    file  = first line, then one of these per line
    first = {"carehub_snapshot": 1, "mode": "full" | "delta" | "unchanged",
             "version": …, "profile": …, "complete": true | false,
             "since": … | null, "fetched_at": …}
    line  = {"type": TYPE, "record": {…}}      an object as the API gave it
          | {"seen": {"type": TYPE, "id": …}}  found by a sweep
          | {"gone": {"type": TYPE, "id": …}}  known to be there no longer

TYPE is ``service``, ``organization``, ``location``, ``service_at_location``,
``taxonomy_term`` or ``taxonomy``.
"""

from datetime import UTC, datetime
from typing import Any, Final, Literal, get_args

import msgspec

from hub.sdk import DirectoryGone, DirectoryHeading, DirectorySeen, ObjectType
from hub_community.hsds.documents import Documents
from hub_community.hsds.errors import BrokenSnapshotError
from hub_community.hsds.jsons import lines
from hub_community.hsds.packages import Source
from hub_community.hsds.versions import Evidence, profile_of, stated

MARK: Final = "carehub_snapshot"
_FORMAT: Final = 1
_ROOTS: Final = get_args(ObjectType)
_TYPES: Final = frozenset({*_ROOTS, "service_at_location", "taxonomy"})


class First(msgspec.Struct, frozen=True):
    """The first line of a snapshot."""

    carehub_snapshot: int
    mode: Literal["full", "delta", "unchanged"]
    version: str | None = ""
    profile: str | None = ""
    complete: bool = False
    since: datetime | None = None
    fetched_at: datetime | None = None


def first_line(source: Source) -> First | None:
    """Return the first line of a snapshot; None of anything else.

    Raises BrokenSnapshotError for one that says what cannot be.
    """
    with source.path.open("rb") as file:
        _, found = next(lines(file), (0, None))
    if not isinstance(found, dict) or MARK not in found:
        return None
    try:
        made = msgspec.convert(found, First)
    except msgspec.ValidationError as error:
        raise BrokenSnapshotError from error
    if made.carehub_snapshot != _FORMAT:
        raise BrokenSnapshotError("of another format")
    return made


def take(source: Source, documents: Documents) -> None:
    """Take the lines after the first one."""
    with source.path.open("rb") as file:
        for number, line in lines(file):
            if number == 1:
                continue
            if line is None or not _line(line, documents):
                documents.bad_line(number)


def _line(line: dict[str, Any], documents: Documents) -> bool:
    for key, made in (("seen", DirectorySeen), ("gone", DirectoryGone)):
        if key in line:
            said = line[key]
            if not isinstance(said, dict) or said.get("type") not in _ROOTS:
                return False
            if not isinstance(said.get("id"), str):
                return False
            documents.ingest.scratch.remark(made(type=said["type"], id=said["id"]))
            documents.taken += 1
            return True
    kind, record = line.get("type"), line.get("record")
    known = isinstance(kind, str) and kind in _TYPES
    if not known or not isinstance(record, dict):
        return False
    documents.taken += 1
    documents.reader.take(record, str(kind))
    return True


def heading(first: First, shown: Evidence) -> DirectoryHeading:
    """Return what a snapshot says of itself."""
    said = stated(first.version)
    mark = (f"version {said} of the API",) if said else ()
    return DirectoryHeading(
        version=said or shown.version,
        evidence=(*mark, *shown.shown_by),
        profile=profile_of(first.profile) or shown.profile,
        mode=first.mode,
        complete=first.complete and first.mode != "delta",
        since=_aware(first.since),
        fetched_at=_aware(first.fetched_at),
    )


def _aware(moment: datetime | None) -> datetime | None:
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=UTC)
