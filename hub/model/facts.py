"""Facts: what a sender said, when it said so, and about whom.

Normalisers return facts. Only the core turns facts into state, and only
differences between states become care events.
"""

from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct, field

from hub.model.identifiers import Code, Identifier, Location
from hub.model.labels import Labels
from hub.model.times import FuzzyTime

Basis = Literal["explicit", "inferred", "manual"]


class FactKind(StrEnum):
    """What a fact says about an encounter, a person, a record or an exchange.

    Source: the column "Fact" of the trigger table, domain 2.7.
    """

    PLAN = "plan"  # a stay is planned; `occurred` is when it is expected
    START = "start"
    CLASS = "class"  # the same visit goes on in another class
    MOVE = "move"
    LEAVE = "leave"  # away for a while, the bed is kept
    RETURN = "return"
    END = "end"
    PENDING = "pending"  # `pending` is expected, `occurred` is when
    TRACK = "track"  # a temporary place, or on the way to it
    UPDATE = "update"
    CARETEAM = "careteam"
    PURGE = "purge"  # the sender deleted its record; the hub keeps its own
    CANCEL = "cancel"
    PERSON = "person"
    IDENTITY = "identity"  # see `IdentityChange`
    RECORD = "record"  # a referral, an appointment, a document, an assessment
    EXCHANGE = "exchange"  # of a file, by the hub itself: about nobody
    DIRECTORY = "directory"  # of a directory of services, by the hub: the same


#: What a record can be. What its `details` hold is said in domain 9.3, and of those
#: from ``need`` on in `hub.model.care`.
RecordKind = Literal[
    "referral",
    "appointment",
    "document",
    "assessment",
    "result",
    "need",
    "risk",
    "caregap",
    "plan",
    "goal",
    "task",
    "contact",
    "issue",
    "outcome",
    "program",
    "careteam",
    "alert",
    "coverage",
    "consent",
    "proxy",
    "medrec",
    "authorization",
    "claim",
    "match",
]


class RecordKey(Struct, frozen=True):
    """What makes a record the same record: a number and who gave it."""

    kind: RecordKind
    system: str
    value: str


class EncounterKey(Struct, frozen=True):
    """What makes an encounter the same encounter (R-ENC-01).

    `system` is the assigning authority, `scope` the facility that numbers its
    visits, `value` the number. `basis` says which rule of domain 3.2 found it, or
    that the number is that of a ``case``, which can span several contacts.
    """

    system: str
    scope: str
    value: str
    basis: Literal["visit", "alternate", "account", "person", "case"] = "visit"


class Subject(Struct, frozen=True, omit_defaults=True):
    """The person a fact is about, as this sender knows them.

    `demographics` is three-valued: a missing key is no statement, None is an
    instruction to delete, anything else is a value (R-HL7-01).
    """

    identifiers: tuple[Identifier, ...]
    demographics: dict[str, Any] = field(default_factory=dict)


class Movement(Struct, frozen=True, omit_defaults=True):
    """A movement that its sender keeps under numbers of its own (segment ZBE).

    Of one number the statement that was recorded last holds, and nothing holds
    where that is a cancel. The kind of the fact is the kind of the movement, also
    where it is cancelled. `trigger` is the original one (ZBE-6). Source: IHE ITI
    technical framework 2b, section 3.31.
    """

    ids: tuple[Identifier, ...]
    action: Literal["insert", "update", "cancel"]
    start: FuzzyTime | None = None
    end: FuzzyTime | None = None
    historic: bool = False
    trigger: str = ""
    ward: str = ""
    nursing_ward: str = ""
    scope: str = ""


class IdentityChange(Struct, frozen=True, omit_defaults=True):
    """A repair of numbers: what was `prior` is the subject's, or is `into`.

    A duplicate is merged, a wrong choice moved, a typing error changed, the same
    person in two records linked. At level ``person`` `prior` are the identifiers
    of the other record and the subject's are the surviving ones; at the levels
    below, `prior` and `into` are account or visit numbers, and `prior_person` whom
    they belonged to where that changes. `decided_by` names who decided it, where
    that was not the sender of the numbers. Source: HL7 v2.5.1, section 3.6.2.
    """

    operation: Literal["merge", "move", "change", "link", "unlink", "delete"]
    level: Literal["person", "account", "visit"]
    prior: tuple[Identifier, ...] = ()
    into: tuple[Identifier, ...] = ()
    prior_person: tuple[Identifier, ...] = ()
    prior_encounter: EncounterKey | None = None
    decided_by: str = ""


class Fact(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One statement of a sender.

    `occurred` is when it happened and orders the timeline; `recorded` is when
    the source said so and decides which statement wins. For a CANCEL, `cancels`
    names the kind taken back (and `pending`, of a PENDING, what was expected) and
    `occurred` the time of what is taken back, None where the sender did not say.
    `details` is three-valued like demographics.
    `sent` is when the message was sent, kept where `recorded` is too coarse to say
    which of two statements was the later one; it is no part of what is stated.
    """

    kind: FactKind
    subject: Subject
    recorded: FuzzyTime
    sent: FuzzyTime | None = None
    occurred: FuzzyTime | None = None
    encounter: EncounterKey | None = None
    record: RecordKey | None = None
    cancels: FactKind | None = None
    pending: FactKind | None = None
    encounter_class: Code | None = None
    location: Location | None = None
    prior_location: Location | None = None
    movement: Movement | None = None
    identity: IdentityChange | None = None
    details: dict[str, Any] = field(default_factory=dict)
    labels: Labels | None = None
    basis: Basis = "explicit"


class Provenance(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which message of which sender the facts of one message come from."""

    system: str = ""
    facility: str = ""
    message_id: str = ""
    trigger: str = ""
    sequence: str | None = None
    sent: FuzzyTime | None = None
    charset: str = ""
    extensions: dict[str, Any] = field(default_factory=dict)


class Problem(Struct, frozen=True):
    """Why a message cannot become facts: a catalogued code and a safe detail."""

    code: str
    detail: str = ""


class Part(Struct, frozen=True, kw_only=True):
    """A message that came inside another one, such as one of a batch."""

    body: bytes
    control_id: str = ""
    message_type: str = ""


class Document(Struct, frozen=True, kw_only=True):
    """Content that a fact refers to by its digest and does not hold itself.

    `digest` is the SHA-256 of `content`, in hexadecimal.
    """

    digest: str
    media_type: str
    content: bytes


class Normalised(Struct, frozen=True, kw_only=True):
    """What a normaliser made of one message.

    Exactly one of four holds: there are `facts`; there are `parts`, each of which
    is stored and processed as a message of its own; `unmapped` says why nothing in
    the message is for the core; or `problem` says why a person must look at it.
    `documents` are what the facts refer to. `warnings` are short dotted codes
    (``charset.mismatch``), never content.
    """

    provenance: Provenance = Provenance()
    facts: tuple[Fact, ...] = ()
    parts: tuple[Part, ...] = ()
    documents: tuple[Document, ...] = ()
    warnings: tuple[str, ...] = ()
    unmapped: str | None = None
    problem: Problem | None = None
