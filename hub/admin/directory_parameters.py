"""What is asked for with the addresses of directories."""

from typing import Literal

from pydantic import Field

from hub.admin.parameters import Paging, Parameters, Spoken, Text


class RunParameters(Paging):
    """Which refreshes of directories."""

    feed: Text | None = Field(default=None, description="The source.")
    state: (
        Literal[
            "waiting",
            "applying",
            "held",
            "applied",
            "rejected",
            "failed",
            "unchanged",
        ]
        | None
    ) = Field(default=None, description="Where it is.")


class ReportParameters(Parameters):
    """Of which directory."""

    feed: Text = Field(description="The source.")


class HeldParameters(Parameters):
    """Of which directory."""

    feed: Text | None = Field(default=None, description="The source.")


class ObjectParameters(Paging):
    """Which objects of directories."""

    feed: Text | None = Field(default=None, description="The source.")
    name: Text | None = Field(default=None, description="Part of the name.")


class DirectoryDecision(Parameters):
    """What somebody says who decides about a refresh, or a change."""

    by: Spoken = Field(description="Who decides; kept with it.")
    reason: Spoken = Field(description="Why; kept in the audit.")
