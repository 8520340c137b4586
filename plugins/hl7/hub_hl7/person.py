"""The patient: from PID to a subject. Source: HL7 v2.5.1, section 3.4.2."""

from collections.abc import Callable
from typing import Any

from hub.sdk import Identifier, Subject
from hub_hl7.er7 import Field, Segment, Value
from hub_hl7.reading import Reading, stated
from hub_hl7.times import read_date

_TRUE = {"Y": True, "N": False}


def subject_of(reading: Reading) -> Subject:
    """Return the person of the message; `identifiers` is empty where none is usable.

    The keys of `demographics` are ``names``, ``birth_date``, ``sex``, ``addresses``,
    ``telecoms``, ``language``, ``marital_status``, ``deceased`` and
    ``multiple_birth``, each of them only where the message makes a statement.
    """
    pid = reading.segment("PID")
    return Subject(_identifiers(reading, pid), _demographics(reading, pid))


def _identifiers(reading: Reading, pid: Segment) -> tuple[Identifier, ...]:
    # PID-2 and PID-4 held the numbers before 2.3 and are withdrawn since 2.7.
    for numbers in ((3,), (2, 4)):
        found = [
            reading.identifier(field)
            for number in numbers
            for field in pid.repetitions(number)
        ]
        kept = tuple(dict.fromkeys(one for one in found if one))
        if kept:
            return kept
    return ()


def _demographics(reading: Reading, pid: Segment) -> dict[str, Any]:
    return stated(
        names=_names(reading, pid),
        birth_date=_birth_date(reading, pid),
        sex=pid.value(8),
        addresses=_each(pid, 11, address_of),
        telecoms=_telecoms(pid),
        language=pid.value(15),
        marital_status=pid.value(16),
        deceased=_deceased(pid),
        multiple_birth=_flag(pid.value(24)),
    )


def _each(
    segment: Segment, number: int, read: Callable[[Field], dict[str, Any]]
) -> Any:
    """Return what `read` makes of each repetition, in order, empty ones left out."""
    raw = segment.repetitions(number)
    if not raw:
        return ""
    if all(field.text() is None for field in raw):
        return None
    values = [read(field) for field in raw]
    return [value for value in values if value] or ""


def _names(reading: Reading, pid: Segment) -> Any:
    names = _each(pid, 5, name_of)
    if names is None:
        # Nobody has no name: a sender that says so has a fault (R-HL7-02).
        reading.warn("identity.delete_refused")
        return ""
    return [
        name
        for name in names
        if reading.known(name.get("family") or "") or len(name) > 1
    ] or ""


def name_of(field: Field) -> dict[str, Any]:
    """Return the parts of a name (XPN); the family name as it is spoken (FN.1)."""
    return stated(
        family=field.component(1, 1),
        given=field.component(2),
        middle=field.component(3),
        suffix=field.component(4),
        prefix=field.component(5),
        use=field.component(7),
    )


def address_of(field: Field) -> dict[str, Any]:
    """Return the parts of an address (XAD)."""
    lines = [field.component(1, 1), field.component(1, 3), field.component(2)]
    return stated(
        lines=[line for line in lines if line] or "",
        city=field.component(3),
        state=field.component(4),
        postal_code=field.component(5),
        country=field.component(6),
    )


def _birth_date(reading: Reading, pid: Segment) -> Value:
    raw = pid.value(7)
    if not raw or reading.is_placeholder(raw):
        return None if raw is None else ""
    day = read_date(raw)
    if day is None:
        reading.warn("time.invalid.pid-7")
    return day or ""


def _telecoms(pid: Segment) -> Any:
    """Return home (PID-13), business (PID-14) and other (PID-40) addresses."""
    sent = [
        (use, pid.repetitions(number))
        for number, use in ((13, "home"), (14, "work"), (40, ""))
    ]
    fields = [field for _, repetitions in sent for field in repetitions]
    if not fields:
        return ""
    if all(field.text() is None for field in fields):
        return None
    values = [_telecom(field, use) for use, fields in sent for field in fields]
    return [value for value in values if value] or ""


def _telecom(field: Field, use: str) -> dict[str, Any]:
    """Return one telecommunication address (XTN), {} where there is none."""
    mail = field.component(4)
    if mail or field.component(3) == "Internet":
        return _reached("email", mail or field.component(1), use)
    digits = (field.component(number) or "" for number in (5, 6, 7))
    number = field.component(1) or field.component(12) or " ".join(filter(None, digits))
    return _reached("phone", number, use)


def _reached(system: str, value: Value, use: str) -> dict[str, Any]:
    return stated(system=system, value=value, use=use) if value else {}


def _deceased(pid: Segment) -> Any:
    at, flag = pid.value(29), _flag(pid.value(30))
    if not at and flag in {"", None}:
        return None if at is None or flag is None else ""
    return stated(flag=bool(at) if flag in {"", None} else flag, at=at)


def _flag(value: Value) -> Any:
    return value and _TRUE.get(value.upper(), "")
