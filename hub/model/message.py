"""Messages as they arrive and as the hub keeps them."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class RawMessage(Struct, frozen=True, kw_only=True):
    """What a source received, byte for byte.

    `control_id` is the sender's own name for the message (MSH-10), empty where
    it has none. `message_type` is what an operator would call it (``ADT^A01``).
    `refused` is the code of the error with which the source refused it: it is kept
    and set aside, until it comes again and is not refused.
    """

    body: bytes
    media_type: str
    received_at: datetime
    peer: str = ""
    control_id: str = ""
    message_type: str = ""
    refused: str = ""


class MessageState(StrEnum):
    """Where a stored message is on its way through the hub."""

    RECEIVED = "received"  # stored and acknowledged, waiting to be processed
    PROCESSED = "processed"  # became facts
    SPLIT = "split"  # held other messages, which are stored beside it
    UNMAPPED = "unmapped"  # understood as a message, nothing in it for the core
    PARKED = "parked"  # set aside for a person to look at, with an error code


class Stored(Struct, frozen=True):
    """The store's answer to `put`: the message would survive power loss.

    `duplicate` is true where the same sender had sent the same bytes before;
    `id` is then the id of the first arrival.
    """

    id: str
    duplicate: bool = False


class Processed(Struct, frozen=True, kw_only=True):
    """What became of a stored message when the hub had worked it out."""

    state: MessageState
    error_code: str = ""
    reason: str = ""
