"""Diagnoses, procedures, allergies and observations that come with a visit.

Source: HL7 v2.5.1, sections 6.5.2 (DG1), 6.5.4 (PR1), 3.4.6 (AL1), 3.4.7 (IAM) and
7.4.2 (OBX).
"""

from typing import Any

from hub_hl7.facts.reading import Reading
from hub_hl7.facts.repeating import Repeating, entries_of
from hub_hl7.wire.er7 import Field, Segment

_DIAGNOSES = Repeating("DG1", ("id", "code", "text"), action=21)
_PROCEDURES = Repeating("PR1", ("id", "code", "text"), action=20)
_ALLERGIES = Repeating("AL1", ("code", "text"))
_REACTIONS = Repeating("IAM", ("id", "code", "text"), action=6)

_CODED = frozenset({"CE", "CWE", "CNE", "CF"})
_MEASURED = frozenset({"NM", "SN", "DT", "TM", "TS", "DTM"})
_TEXT = frozenset({"ST", "TX", "FT", "ID", "IS", "SI"})


def diagnoses_of(reading: Reading) -> Any:
    """Return the diagnoses (DG1) as `entries_of` does.

    Each has ``code``, ``text``, ``system``, ``type`` (table 0052), ``priority``,
    ``at``, ``confidential``, ``present_on_admission`` and ``id`` where stated.
    """
    return entries_of(reading, _DIAGNOSES, _diagnosis)


def _diagnosis(dg1: Segment) -> dict[str, Any]:
    entry = _named(dg1)
    if "system" not in entry:
        entry |= dg1.stated(system=2)
    if not (entry.get("code") or entry.get("text")):
        return {}
    entry |= dg1.stated(type=6, at=5, priority=15)
    if (dg1.value(18) or "").upper() == "Y":
        entry["confidential"] = True
    return entry | dg1.stated(id=20, present_on_admission=26)


def procedures_of(reading: Reading) -> Any:
    """Return the procedures (PR1) as `entries_of` does.

    Each has ``code``, ``text``, ``system``, ``at`` and ``id`` where stated.
    """
    return entries_of(reading, _PROCEDURES, _procedure)


def _procedure(pr1: Segment) -> dict[str, Any]:
    entry = _named(pr1)
    if not (entry.get("code") or entry.get("text")):
        return {}
    return entry | pr1.stated(at=5, id=19)


def allergies_of(reading: Reading) -> Any:
    """Return the allergies as `entries_of` does: those of IAM, else those of AL1.

    Each has ``code``, ``text``, ``system``, ``type`` (table 0127), ``severity``,
    ``reaction`` and ``at`` where stated, one of IAM also ``id``.
    """
    found = entries_of(reading, _REACTIONS, _reaction)
    return entries_of(reading, _ALLERGIES, _allergy) if found == "" else found


def _reaction(iam: Segment) -> dict[str, Any]:
    entry = _allergy(iam, onset=11)
    return entry | iam.stated(id=7) if entry else {}


def _allergy(segment: Segment, onset: int = 6) -> dict[str, Any]:
    entry = _coded(segment.field(3))
    if not entry:
        return {}
    return entry | segment.stated(type=2, severity=4, reaction=5, at=onset)


def observations_of(reading: Reading) -> Any:
    """Return the observations (OBX) that the feed's profile lets through.

    Each has ``code``, ``text``, ``system``, ``value`` (coded ones as a dict of
    ``code``, ``text``, ``system``), ``units``, ``status`` and ``at`` where stated.
    """
    found = [_observation(reading, obx) for obx in reading.all("OBX")]
    return [entry for entry in found if entry] or ""


def _observation(reading: Reading, obx: Segment) -> dict[str, Any]:
    kind, wanted = (obx.value(2) or "").upper(), reading.profile.observation_codes
    selected = (obx.value(3) or "") in wanted
    readable = _CODED | _MEASURED | (_TEXT if selected else frozenset())
    if kind not in readable or (wanted and not selected):
        return {}
    field = obx.field(5)
    value = _coded(field) if kind in _CODED else field.text() or ""
    if not value:
        return {}
    said = obx.stated(units=6, status=11, at=14)
    return _coded(obx.field(3)) | {"value": value} | said


def _named(segment: Segment) -> dict[str, Any]:
    """Return the code of DG1 or PR1; before 2.3 its text stood in field 4."""
    entry = _coded(segment.field(3))
    return entry if entry.get("text") else entry | segment.stated(text=4)


def _coded(field: Field) -> dict[str, Any]:
    """Return a coded element (CE, CWE): code, text and the system of the code."""
    return field.stated(code=1, text=2, system=3)
