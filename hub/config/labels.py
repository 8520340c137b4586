"""What of a site gives away something sensitive: its departments and senders."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from hub.coordination.labels.tables import NORMAL


def _codes(value: object) -> object:
    return () if value == NORMAL else value


#: ``normal``, or codes of sensitivity.
Sensitivities = Annotated[
    tuple[Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_-]{0,31}$")], ...],
    BeforeValidator(_codes),
    Field(
        json_schema_extra={
            "anyOf": [{"const": NORMAL}, {"type": "array", "items": {"type": "string"}}]
        }
    ),
]
Named = dict[str, Sensitivities]
