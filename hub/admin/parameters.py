"""The query parameters of each address, checked as a whole."""

import difflib
import re
from typing import Annotated, Any, TypeVar

from multidict import MultiMapping
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from hub.admin.errors import BadRequestError
from hub.model.delivery import DeliveryState
from hub.model.message import MessageState
from hub.model.taxonomy import EVENT_TYPES
from hub.store.queries import DEFAULT_LIMIT, MAX_LIMIT


def _known_type(value: str) -> str:
    if value not in EVENT_TYPES:
        raise ValueError(f"no event has this type{_suggest(value, EVENT_TYPES)}")
    return value


def _suggest(name: str, names: Any) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {near[0]}?" if near else ""


Text = Annotated[str, Field(max_length=200)]
EventType = Annotated[Text, AfterValidator(_known_type)]


class Parameters(BaseModel):
    """No parameters at all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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


class ExplainParameters(Parameters):
    """What to explain."""

    message: Text = Field(description="The id of the message.")
    destination: Text | None = Field(
        default=None, description="Explain only what concerns this destination."
    )


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


def _problem(model: type[Parameters], error: Any) -> str:
    """Say what is wrong with one parameter, without its value."""
    name = str(error["loc"][0])
    if error["type"] == "extra_forbidden":
        text = f"there is no such parameter{_suggest(name, list(model.model_fields))}"
    elif error["type"] == "missing":
        text = "is needed"
    else:
        text = error["msg"].removeprefix("Value error, ")
        text = text.replace("Input should be", "must be", 1)
    return f"{_shown(name)}: {text}"


def _shown(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]{1,40}", name) else "a parameter"
