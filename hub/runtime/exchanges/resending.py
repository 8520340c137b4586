"""Resending: somebody lets a file of ours go again, as the file that it is."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from hub.store.acting import Actor
from hub.store.exchanges import sent_again
from hub.store.exchanges.errors import NotSentError
from hub.store.exchanges.sent_again import Resent, Wanted
from hub.store.writer import Apply

#: Does work in the store, and returns what comes of it once that is committed.
Write = Callable[[Apply, Any], Awaitable[Any]]


async def resend(
    write: Write,
    wake: Callable[[str], None],
    key: str,
    actor: Actor,
    reason: str,
    now: datetime,
) -> Resent:
    """Let a file of ours be sent again under the id and number that it has.

    What a partner had answered is forgotten: it is to answer anew. Where its notices
    may not go any more as they did, what goes is another file, with another number.
    `wake` is told which destination has work. Raises UnknownExchangeError,
    NotSentError, and HubError where the store cannot record it.
    """
    resent: Resent = await write(sent_again.resend, Wanted(key, actor, reason, now))
    if not resent.notices:
        raise NotSentError(resent.state)
    wake(resent.destination)
    return resent
