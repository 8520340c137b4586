"""What operators do with files: decide, send again, compare, look at the bytes.

Works in a hub that runs, and on a store beside which none does.
"""

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import structlog
from msgspec.structs import replace

from hub.config import HubConfig
from hub.coordination.exchanges.reconciling import (
    MOST_QUESTIONS,
    Comparison,
    Reconciliation,
    reconcile,
)
from hub.runtime.exchanges.desk import Write
from hub.runtime.exchanges.folders import Folders
from hub.runtime.exchanges.keeping import Kept
from hub.runtime.exchanges.partners import partner_status
from hub.runtime.exchanges.resending import resend
from hub.settings import FileSourceSettings
from hub.store.acting import Actor
from hub.store.exchanges import ledger, reconciling
from hub.store.exchanges.errors import (
    BytesGoneError,
    NothingStatedError,
    UnknownExchangeError,
    UnknownFeedError,
)
from hub.store.exchanges.ledger import IN, ExchangeRow
from hub.store.exchanges.partner_views import PartnerStatus
from hub.store.query_errors import DamagedBytesError
from hub.threads import in_thread

log = structlog.get_logger()

#: Files up to this size are compared with their digest before they are handed out:
#: it takes less than a second. Whoever gets a larger one is told the digest.
MOST_CHECKED = 256 * 1024 * 1024


class Deciding(Protocol):
    """What decides about held files: `hub.runtime.exchanges.service.Exchanges`."""

    async def approve(self, key: str, acting: Actor, reason: str) -> None:
        """Let a held file go on."""

    async def reject(self, key: str, acting: Actor, reason: str) -> None:
        """Let a held file end."""


class Operations:
    """The files of one hub, as operators work with them.

    `wake` is told which destinations have work. Each method raises HubError: those
    about one file UnknownExchangeError, and what `Deciding` and the writer raise.
    """

    def __init__(
        self,
        config: HubConfig,
        deciding: Deciding,
        open_reader: Callable[[], sqlite3.Connection],
        write: Write,
        wake: Callable[[set[str]], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._config = config
        self._deciding = deciding
        self._open_reader = open_reader
        self._write = write
        self._wake = wake
        self._clock = clock

    async def approve(self, key: str, acting: Actor, reason: str) -> None:
        """Let a held file go on: it is checked again, and nothing holds it then."""
        await self._deciding.approve(key, acting, reason)

    async def reject(self, key: str, acting: Actor, reason: str) -> None:
        """Let a held file end; its sender is answered."""
        await self._deciding.reject(key, acting, reason)

    async def resend(self, key: str, acting: Actor, reason: str) -> None:
        """Let a file of ours go again. Raises NotSentError."""

        def wake(destination: str) -> None:
            self._wake({destination})

        now = self._clock()
        sent = await resend(self._write, wake, key, acting, reason, now)
        log.info("file.resent", destination=sent.destination, exchange=key)

    async def partners(self) -> list[PartnerStatus]:
        """Return how it stands with all partners."""
        found: list[PartnerStatus] = await in_thread(self._look, self._partners)
        return found

    def _partners(self, reader: sqlite3.Connection) -> list[PartnerStatus]:
        return partner_status(reader, self._config, self._clock())

    async def reconcile(
        self, feed: str, count: int | None, day: date | None, acting: Actor
    ) -> Reconciliation:
        """Compare our records of a feed with what its partner says, and keep that.

        `count` is what the partner says; where it is None their files say it. `day` is
        that of our active records, today where it is None. Raises UnknownFeedError,
        NothingStatedError.
        """
        asked = (feed, count, day, acting)
        found: Reconciliation = await in_thread(self._look, self._compared, *asked)
        await self._write(reconciling.keep, reconciling.Kept(found, acting))
        log.info("feed.reconciled", feed=feed, status=found.status)
        return found

    def _compared(
        self,
        reader: sqlite3.Connection,
        feed: str,
        count: int | None,
        day: date | None,
        acting: Actor,
    ) -> Reconciliation:
        settings = self._settings(feed)
        now = self._clock()
        of = Comparison(
            feed=feed,
            partner=settings.partner or feed,
            day=day or now.astimezone(ZoneInfo(self._config.stays.time_zone)).date(),
            at=now,
            by=acting.name,
        )
        panel = settings.gate.panel
        reader.execute("BEGIN")  # all of one moment
        said = reconciling.said(reader, feed)
        if said is None and count is None:
            raise NothingStatedError
        with_panel = reconciling.compared(reader, feed, panel, of.day)
        found = reconcile(of, with_panel.ours, said, count)
        asked = [*reconciling.rows_listed(reader, feed), *with_panel.in_question]
        known = found.listed + found.missing + found.extra
        return replace(found, questions=known, in_question=asked[:MOST_QUESTIONS])

    def _settings(self, feed: str) -> FileSourceSettings:
        source = self._config.sources.get(feed)
        settings = source.settings if source else None
        if not isinstance(settings, FileSourceSettings):
            raise UnknownFeedError
        return settings

    async def original(self, key: str) -> Path:
        """Return where the bytes of a file lie, ours as they went.

        Raises BytesGoneError; DamagedBytesError where they are not the same.
        """
        folder = self._config.hub.data_dir
        path: Path = await in_thread(self._look, original, folder, key)
        return path

    def _look(self, question: Callable[..., Any], *args: Any) -> Any:
        with closing(self._open_reader()) as reader:
            return question(reader, *args)


def original(reader: sqlite3.Connection, data_dir: Path, key: str) -> Path:
    """Return where the bytes of a file lie; see `Operations.original`."""
    row = ledger.exchange_of(reader, key)
    if row is None:
        raise UnknownExchangeError
    path = _place(row, data_dir)
    if not path.is_file():
        raise BytesGoneError
    if row.sha256 and path.stat().st_size <= MOST_CHECKED:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
        if digest != row.sha256:
            raise DamagedBytesError(key)
    return path


def _place(row: ExchangeRow, data_dir: Path) -> Path:
    if row.direction == IN:
        return Folders(data_dir).original(row.id)
    return Kept(data_dir).place(row.sha256)
