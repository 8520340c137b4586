"""The ends of what the hub writes in X12, as a destination's options name them."""

from typing import Literal

from pydantic import Field

from hub.sdk import Settings
from hub_payer.x12.profile import Party
from hub_payer.x12.writer import Ends
from hub_payer.x12_services.letters import CharacterSet


class Facility(Settings):
    """How a payer knows one of the facilities."""

    npi: str = Field(
        default="", pattern=r"^([0-9]{10})?$", description="Its NPI (ten digits)."
    )
    tax_id: str = Field(
        default="", max_length=20, description="Its tax number, where it has no NPI."
    )
    name: str = Field(
        default="", max_length=60, description="Its name; empty: as the notice has it."
    )


class EnvelopeOptions(Settings):
    """What every format of X12 interchanges has to know."""

    us: Party = Field(description="Who we are: ISA05 and ISA06.")
    partner: Party = Field(description="Who gets it: ISA07 and ISA08.")
    group_sender: str = Field(
        default="", max_length=15, description="GS02; empty: as ISA06."
    )
    group_receiver: str = Field(
        default="", max_length=15, description="GS03; empty: as ISA08."
    )
    usage: Literal["P", "T"] = Field(
        default="P", description="ISA15: production or test."
    )
    acknowledge: bool = Field(
        default=False, description="ISA14: whether a TA1 is asked for."
    )
    charset: CharacterSet = Field(
        default="extended",
        description=(
            "`basic` has capitals only, `extended` all of ASCII. Umlauts are spelled"
            " out; a name that cannot be written is left out."
        ),
    )
    payer_name: str = Field(
        default="", max_length=60, description="The payer's name (NM103)."
    )
    payer_id: str = Field(
        default="", max_length=80, description="The payer's number; empty: as ISA08."
    )
    payer_id_qualifier: Literal["PI", "XV", "46"] = Field(
        default="PI", description="What kind of number that is (NM108)."
    )
    facilities: dict[str, Facility] = Field(
        default={},
        description=(
            "The facilities by the id, short name or feed's name that notices have."
        ),
    )
    facility: Facility = Field(
        default=Facility(), description="How all other facilities are known."
    )

    def ends(self) -> Ends:
        """Return the ends of an interchange with these options."""
        return Ends(
            sender=self.us.id,
            sender_qualifier=self.us.qualifier,
            receiver=self.partner.id,
            receiver_qualifier=self.partner.qualifier,
            usage=self.usage,
            group_sender=self.group_sender,
            group_receiver=self.group_receiver,
        )
