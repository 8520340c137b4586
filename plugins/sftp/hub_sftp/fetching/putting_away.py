"""Where files go, and our answers to them. Everything here blocks.

Nothing is ever overwritten or deleted, but for what we were writing ourselves.
"""

import posixpath
from contextlib import suppress
from datetime import date

from hub.sdk import Answer, HubError, Listed
from hub_sftp.fetching.errors import (
    FileGoneError,
    MoveDeniedError,
    NoFreeNameError,
    UnsafeFileNameError,
)
from hub_sftp.fetching.names import is_safe, numbered
from hub_sftp.fetching.settings import Places
from hub_sftp.fetching.shelf import Entry, Shelf, TakenError, small

#: Names that are tried for one file.
_MOST_NAMES = 1000


class Porter:
    """Moves files between the folders of one shelf."""

    def __init__(self, shelf: Shelf, places: Places) -> None:
        self._shelf = shelf
        self._places = places
        self._made: set[str] = set()

    def prepare(self) -> None:
        """Make the folder that is needed first; the others come with their use."""
        self._make(self._places.processing)

    def take(self, at: str) -> str:
        """Move a file that we have a ticket for into processing; return where it is.

        It stays where it is where another one of its name is in there. Raises
        FileGoneError and MoveDeniedError.
        """
        target = posixpath.join(self._places.processing, posixpath.basename(at))
        if at == target:
            return at
        self._make(self._places.processing)
        try:
            self._shelf.move(at, target)
        except TakenError:
            return at
        return target

    def find(self, listed: Listed) -> str | None:
        """Return where a file is now, None where it is not to be found.

        A server whose times change when it moves a file is told by the size alone.
        """
        name = posixpath.basename(listed.path)
        if posixpath.dirname(listed.path) != self._places.inbox or not is_safe(name):
            return None  # a name with a path in it: not even the server may follow it
        there = posixpath.join(self._places.processing, name)
        taken = self._shelf.look(there)
        if _is(taken, listed):
            return there
        if _is(self._shelf.look(listed.path), listed):
            return listed.path
        return there if taken is not None and taken.size == listed.size else None

    def put_away(self, path: str, place: str, today: date) -> None:
        """Move a file to the archive, or to where errors go."""
        folder = self._places.error
        if place == "archive":
            folder = self._places.archive
            self._make(folder)
            for level in (f"{today.year:04}", f"{today.month:02}"):
                folder = posixpath.join(folder, level)
                self._make(folder)
        self._make(folder)
        name = posixpath.basename(path)
        for number in range(1, _MOST_NAMES):
            target = posixpath.join(folder, numbered(name, number))
            with suppress(TakenError):
                self._shelf.move(path, target)
                return
        raise NoFreeNameError

    def put_away_if_there(self, path: str, place: str, today: date) -> None:
        """Move a file like `put_away`; where it is gone, it is gone.

        Raises MoveDeniedError where it is there and cannot go to its place.
        """
        try:
            self.put_away(path, place, today)
        except FileGoneError as error:
            if self._shelf.look(path) is None:
                return  # somebody else put it away
            self._made.clear()
            raise MoveDeniedError("a folder is gone") from error

    def reply(self, name: str, body: bytes) -> None:
        """Put a reply into the outbox, whole or not at all, unless it is there."""
        if not is_safe(name):
            raise UnsafeFileNameError("of a reply")
        self._make(self._places.outbox)
        for number in range(1, _MOST_NAMES):
            target = posixpath.join(self._places.outbox, numbered(name, number))
            there = self._shelf.look(target)
            if there is None:
                self._write(target, body)
                return
            if self._is_same(target, there, body):
                return
        raise NoFreeNameError

    def settle(self, answer: Answer, today: date) -> None:
        """Move the file that was answered to where it belongs.

        Raises MoveDeniedError where it cannot go there; where it is gone, it is gone.
        """
        path = self.find(answer.listed)
        if path is None or answer.place == "processing":
            return
        self.put_away_if_there(path, answer.place, today)

    def _write(self, target: str, body: bytes) -> None:
        folder, name = posixpath.split(target)
        unfinished = posixpath.join(folder, f".{name}.tmp")
        try:
            self._shelf.write(unfinished, body)
            self._shelf.move(unfinished, target)
        except (HubError, TakenError) as error:
            self._shelf.remove(unfinished)
            if isinstance(error, TakenError):
                raise MoveDeniedError("the name was taken meanwhile") from error
            raise

    def _is_same(self, path: str, there: Entry, body: bytes) -> bool:
        if there.kind != "file" or there.size != len(body):
            return False
        try:
            return small(self._shelf, path, len(body)) == body
        except FileGoneError:
            return False

    def _make(self, folder: str) -> None:
        if folder in self._made:
            return
        if self._shelf.look(folder) is None:
            above = posixpath.dirname(folder)
            if above not in {"", "/", folder}:
                self._make(above)
            try:
                self._shelf.make(folder)
            except HubError:
                self._made.clear()  # one above it may be gone
                raise
        self._made.add(folder)


def _is(entry: Entry | None, listed: Listed) -> bool:
    if entry is None:
        return False
    return (entry.size, entry.modified) == (listed.size, listed.modified)
