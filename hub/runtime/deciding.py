"""Deciding: takes a decision through the journal and waits for what comes of it."""

import asyncio

from hub.contract import Inbox
from hub.coordination.identity.decisions import Decision
from hub.errors import HubError
from hub.model.message import Processed, RawMessage, Stored
from hub.runtime.decisions import message_of

#: How long to wait for what comes of a decision, which is stored by then.
PATIENCE_SECONDS = 20.0


async def decide(
    inbox: Inbox, decision: Decision, patience: float = PATIENCE_SECONDS
) -> tuple[Stored, Processed | None]:
    """Store a decision, and wait; see `put_through`."""
    return await put_through(inbox, message_of(decision), patience)


async def put_through(
    inbox: Inbox, message: RawMessage, patience: float = PATIENCE_SECONDS
) -> tuple[Stored, Processed | None]:
    """Store what somebody decided or said; return where, and what became of it.

    None where that is not known within `patience` seconds: it is carried out in its
    turn. Raises what `Inbox.put` raises; nothing was done then.
    """
    loop = asyncio.get_running_loop()
    stored: asyncio.Future[Stored] = loop.create_future()
    processed: asyncio.Future[Processed] = loop.create_future()

    def settle(result: Stored | HubError) -> None:
        if stored.done():
            return
        if isinstance(result, HubError):
            stored.set_exception(result)
        else:
            stored.set_result(result)

    def hear(result: Processed) -> None:
        if not processed.done():
            processed.set_result(result)

    inbox.submit(message, settle, hear)
    where = await stored
    try:
        async with asyncio.timeout(patience):
            return where, await processed
    except TimeoutError:
        return where, None
