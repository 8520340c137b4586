"""Feeding: what files in force change becomes messages, as the pipeline keeps up (F67).

Some at a time, one feed after the other, and only while hardly anything waits to be
worked out: what a hospital says now goes before what a payer said of a million people.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec
import structlog
from msgspec import Raw

from hub.errors import HubError
from hub.model.files import ROW_MEDIA_TYPE, Heading, RowMessage
from hub.model.message import RawMessage
from hub.runtime.exchanges.desk import Look, Write
from hub.runtime.exchanges.errors import StagingLostError
from hub.runtime.exchanges.findings import Findings
from hub.runtime.exchanges.folders import Folders
from hub.runtime.exchanges.staging import Change, Staged
from hub.store import journal
from hub.store.exchanges import unfed
from hub.store.exchanges.ledger import ExchangeRow
from hub.store.exchanges.unfed import Portion
from hub.store.journal import moment
from hub.threads import in_thread

log = structlog.get_logger()

#: So many changes become messages at once …
PORTION = 32
#: … and only while fewer messages than this wait.
MOST_WAITING = 32
#: So many bytes are enough for a portion.
MOST_BYTES = 4 * 1024 * 1024
#: How often it is looked whether the pipeline has caught up, in seconds.
PAUSE = 0.02
#: How long it waits where something went wrong, in seconds.
TROUBLE = 30.0

_encode = msgspec.json.Encoder().encode


class Feeder:
    """Makes messages of the changes of files, for one hub.

    `media_types` are those of messages, by the feeds that there are, for files that
    are messages themselves; `fed` hears how many new messages of a feed there are.
    """

    def __init__(
        self,
        folders: Folders,
        write: Write,
        look: Look,
        media_types: Mapping[str, str],
        fed: Callable[[str, int], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._folders = folders
        self._write = write
        self._look = look
        self._media_types = media_types
        self._fed = fed
        self._clock = clock
        self._found: dict[str, Findings] = {}
        self._bell = asyncio.Event()
        self._resting: set[str] = set()

    def ring(self) -> None:
        """Say that a file is in force."""
        self._bell.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self._bell.clear()
            try:
                while await self.turn():
                    pass
            except HubError as error:
                log.warning("file.unfed", error_code=error.code)
                continue  # its feed rests, and no other
            except sqlite3.Error as error:
                log.warning("file.unfed", error_code=type(error).__name__)
                await asyncio.sleep(TROUBLE)
                continue
            except (
                Exception
            ):  # a defect that one file shows must not stop the hub's part
                log.exception("file.unfed")
                await asyncio.sleep(TROUBLE)
                continue
            await self._bell.wait()

    async def turn(self) -> bool:
        """Feed a portion of the oldest file of each feed; say if there was any.

        What is wrong with one feed is raised when the others had their turn; then it
        rests. A feed that is not configured any more has none.
        """
        trouble: HubError | None = None
        rows = [row for row in await self._look(unfed.unfed) if self._can(row)]
        for row in rows:
            await self._calm()
            try:
                await self._feed(row)
            except HubError as error:
                trouble = error
                self._resting.add(row.feed)
                loop = asyncio.get_running_loop()
                loop.call_later(TROUBLE, self._rested, row.feed)
        if trouble is not None:
            raise trouble
        return bool(rows)

    def _can(self, row: ExchangeRow) -> bool:
        return row.feed in self._media_types and row.feed not in self._resting

    def _rested(self, feed: str) -> None:
        self._resting.discard(feed)
        self._bell.set()

    async def _calm(self) -> None:
        """Wait until the pipeline has caught up."""
        while await self._look(journal.count_waiting) >= MOST_WAITING:  # noqa: ASYNC110
            await asyncio.sleep(PAUSE)

    async def _feed(self, row: ExchangeRow) -> None:
        portion = await in_thread(self._portion, row)
        new = await self._write(unfed.feed, portion)
        self._fed(row.feed, new)
        if portion.to >= row.rows:
            self._found.pop(row.id, None)
            await in_thread(self._folders.unstage, row.id)
            log.info("file.fed", feed=row.feed, exchange=row.id, count=row.rows)

    def _portion(self, row: ExchangeRow) -> Portion:
        """Return the next messages of a file. Raises StagingLostError."""
        if row.id not in self._found:
            self._found[row.id] = self._folders.staged(row.id)
        findings = self._found[row.id]
        try:
            with Staged.open(findings.changes.path) as staged:
                changes = _some(staged, row.fed, plain=findings.changes.plain)
        except sqlite3.Error as error:
            raise StagingLostError(type(error).__name__) from error
        if not changes:
            raise StagingLostError("fewer changes than there were")
        message = self._plain if findings.changes.plain else _of_row
        now = self._clock()
        made = (message(row, findings, each, now) for each in changes)
        rows = [journal.row(row.feed, each) for each in made]
        return Portion(row.seq, row.fed, changes[-1].n, rows)

    def _plain(
        self, row: ExchangeRow, _findings: Findings, change: Change, now: datetime
    ) -> RawMessage:
        return RawMessage(
            body=change.body,
            media_type=self._media_types[row.feed],
            received_at=now,
            control_id=f"{row.id}:{change.n}",
            peer=row.partner,
        )


def _some(staged: Staged, after: int, *, plain: bool) -> list[Change]:
    """Return changes after one, few enough to be held in memory."""
    if plain:
        return staged.changes(after, 1)
    found: list[Change] = []
    size = 0
    for each in staged.changes(after, PORTION):
        size += len(each.body) + len(each.before)
        if found and size > MOST_BYTES:
            break
        found.append(each)
    return found


def _of_row(
    row: ExchangeRow, findings: Findings, change: Change, now: datetime
) -> RawMessage:
    """Return the message that a change of a file is."""
    heading = findings.heading
    said = heading.said if heading and heading.said else moment(row.received_at)
    message = RowMessage(
        op=change.op,
        key=change.key,
        row=Raw(change.body),
        said=said,
        exchange=row.id,
        number=change.number,
        before=Raw(change.before),
    )
    return RawMessage(
        body=_encode(message),
        media_type=ROW_MEDIA_TYPE,
        received_at=now,
        control_id=f"{row.id}:{change.n}",
        message_type=f"{_kind(heading)} row",
        peer=row.partner,
    )


def _kind(heading: Heading | None) -> str:
    return heading.kind if heading else "file"
