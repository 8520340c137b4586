"""The query parameters of reports."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from hub.admin.parameters import Moment, Parameters
from hub.store.evidence.asked import Asked


def _day_or_time(value: object) -> object:
    """Take a day for its beginning in UTC."""
    text = str(value)
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return f"{text}T00:00:00Z"
    return value


Beginning = Annotated[Moment, BeforeValidator(_day_or_time)]


class ReportParameters(Parameters):
    """Which part of the evidence, and how it is written."""

    since: Beginning | None = Field(
        default=None,
        description="From this day (UTC) or time on; otherwise from the beginning.",
    )
    until: Beginning | None = Field(
        default=None, description="Up to this day or time, without it."
    )
    format: Literal["json", "csv"] = Field(
        default="json", description="`csv` for a table program."
    )

    def asked(self) -> Asked:
        """Return what is asked for."""
        return Asked(self.since, self.until)


class KnownReportParameters(ReportParameters):
    """Which part of the evidence, and as of when."""

    known_at: Moment | None = Field(
        default=None,
        description="As it was known at this time, such as `2026-03-10T12:00:00Z`; "
        "otherwise as it is known now.",
    )

    def asked(self) -> Asked:
        """Return what is asked for."""
        return Asked(self.since, self.until, self.known_at)
