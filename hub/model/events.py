"""Care events: what the hub says happened. Source: domain 9.1 and 9.2."""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct, field

from hub.model.facts import Basis, RecordKind
from hub.model.identifiers import Identifier
from hub.model.labels import Labels
from hub.model.times import FuzzyTime


class Match(Struct, frozen=True):
    """How sure the hub is about the person."""

    state: Literal["auto", "review", "manual"] = "auto"
    score: float | None = None


class EventSubject(Struct, frozen=True):
    """Who an event is about; `person` is the hub's own opaque key."""

    person: str | None
    identifiers: tuple[Identifier, ...] = ()
    match: Match = Match()


EntityKind = (
    Literal[
        "encounter",
        "person",
        "stay",
        "transition",
        "exchange",
        "directory",
        "match",
    ]
    | RecordKind
)


class Entity(Struct, frozen=True):
    """The stream an event belongs to, and its gap-free place in it."""

    kind: EntityKind
    key: str
    version: int


class EventTimes(Struct, frozen=True, kw_only=True):
    """When it happened, was recorded, sent, received, and told."""

    received: datetime
    emitted: datetime
    occurred: FuzzyTime | None = None
    recorded: FuzzyTime | None = None
    sent: FuzzyTime | None = None


class EventSource(Struct, frozen=True, kw_only=True):
    """The feed and message that led to an event."""

    feed: str
    system: str = ""
    facility: str = ""
    message_id: str = ""
    trigger: str = ""
    sequence: str | None = None


class Correction(Struct, frozen=True):
    """The earlier event that this one takes back or amends."""

    of: str
    kind: Literal["retraction", "amendment"]
    fields: tuple[str, ...] = ()


class Quality(Struct, frozen=True):
    """What the hub noticed on the way: short codes, never content."""

    warnings: tuple[str, ...] = ()
    anomalies: tuple[str, ...] = ()


class Trace(Struct, frozen=True):
    """What ties related events together."""

    correlation: str = ""
    traceparent: str = ""


class CareEvent(Struct, frozen=True, kw_only=True):
    """One past fact, immutable once emitted.

    In `payload` a missing key is no statement and None means deleted. `id`,
    `type` and ``entity.key`` never identify a person to anyone but the hub.
    """

    id: str
    type: str
    schema: str
    subject: EventSubject
    entity: Entity
    times: EventTimes
    source: EventSource
    causes: tuple[str, ...]
    parents: tuple[str, ...] = ()
    basis: Basis = "explicit"
    correction: Correction | None = None
    participants: tuple[dict[str, Any], ...] = ()
    labels: Labels = Labels()
    payload: dict[str, Any] = field(default_factory=dict)
    extensions: dict[str, Any] = field(default_factory=dict)
    quality: Quality = Quality()
    trace: Trace = Trace()
