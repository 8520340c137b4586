"""What is asked for with the addresses of panels and episodes."""

from datetime import date
from typing import Self

from pydantic import Field, model_validator

from hub.admin.parameters import Parameters, Spoken, Text
from hub.coordination.panel_lists import Mode
from hub.store.paging import DEFAULT_LIMIT, MAX_LIMIT
from hub.store.panel_episodes import DAYS_AFTER

_TEN_YEARS = 3650


class ListGiven(Parameters):
    """What the list is that is given."""

    mode: Mode = Field(
        default="full",
        description="`full`: all there is; `delta`: what changed, with a column `op`.",
    )
    by: Text = Field(default="", description="Who gives it; kept with the list.")


class ListDecision(Parameters):
    """What somebody says who decides about a list."""

    by: Spoken = Field(description="Who decides; kept with the list.")
    reason: Spoken = Field(description="Why; kept with the list.")


class MemberSearch(Parameters):
    """Which entries: by a number of the person, or by the recipient's own."""

    system: Text | None = Field(
        default=None, description="Who assigned the identifier."
    )
    value: Text | None = Field(default=None, description="The identifier itself.")
    patient_id: Text | None = Field(
        default=None, description="The recipient's own number for the person."
    )
    limit: int = Field(
        default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Most items to answer."
    )


class EpisodeParameters(Parameters):
    """Which episodes."""

    subscription: Text | None = Field(
        default=None, description="The subscription that follows them."
    )


class Visit(Parameters):
    """The number by which a source tells of a visit."""

    source: Text = Field(description="The source that tells of it.")
    value: Text = Field(description="The number.", min_length=1)
    system: Text = Field(description="Who assigned the number.")
    scope: Text = Field(
        default="", description="The facility, where no authority is named."
    )


class EpisodeGiven(Parameters):
    """What a subscription is to follow."""

    subscription: Text = Field(description="The subscription, to `episode`.")
    patient_id: Text = Field(
        description="The subscriber's own number for the person.", min_length=1
    )
    entity: Text = Field(
        default="", description="The hub's key of the encounter or stay."
    )
    visit: Visit | None = Field(
        default=None, description="Instead of `entity`: the number of the visit."
    )
    until: date | None = Field(
        default=None, description="The last day; else it ends some days after the end."
    )
    days_after: int = Field(
        default=DAYS_AFTER,
        ge=0,
        le=_TEN_YEARS,
        description="How many days it lasts after the encounter ended.",
    )

    @model_validator(mode="after")
    def _of_one_thing(self) -> Self:
        if bool(self.entity) == bool(self.visit):
            raise ValueError("either `entity` or `visit` is needed")
        return self
