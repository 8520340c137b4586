"""Puts a statement into the inbox, and says how far the hub came with it."""

import asyncio
from datetime import datetime

import msgspec

from hub.sdk import (
    STATEMENT_MEDIA_TYPE,
    HubError,
    Inbox,
    MessageState,
    Processed,
    RawMessage,
    Statement,
    Stored,
)
from hub_community.page.errors import NotStoredError

#: How long the store may take, and how long a visitor waits for what comes after it.
_STORE_SECONDS, _WORK_SECONDS = 15.0, 2.0
_encode = msgspec.json.Encoder(order="sorted").encode


def message_of(statement: Statement, nonce: str, now: datetime) -> RawMessage:
    """Return the message that says it; the form's nonce is its control id."""
    return RawMessage(
        body=_encode(statement),
        media_type=STATEMENT_MEDIA_TYPE,
        received_at=now,
        control_id=nonce,
        message_type=f"referral.{statement.says}",
    )


async def tell(inbox: Inbox, message: RawMessage) -> str:
    """Store a message; return the key of what to tell its sender.

    Returns once it would survive power loss, a moment later where the hub is quick to
    work it out. Raises NotStoredError.
    """
    loop = asyncio.get_running_loop()
    stored: asyncio.Future[Stored | HubError] = loop.create_future()
    processed: asyncio.Future[Processed] = loop.create_future()

    def on_stored(outcome: Stored | HubError) -> None:
        if not stored.done():
            stored.set_result(outcome)

    def on_processed(outcome: Processed) -> None:
        if not processed.done():
            processed.set_result(outcome)

    inbox.submit(message, on_stored, on_processed)
    try:
        async with asyncio.timeout(_STORE_SECONDS):
            outcome = await stored
    except TimeoutError:
        raise NotStoredError from None
    if isinstance(outcome, HubError):
        raise NotStoredError from outcome
    try:
        async with asyncio.timeout(_WORK_SECONDS):
            became = await processed
    except TimeoutError:
        return "told_received"
    return "told_parked" if became.state is MessageState.PARKED else "told_saved"
