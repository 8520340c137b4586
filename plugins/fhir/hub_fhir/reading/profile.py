"""What is to be known of a feed of resources."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from hub.sdk import MaybeTimeZone, PartnerName, Settings


def _without_end(address: str) -> str:
    return address.rstrip("/")


class FhirProfile(Settings):
    """The peculiarities of a partner that sends resources."""

    base_url: Annotated[str, AfterValidator(_without_end)] = Field(
        default="",
        description=(
            "Address of the partner's server: who numbers what only has an id. "
            "Nothing is ever fetched from it by reading."
        ),
    )
    party: PartnerName = Field(
        default="",
        description=(
            "The configured partner that sends this; empty: the one that a server "
            "of the hub's knows by its token, else the feed's only one."
        ),
    )
    speaks_for: Literal["both", "requester", "performer"] = Field(
        default="both",
        description=(
            "Whose statements are read. Of a performer's server the copy of the "
            "request says nothing new, and is not the performer's to change."
        ),
    )
    systems: dict[str, str] = Field(
        default_factory=dict,
        description=(
            "Addresses (URI) of those who assign numbers, by the names that the hub "
            "knows them by; as in the options of the formats."
        ),
    )
    assigning_authority: str = Field(
        default="",
        description="Who assigns numbers that have no system; empty: nobody knows.",
    )
    oid_prefix: bool = Field(
        default=False,
        description="Whether urn:oid: stays before authorities that are an OID.",
    )
    time_zone: MaybeTimeZone = Field(
        default="", description="IANA zone in which days begin; empty: UTC."
    )
