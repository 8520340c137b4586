"""Applying: what a permitted file changes takes effect, all of it at one moment.

Its records are laid by chunks under the next version of the feed, which nobody reads,
and the panel that it feeds is staged beside the one in force. One small transaction
then lets both count. Cut off anywhere, it goes on from there (F67).
"""

import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import structlog

from hub.coordination.exchanges.gate import LISTS_ALL
from hub.coordination.exchanges.membership import ever_holds
from hub.coordination.panel_errors import PanelMovedError
from hub.coordination.panel_lists import Mode
from hub.coordination.panels import Entry
from hub.runtime.exchanges.desk import Write
from hub.runtime.exchanges.errors import StagingLostError
from hub.runtime.exchanges.findings import Findings
from hub.runtime.exchanges.folders import Folders
from hub.runtime.exchanges.staging import Change, Staged, memberships_of
from hub.runtime.panel_loading import Fed
from hub.store import panel_loads, panel_members, panels
from hub.store.exchanges import holdings, settling
from hub.store.exchanges.holdings import CHUNK, Held, Laid, Members
from hub.store.exchanges.ledger import ExchangeRow
from hub.store.exchanges.replies import ReplyFile
from hub.store.exchanges.settling import InForce
from hub.store.exchanges.sorting import by_key
from hub.store.writer import Writer

log = structlog.get_logger()

#: How often a panel is staged anew where somebody else loads it meanwhile.
TRIES = 3

# An entry that never ends comes after all that do.
_NEVER = 4_000_000
_PLACES = 2**32

_Prepared = panels.Settled | panels.Changes | None
Run = Callable[..., Awaitable[Any]]


class Stopped(Exception):  # noqa: N818 - nobody but the hub's own parts catches it
    """The hub stops: what is not in force goes on at the next start."""


class Panels(Protocol):
    """What stages panels; see `PanelKeeper`."""

    async def prepare(self, make: Callable[[], Fed | None]) -> _Prepared:
        """Stage what `make` says; return what puts it in force."""

    def tidy(self) -> None:
        """Remove what is not in force any more, some time."""


class Target(NamedTuple):
    """What the files of a feed fill besides its records: a panel, or "" for none."""

    panel: str = ""


class Applier:
    """Applies files, one at a time. `run` does work on a thread that may take long.

    After each piece of work it rests `rest` times as long, so that others have the
    processor.
    """

    def __init__(
        self,
        writer: Writer,
        open_reader: Callable[[], sqlite3.Connection],
        folders: Folders,
        panels: Panels,
        write: Write,
        run: Run,
        targets: Mapping[str, Target],
        *,
        rest: float = 0.1,
    ) -> None:
        self._writer = writer
        self._open_reader = open_reader
        self._folders = folders
        self._panels = panels
        self._write = write
        self._run = run
        self._targets = targets
        self._rest = rest
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Give up what is under way. May be called from any thread."""
        self._stopping.set()

    async def apply(
        self,
        row: ExchangeRow,
        at: int,
        replies: Sequence[tuple[str, tuple[ReplyFile, ...]]] = (),
    ) -> list[str]:
        """Let a file take effect; return what waited and is out of date by it.

        `replies` are for those, by their ids. Raises StagingLostError where the file
        must be checked again first, and what the writer raises.
        """
        findings: Findings = await self._run(self._folders.staged, row.id)
        await self._run(self._lay, row, findings)
        ended = await self._put_in_force(row, findings, at, replies)
        counts = findings.counts
        log.info(
            "file.applied",
            feed=row.feed,
            exchange=row.id,
            added=counts.added,
            changed=counts.changed,
            ended=counts.ended,
        )
        return ended

    async def _put_in_force(
        self,
        row: ExchangeRow,
        findings: Findings,
        at: int,
        replies: Sequence[tuple[str, tuple[ReplyFile, ...]]],
        tries: int = TRIES,
    ) -> list[str]:
        """Let the panel and the records of a file count from the same moment on."""
        prepared, confirmed = await self._prepare(row, findings)
        in_force = _in_force(row, findings, at, prepared, confirmed)
        in_force = in_force._replace(replies=tuple(replies))
        try:
            ended: list[str] = await self._write(settling.put_in_force, in_force)
        except PanelMovedError:
            if tries <= 1:
                raise
            return await self._put_in_force(row, findings, at, replies, tries - 1)
        if prepared is not None:
            self._panels.tidy()
        return ended

    def _lay(self, row: ExchangeRow, findings: Findings) -> None:
        """Write the records of a file. Raises StagingLostError."""
        if findings.changes.plain or not findings.changes.count:
            return
        laid = row.laid
        path = Path(findings.changes.path)
        try:
            with closing(by_key(path, CHUNK, skip=laid)) as chunks:
                for chunk in self._at_ease(chunks):
                    laid += len(chunk)
                    part = _laid(row, chunk, laid)
                    self._writer.call(holdings.lay, part, _size(part))
        except sqlite3.Error as error:
            raise StagingLostError(type(error).__name__) from error

    async def _prepare(
        self, row: ExchangeRow, findings: Findings
    ) -> tuple[_Prepared, str]:
        """Stage the panel of a feed; return that, and whether it is confirmed."""
        target = self._targets.get(row.feed, Target())
        if not target.panel or findings.changes.plain:
            return None, ""
        make = partial(self._fed, row, findings, target.panel)
        prepared = await self._panels.prepare(make)
        whole = isinstance(prepared, panels.Settled) and _lists_all(findings)
        confirms = _lists_all(findings) and not whole
        return prepared, target.panel if confirms else ""

    def _fed(self, row: ExchangeRow, findings: Findings, panel: str) -> Fed | None:
        """Return what a file says of a panel, None where it changes nothing there."""
        lists_all = _lists_all(findings)
        fed = partial(
            Fed,
            panel,
            sha256=row.sha256,
            by=_by(row.feed),
            at=row.received_at,
        )
        with closing(self._open_reader()) as reader:
            whole = not _is_ours(reader, panel, row.feed, only=lists_all)
            numbers = self._numbers(findings, most=CHUNK if lists_all else None)
            if whole or (lists_all and len(numbers) > CHUNK):
                mode: Mode = "full" if lists_all else "delta"
                rows = self._everybody(row)
                return fed(mode=mode, rows=rows, onto=False)
            if not numbers:
                return None
            values = sorted({value for _, value, _ in numbers})
            found = holdings.members_with(reader, row.feed, row.version, values)
        return fed(mode="delta", rows=_changed(numbers, found), onto=True)

    def _numbers(
        self, findings: Findings, most: int | None
    ) -> set[tuple[str, str, str]]:
        """Return whose memberships a file changes; where they are many, some more."""
        found: set[tuple[str, str, str]] = set()
        with Staged.open(findings.changes.path) as staged:
            after = 0
            while changes := staged.changes(after, CHUNK):
                after = changes[-1].n
                for each in changes:
                    if each.memberships != each.memberships_before:
                        found |= _whose(each.memberships)
                        found |= _whose(each.memberships_before)
                if most is not None and len(found) > most:
                    break
        return found

    def _everybody(self, row: ExchangeRow) -> Iterator[Entry]:
        """Yield the entries of all that are held once a file is in force."""
        with closing(self._open_reader()) as reader:
            yield from _entries(holdings.members(reader, row.feed, row.version))

    def _at_ease(self, work: Iterable[Any]) -> Iterator[Any]:
        """Yield what `work` yields, and rest after each piece. Raises Stopped."""
        began = time.perf_counter()
        for piece in work:
            yield piece
            if self._stopping.wait(self._rest * (time.perf_counter() - began)):
                raise Stopped
            began = time.perf_counter()


def _lists_all(findings: Findings) -> bool:
    heading = findings.heading
    return heading is not None and heading.semantics in LISTS_ALL


def _in_force(
    row: ExchangeRow,
    findings: Findings,
    at: int,
    panel: _Prepared,
    confirmed: str,
) -> InForce:
    return InForce(
        id=row.id,
        at=at,
        active=findings.counts.after,
        stated=findings.stated if _lists_all(findings) else None,
        whole=_lists_all(findings),
        panel=panel,
        confirmed=confirmed,
    )


def _laid(row: ExchangeRow, changes: Sequence[Change], to: int) -> Laid:
    held = {
        each.key: Held(each.key, each.digest, each.memberships, each.body)
        for each in changes
        if each.op == "set"
    }
    # Before the first file of a feed nothing of it is held.
    ended = [each.key for each in changes] if row.version > 1 else []
    return Laid(row.seq, row.feed, row.version, ended, list(held.values()), to)


def _size(part: Laid) -> int:
    return sum(len(each.body) + len(each.memberships) + 100 for each in part.held)


def _by(feed: str) -> str:
    """Return who gives what a feed says of a panel."""
    return f"feed {feed}"


def _is_ours(reader: sqlite3.Connection, panel: str, feed: str, *, only: bool) -> bool:
    """Say whether what is in force of a panel came from this feed.

    With `only`, also that nobody else has changed it since: a list of all that there
    is undoes that, and a file of changes leaves it.
    """
    row = panel_members.panels(reader).get(panel)
    if row is None or not row.version:
        return False
    by = _by(feed)
    if only and panel_loads.is_changed(reader, panel, row.version, by):
        return False
    return panel_loads.giver(reader, panel, row.version) == by


def _whose(memberships: str) -> set[tuple[str, str, str]]:
    return {
        (each.system, each.value, each.patient_id)
        for each in memberships_of(memberships)
    }


def _entries(
    found: Iterable[Members], only: set[tuple[str, str, str]] | None = None
) -> Iterator[Entry]:
    """Yield entries such that of those of one first day the longest counts.

    Entries of one list are taken in the order of their lines, and the last one counts.
    """
    places = count()
    for record in found:
        for each in memberships_of(record.memberships):
            key = (each.system, each.value, each.patient_id)
            if not ever_holds(each) or (only is not None and key not in only):
                continue
            until = each.until.toordinal() if each.until else _NEVER
            line = until * _PLACES + next(places)
            yield Entry(line, "update", *key, each.since, each.until)


def _changed(
    numbers: set[tuple[str, str, str]], found: Iterable[Members]
) -> list[Entry]:
    """Return what becomes of the entries of these people: others may say the same."""
    entries = sorted(_entries(found, numbers))
    gone = numbers - {each.key for each in entries}
    ends = (Entry(0, "remove", *key) for key in sorted(gone))
    return [*ends, *entries]
