"""The destinations and formats that the hub itself provides: the worklist.

What goes to a worklist is not sent. It waits until the recipient fetches it over the
API, and says that it has it (`hub.runtime.worklists`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec
from pydantic import Field

from hub.contract import Destination, DestinationSpec, RendererSpec
from hub.model.delivery import Notice, Rendered
from hub.settings import DestinationSettings, Settings

KIND = "worklist"
FORMAT = "notice-json"

_encode = msgspec.json.Encoder().encode


class WorklistSettings(DestinationSettings):
    """A destination from which notices are fetched. Nothing is sent to it."""

    format: Literal["notice-json"] = Field(
        default="notice-json", description="How its notices are shown: as JSON."
    )


def _render(notices: Sequence[Notice], _options: Any) -> Rendered:
    return Rendered(
        body=_encode(notices[0]), media_type="application/json", suffix=".json"
    )


def _never_sends(_settings: Any) -> Destination:
    raise TypeError("a worklist is fetched from; nothing is sent to it")


WORKLIST = DestinationSpec(
    kind=KIND,
    settings=WorklistSettings,
    build=_never_sends,
    summary="Keeps notices until the recipient fetches them over the API.",
)
NOTICE_JSON = RendererSpec(
    name=FORMAT,
    options=Settings,
    render=_render,
    summary="One notice as JSON: the event as policy permits it, and for whom.",
)


class Provided(Protocol):
    """What plugins provide of what goes out."""

    @property
    def destinations(self) -> Mapping[str, DestinationSpec]:
        """Kinds of destination."""

    @property
    def renderers(self) -> Mapping[str, RendererSpec]:
        """Formats."""


def destination_kinds(provided: Provided) -> dict[str, DestinationSpec]:
    """Return the kinds of destination: those of the plugins, and the hub's own."""
    return {**provided.destinations, KIND: WORKLIST}


def formats(provided: Provided) -> dict[str, RendererSpec]:
    """Return the formats: those of the plugins, and the hub's own."""
    return {**provided.renderers, FORMAT: NOTICE_JSON}


def formats_of(kind: object, provided: Provided) -> Mapping[str, RendererSpec]:
    """Return the formats that a kind of destination can have."""
    return {FORMAT: NOTICE_JSON} if kind == KIND else provided.renderers
