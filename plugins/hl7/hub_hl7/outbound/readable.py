"""A notice as lines that a person reads, for recipients that file documents. Pure."""

from collections.abc import Iterator
from typing import Any

from hub_hl7.outbound.outbound import Telling
from hub_hl7.outbound.statements import at, leaf, tables, texts

_FAMILIES = {
    "encounter": "Visit", "person": "Patient record", "referral": "Referral",
    "appointment": "Appointment", "careteam": "Care team", "stay": "Stay",
}  # fmt: skip
_PLACE = ("facility", "unit", "room", "bed")
_NAME = ("prefix", "given", "middle", "family", "suffix")
_LONGEST_DAY = 10


def lines_of(telling: Telling) -> list[str]:
    """Return what the notice says, one statement a line, the subject first."""
    family, _, name = telling.event.type.partition(".")
    words = name.replace("_", " ")
    title = f"{_FAMILIES.get(family, family.capitalize())}: {words}"
    stated = [*_about(telling), *_visit(telling), *_standing(telling)]
    return [title, *(f"{label}: {text}" for label, text in stated if text)]


def _about(telling: Telling) -> Iterator[tuple[str, str]]:
    person = telling.person
    yield "Patient", _name(person)
    yield "Born", (leaf(at(person, "birth_date")) or "")[:_LONGEST_DAY]
    yield "Sex", texts(at(person, "sex"))
    yield "Your number", telling.notice.patient_id
    numbers = [
        f"{each.value} ({each.system})" if each.system else each.value
        for each in telling.event.subject.identifiers
    ]
    yield "Numbers", ", ".join(numbers)


def _visit(telling: Telling) -> Iterator[tuple[str, str]]:
    payload = telling.payload
    listed = tables(at(payload, "identifiers"))
    yield "When", _when(telling.occurred)
    yield "Where", _place(at(payload, "location")) or telling.event.source.facility
    yield "Before", _place(at(payload, "prior_location"))
    yield "Class", texts(at(payload, "class"))
    yield (
        "Visit number",
        ", ".join(leaf(each.get("value", "")) or "" for each in listed),
    )
    yield "Service", texts(at(payload, "service"))
    yield "Start", _when(telling.moment(at(payload, "period", "start")))
    yield "End", _when(telling.moment(at(payload, "period", "end")))
    yield "Reason", texts(at(payload, "admission", "reason"))
    yield "Disposition", texts(at(payload, "discharge", "disposition"))
    for each in tables(at(payload, "diagnoses")):
        yield "Diagnosis", _diagnosis(each)


def _standing(telling: Telling) -> Iterator[tuple[str, str]]:
    correction = telling.event.correction
    if correction is None:
        return
    if correction.kind == "retraction":
        yield "Correction", "an earlier notice is taken back"
    else:
        yield "Correction", "an earlier notice is amended"


def _name(person: dict[str, Any]) -> str:
    names = tables(at(person, "names"))
    if not names:
        return ""
    parts = (leaf(names[0].get(part, "")) for part in _NAME)
    return " ".join(part for part in parts if part)


def _place(value: Any) -> str:
    if not isinstance(value, dict):
        return leaf(value) or ""
    parts = (leaf(value.get(part, "")) for part in _PLACE)
    return " ".join(part for part in parts if part)


def _diagnosis(each: dict[str, Any]) -> str:
    code, words = leaf(each), texts(each)
    return f"{code} {words}" if code and words != code else words


def _when(stamped: str | None) -> str:
    """Return ``20260316140000+0100`` as ``2026-03-16 14:00 +0100``."""
    if not stamped:
        return ""
    digits, offset = stamped[:14].partition("+")[0].partition("-")[0], stamped[-5:]
    date = "-".join(part for part in (digits[:4], digits[4:6], digits[6:8]) if part)
    clock = ":".join(part for part in (digits[8:10], digits[10:12]) if part)
    zoned = offset if offset[0] in "+-" else ""
    return " ".join(part for part in (date, clock, zoned) if part)
