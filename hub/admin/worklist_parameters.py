"""What may be asked of worklists and of subscriptions."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from hub.admin.parameters import Moment, Parameters, Text
from hub.store.backfill import MOST
from hub.store.paging import DEFAULT_LIMIT, MAX_LIMIT
from hub.store.worklists import ItemState

_CODE = r"^[a-z0-9][a-z0-9_.-]{0,63}$"


def _code(value: str) -> str:
    if not re.fullmatch(_CODE, value, re.ASCII):
        raise ValueError(
            "must be a code such as `no_answer`: at most 64 small letters, digits,"
            " `_`, `.` and `-`"
        )
    return value


class WorklistParameters(Parameters):
    """Which items of a worklist."""

    state: ItemState = Field(
        default="open", description="`open`, `acknowledged` or `closed`."
    )
    since: Text | None = Field(
        default=None,
        description="The `cursor` of an item, or `next` of a page: what came after.",
    )
    limit: int = Field(
        default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Most items to answer."
    )


class Acknowledgement(Parameters):
    """Who has an item."""

    by: str = Field(
        default="", max_length=200, description="Who it is; kept with the item."
    )


class Closing(Acknowledgement):
    """What came of an item."""

    outcome: Annotated[
        str,
        AfterValidator(_code),
        WithJsonSchema({"type": "string", "pattern": _CODE}),
    ] = Field(
        description="A code of the recipient's own, such as `reached` or `no_answer`:"
        " nothing about the patient.",
    )


class BackfillWish(Parameters):
    """Of what past a subscription is to be told."""

    since: Moment = Field(description="Only events that the hub told since then.")
    person: str = Field(
        default="", max_length=200, description="The key of one person: only theirs."
    )
    limit: int = Field(
        default=1_000, ge=1, le=MOST, description="Most events, the oldest first."
    )
    dry_run: bool = Field(
        default=True, description="Only say what would be told, and tell nothing."
    )
