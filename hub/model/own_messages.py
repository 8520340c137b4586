"""Messages of the hub's own feeds: what happened, as everything is before it counts."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

import msgspec

from hub.model.message import RawMessage

T = TypeVar("T")
_encode = msgspec.json.Encoder(order="sorted").encode


class Said(Protocol):
    """Something that happened, to what a feed is of: `type` within its family."""

    @property
    def type(self) -> str:
        """The event's name in its family."""

    @property
    def at(self) -> datetime:
        """When it happened."""

    @property
    def feed(self) -> str:
        """To what it happened."""


def own_message(said: Said, family: str, media_type: str) -> RawMessage:
    """Return the message that says it: the same whenever it is said again."""
    body = _encode(said)
    return RawMessage(
        body=body,
        media_type=media_type,
        received_at=said.at,
        peer=said.feed,
        control_id=hashlib.sha256(body).hexdigest()[:32],
        message_type=f"{family}.{said.type}",
    )


def reads(kind: type[T]) -> Callable[[bytes], T | None]:
    """Return what reads messages, to None where one says nothing of the kind."""
    decode = msgspec.json.Decoder(kind).decode

    def read(body: bytes) -> T | None:
        try:
            return decode(body)
        except msgspec.MsgspecError:
            return None

    return read
