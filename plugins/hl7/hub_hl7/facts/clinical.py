"""What a referral or a screening says of somebody: answers, observations, notes.

Repeating segments are a snapshot: together they replace what was sent before. None
where their only statement is to delete, "" where there are none.
Source: HL7 v2.5.1, sections 7.4.2 (OBX) and 2.15.10 (NTE).
"""

from collections.abc import Sequence
from typing import Any

from hub.sdk import Document
from hub_hl7.facts.conditions import diagnoses_of, procedures_of
from hub_hl7.facts.content import attachments
from hub_hl7.facts.labels import restrictions_of
from hub_hl7.facts.reading import Reading, stated
from hub_hl7.records.records import coded, letters, texts, time_in
from hub_hl7.wire.er7 import Field, Segment

_CODED = frozenset({"CE", "CWE", "CNE", "CF"})
_NOT_A_VALUE = frozenset({"ED", "RP"})
#: What is taken back is no observation (table 0085).
WITHDRAWN = frozenset({"D", "W", "X"})
#: A longer text is a document and no value; see `content`.
LONGEST_VALUE = 4_000


def observations(reading: Reading, segments: Sequence[Segment]) -> Any:
    """Return the observations (OBX) that are values and no documents.

    Each has ``question`` {code, text, system}, ``answer`` the same or {text},
    ``units``, ``range``, ``flag``, ``status`` (table 0085) and ``at`` where stated.
    """
    wanted = [obx for obx in segments if letters(obx.value(2)) not in _NOT_A_VALUE]
    if not wanted:
        return ""
    if all(letters(obx.value(11)) in WITHDRAWN or not obx.value(3) for obx in wanted):
        withdrawn = any(letters(obx.value(11)) in WITHDRAWN for obx in wanted)
        deleted = any(obx.value(3) is None for obx in wanted)
        return None if withdrawn or deleted else ""
    return [one for obx in wanted if (one := _observation(reading, obx))] or ""


def _observation(reading: Reading, obx: Segment) -> dict[str, Any]:
    """Return one observation, {} where it says nothing or was withdrawn."""
    question, status = coded(obx.field(3)), letters(obx.value(11))
    if not question or status in WITHDRAWN:
        return {}
    return stated(
        question=question,
        answer=_answer(reading, obx),
        units=coded(obx.field(6)),
        range=obx.value(7),
        flag=obx.value(8),
        status=status,
        at=time_in(reading, obx, 14),
    )


def _answer(reading: Reading, obx: Segment) -> Any:
    """Return what was answered; a list where several codes were."""
    fields = [field for field in obx.repetitions(5) if field.raw]
    if not fields:
        return ""
    if all(field.text() is None for field in fields):
        return None
    kind = letters(obx.value(2))
    if kind not in _CODED:
        return _text(reading, fields, kind)
    found = [answer for field in fields if (answer := coded(field))]
    return (found[0] if len(found) == 1 else found) or ""


def _text(reading: Reading, fields: Sequence[Field], kind: str) -> Any:
    if kind == "SN":  # a structured number: comparator, number, separator, number
        parts = (fields[0].component(place) or "" for place in range(1, 5))
        text = "".join(parts)
    else:
        text = (texts(fields) or "").strip()
    if len(text) > LONGEST_VALUE:
        reading.warn("observation.too_long")
        return ""
    return {"text": text} if text else ""


def note_of(reading: Reading) -> Any:
    """Return the comments (NTE-3), one on a line: text that may hold anything."""
    return texts([f for nte in reading.all("NTE") for f in nte.repetitions(3)])


def context_of(reading: Reading) -> tuple[dict[str, Any], tuple[Document, ...]]:
    """Return what a referral says of the patient, and the documents that came along.

    The keys are ``diagnoses``, ``procedures``, ``observations``, ``note`` and
    ``attachments`` [{mime, size, digest}], each only where there is such a statement.
    """
    segments = reading.all("OBX")
    attached, documents = attachments(reading, segments)
    details = stated(
        diagnoses=diagnoses_of(reading),
        procedures=procedures_of(reading),
        observations=observations(reading, segments),
        note=note_of(reading),
        attachments=attached,
    )
    return details, documents


def safety_of(reading: Reading) -> Any:
    """Return what limits who may hear of the patient: it must survive every mapping.

    The keys are ``protected`` (PD1-12), ``publicity`` (PD1-11) and ``restrictions``
    (ARV), each only where there is such a statement.
    """
    pd1 = reading.segment("PD1")
    flag = {"Y": True, "N": False}.get(letters(pd1.value(12)), "")
    return (
        stated(
            protected=flag,
            publicity=coded(pd1.field(11)),
            restrictions=restrictions_of(reading),
        )
        or ""
    )
