"""Loading: a list that somebody gives becomes the version of a panel in force.

It is read whole and sorted in a file of its own first; then it goes into the store by
chunks, between which messages have their turn, and takes effect in one small
transaction. Nothing here is for the event loop.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import chain, islice
from pathlib import Path
from secrets import token_hex
from typing import Any, NamedTuple

import structlog

from hub.config.panels import PanelTable
from hub.coordination.panel_errors import PanelFileError, UnknownPanelError
from hub.coordination.panel_lists import Mode, entries
from hub.coordination.panels import Entry, PanelError
from hub.errors import HubError
from hub.runtime import panel_files, panel_merging
from hub.runtime.panel_merging import chunks
from hub.store import panel_members, panel_removing, panels
from hub.store.acting import ACTING
from hub.store.errors import StorageFullError
from hub.store.journal import microseconds
from hub.store.panel_loads import staged_and_waiting, standing
from hub.store.panel_members import MemberRow
from hub.store.panel_removing import Removed
from hub.store.panel_rows import EPOCH
from hub.store.panel_staging import Staging
from hub.store.panels import (
    APPLIED,
    CHUNK,
    FAILED,
    REFUSED,
    WAITING,
    Begun,
    Changes,
    Counted,
    Settled,
)
from hub.store.writer import Writer

log = structlog.get_logger()

#: Where lists lie while they are read, in the data folder.
STAGING = "panel-staging"
#: What a feed fills is waited for: it rests so long after a piece of work at most.
_FED_REST = 0.1
#: A row takes about so many bytes in the store.
_ROW_BYTES = 200


class _Stopped(Exception):  # noqa: N818 - it does not leave this module
    """The hub stops: what is not in force yet is given up."""


class Given(NamedTuple):
    """A list: for which panel, in which file, and by whom. `mode` says what it is."""

    panel: str
    file: Path
    mode: Mode = "full"
    by: str = ""


class Fed(NamedTuple):
    """What a feed of files says of the panel that it fills.

    `rows` are changes of what is in force where they go `onto` it, else they are all
    there is. `mode` is what the file was: only a whole list confirms what is in it.
    """

    panel: str
    mode: Mode
    rows: Iterable[Entry]
    onto: bool
    sha256: bytes
    by: str
    at: int


class _Staged(NamedTuple):
    """A version in the store: what it follows on, and how many numbers it has.

    `lasting` and `lost` are numbers of the one before, `left` and `added` of this.
    """

    before: int
    members: int
    lasting: int
    lost: int
    left: int
    added: int


class Loader:
    """Loads lists into the store of `writer`, one at a time.

    After each piece of work it rests `rest` times as long, so that others have the
    processor. `clock` gives the time.
    """

    def __init__(
        self,
        writer: Writer,
        open_reader: Callable[[], sqlite3.Connection],
        folder: Path,
        tables: Mapping[str, PanelTable],
        *,
        rest: float = 1.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.tables = tables
        self._writer = writer
        self._open_reader = open_reader
        self._folder = folder / STAGING
        self._usual_rest = self._rest = rest
        self._clock = clock
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Give up what is under way. May be called from any thread."""
        self._stopping.set()

    def incoming(self) -> Path:
        """Return where a list may be written before it is loaded."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        return self._folder / f"{token_hex(8)}.csv"

    def recover(self) -> None:
        """Throw away what the last hub did not finish. Before anything is loaded."""
        for left in self._folder.glob("*"):
            left.unlink()
        if given_up := self._writer.call(panels.interrupt, self._now()):
            log.warning("panel.interrupted", count=given_up)

    def load(self, given: Given, rest: float | None = None) -> str:
        """Load a list; return the id under which it, or the same one, is known.

        Afterwards it is in force, or waits for a decision. `rest` stands for the usual
        one. Raises UnknownPanelError,
        PanelError for what is no list, ListWaitsError, PanelFileError, and what the
        writer raises.
        """
        self._rest = self._usual_rest if rest is None else rest
        if given.panel not in self.tables:
            raise UnknownPanelError
        digest = panel_files.digest_of(given.panel, given.file)
        if known := self._known(given, digest):
            return known
        return self._load(given, digest)

    def _known(self, given: Given, digest: bytes) -> str:
        """Return the id of the list where it was given before, and still holds."""
        with closing(self._open_reader()) as reader:
            found = standing(reader, given.panel)
        for each in found:
            if (each.mode, each.sha256) == (given.mode, digest):
                if each.state == APPLIED and given.mode == "full":
                    confirmed = given.panel, self._now(), ACTING.get()
                    self._writer.call(panels.confirm, confirmed)
                    log.info("panel.confirmed", panel=given.panel)
                return each.id
        return ""

    def _load(self, given: Given, digest: bytes) -> str:
        at = self._now()
        key = _load_id(given, digest, at)
        begun = Begun(key, given.panel, given.mode, digest, given.by, at)
        version = self._writer.call(panels.begin, begun)
        try:
            with self._giving_up(begun), Staging(self._lying(key)) as staging:
                count = self._read(given, staging)
                if given.mode == "delta" and count <= CHUNK:
                    self._change(begun, staging)
                else:
                    self._replace(begun, version, staging)
        except _Stopped:
            log.warning("panel.interrupted", panel=given.panel)
        return key

    def _read(self, given: Given, staging: Staging) -> int:
        """Read the whole list; return how many rows it has. Raises PanelError."""
        before, count = looks(given.file), 0
        with panel_files.opened(given.panel, given.file) as lines:
            rows = entries(given.panel, lines, given.mode)
            for chunk in self._at_ease(chunks(rows, CHUNK)):
                count += staging.put(chunk)
        if looks(given.file) != before:
            raise PanelFileError(given.panel)
        return count

    def _change(self, begun: Begun, staging: Staging) -> None:
        rows = [each for _, rows in staging.rows() for each in rows]
        self._writer.call(
            panels.change, Changes(begun.id, rows, begun.at, ACTING.get())
        )
        log.info("panel.changed", panel=begun.panel, rows=len(rows))

    def prepare(self, fed: Fed) -> Settled | Changes:
        """Stage what a feed of files says; return what lets it take effect.

        That is for the transaction in which the file itself does. Nothing of it waits
        to be approved: the file was. Raises UnknownPanelError, ListWaitsError, and
        what the writer raises.
        """
        if fed.panel not in self.tables:
            raise UnknownPanelError
        self._rest = min(_FED_REST, self._usual_rest)
        key = f"load_{token_hex(12)}"
        begun = Begun(key, fed.panel, fed.mode, fed.sha256, fed.by, fed.at)
        more = iter(fed.rows)
        rows = list(islice(more, CHUNK + 1)) if fed.onto else []
        version = self._writer.call(panels.begin, begun)
        if fed.onto and len(rows) <= CHUNK:
            return Changes(key, rows, fed.at, ACTING.get())
        with self._giving_up(begun), Staging(self._lying(key)) as staging:
            for chunk in self._at_ease(chunks(chain(rows, more), CHUNK)):
                staging.put(chunk)
            staged = self._stage(begun, version, staging, whole=not fed.onto)
        return Settled(key, APPLIED, fed.at, ACTING.get(), after=staged.before)

    def _stage(
        self, begun: Begun, version: int, staging: Staging, *, whole: bool
    ) -> _Staged:
        """Write a version that is not in force."""
        name, at = begun.panel, begun.at
        with closing(self._open_reader()) as reader:
            before = panel_members.panels(reader)[name].version
            if whole:
                rows = panel_merging.whole(staging.rows(), name, version, at)
            else:
                old = self._in_force(reader, name, before)
                rows = panel_merging.merged(old, staging.rows(), name, version, at)
            members = 0
            for chunk in self._at_ease(chunks(rows, CHUNK)):
                self._writer.call(panels.stage, chunk, len(chunk) * _ROW_BYTES)
                members += len(chunk)
            today = self._clock().date().toordinal() - EPOCH
            both = (before, version, today)
            lasting, lost = panel_members.compared(reader, name, *both)
            both = (version, before, today)
            left, added = panel_members.compared(reader, name, *both)
        self._writer.call(panels.count, Counted(begun.id, members, added, lost))
        return _Staged(before, members, lasting, lost, left, added)

    def _replace(self, begun: Begun, version: int, staging: Staging) -> None:
        """Stage a version, and put it in force where it does not lose too much."""
        name = begun.panel
        staged = self._stage(begun, version, staging, whole=begun.mode == "full")
        too_many = staged.lost > self.tables[name].max_drop * staged.lasting
        waits = begun.mode == "full" and (
            too_many or (staged.lasting and not staged.left)
        )
        state = WAITING if waits else APPLIED
        self._writer.call(
            panels.settle,
            Settled(begun.id, state, begun.at, ACTING.get(), after=staged.before),
        )
        report = log.warning if waits else log.info
        report(
            "panel.held_back" if waits else "panel.loaded",
            panel=name,
            load_id=begun.id,
            members=staged.members,
            added=staged.added,
            removed=staged.lost,
        )

    def _in_force(
        self, reader: sqlite3.Connection, name: str, version: int
    ) -> Iterator[MemberRow]:
        """Yield what is in force in its order; by pages, which hold nothing up."""
        after = panel_members.BEFORE_ALL
        while rows := panel_members.page(reader, name, version, after, CHUNK):
            yield from rows
            after = rows[-1].key

    def _lying(self, key: str) -> Path:
        return self._folder / f"{key}.sqlite3"

    @contextmanager
    def _giving_up(self, begun: Begun) -> Iterator[None]:
        """Give a list up where something goes wrong with it, and raise what did."""
        try:
            yield
        except HubError as error:
            self._give_up(begun, error)
            raise
        except sqlite3.Error as error:
            failure = StorageFullError(getattr(error, "sqlite_errorname", ""))
            self._give_up(begun, failure)
            raise failure from error

    def _give_up(self, begun: Begun, error: HubError) -> None:
        log.warning("panel.rejected", panel=begun.panel, error_code=error.code)
        reason = error.detail if isinstance(error, PanelError) else error.code
        settled = Settled(begun.id, FAILED, self._now(), ACTING.get(), reason=reason)
        self._writer.call(panels.settle, settled)

    def approve(self, key: str, by: str, reason: str) -> None:
        """Put a list in force that waits. Raises UnknownLoadError, NotWaitingError."""
        self._decide(key, APPLIED, by, reason)

    def refuse(self, key: str, by: str, reason: str) -> None:
        """Drop a list that waits. Raises UnknownLoadError, NotWaitingError."""
        self._decide(key, REFUSED, by, reason)

    def _decide(self, key: str, state: str, by: str, reason: str) -> None:
        settled = Settled(key, state, self._now(), ACTING.get(), by, reason)
        self._writer.call(panels.settle, settled)
        log.info("panel.decided", load_id=key, decision=state)

    def tidy(self) -> int:
        """Remove versions that are not in force and wait for nobody; return rows."""
        with closing(self._open_reader()) as reader:
            there = panel_members.versions(reader)
            kept = staged_and_waiting(reader)
        gone = 0
        left = [Removed(*each) for each in there if each not in kept]
        with suppress(_Stopped):
            for count in self._at_ease(self._removed(left)):
                gone += count
        return gone

    def _removed(self, left: Iterable[Removed]) -> Iterator[int]:
        for each in left:
            while count := self._writer.call(panel_removing.remove, each):
                yield count

    def _at_ease(self, work: Iterable[Any]) -> Iterator[Any]:
        """Yield what `work` yields, and rest after each piece. Raises _Stopped."""
        work = iter(work)
        began = time.perf_counter()
        for piece in work:
            yield piece
            if self._stopping.wait(self._rest * (time.perf_counter() - began)):
                raise _Stopped
            began = time.perf_counter()

    def _now(self) -> int:
        return microseconds(self._clock())


def _load_id(given: Given, digest: bytes, at: int) -> str:
    text = f"{given.panel}/{given.mode}/{at}/".encode()
    return f"load_{blake2b(text + digest, digest_size=12).hexdigest()}"


def looks(file: Path) -> tuple[int, int, int]:
    """Return what tells one state of a file from another; the last is its time."""
    try:
        found = file.stat()
    except OSError:
        return (0, 0, 0)
    return found.st_ino, found.st_size, found.st_mtime_ns
