"""The peculiarities of one HL7 v2 feed, as its operator states them."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field

from hub.sdk import Settings
from hub_hl7.facts.profile_adt import (
    CLASS_NAMES,
    REPEATING,
    ClassRule,
    FieldMatch,
    RepeatingMode,
    RepeatingSegment,
    UpdatePolicy,
)
from hub_hl7.facts.profile_rules import OrderRule, ResultRule
from hub_hl7.wire.charset import CODECS, Policy, codec_of

#: From PV1-2 to the hub's classes. Source: HL7 table 0004 and frequent local codes;
#: R is a *recurring* outpatient, V and OBS are observation, which is no admission.
CLASSES = {
    "E": "emergency",
    "I": "inpatient",
    "O": "outpatient",
    "P": "preadmit",
    "R": "outpatient",
    "B": "inpatient",
    "C": "other",
    "N": "other",
    "U": "other",
    "V": "observation",
    "OBS": "observation",
    "S": "short-stay",
    "SS": "short-stay",
    "D": "day-case",
}

PLACEHOLDERS = (
    "UNKNOWN",
    "99999",
    "19000101",
    "1111-11-11",
    "000-00-0000",
    "BABY BOY",
    "ZZZ",
)


def _known_charset(name: str) -> str:
    if codec_of(name) is None:
        known = ", ".join(sorted(CODECS))
        raise ValueError(f"not a character set of table 0211; known are {known}")
    return name


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("not an IANA time zone, such as Europe/Berlin")
    ZoneInfo(name)
    return name


def _known_classes(classes: dict[str, str]) -> dict[str, str]:
    unknown = sorted(set(classes.values()) - CLASS_NAMES)
    if unknown:
        raise ValueError(f"{unknown} are no classes; those are {sorted(CLASS_NAMES)}")
    return CLASSES | {code.upper(): name for code, name in classes.items()}


def _known_zones(zones: dict[str, str]) -> dict[str, str]:
    for zone in zones.values():
        _known_zone(zone)
    return {facility.upper(): zone for facility, zone in zones.items()}


def _known_modes(
    modes: dict[RepeatingSegment, RepeatingMode],
) -> dict[RepeatingSegment, RepeatingMode]:
    return REPEATING | modes


class Hl7Profile(Settings):
    """What the normaliser ``hl7-v2`` must know of a feed."""

    charset_default: Annotated[str, AfterValidator(_known_charset)] = Field(
        default="UNICODE UTF-8",
        description=(
            "Character set (table 0211) of messages that declare none in MSH-18. "
            "UTF-8 by default: the only set that shows by itself when it is wrong."
        ),
    )
    charset_policy: Policy = Field(
        default="declared_first",
        description="Whether MSH-18, this feed's default or the bytes are asked first.",
    )
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="UTC",
        description="IANA zone of times sent without offset; unset: UTC is assumed.",
    )
    facility_zones: Annotated[dict[str, str], AfterValidator(_known_zones)] = Field(
        default_factory=dict,
        description=(
            "IANA zones of the facilities of a relay, by the name in EVN-7, PV1-3.4 "
            "or PV1-39."
        ),
    )
    assigning_authority: str = Field(
        default="",
        description="Who assigned numbers sent without authority; empty: MSH-4.",
    )
    class_map: Annotated[dict[str, str], AfterValidator(_known_classes)] = Field(
        default_factory=lambda: dict(CLASSES),
        description="Classes of PV1-2 codes, beyond or instead of the usual ones.",
    )
    class_rules: tuple[ClassRule, ...] = Field(
        default=(),
        description=(
            "Classes that several fields decide together, such as observation; the "
            "first that holds, before class_map."
        ),
    )
    visit_number_scope: Literal["contact", "case"] = Field(
        default="contact",
        description=(
            "What a number in PV1-19 is for: one contact, or a billing case that "
            "several contacts share (Fallnummer)."
        ),
    )
    movements: Literal["use", "ignore"] = Field(
        default="use",
        description="Whether segment ZBE, where it is sent, decides about movements.",
    )
    a08: UpdatePolicy = Field(
        default_factory=UpdatePolicy,
        description="What an update (A08) may change.",
    )
    repeating_mode: Annotated[
        dict[RepeatingSegment, RepeatingMode], AfterValidator(_known_modes)
    ] = Field(
        default_factory=lambda: dict(REPEATING),
        description=(
            "Whether segments that repeat replace the earlier ones, add to them, or "
            "say so by action codes; by name of segment."
        ),
    )
    observation_codes: tuple[str, ...] = Field(
        default=(),
        description=(
            "Codes of OBX-3 to keep from ADT messages, free text included; empty: "
            "all numbers, dates and coded values, and no free text."
        ),
    )
    companions: tuple[FieldMatch, ...] = Field(
        default=(),
        description=(
            "Fields that show that somebody only accompanies a patient and is "
            "admitted like one (Begleitperson)."
        ),
    )
    first_consultant: Literal["consulting", "primary_care"] = Field(
        default="consulting",
        description="Who comes first in PV1-9; in older German feeds the Hausarzt.",
    )
    country: Literal["", "DE"] = Field(
        default="",
        description="Whose rules numbers without authority are checked by.",
    )
    referral_orders: tuple[OrderRule, ...] = Field(
        default=(),
        description="Which orders (ORM, OMG, OSU) are referrals; the others are not.",
    )
    results: tuple[ResultRule, ...] = Field(
        default=(),
        description="Which results (ORU) are kept, and as what; the others are not.",
    )
    placeholders: tuple[str, ...] = Field(
        default=PLACEHOLDERS,
        description="Values that stand for nothing and are read as not sent.",
    )
    test_messages: Literal["set_aside", "apply"] = Field(
        default="set_aside",
        description="What becomes of messages for training or debugging (MSH-11 T, D).",
    )
    midnight_means_day: bool = Field(
        default=False,
        description="Whether a time of exactly midnight is a date that was padded.",
    )

    @property
    def stated_zone(self) -> str:
        """The zone of the feed, "" where the operator stated none."""
        return self.time_zone if "time_zone" in self.model_fields_set else ""
