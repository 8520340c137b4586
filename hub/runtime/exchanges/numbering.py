"""Numbering: what goes to a destination of files is in the ledger before it goes.

It costs one commit more for each attempt, which the writer shares with all else that
waits; other destinations know nothing of it.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from hub.config.tables import DestinationConfig
from hub.model.delivery import Artifact, Receipt
from hub.runtime.exchanges.keeping import Kept
from hub.settings import FileDestinationSettings
from hub.store.exchanges import sent
from hub.store.exchanges.sent import Attempted, Numbered, Outgoing
from hub.store.outbox import Claimed, Settled
from hub.store.writer import Apply
from hub.threads import in_thread

#: Has the writer do something, and waits until it is committed.
Commit = Callable[[Apply, Any], Awaitable[Any]]

# What a plugin says of where a file is may begin with its name.
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}")
_AS = re.compile(rf"\bas ({_NAME.pattern})(?:[,;:\s]|$)")


class Numbering:
    """Gives the artifacts for one destination their numbers, and keeps their bytes."""

    def __init__(
        self,
        destination: str,
        settings: FileDestinationSettings,
        folder: Path,
        commit: Commit,
    ) -> None:
        self._destination = destination
        self._partner = settings.partner or destination
        hours = settings.acknowledge_within_hours
        self._within = timedelta(hours=hours) if hours else None
        self._kept = Kept(folder)
        self._commit = commit

    async def number(
        self, artifact: Artifact, batch: Sequence[Claimed], now: datetime
    ) -> tuple[Artifact, Numbered]:
        """Return the artifact as it goes out, and as what it is in the ledger.

        Raises NotKeptError, and what the writer raises.
        """
        outgoing = Outgoing(
            artifact=artifact.id,
            destination=self._destination,
            partner=self._partner,
            name=f"{artifact.id}{artifact.suffix}",
            kind=artifact.kind,
            body=artifact.body,
            deliveries=tuple(each.seq for each in batch),
            at=now,
        )
        numbered: Numbered = await self._commit(sent.number, outgoing)
        await in_thread(self._kept.keep, numbered.body, numbered.sha256)
        going = replace(
            artifact,
            body=numbered.body,
            number=numbered.number,
            numbered_at=numbered.at,
        )
        return going, numbered

    async def settle(
        self, numbered: Numbered, settled: Sequence[Settled], receipt: Receipt
    ) -> None:
        """Record what became of an attempt."""
        name = name_in(receipt.evidence)
        attempted = Attempted(numbered.id, settled, name, self._within)
        await self._commit(sent.settle, attempted)


def numbering_of(
    config: DestinationConfig, folder: Path | None, commit: Commit
) -> Numbering | None:
    """Return what numbers the artifacts for a destination, None where nothing does."""
    settings = config.settings
    if folder is None or not isinstance(settings, FileDestinationSettings):
        return None
    return Numbering(config.name, settings, folder, commit)


def name_in(evidence: str) -> str:
    """Return the file name that a destination's evidence says, "" where it says none.

    The evidence is a name, or has one after the word ``as``: ``stored as X.csv, …``.
    """
    if _NAME.fullmatch(evidence) and "." in evidence:
        return evidence
    found = _AS.search(evidence)
    return found[1] if found else ""
