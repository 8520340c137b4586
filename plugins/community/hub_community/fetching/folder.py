"""The source ``hsds-folder``: packages that somebody puts into a folder."""

import asyncio
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import IO

import structlog

from hub.sdk import Inbox
from hub_community.fetching.clock import Clock, SystemClock
from hub_community.fetching.errors import DirectoryTooLargeError
from hub_community.fetching.forms import ZIP
from hub_community.fetching.handing import Handing
from hub_community.fetching.packing import (
    ARCHIVE,
    ChangedError,
    Found,
    copied,
    has,
    listed,
    missing,
    packed,
)
from hub_community.fetching.settings import FolderSettings

log = structlog.get_logger()

_MEBIBYTE = 1 << 20


class Folder:
    """A source. Watches a folder, and changes nothing in it.

    Of several archives the newest is the directory, since each is the whole of one.
    """

    def __init__(self, settings: FolderSettings, clock: Clock | None = None) -> None:
        self._settings, self._clock = settings, clock or SystemClock()
        self._handing, self._watch = Handing(self._clock), Watch(settings)

    async def run(self, inbox: Inbox) -> None:
        """Look until cancelled. Raises the errors HSDS-029 and HSDS-031."""
        await asyncio.to_thread(listed, self._settings.folder)
        inbox.report_ready(str(self._settings.folder))
        while True:
            body = await asyncio.to_thread(self._watch.look, self._clock.now())
            if body is not None:
                await self._handing.package(inbox, body, ZIP)
                self._watch.taken()
            await self._clock.sleep(self._settings.poll_seconds)


class Watch:
    """Knows what was in the folder at the last look."""

    def __init__(self, settings: FolderSettings) -> None:
        self._settings = settings
        self._seen: list[Found] = []
        self._since: datetime | None = None
        self._digest = ""
        self._taken: list[Found] = []

    def look(self, now: datetime) -> bytes | None:
        """Return a package that is complete and new, None where there is none.

        It is complete when its marker is there; without one, when between two looks
        neither sizes, times nor contents changed.
        """
        found, marker = self._candidates()
        sight = [*found, marker] if marker else found
        if not found or sight == self._taken:
            self._seen = sight
            return None
        self._bounded(found)
        if sight != self._seen:
            self._seen, self._since, self._digest = sight, now, ""
        with TemporaryFile(prefix="carehub-") as spool:
            try:
                digest = self._read(found, spool)
                incomplete = missing(self._settings.folder, found)
            except ChangedError:
                self._seen = []
                return None
            settled, self._digest = digest == self._digest, digest
            ready = settled and not (incomplete and self._waits(now, incomplete))
            if marker is None and not ready:
                return None
            spool.seek(0)
            return spool.read()

    def taken(self) -> None:
        """Remember that what `look` returned is stored."""
        self._taken = self._seen

    def _candidates(self) -> tuple[list[Found], Found | None]:
        """Return the files of the package, and the marker that announces it."""
        settings = self._settings
        marker = has(settings.folder, settings.marker) if settings.marker else None
        if settings.marker and marker is None:
            return [], None
        found = [
            file for file in listed(settings.folder) if file.name != settings.marker
        ]
        archives = [file for file in found if _is_archive(file)]
        if archives:
            found = [max(archives, key=lambda file: (file.changed_ns, file.name))]
        return found, marker

    def _bounded(self, found: list[Found]) -> None:
        most = self._settings.max_mebibytes * _MEBIBYTE
        if sum(file.size for file in found) > most:
            raise DirectoryTooLargeError(f"more than {most} bytes")

    def _read(self, found: list[Found], spool: IO[bytes]) -> str:
        folder = self._settings.folder
        if _is_archive(found[0]):
            return copied(folder, found[0], spool)
        return packed(folder, found, spool)

    def _waits(self, now: datetime, incomplete: int) -> bool:
        since = self._since or now
        patient = now - since < timedelta(minutes=self._settings.patience_minutes)
        if patient:
            log.debug("package.incomplete", missing=incomplete)
        else:
            log.warning("package.taken_incomplete", missing=incomplete)
        return patient


def _is_archive(file: Found) -> bool:
    return file.name.casefold().endswith(ARCHIVE)
