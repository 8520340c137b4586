"""Acknowledging: what partners say of our files, matched with what went out.

The states, and what is told of them, are written in one transaction, so that an answer
that is heard again changes nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import structlog

from hub.model.files import Acknowledged
from hub.store.exchanges import sent_answers
from hub.store.exchanges.sent_answers import Heard, Matched
from hub.store.writer import Apply

log = structlog.get_logger()

#: Does work in the store, and returns what comes of it once that is committed.
Write = Callable[[Apply, Any], Awaitable[Any]]

#: The same within a transaction that is under way already.
match = sent_answers.match


async def hear(
    write: Write,
    partner: str,
    items: Sequence[Acknowledged],
    now: datetime,
    exchange: int = 0,
) -> Matched:
    """Take in the answers that stand in a partner's file, `exchange` in the ledger.

    Those to what we never sent become the problem ``ack.unknown`` of that file.
    Raises HubError where the store cannot record it: then nothing of it is.
    """
    heard = Heard(partner, items, now, exchange)
    matched: Matched = await write(sent_answers.hear, heard)
    for each in matched.unmatched:
        log.warning("acknowledgement.unmatched", partner=partner, kind=each.kind)
    return matched
