"""The table of recipients: who is behind a destination, and what they may be told."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from hub.config.policy import (
    known_jurisdiction,
    list_jurisdictions,
    sensitivity_code,
)
from hub.config.words import known_purpose, require_known
from hub.coordination.policy.templates import template_names
from hub.coordination.recipients import PURPOSES, Recipient
from hub.settings import Settings

_PURPOSES = tuple(sorted(purpose.value for purpose in PURPOSES))


def _template(name: str) -> str:
    return require_known("template", name, template_names()) if name else name


def _list_templates(schema: dict[str, Any]) -> None:
    schema["enum"] = ["", *sorted(template_names())]


class RecipientTable(Settings):
    """``[recipients.NAME]``: the contract with whom the destination NAME belongs to."""

    sector: Literal["provider", "payer", "community", "public_health", "patient"] = (
        Field(description="What kind of organisation, or person, this is.")
    )
    jurisdiction: Annotated[str, AfterValidator(known_jurisdiction)] = Field(
        default="",
        description="Where the recipient is, as in `US-NY` or `DE`; empty: as the hub.",
        json_schema_extra=list_jurisdictions,
    )
    purposes: list[
        Annotated[
            str,
            AfterValidator(known_purpose),
            Field(json_schema_extra={"enum": list(_PURPOSES)}),
        ]
    ] = Field(
        default=list(_PURPOSES),
        min_length=1,
        description="What the contract allows the recipient to be told for.",
    )
    sensitivity: list[Annotated[str, AfterValidator(sensitivity_code)]] = Field(
        default=[],
        description="Codes of sensitivity, such as `PSY`, of which the contract lets"
        " the recipient be told without a consent that names them, where the rules"
        " leave that to the contract.",
    )
    template: Annotated[str, AfterValidator(_template)] = Field(
        default="",
        description="What of an event is told; empty: what sector and purpose say.",
        json_schema_extra=_list_templates,
    )
    mask_facility: bool = Field(
        default=False,
        description="Never name the facility, nor who works there, nor its numbers.",
    )
    states_redaction: bool = Field(
        default=False,
        description="Say so where a part was taken out, as some contracts demand.",
    )
    classes: list[str] = Field(
        default=[],
        description="What consents can name this recipient by, beside the name.",
    )
    contact: str = Field(
        default="",
        description="The key of the patient's contact that this recipient is; only for"
        " the sector `patient`. They are told what a proxy allows, and nothing else.",
    )

    @model_validator(mode="after")
    def _contact_of_a_patient(self) -> Self:
        if self.contact and self.sector != "patient":
            raise ValueError("`contact` is for the sector patient")
        return self

    def recipient(self, name: str) -> Recipient:
        """Return the contract with the recipient behind the destination `name`."""
        return Recipient(
            name=name,
            sector=self.sector,
            jurisdiction=self.jurisdiction,
            purposes=frozenset(self.purposes),
            sensitivity=frozenset(self.sensitivity),
            template=self.template,
            masks_facility=self.mask_facility,
            states_redaction=self.states_redaction,
            classes=frozenset(self.classes),
            contact=self.contact,
            contracted=True,
        )
