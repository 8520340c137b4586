"""Which files of a folder are complete, by the way that their partner says so.

Folders may hold 200,000 files: they are listed page by page, and only the oldest
few thousand are kept in mind. Everything here blocks.
"""

import heapq
import posixpath
import re
from collections.abc import Iterable, Iterator

import structlog
from msgspec import Struct

from hub.sdk import HubError, Listed
from hub_sftp.fetching.errors import (
    FileGoneError,
    FileTooLargeError,
    InboxMissingError,
    ManifestUnreadableError,
    NotAFileError,
    UnsafeFileNameError,
)
from hub_sftp.fetching.markers import (
    MANIFEST_BYTES,
    MARKER_BYTES,
    Expected,
    of_manifest,
    of_marker,
)
from hub_sftp.fetching.names import is_safe, is_unfinished
from hub_sftp.fetching.remembering import Known, Sightings
from hub_sftp.fetching.settings import PollerSettings
from hub_sftp.fetching.shelf import Entry, Shelf, small

log = structlog.get_logger()

#: The oldest files of a folder that one poll considers.
LOOK_AT = 5000


class Part(Struct, frozen=True, kw_only=True):
    """A file to fetch. `listed` is how the ledger knows it, `at` where it is now."""

    listed: Listed
    at: str
    expected: Expected | None = None
    error: HubError | None = None


class Unit(Struct, frozen=True, kw_only=True):
    """Files that are fetched together or not at all, and what said that they are whole.

    `companions` are paths of markers and manifests.
    """

    parts: tuple[Part, ...]
    companions: tuple[str, ...] = ()


class Selection(Struct, kw_only=True):
    """What to fetch now, oldest first; `more` where there are files beyond it."""

    units: list[Unit]
    more: bool = False

    @property
    def sizes(self) -> list[int]:
        """The sizes of the files that can be fetched."""
        parts = (part for unit in self.units for part in unit.parts)
        return [part.listed.size for part in parts if part.error is None]


class Selector:
    """Looks at the folders. Remembers only what spares work."""

    def __init__(self, settings: PollerSettings) -> None:
        self._settings = settings
        self._places = settings.places
        # A line break in a name is refused like all that cannot be used: not ignored.
        self._files = re.compile(settings.files, re.DOTALL)
        self._manifest = re.compile(settings.manifest)
        self._most = settings.gate.max_mebibytes << 20
        self._sightings = Sightings()
        #: What the ledger had an answer for.
        self.known: Known[Listed] = Known()
        #: What rests and is not whole: fetched again once it changed.
        self.resting: Known[Listed] = Known(seconds=86_400)
        #: Whose markers and manifests were put away.
        self.cleared: Known[Listed] = Known()
        #: What was said of a file, by its code: once a day is enough.
        self.complained: Known[tuple[Listed, str]] = Known(seconds=86_400)

    def select(self, shelf: Shelf) -> Selection:
        """Return what is complete. Raises InboxMissingError, ReadDeniedError."""
        self._sightings.begin()
        found = {
            "rename": self._single,
            "stable": self._single,
            "marker": self._marked,
            "manifest": self._manifested,
        }[self._settings.complete](shelf)
        units = [unit for unit in found if not self._is_known(unit)]
        return Selection(units=units, more=len(units) >= LOOK_AT)

    def _is_known(self, unit: Unit) -> bool:
        return all(part.listed in self.known for part in unit.parts)

    def _single(self, shelf: Shelf) -> list[Unit]:
        """Take each file by itself: those that we moved, and those that rest."""
        parts = self._parts(shelf)
        kept = self._oldest(shelf, (each for each in parts if self._is_new(each)))
        return [Unit(parts=(each,)) for each in kept if self._rests(each)]

    def _rests(self, part: Part) -> bool:
        if self._settings.complete != "stable" or part.error is not None:
            return True
        if part.at != part.listed.path:  # it rested before it was moved
            return True
        listed = part.listed
        times = self._sightings.seen(listed.path, listed.size, listed.modified)
        return times >= self._settings.stable_polls

    def _marked(self, shelf: Shelf) -> list[Unit]:
        """Take the files that have a marker, by two listings with little memory."""
        markers = self._markers(shelf)
        wanted = {_base(name, self._settings.markers): name for name in markers}
        found = self._oldest(
            shelf,
            (
                part
                for part in self._parts(shelf)
                if self._is_new(part)
                and (marker := markers.get(_marker_of(part, wanted)))
                # An older marker is that of an earlier file of this name.
                and marker.modified >= part.listed.modified
            ),
        )
        units = (
            self._with_marker(shelf, part, markers[_marker_of(part, wanted)])
            for part in found[: self._settings.max_files]
        )
        return [unit for unit in units if unit is not None]

    def _markers(self, shelf: Shelf) -> dict[str, Entry]:
        entries = (
            entry
            for entry in self._listing(shelf, self._places.inbox)
            if entry.kind == "file" and entry.name.endswith(self._settings.markers)
        )
        oldest = heapq.nsmallest(LOOK_AT, entries, key=lambda one: one.modified)
        return {entry.name: entry for entry in oldest}

    def _with_marker(self, shelf: Shelf, part: Part, marker: Entry) -> Unit | None:
        """Return a file with its marker; None where it is not what that says.

        A marker whose name cannot be used is neither read nor moved, and its file is
        refused: nothing says that it is whole.
        """
        if not is_safe(marker.name):
            unsafe = part.error or UnsafeFileNameError("of its marker")
            return Unit(parts=(Part(listed=part.listed, at=part.at, error=unsafe),))
        path = posixpath.join(self._places.inbox, marker.name)
        try:
            said = small(shelf, path, min(marker.size, MARKER_BYTES))
        except FileGoneError:
            return None
        expected = of_marker(said)
        if expected.size not in {None, part.listed.size}:
            log.debug("file.awaited", reason="its marker says another size")
            return None
        part = Part(listed=part.listed, at=part.at, error=part.error, expected=expected)
        return Unit(parts=(part,), companions=(path,))

    def _manifested(self, shelf: Shelf) -> list[Unit]:
        """Take the files of each manifest all of whose parts are there."""
        manifests = heapq.nsmallest(
            min(LOOK_AT, self._settings.max_files),
            (each for each in self._manifests(shelf) if each not in self.resting),
            key=lambda one: (one.modified, one.path),
        )
        units = [self._with_manifest(shelf, manifest) for manifest in manifests]
        return [unit for unit in units if unit is not None]

    def _manifests(self, shelf: Shelf) -> Iterator[Listed]:
        for entry in self._listing(shelf, self._places.inbox):
            if entry.kind != "file" or not is_safe(entry.name):
                continue
            if self._is_manifest(entry.name) and not is_unfinished(entry.name):
                yield _listed(self._places.inbox, entry)

    def _is_manifest(self, name: str) -> bool:
        return self._manifest.fullmatch(name) is not None

    def _with_manifest(self, shelf: Shelf, manifest: Listed) -> Unit | None:
        try:
            body = small(shelf, manifest.path, min(manifest.size, MANIFEST_BYTES))
            wanted = of_manifest(body)
        except FileGoneError:
            return None
        except ManifestUnreadableError as error:
            self.resting.add(manifest)
            log.warning("manifest.refused", error=error, error_code=error.code)
            return None
        parts = [self._located(shelf, *each) for each in wanted.items()]
        there = tuple(part for part in parts if part is not None)
        if len(there) != len(parts):
            missing = len(parts) - len(there)
            log.debug("file.awaited", reason="parts of a manifest", missing=missing)
            return None
        return Unit(parts=there, companions=(manifest.path,))

    def _located(self, shelf: Shelf, name: str, expected: Expected) -> Part | None:
        """Return a part of a manifest, where it is now; None where it is not whole."""
        for folder in (self._places.inbox, self._places.processing):
            entry = shelf.look(posixpath.join(folder, name))
            if entry is not None and expected.size in {None, entry.size}:
                part = self._part(folder, entry)
                return Part(
                    listed=part.listed, at=part.at, error=part.error, expected=expected
                )
        return None

    def _parts(self, shelf: Shelf) -> Iterator[Part]:
        """Yield all that could be files for us, in both folders where they may be."""
        companions = self._settings.complete in {"marker", "manifest"}
        for folder in self._folders():
            for entry in self._listing(shelf, folder):
                if is_unfinished(entry.name) or entry.kind == "folder":
                    continue
                if companions and self._is_companion(entry.name):
                    continue
                if self._files.fullmatch(entry.name) is None:
                    continue
                yield self._part(folder, entry)

    def _folders(self) -> tuple[str, ...]:
        if self._settings.claim == "record":
            return (self._places.inbox,)
        return (self._places.inbox, self._places.processing)

    def _is_companion(self, name: str) -> bool:
        if self._settings.complete == "marker":
            return name.endswith(self._settings.markers)
        return self._is_manifest(name)

    def _part(self, folder: str, entry: Entry) -> Part:
        error: HubError | None = None
        if not is_safe(entry.name):
            error = UnsafeFileNameError()
        elif entry.kind != "file":
            error = NotAFileError()
        elif entry.size > self._most:
            error = FileTooLargeError(f"{entry.size} bytes")
        at = posixpath.join(folder, entry.name) if is_safe(entry.name) else ""
        return Part(listed=_listed(self._places.inbox, entry), at=at, error=error)

    def _listing(self, shelf: Shelf, folder: str) -> Iterator[Entry]:
        try:
            yield from shelf.entries(folder)
        except FileGoneError as error:
            if folder == self._places.inbox:
                raise InboxMissingError from error

    def _is_new(self, part: Part) -> bool:
        return part.listed not in self.known and part.listed not in self.resting

    def _oldest(self, shelf: Shelf, parts: Iterable[Part]) -> list[Part]:
        kept = heapq.nsmallest(
            LOOK_AT, parts, key=lambda one: (one.listed.modified, one.listed.path)
        )
        return [part for each in kept if (part := self._measured(shelf, each))]

    def _measured(self, shelf: Shelf, part: Part) -> Part | None:
        """Look again at what a server listed without its size."""
        if part.listed.size >= 0 or part.error is not None:
            return part
        folder = part.at.rpartition("/")[0]
        entry = shelf.look(part.at)
        if entry is None or entry.kind == "folder" or entry.size < 0:
            return None
        return self._part(folder, entry)


def _listed(inbox: str, entry: Entry) -> Listed:
    """Return how the ledger knows a file, wherever it is now."""
    return Listed(
        path=f"{inbox.rstrip('/')}/{entry.name}",
        size=entry.size,
        modified=entry.modified,
    )


def _base(marker: str, suffixes: tuple[str, ...]) -> str:
    return next(marker.removesuffix(each) for each in suffixes if marker.endswith(each))


def _marker_of(part: Part, wanted: dict[str, str]) -> str:
    """Return the marker of a file: that of its whole name, or that of its stem."""
    name = part.listed.path.rpartition("/")[2]
    return wanted.get(name) or wanted.get(posixpath.splitext(name)[0]) or ""
