"""What the store shows of people, encounters, stays and records.

The JSON of these values is what the admin API answers and ``--json`` prints; the
field names are a contract. They hold content, as events do.
"""

from typing import Any, Literal

from msgspec import Struct, field

from hub.model.encounters import ClassSegment, Leave, LocationSegment
from hub.model.facts import Basis
from hub.model.identifiers import Code, Identifier, Location
from hub.model.times import FuzzyTime
from hub.store.views import Instant


class Period(Struct, frozen=True):
    """From when to when, as far as that is known."""

    start: FuzzyTime | None
    end: FuzzyTime | None


class StatedValue(Struct, frozen=True, kw_only=True):
    """A value, when a sender said so, and the messages in which it did."""

    value: Any
    said_at: Instant
    messages: list[str]


class FactBehind(Struct, frozen=True, kw_only=True):
    """A fact behind a picture: what it says, and the message that it came in.

    `stands` is false where a later statement took it back or replaced it.
    """

    message: str
    source: str
    received_at: Instant
    kind: str
    occurred: FuzzyTime | None
    recorded: FuzzyTime
    basis: Basis
    stands: bool
    cancels: str | None
    pending: str | None
    encounter_class: Code | None = field(name="class")
    location: Location | None
    prior_location: Location | None
    details: dict[str, Any]


class EventBehind(Struct, frozen=True, kw_only=True):
    """An event about something, without what it says of it.

    `corrects` is the id of the event that it takes back or amends, `clock` the clock
    of a transition that it is about.
    """

    id: str
    type: str
    clock: str | None
    version: int
    occurred: FuzzyTime | None
    emitted_at: Instant
    basis: Basis
    corrects: str | None
    correction: Literal["retraction", "amendment"] | None
    messages: list[str]


class PersonView(Struct, frozen=True, kw_only=True):
    """A person: identifiers and the best value of each field.

    `key` is that of one of the `identities`, which are the numbers that are known to
    be of one person. After a merge or a split it can be another one.
    """

    key: str
    version: int
    identities: list[str]
    identifiers: list[Identifier]
    demographics: dict[str, Any]


class IdentityView(Struct, frozen=True, kw_only=True):
    """One number that an authority gave, and what its sender says of the person.

    `since` is when it was first heard of, null where that is not known.
    """

    key: str
    identifiers: list[Identifier]
    since: Instant | None
    demographics: dict[str, Any]


class LinkView(Struct, frozen=True, kw_only=True):
    """What is known of two identities, and by which message.

    `basis` is how: decided, repaired, stated or matched, the strongest first.
    Where `state` is auto or manual they are one person, broken keeps them apart,
    candidate asks somebody, and apart says that they are no longer alike. `score` is
    in bits. `by` and `reason` are of a decision, and empty where it was none.
    """

    one: str
    other: str
    basis: str
    state: str
    rule: str
    score: float | None
    reasons: list[str]
    said_at: Instant | None
    message: str
    by: str
    reason: str


class AlternativeValue(Struct, frozen=True, kw_only=True):
    """What another identity says of a field that has a better value, and when."""

    value: Any
    identity: str
    said_at: Instant


class EncounterView(Struct, frozen=True, kw_only=True):
    """An encounter: where it is, and from when to when. `class` is the newest one."""

    key: str
    person: str
    version: int
    status: str
    encounter_class: Code | None = field(name="class")
    period: Period
    location: Location | None


class StayView(Struct, frozen=True, kw_only=True):
    """A stay. `stands` is false where it turned out never to have been one.

    `encounters` are the keys of those that it consists of.
    """

    key: str
    person: str
    version: int
    stands: bool
    status: str
    setting: str
    period: Period
    encounters: list[str]


class TransitionView(Struct, frozen=True, kw_only=True):
    """The way out of a stay, and the clocks that run on it.

    `stay` is the key of the stay, `discharge_at` null while the patient is there.
    All but `state` are null or empty where it turned out that there is none.
    """

    key: str
    person: str
    version: int
    state: str
    stay: str | None
    from_setting: str | None
    to_setting: str | None
    discharge_at: Instant | None
    clocks: list[dict[str, Any]]


class RecordView(Struct, frozen=True, kw_only=True):
    """A referral, an appointment, a document, an assessment or a result."""

    key: str
    kind: str
    person: str
    version: int
    status: str


class PersonDetail(Struct, frozen=True, kw_only=True):
    """A person and all that is theirs, as known at a time; null means now.

    `demographics` has the best value of each field with when it was said, and by
    which messages; `alternatives` what else is said of it. `links` are those of the
    `identities`, to one another and to others.
    """

    key: str
    version: int
    known_at: Instant | None
    identifiers: list[Identifier]
    demographics: dict[str, StatedValue]
    alternatives: dict[str, list[AlternativeValue]]
    identities: list[IdentityView]
    links: list[LinkView]
    encounters: list[EncounterView]
    stays: list[StayView]
    transitions: list[TransitionView]
    records: list[RecordView]


class EncounterDetail(EncounterView, frozen=True, kw_only=True):
    """An encounter with the facts behind it, as known at a time; null means now.

    `identity` is under whose number it is told of. `into` is the encounter that it
    became part of, and `includes` are those that became part of it.
    `case` is the key of the case that it is one contact of. `behind` has for each
    value the messages that it rests on, by the name of the value: `start`, `end`,
    `classes.0`, `details.admission`.
    """

    known_at: Instant | None
    identity: str
    into: str | None
    includes: list[str]
    case: str | None
    end_basis: Basis
    planned: FuzzyTime | None
    classes: list[ClassSegment]
    locations: list[LocationSegment]
    leaves: list[Leave]
    pending: dict[str, FuzzyTime]
    temporary: Location | None
    cancelled_classes: list[str]
    restarts: int
    purged: bool
    details: dict[str, Any]
    anomalies: list[str]
    behind: dict[str, list[str]]
    facts: list[FactBehind]
    events: list[EventBehind]


class StayDetail(StayView, frozen=True, kw_only=True):
    """A stay with its path, how it ended, and the messages and events behind it.

    `path` has each step of care, with the facility; `discharge` is null while the
    stay is open.
    """

    planned: bool
    path: list[dict[str, Any]]
    facilities: list[str]
    discharge: dict[str, Any] | None
    rules: str
    anomalies: list[str]
    messages: list[str]
    events: list[EventBehind]


class TransitionDetail(TransitionView, frozen=True, kw_only=True):
    """A transition with the events about it, each with the messages behind it."""

    events: list[EventBehind]


class RecordDetail(RecordView, frozen=True, kw_only=True):
    """A record with its details, as known at a time; null means now."""

    known_at: Instant | None
    details: dict[str, Any]
    facts: list[FactBehind]
    events: list[EventBehind]


class TimelineItem(Struct, frozen=True, kw_only=True):
    """One thing that happened, at `at`.

    `name` is the status of an encounter or a stay, the state of a
    transition, the kind of a record or a fact,
    the type of an event. `entity` is the key of what it is about, `id` that of an
    event. `about` has more of what it is, by names that the details have too.
    """

    at: Instant
    what: Literal["encounter", "stay", "transition", "record", "fact", "event"]
    name: str
    entity: str
    id: str | None
    occurred: FuzzyTime | None
    about: dict[str, Any]
    messages: list[str]


class Timeline(Struct, frozen=True, kw_only=True):
    """What happened to a person, in that order, as known at a time; null means now.

    Where there is more than was asked for, the latest items are here, and
    `earlier` says how many come before them.
    """

    person: str
    known_at: Instant | None
    items: list[TimelineItem]
    earlier: int
