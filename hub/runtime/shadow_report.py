"""What another configuration would have changed: the report of a shadow replay.

Field names are a contract: they are the JSON of ``hub shadow run``. Values of fields
are content, and are left out unless somebody asks for them.
"""

from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

Change = Literal["same", "differs", "only_before", "only_after"]


class FieldChange(Struct, frozen=True, omit_defaults=True):
    """A field of an event that reads otherwise; its values where they are wanted.

    What is not there at all has the value None, too.
    """

    path: str
    before: Any = msgspec.UNSET
    after: Any = msgspec.UNSET


class DecisionChange(Struct, frozen=True):
    """What is decided otherwise for a subscription: verdict and reason.

    ``not_asked`` and ``no_event`` stand where there is nothing to decide.
    """

    subscription: str
    destination: str
    before: str
    after: str


class DeliveryChange(Struct, frozen=True):
    """Who is told more or less: `change` is ``more``, ``less`` or ``otherwise``.

    ``otherwise`` is told of the same event with other fields. `before` and `after`
    are what was decided.
    """

    destination: str
    change: Literal["more", "less", "otherwise"]
    before: str
    after: str


class EventChange(Struct, frozen=True, kw_only=True):
    """An event that there is on one side only, or that differs."""

    change: Change
    type: str
    entity: str
    before: str | None
    after: str | None
    fields: tuple[FieldChange, ...] = ()
    decisions: tuple[DecisionChange, ...] = ()
    deliveries: tuple[DeliveryChange, ...] = ()


class Ending(Struct, frozen=True):
    """How a message was settled, with the code of what it was parked for."""

    state: str
    error_code: str = ""


class MessageChange(Struct, frozen=True, kw_only=True):
    """A message of which something else comes. None: there is no such message."""

    message: str
    source: str
    received_at: datetime
    before: Ending | None
    after: Ending | None
    facts_differ: bool
    events: tuple[EventChange, ...] = ()


class EventCount(Struct, frozen=True):
    """How many events of a type changed in a way."""

    type: str
    change: Change
    count: int


class DeliveryCount(Struct, frozen=True):
    """How often a destination would be told more, less or otherwise, and why."""

    destination: str
    type: str
    change: str
    before: str
    after: str
    count: int


class DecisionCount(Struct, frozen=True):
    """How often it is decided otherwise for a subscription."""

    subscription: str
    before: str
    after: str
    count: int


class EndingCount(Struct, frozen=True):
    """How many messages are settled otherwise."""

    before: str
    after: str
    count: int


class ShadowReport(Struct, frozen=True, kw_only=True):
    """All differences in numbers, and the first of them in detail.

    `messages` were compared, of `differing` something else comes, and `facts` of them
    say something else. `events` counts the events that are the same, too.
    """

    since: datetime | None
    before: datetime | None
    source: str | None
    until: datetime | None
    messages: int
    differing: int
    facts: int
    endings: list[EndingCount] = field(default_factory=list)
    events: list[EventCount] = field(default_factory=list)
    decisions: list[DecisionCount] = field(default_factory=list)
    deliveries: list[DeliveryCount] = field(default_factory=list)
    details: list[MessageChange] = field(default_factory=list)
