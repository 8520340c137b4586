"""Acknowledging: what partners say of our files, matched with what went out.

The states, and what is told of them, are written in one transaction, so that an answer
that is heard again changes nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import structlog

from hub.model.files import Acknowledged
from hub.store.acting import Actor
from hub.store.exchanges import sent_again, sent_answers
from hub.store.exchanges.sent_again import Resent, Wanted
from hub.store.exchanges.sent_answers import Heard, Matched
from hub.store.writer import Apply

log = structlog.get_logger()

#: Does work in the store, and returns what comes of it once that is committed.
Write = Callable[[Apply, Any], Awaitable[Any]]

#: What the codes mean that this part gives to a partner's file.
CODES = {
    "ack.unknown": (
        "The file answers one that we did not send",
        "Ask the partner which file is meant; `hub exchange list` has those that went",
    ),
}

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


async def resend(
    write: Write,
    wake: Callable[[str], None],
    key: str,
    actor: Actor,
    reason: str,
    now: datetime,
) -> Resent:
    """Let a file of ours be sent again under the id and number that it has.

    `wake` is told which destination has work. Raises UnknownExchangeError,
    NotSentError, and HubError where the store cannot record it.
    """
    resent: Resent = await write(sent_again.resend, Wanted(key, actor, reason, now))
    wake(resent.destination)
    return resent
