"""What is asked for with the addresses that find services."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from hub.admin.parameters import Moment, Parameters, Text
from hub.config.words import nearest
from hub.coordination.needs.tables import categories
from hub.model.directory import Wish

_MOST = 50


def _known(names: str) -> str:
    for name in _listed(names):
        if name not in categories():
            # What was asked for is not repeated: it may be anything.
            hint = nearest(name, categories())
            meant = f"; did you mean {hint}?" if hint else ""
            raise ValueError(f"there is no such need{meant}")
    return names


def _listed(text: str | None) -> tuple[str, ...]:
    parts = (each.strip() for each in (text or "").split(","))
    return tuple(dict.fromkeys(each for each in parts if each))[:_MOST]


Needs = Annotated[Text, AfterValidator(_known)]


class WishParameters(Parameters):
    """What somebody needs of a service. Lists are separated by commas."""

    category: Needs | None = Field(
        default=None,
        description="Needs by the Gravity Project's names, such as `food-insecurity`.",
    )
    term: Text | None = Field(
        default=None, description="Codes or names of terms of a taxonomy, such as `BD`."
    )
    country: Annotated[str, Field(pattern=r"^[A-Za-z]{2}$")] | None = Field(
        default=None, description="The country of the postcode, such as `DE`."
    )
    postcode: Annotated[str, Field(max_length=12)] | None = Field(
        default=None, description="Where somebody lives, or was seen last."
    )
    latitude: float | None = Field(default=None, ge=-90, le=90, description="Degrees.")
    longitude: float | None = Field(
        default=None, ge=-180, le=180, description="Degrees."
    )
    no_fixed_address: bool = Field(
        default=False, description="That nobody can say where somebody lives."
    )
    radius_km: float | None = Field(
        default=None, gt=0, le=500, description="How far away it may be at most."
    )
    has_car: bool | None = Field(default=None, description="Whether there is a car.")
    age: int | None = Field(default=None, ge=0, le=150, description="In years.")
    household: int | None = Field(
        default=None, ge=1, le=100, description="How many people there are."
    )
    language: Text | None = Field(
        default=None, description="What is spoken: `es`, or `Spanish`."
    )
    accessibility: Text | None = Field(
        default=None,
        description="What is needed: `wheelchair`, `hearing`, `sign-language`, `sight`,"
        " `easy-language`.",
    )
    mode: Literal["phone", "in_person", "virtual"] | None = Field(
        default=None, description="How it is to be used."
    )
    urgency: Literal["routine", "urgent"] | None = Field(
        default=None, description="How soon it is needed."
    )
    at: Moment | None = Field(
        default=None, description="When it should be open; left out, now."
    )
    limit: int | None = Field(
        default=None, ge=1, le=100, description="Most services to answer."
    )

    def wish(self, facts: dict[str, str] | None = None) -> Wish:
        """Return what is wanted."""
        given = self.model_dump(exclude_none=True, exclude={"limit", "at"})
        plain: dict[str, Any] = {
            name: value
            for name, value in given.items()
            if name in Wish.__struct_fields__
        }
        return Wish(
            **plain
            | {
                "categories": _listed(self.category),
                "terms": _listed(self.term),
                "languages": _listed(self.language),
                "accessibility": _listed(self.accessibility),
                "at": self.at,
                "facts": facts or {},
            }
        )


class ProposalWanted(WishParameters):
    """For whom services are to be found; what is not said, their picture says."""

    person: Text = Field(description="The hub's key of the person.")
    needs: Annotated[list[Text], Field(max_length=_MOST)] = Field(
        default=[], description="Keys of needs; left out, all that are open."
    )
    facts: Annotated[dict[Text, Text], Field(max_length=_MOST)] = Field(
        default={},
        description="What is known beside, by the conditions of services: `veteran` is"
        " `yes` or `no`.",
    )
    by: Text | None = Field(
        default=None, description="Who asks, where no token says so; kept with it."
    )
