"""Care settings: what kind of contact an encounter is (domain 3.6).

An emergency visit, an observation and an inpatient stay are told apart by class;
newborns, companions and registrations without care are found out before that.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from hub.coordination.stay_rules import StayRules
from hub.model.encounters import INPATIENT_CLASSES, Encounter, EncounterStatus


class CareSetting(StrEnum):
    """What kind of contact it is; the first three are parts of stays."""

    EMERGENCY = "emergency"
    OBSERVATION = "observation"
    INPATIENT = "inpatient"
    OUTPATIENT = "outpatient"
    PLANNED = "planned"  # a pre-admission is no admission
    NEWBORN = "newborn"
    COMPANION = "companion"
    GHOST = "ghost"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


#: A patient lies in a bed or waits for one. The further on, the more it is a stay.
ACUTE = (CareSetting.EMERGENCY, CareSetting.OBSERVATION, CareSetting.INPATIENT)

_OF_CLASS = {
    "emergency": CareSetting.EMERGENCY,
    "observation": CareSetting.OBSERVATION,  # an outpatient class in the US
    "preadmit": CareSetting.PLANNED,
    "": CareSetting.UNKNOWN,
} | dict.fromkeys(INPATIENT_CLASSES, CareSetting.INPATIENT)

_A_DAY = timedelta(days=1)


def care_setting(encounter: Encounter, rules: StayRules) -> CareSetting:
    """Return the setting of the class in force, or why there is none."""
    if encounter.status is EncounterStatus.CANCELLED:
        return CareSetting.CANCELLED
    if _accompanies(encounter, rules):
        return CareSetting.COMPANION
    if _is_newborn(encounter, rules):
        return CareSetting.NEWBORN
    if encounter.status is EncounterStatus.PLANNED:
        return CareSetting.PLANNED
    stated = encounter.encounter_class
    setting = setting_of(stated.code if stated else "")
    ghost = setting is CareSetting.OUTPATIENT and _is_ghost(encounter, rules)
    return CareSetting.GHOST if ghost else setting


def setting_of(code: str) -> CareSetting:
    """Return the setting that a class alone means."""
    return _OF_CLASS.get(code, CareSetting.OUTPATIENT)


def is_birth(encounter: Encounter, demographics: Mapping[str, Any]) -> bool:
    """Say whether the person came into the world at this contact.

    That is so where the mother or a multiple birth is stated (PID-21, PID-24) and
    the date of birth is that of the start, or the day before or after: a grown-up
    twin is no newborn.
    """
    if not (demographics.get("mother") or demographics.get("multiple_birth")):
        return False
    born, start = _day(demographics.get("birth_date")), encounter.start
    began = _day(start.local[:10]) if start else None
    return bool(born and began and abs(began - born) <= _A_DAY)


def stated_code(details: Mapping[str, Any], group: str, name: str) -> str:
    """Return a code of a group of details as sent, "" where none is stated."""
    values = details.get(group)
    return _text(values.get(name)) if isinstance(values, Mapping) else ""


def _accompanies(encounter: Encounter, rules: StayRules) -> bool:
    source = stated_code(encounter.details, "admission", "source")
    told = encounter.details.get("companion") is True
    return told or source in rules.admissions.companion_sources


def _is_newborn(encounter: Encounter, rules: StayRules) -> bool:
    codes = rules.admissions
    details = encounter.details
    return (
        details.get("newborn") is True
        or stated_code(details, "admission", "type") in codes.newborn_types
        or stated_code(details, "admission", "source") in codes.newborn_sources
    )


def _is_ghost(encounter: Encounter, rules: StayRules) -> bool:
    stated = encounter.encounter_class
    if stated is not None and stated.code in rules.ghosts.classes:
        return True
    signs = (
        ("service", rules.ghosts.services),
        ("patient_type", rules.ghosts.patient_types),
        ("event_reason", rules.ghosts.event_reasons),
    )
    return any(_text(encounter.details.get(name)) in codes for name, codes in signs)


def _text(value: Any) -> str:
    """Return a code as sent, whether it came bare or with what it was mapped to."""
    if isinstance(value, Mapping):
        value = value.get("original") or value.get("code")
    return value.strip().upper() if isinstance(value, str) else ""


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:  # a year or a month alone
        return None
