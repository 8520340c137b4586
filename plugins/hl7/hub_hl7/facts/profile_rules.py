"""Which orders are referrals and which results are wanted, as a feed states it."""

from typing import Literal, Self

from pydantic import Field, model_validator

from hub.sdk import Settings

Panel = Literal[
    "ahc-hrsn", "prapare", "aafp", "hunger-vital-sign", "housing-status", "sdoh"
]


class OrderRule(Settings):
    """Which orders (ORM, OMG, OSU) are referrals: those that meet all that is stated.

    An order of the 360X profile (MSH-21) is a referral without any rule.
    """

    services: tuple[str, ...] = Field(
        default=(), description="Codes of the service that is ordered (OBR-4)."
    )
    sections: tuple[str, ...] = Field(
        default=(), description="Diagnostic service sections (OBR-24)."
    )
    receivers: tuple[str, ...] = Field(
        default=(), description="Receiving applications or facilities (MSH-5, MSH-6)."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.services or self.sections or self.receivers):
            raise ValueError("state at least one of services, sections and receivers")
        return self


class ResultRule(Settings):
    """Which results (ORU) are kept, and as what."""

    codes: tuple[str, ...] = Field(
        default=(), description="Codes of what was observed (OBR-4 or OBX-3)."
    )
    panels: tuple[Panel, ...] = Field(
        default=(),
        description="Screenings of social needs that the hub knows; sdoh: all of them.",
    )
    record: Literal["assessment", "result"] = Field(
        default="assessment", description="As what they are kept."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.codes or self.panels):
            raise ValueError("state at least one of codes and panels")
        return self
