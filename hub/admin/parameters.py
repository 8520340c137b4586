"""The query parameters of each address, checked as a whole."""

import difflib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar

from multidict import MultiMapping
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from hub.admin.errors import BadRequestError
from hub.coordination.clocks.transition import TransitionState
from hub.model.delivery import DeliveryState
from hub.model.encounters import EncounterStatus
from hub.model.facts import RecordKind
from hub.model.message import MessageState
from hub.model.taxonomy import EVENT_TYPES
from hub.store.queries import DEFAULT_LIMIT, MAX_LIMIT
from hub.store.reviews import OpenState


def _known_type(value: str) -> str:
    if value not in EVENT_TYPES:
        raise ValueError(f"no event has this type{_suggest(value, EVENT_TYPES)}")
    return value


def _suggest(name: str, names: Any) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _written_out(value: object) -> object:
    # A bare number would pass for seconds since 1970.
    if not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T", str(value)):
        raise ValueError("must be a time such as 2026-03-10T12:00:00Z")
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be a time of this calendar") from None


Text = Annotated[str, Field(max_length=200)]
Spoken = Annotated[str, Field(max_length=500, pattern=r"\S")]
Moment = Annotated[
    AwareDatetime, BeforeValidator(_written_out), AfterValidator(_in_utc)
]
EventType = Annotated[Text, AfterValidator(_known_type)]


class Parameters(BaseModel):
    """No parameters at all."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    def given(self) -> dict[str, Any]:
        """Return the parameters that have a value, as plain values."""
        return self.model_dump(mode="json", exclude_none=True)


class Paging(Parameters):
    """What every list takes."""

    limit: int = Field(
        default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Most items to answer."
    )
    cursor: Text | None = Field(
        default=None, description="The `next` of the page before."
    )


class MessageParameters(Paging):
    """Which messages."""

    source: Text | None = Field(default=None, description="The source's name.")
    state: MessageState | None = Field(default=None, description="Where it is.")
    control_id: Text | None = Field(
        default=None, description="The sender's own name for it (MSH-10)."
    )
    message_type: Text | None = Field(
        default=None, description="Its type, such as `ADT^A01`."
    )
    parent: Text | None = Field(
        default=None, description="The id of the message that it came inside of."
    )


class EventParameters(Paging):
    """Which events."""

    type: EventType | None = Field(
        default=None, description="The type, such as `encounter.admitted`."
    )
    entity: Text | None = Field(
        default=None, description="The key of the encounter or person it is about."
    )
    message: Text | None = Field(
        default=None, description="The id of the message that led to it."
    )


class DeliveryParameters(Paging):
    """Which deliveries."""

    destination: Text | None = Field(
        default=None, description="The destination's name."
    )
    state: DeliveryState | None = Field(default=None, description="Where it is.")
    event: Text | None = Field(default=None, description="The id of the event.")


class DecisionParameters(Paging):
    """Which decisions."""

    event: Text | None = Field(default=None, description="The id of the event.")
    destination: Text | None = Field(
        default=None, description="The destination's name."
    )
    permitted: bool | None = Field(
        default=None, description="Whether the notice may go out."
    )


class KnownParameters(Parameters):
    """As of when."""

    known_at: Moment | None = Field(
        default=None,
        description="As it was known at this time, such as `2026-03-10T12:00:00Z`; "
        "otherwise as it is known now.",
    )


class TimelineParameters(KnownParameters):
    """Which part of a timeline."""

    before: Moment | None = Field(
        default=None, description="Only what happened before this time."
    )
    limit: int = Field(
        default=DEFAULT_LIMIT,
        ge=1,
        le=MAX_LIMIT,
        description="Most items to answer: the latest.",
    )


class PersonSearch(Parameters):
    """Whom to find."""

    system: Text = Field(description="Who assigned the identifier.")
    value: Text = Field(description="The identifier itself.")


class EncounterParameters(Paging):
    """Which encounters."""

    person: Text | None = Field(default=None, description="The key of the person.")
    status: EncounterStatus | None = Field(default=None, description="Where it is.")


class StayParameters(Paging):
    """Which stays."""

    person: Text | None = Field(default=None, description="The key of the person.")
    status: Literal["opened", "closed"] | None = Field(
        default=None, description="Whether it goes on."
    )


class TransitionParameters(Paging):
    """Which transitions."""

    person: Text | None = Field(default=None, description="The key of the person.")
    state: TransitionState | None = Field(
        default=None, description="Whether anything is left to be done."
    )


class RecordParameters(Paging):
    """Which records."""

    kind: RecordKind | None = Field(default=None, description="What they are.")
    person: Text | None = Field(default=None, description="The key of the person.")


class ReviewParameters(Paging):
    """Which open reviews."""

    state: OpenState | None = Field(
        default=None,
        description="`candidate` asks somebody; `contradiction` would link by itself,"
        " but for other links.",
    )
    person: Text | None = Field(
        default=None, description="The key of an identity: only what asks of them."
    )


class ReviewShown(Parameters):
    """How much of a review."""

    unmasked: bool = Field(
        default=False, description="Also names, numbers and all else that is known."
    )


class Deciding(Parameters):
    """What every decision says beside what is decided."""

    by: Spoken = Field(description="Who decides; kept with the decision.")
    reason: Spoken = Field(description="Why; kept with the decision.")
    again: bool = Field(
        default=False, description="Decide anew what was decided otherwise before."
    )


class ReviewDecision(Deciding):
    """What a review comes to."""

    decision: Literal["same", "different", "later"] = Field(
        description="Whether both are one person; `later` leaves it open."
    )


class Merge(Deciding):
    """With whom a person is one."""

    with_: Text = Field(alias="with", description="The key of the other person.")


class Split(Deciding):
    """Which identity is not the person's."""

    identity: Text = Field(description="The key of the identity that is another's.")


P = TypeVar("P", bound=Parameters)


def parse(model: type[P], query: MultiMapping[str]) -> P:
    """Return the parameters of a request. Raises BadRequestError with all faults."""
    repeated = sorted({name for name in query if len(query.getall(name)) > 1})
    problems = [f"{_shown(name)}: given more than once" for name in repeated]
    try:
        parameters = model.model_validate(dict(query))
    except ValidationError as error:
        problems += [_problem(model, each) for each in error.errors()]
        raise BadRequestError(problems) from None
    if problems:
        raise BadRequestError(problems)
    return parameters


def parse_body(model: type[P], body: bytes) -> P:
    """Return what a request asks for in its body, a JSON object.

    Raises BadRequestError with all faults.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        named = [each for each in error.errors() if each["loc"]]
        problems = [_problem(model, each) for each in named]
        raise BadRequestError(problems or ["the body: must be a JSON object"]) from None


def _problem(model: type[Parameters], error: Any) -> str:
    """Say what is wrong with one parameter, without its value."""
    *outer, last = map(str, error["loc"])
    if error["type"] == "extra_forbidden":
        known = _fields(model, outer)
        text = f"there is no such parameter{_suggest(last, known)}"
    elif error["type"] == "missing":
        text = "is needed"
    elif error["type"] == "string_pattern_mismatch":
        text = "must not be blank"
    else:
        text = error["msg"].removeprefix("Value error, ")
        text = text.replace("Input should be", "must be", 1)
    return f"{'.'.join(map(_shown, (*outer, last)))}: {text}"


def _fields(model: type[BaseModel], path: Sequence[str]) -> list[str]:
    """Return what may stand at a place of a model, none where that is no table."""
    for name in path:
        field = model.model_fields.get(name)
        inner = field.annotation if field else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)


def _shown(name: str) -> str:
    """Return a name that can be a parameter's: a client's mistake may be anybody's."""
    return name if re.fullmatch(r"[a-z_]{1,40}|[0-9]{1,4}", name) else "a parameter"
