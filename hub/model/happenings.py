"""What happens to files that are exchanged: told as events without a person.

A happening is a message of the hub's own feed before it is an event, as everything
is. It says which file, by the hub's id, and what became of it: no name of a file,
nothing that is in one. Source: domain 9.2, family ``exchange``.
"""

import hashlib
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from hub.model.message import RawMessage

#: The feed of what happens to files that are exchanged.
EXCHANGES_FEED = "carehub-exchanges"
MEDIA_TYPE = "application/vnd.carehub.happening+json"

HappeningType = Literal[
    "file_received",
    "file_accepted",
    "file_rejected",
    "file_duplicate",
    "overdue",
    "acknowledgement_received",
]


class Happening(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happened to a file, or that none came.

    `type` is the event's name in its family. `direction` says whether the file is a
    partner's (``in``) or ours (``out``). `exchange` is the hub's id of the file, "" of
    one that never came; that was due at `due`. `state` is an `ExchangeState`, `reason`
    a code of the catalogue, `number` ours for the file. `codes` are those of a
    partner who answered one of ours.
    """

    type: HappeningType
    at: datetime
    feed: str
    partner: str
    direction: Literal["in", "out"]
    exchange: str = ""
    kind: str = ""
    state: str = ""
    reason: str = ""
    error_code: str = ""
    counts: dict[str, int] = {}
    codes: tuple[str, ...] = ()
    number: int = 0
    due: datetime | None = None


_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder(Happening).decode


def message_of(happening: Happening) -> RawMessage:
    """Return the message that says it: the same whenever it is said again."""
    body = _encode(happening)
    return RawMessage(
        body=body,
        media_type=MEDIA_TYPE,
        received_at=happening.at,
        peer=happening.feed,
        control_id=hashlib.sha256(body).hexdigest()[:32],
        message_type=f"exchange.{happening.type}",
    )


def read(body: bytes) -> Happening | None:
    """Return what a message says happened, None where it says nothing of the kind."""
    try:
        return _decode(body)
    except msgspec.MsgspecError:
        return None
