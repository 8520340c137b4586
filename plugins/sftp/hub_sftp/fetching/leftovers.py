"""Markers and manifests that stay behind where server or hub died before their move.

Everything here blocks.
"""

import posixpath
import re
from collections.abc import Iterator
from itertools import product

from hub.sdk import Listed
from hub_sftp.fetching.errors import FileGoneError, ManifestUnreadableError
from hub_sftp.fetching.markers import MANIFEST_BYTES, of_manifest
from hub_sftp.fetching.names import is_safe, is_unfinished
from hub_sftp.fetching.settings import PollerSettings
from hub_sftp.fetching.shelf import Entry, Shelf, small


class Leftovers:
    """Finds what said that a file is whole, once nothing needs it any more."""

    def __init__(self, settings: PollerSettings) -> None:
        self._complete = settings.complete
        self._suffixes = settings.markers
        self._manifest = re.compile(settings.manifest)
        self._places = settings.places

    def of(self, shelf: Shelf, listed: Listed) -> list[str]:
        """Return the paths of what is left in the inbox of a file that is settled.

        What any other file in inbox or processing could need is not among them.
        """
        name = posixpath.basename(listed.path)
        if self._complete not in {"marker", "manifest"} or not is_safe(name):
            return []
        if self._complete == "marker":
            left = self._markers(shelf, name)
        else:
            left = dict(self._manifests(shelf, listed, name))
        if not left:
            return []
        for other in self._others(shelf, listed):
            for path in [path for path, of in left.items() if of & self._asks(other)]:
                del left[path]
        return list(left)

    def _markers(self, shelf: Shelf, name: str) -> dict[str, set[str]]:
        """Return the path of each marker, with the names that it could be for."""
        found = {}
        for whose, suffix in product(self._asks(name), self._suffixes):
            path = posixpath.join(self._places.inbox, f"{whose}{suffix}")
            there = shelf.look(path) if is_safe(f"{whose}{suffix}") else None
            if there is not None and there.kind == "file":
                found[path] = {whose}
        return found

    def _manifests(
        self, shelf: Shelf, listed: Listed, name: str
    ) -> Iterator[tuple[str, set[str]]]:
        """Yield the path of each manifest of the file, with the names in it."""
        for entry in self._entries(shelf, self._places.inbox):
            if entry.kind != "file" or not self._is_manifest(entry.name):
                continue
            path = posixpath.join(self._places.inbox, entry.name)
            try:
                parts = of_manifest(small(shelf, path, min(entry.size, MANIFEST_BYTES)))
            except (FileGoneError, ManifestUnreadableError):
                continue
            if name in parts and parts[name].size in {None, listed.size}:
                yield path, set(parts)

    def _others(self, shelf: Shelf, listed: Listed) -> Iterator[str]:
        """Yield the names of all files but this one."""
        mine = posixpath.basename(listed.path)
        for folder in (self._places.inbox, self._places.processing):
            for entry in self._entries(shelf, folder):
                if entry.kind == "folder" or self._is_companion(entry.name):
                    continue
                moved = folder == self._places.processing
                if entry.name != mine or not (moved or _is(entry, listed)):
                    yield entry.name

    def _asks(self, name: str) -> set[str]:
        """Return whose marker, or whose line in a manifest, a file of a name needs."""
        if self._complete == "marker":
            return {name, posixpath.splitext(name)[0]}
        return {name}

    def _is_companion(self, name: str) -> bool:
        if self._complete == "marker":
            return name.endswith(self._suffixes)
        return self._is_manifest(name)

    def _is_manifest(self, name: str) -> bool:
        known = self._manifest.fullmatch(name) is not None
        return known and is_safe(name) and not is_unfinished(name)

    def _entries(self, shelf: Shelf, folder: str) -> Iterator[Entry]:
        try:
            yield from shelf.entries(folder)
        except FileGoneError:
            return  # a folder that is not there holds nothing; the poll says so


def _is(entry: Entry, listed: Listed) -> bool:
    return (entry.size, entry.modified) == (listed.size, listed.modified)
