"""What is asked for with the addresses of files and partners."""

from datetime import date
from typing import Literal

from pydantic import Field

from hub.admin.parameters import Paging, Parameters, Spoken, Text
from hub.model.files import ExchangeState


class ExchangeParameters(Paging):
    """Which files."""

    direction: Literal["in", "out"] | None = Field(
        default=None, description="`in`: of a partner; `out`: ours."
    )
    feed: Text | None = Field(
        default=None, description="The source or the destination."
    )
    partner: Text | None = Field(default=None, description="The partner's name.")
    state: ExchangeState | None = Field(default=None, description="Where it is.")


class ExchangeDecision(Parameters):
    """What somebody says who decides about a file."""

    by: Spoken = Field(description="Who decides; kept with the file.")
    reason: Spoken = Field(description="Why; kept in the audit.")


class ReconciliationWanted(Parameters):
    """What our records are compared with."""

    by: Text = Field(default="", description="Who compares; kept with the result.")
    count: int | None = Field(
        default=None,
        ge=0,
        description="How many active members the partner says there are; without it:"
        " what the last file says that lists all of them.",
    )
    as_of: date | None = Field(
        default=None, description="The day of our active members; without it: today."
    )
