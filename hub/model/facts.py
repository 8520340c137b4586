"""Facts: what a sender said, when it said so, and about whom.

Normalisers return facts. Only the core turns facts into state, and only
differences between states become care events.
"""

from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct, field

from hub.model.identifiers import Code, Identifier, Location
from hub.model.times import FuzzyTime

Basis = Literal["explicit", "inferred", "manual"]


class FactKind(StrEnum):
    """What a fact says about an encounter or a person.

    Source: the column "Fact" of the trigger table, domain 2.7.
    """

    START = "start"
    MOVE = "move"
    END = "end"
    UPDATE = "update"
    CANCEL = "cancel"
    PERSON = "person"


class EncounterKey(Struct, frozen=True):
    """What makes an encounter the same encounter (R-ENC-01).

    `system` is the assigning authority, `scope` the facility that numbers its
    visits, `value` the number. `basis` says which rule of domain 3.2 found it.
    """

    system: str
    scope: str
    value: str
    basis: Literal["visit", "alternate", "account", "person"] = "visit"


class Subject(Struct, frozen=True, omit_defaults=True):
    """The person a fact is about, as this sender knows them.

    `demographics` is three-valued: a missing key is no statement, None is an
    instruction to delete, anything else is a value (R-HL7-01).
    """

    identifiers: tuple[Identifier, ...]
    demographics: dict[str, Any] = field(default_factory=dict)


class Fact(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One statement of a sender.

    `occurred` is when it happened and orders the timeline; `recorded` is when
    the source said so and decides which statement wins. For a CANCEL, `cancels`
    names the kind taken back and `occurred` the time of what is taken back, None
    where the sender did not say. `details` is three-valued like demographics.
    """

    kind: FactKind
    subject: Subject
    recorded: FuzzyTime
    occurred: FuzzyTime | None = None
    encounter: EncounterKey | None = None
    cancels: FactKind | None = None
    encounter_class: Code | None = None
    location: Location | None = None
    prior_location: Location | None = None
    movement: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
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


class Normalised(Struct, frozen=True, kw_only=True):
    """What a normaliser made of one message.

    Exactly one of three holds: there are `facts`; `unmapped` says why nothing in
    the message is for the core; or `problem` says why a person must look at it.
    `warnings` are short dotted codes (``charset.mismatch``), never content.
    """

    provenance: Provenance = Provenance()
    facts: tuple[Fact, ...] = ()
    warnings: tuple[str, ...] = ()
    unmapped: str | None = None
    problem: Problem | None = None
