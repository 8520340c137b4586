"""What happens to files that are exchanged: told as events without a person.

A happening is a message of the hub's own feed before it is an event, as everything
is. It says which file, by the hub's id, and what became of it: no name of a file,
nothing that is in one. Source: domain 9.2, family ``exchange``.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from hub.model.message import RawMessage
from hub.model.own_messages import own_message, reads

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


def message_of(happening: Happening) -> RawMessage:
    """Return the message that says it: the same whenever it is said again."""
    return own_message(happening, "exchange", MEDIA_TYPE)


#: Reads what a message says happened, to None where it says nothing of the kind.
read = reads(Happening)
