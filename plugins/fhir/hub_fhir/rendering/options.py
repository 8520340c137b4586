"""What a recipient of FHIR expects."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from hub.sdk import MaybeTimeZone, Settings


def _addresses(systems: dict[str, str]) -> dict[str, str]:
    if any(not address or " " in address for address in systems.values()):
        raise ValueError("an address has no blanks in it and is not empty")
    return systems


class FhirOptions(Settings):
    """What recipients of any format in FHIR expect."""

    systems: Annotated[dict[str, str], AfterValidator(_addresses)] = Field(
        default_factory=dict,
        description=(
            "Addresses (URI) of those who assign numbers, by the names that the hub "
            "knows them by; others are told as urn:carehub:authority:NAME."
        ),
    )
    patient_id_system: str = Field(
        default="",
        description=(
            "Who assigned the recipient's own patient numbers; empty: the name of "
            "the destination."
        ),
    )
    organization_name: str = Field(
        default="",
        description="What the hub's operator is called; empty: the name of the hub.",
    )
    organization_system: str = Field(
        default="", description="Who numbers organisations, such as a URI for NPI."
    )
    organization_number: str = Field(
        default="", description="The number of the hub's operator there."
    )
    time_zone: MaybeTimeZone = Field(
        default="",
        description=(
            "IANA zone in which instants are written, always with their offset; "
            "empty: the zone of whoever stated them."
        ),
    )
    profiles: bool = Field(
        default=True,
        description="Whether resources name the profiles of the guides they keep.",
    )
    profile_version: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9.\-]*$",
        description="Version that is named with the guide's profiles; empty: none.",
    )


class ReferralOptions(FhirOptions):
    """Options of ``fhir-referral``."""

    received: Literal["requested", "received"] = Field(
        default="requested",
        description=(
            "Task.status of a referral that was received: Gravity's guide has no "
            "`received`, and tells it as a business status beside `requested`."
        ),
    )
    recipient: Literal["either", "requester", "performer"] = Field(
        default="either",
        description=(
            "Which side the recipient is: what the hub itself says of a referral, "
            "such as that it expired, never changes a performer's own task."
        ),
    )
    provenance: bool = Field(
        default=True, description="Whether a Provenance says where it comes from."
    )


class AlertOptions(FhirOptions):
    """Options of ``fhir-alert``."""

    source_endpoint: str = Field(
        default="urn:carehub:hub",
        pattern=r"^\S+$",
        description="Address of the hub as the message's source.",
    )
    destination_endpoint: str = Field(
        default="",
        pattern=r"^\S*$",
        description=(
            "Address that the message is for; empty: urn:carehub:destination:NAME."
        ),
    )
    guide: Literal["alerts", "isik"] = Field(
        default="alerts",
        description=(
            "Whose profiles patient and visit keep: of US Core and Da Vinci Alerts, "
            "or of gematik's ISiK (then with the level of the contact)."
        ),
    )
