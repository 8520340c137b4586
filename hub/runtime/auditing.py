"""Auditing while a hub runs: its start and its end, and checkpoints in between."""

import asyncio
import hashlib
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import structlog

from hub import __version__
from hub.config import HubConfig
from hub.store.audit import HUB, SERVICE, Entry
from hub.store.audit_checkpoints import Signer, end_of
from hub.threads import in_thread

log = structlog.get_logger()

#: A checkpoint comes after so many records, or after so long where there are any.
RECORDS = 1000
SECONDS = 60.0
LOOK_SECONDS = 1.0

STARTED, STOPPED = "hub.started", "hub.stopped"


def started(config: HubConfig) -> Entry:
    """Return the record of a start: which release, and by which configuration.

    Secrets are no part of the digest.
    """
    exported = msgspec.json.encode(config.export(), order="sorted")
    digest = hashlib.sha256(exported).hexdigest()
    detail = {"version": __version__, "config": digest}
    return Entry(HUB, SERVICE, STARTED, config.hub.name, detail=detail)


def stopped(config: HubConfig) -> Entry:
    """Return the record of an orderly end."""
    return Entry(HUB, SERVICE, STOPPED, config.hub.name)


class Checkpointing:
    """Signs how far the audit has come. `open_reader` gives connections that only read.

    Raises AuditKeyError.
    """

    def __init__(
        self,
        folder: Path,
        open_reader: Callable[[], sqlite3.Connection],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._signer = Signer(folder)
        self._open_reader = open_reader
        self._clock = clock
        self._covered = self._signer.last()
        self._since = clock()
        with closing(open_reader()) as reader:
            self._look_for_a_cut(reader)

    async def run(self) -> None:
        """Sign what is due until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await in_thread(self.look)

    def look(self, *, finally_: bool = False) -> None:
        """Sign a checkpoint if one is due, or `finally_` if there is anything new."""
        try:
            with closing(self._open_reader()) as reader:
                due = finally_ or self._is_due(end_of(reader).n)
                if due:
                    self._sign(reader)
        except (sqlite3.Error, OSError) as error:
            log.error("checkpoint.failed", reason=type(error).__name__)  # noqa: TRY400 - its text may name a file

    def _is_due(self, end: int) -> bool:
        late = self._clock() - self._since >= SECONDS
        return end - self._covered >= RECORDS or (late and end > self._covered)

    def _sign(self, reader: sqlite3.Connection) -> None:
        signed = self._signer.sign(reader, self._covered)
        self._since = self._clock()
        if signed is None:
            return
        self._covered = signed.n
        log.info(
            "audit.checkpointed",
            n=signed.n,
            hash=signed.hash,
            count=signed.count,
            first=signed.first,
            last=signed.last,
            signature=signed.signature,
        )

    def _look_for_a_cut(self, reader: sqlite3.Connection) -> None:
        """Say at once where the audit ends before what was signed."""
        end = end_of(reader).n
        if end < self._covered:
            log.error("audit.cut", count=self._covered - end, n=end)
