"""Hands packages to the hub, and the word that nothing changed."""

import hashlib
from datetime import datetime
from typing import Any, Final

import msgspec
import structlog

from hub.sdk import HubError, Inbox, RawMessage, Recovery, Stored
from hub_community.fetching.clock import Clock

log = structlog.get_logger()

SNAPSHOT: Final = "application/x-ndjson"
_LONGEST: Final = 60.0


def first_line(mode: str, at: datetime, **said: Any) -> bytes:
    """Return the first line of a snapshot, which is all of one without changes."""
    line = {
        "carehub_snapshot": 1,
        "mode": mode,
        "version": "",
        "profile": "",
        "complete": False,
        "since": None,
        "fetched_at": at,
    }
    return msgspec.json.encode(line | said) + b"\n"


class Handing:
    """Knows what it handed over last, for as long as the hub runs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = b""

    async def package(
        self, inbox: Inbox, body: bytes, media_type: str, peer: str = ""
    ) -> None:
        """Store a package; where it is the last one again, that nothing changed.

        Where the same bytes came before, others may have come since then: such a
        package is stored once more, because the hub goes by what came last.
        """
        digest = hashlib.sha256(body).digest()
        if digest == self._last:
            await self.unchanged(inbox, peer)
            return
        now = self._clock.now()
        message = RawMessage(
            body=body, media_type=media_type, received_at=now, peer=peer
        )
        stored = await self._put(inbox, message)
        if stored.duplicate:
            again = msgspec.structs.replace(message, control_id=now.isoformat())
            await self._put(inbox, again)
        self._last = digest
        log.info("directory.fetched", size=len(body), repeated=stored.duplicate)

    async def unchanged(self, inbox: Inbox, peer: str = "") -> None:
        """Store that the directory is what it was when it was asked for last."""
        now = self._clock.now()
        message = RawMessage(
            body=first_line("unchanged", now),
            media_type=SNAPSHOT,
            received_at=now,
            peer=peer,
        )
        await self._put(inbox, message)
        log.debug("directory.confirmed")

    async def _put(self, inbox: Inbox, message: RawMessage) -> Stored:
        """Store a message, however long the hub cannot."""
        wait = 1.0
        while True:
            try:
                return await inbox.put(message)
            except HubError as error:
                if error.recovery is not Recovery.RETRY:
                    raise
                log.warning("directory.kept_waiting", error_code=error.code)
            await self._clock.sleep(wait)
            wait = min(wait * 2, _LONGEST)
