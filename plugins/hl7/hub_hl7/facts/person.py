"""The patient: from PID, PD1 and NK1 to a subject.

Source: HL7 v2.5.1, sections 3.4.2 and 3.4.5.
"""

from collections.abc import Callable
from typing import Any

from hub.sdk import Identifier, Subject
from hub_hl7.facts.reading import Reading, plain, stated
from hub_hl7.facts.repeating import Repeating, entries_of
from hub_hl7.wire.cutting import all_deleted
from hub_hl7.wire.er7 import Field, Segment, Value
from hub_hl7.wire.times import read_date

_TRUE = {"Y": True, "N": False}
#: Table 0001, and D for the German divers.
_SEXES = frozenset("AFMNOUD")
_RARE = (21, 25, 33, 34)
_CONTACTS = Repeating("NK1", ("name", "organisation"))


def subject_of(reading: Reading) -> Subject:
    """Return the person of the message; `identifiers` is empty where none is usable.

    The keys of `demographics` are, each only where the message makes a statement:

    * ``names``, ``birth_date``, ``sex``, ``addresses``, ``telecoms``, ``language``,
      ``marital_status``, ``deceased`` {flag, at};
    * ``multiple_birth``, ``birth_order`` and ``mother`` (her identifiers);
    * ``identity_quality`` {unknown, reliability (table 0445), placeholder}, which
      forbids to match the person automatically;
    * ``last_updated`` {at, facility}: when the sender last changed its record;
    * ``contacts``: the relatives of NK1, as `entries_of` returns them.
    """
    pid = reading.segment("PID")
    return Subject(identifiers_of(reading, pid), _demographics(reading, pid))


def identifiers_of(reading: Reading, pid: Segment) -> tuple[Identifier, ...]:
    """Return the usable identifiers of a PID, each once, in the order sent."""
    # PID-2 and PID-4 held the numbers before 2.3 and are withdrawn since 2.7.
    found = reading.identifiers(pid, 3)
    if found:
        return found
    old = (*reading.identifiers(pid, 2), *reading.identifiers(pid, 4))
    return tuple(dict.fromkeys(old))


def _demographics(reading: Reading, pid: Segment) -> dict[str, Any]:
    names = _names(reading, pid)
    found = stated(
        names=names,
        birth_date=_birth_date(reading, pid),
        sex=_sex(reading, pid),
        addresses=_each(pid, 11, address_of),
        telecoms=_telecoms(pid, ((13, "home"), (14, "work"), (40, ""))),
        language=pid.value(15),
        marital_status=pid.value(16),
        deceased=_deceased(pid),
        multiple_birth=_flag(pid.value(24)),
        identity_quality=_quality(reading, pid, names),
        contacts=entries_of(reading, _CONTACTS, contact_of),
    )
    return found | _rare(reading, pid) if pid.any_sent(*_RARE) else found


def _rare(reading: Reading, pid: Segment) -> dict[str, Any]:
    return stated(
        birth_order=pid.value(25),
        mother=list(map(plain, reading.identifiers(pid, 21))) or "",
        last_updated=stated(at=pid.value(33), facility=pid.value(34, 1, 1)) or "",
    )


def _sex(reading: Reading, pid: Segment) -> Value:
    sent = pid.value(8)
    if sent and sent.upper() not in _SEXES:
        reading.warn("sex.unmapped")
    return sent


def _quality(reading: Reading, pid: Segment, names: Any) -> Any:
    family = names[0].get("family") if names else pid.value(5, 1, 1)
    found: dict[str, Any] = {}
    if pid.any_sent(31, 32):
        found = stated(
            unknown=_flag(pid.value(31)),
            reliability=_each(pid, 32, lambda field: field.component(1)),
        )
    for value in (pid.value(7), family):
        if value and reading.is_placeholder(value):
            found["placeholder"] = True
    return found or ""


def _each(segment: Segment, number: int, read: Callable[[Field], Any]) -> Any:
    """Return what `read` makes of each repetition, in order, empty ones left out."""
    fields = segment.repetitions(number)
    if not fields:
        return ""
    if all_deleted(fields):
        return None
    return [value for field in fields if (value := read(field))] or ""


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
    """Return the parts of a name (XPN).

    ``family`` is the family name as it is spoken (FN.1). What a feed sends of its
    parts is next to it: ``own_prefix`` and ``own_family`` (FN.2, FN.3),
    ``partner_prefix`` and ``partner_family`` (FN.4, FN.5).
    """
    family = field.component(1, 1)
    name = field.stated(
        family=1, given=2, middle=3, suffix=4, prefix=5, degree=6, use=7
    )
    if field.component(1) == family:
        return name
    return stated(**name | {"family": family}) | _family_parts(field)


def _family_parts(field: Field) -> dict[str, Any]:
    return stated(
        own_prefix=field.component(1, 2),
        own_family=field.component(1, 3),
        partner_prefix=field.component(1, 4),
        partner_family=field.component(1, 5),
    )


def address_of(field: Field) -> dict[str, Any]:
    """Return the parts of an address (XAD).

    ``street`` and ``house_number`` are there where they were sent apart (SAD.2,
    SAD.3); the first of the ``lines`` holds both in any case. ``type`` is a code of
    table 0190, such as C for a temporary address.
    """
    line, street, house = field.component(1, 1), "", ""
    if field.component(1) != line:
        street, house = field.component(1, 2) or "", field.component(1, 3) or ""
        line = line or street
        if house and not (line or "").endswith(house):
            line = f"{line} {house}".strip()
    lines = [each for each in (line, field.component(2)) if each]
    found = stated(lines=lines or "", street=street, house_number=house)
    found |= field.stated(city=3, state=4, postal_code=5, country=6, type=7)
    return found


def _birth_date(reading: Reading, pid: Segment) -> Value:
    raw = pid.value(7)
    if not raw or reading.is_placeholder(raw):
        return None if raw is None else ""
    day = read_date(raw)
    if day is None:
        reading.warn("time.invalid.pid-7")
    return day or ""


def _telecoms(segment: Segment, places: tuple[tuple[int, str], ...]) -> Any:
    """Return telecommunication addresses of `places`, pairs of field and use."""
    sent = [
        (field, use) for number, use in places for field in segment.repetitions(number)
    ]
    if not sent:
        return ""
    if all_deleted([field for field, _ in sent]):
        return None
    return [value for field, use in sent if (value := _telecom(field, use))] or ""


def _telecom(field: Field, use: str) -> dict[str, Any]:
    """Return one telecommunication address (XTN), {} where there is none."""
    mail = field.component(4)
    if mail or field.component(3) == "Internet":
        return _reached("email", mail or field.component(1), use)
    number = field.component(1) or field.component(12)
    if not number:
        digits = [field.component(place) for place in (5, 6, 7)]
        number = " ".join(filter(None, digits))
    return _reached("phone", number, use)


def _reached(system: str, value: Value, use: str) -> dict[str, Any]:
    return stated(system=system, value=value, use=use) if value else {}


def _deceased(pid: Segment) -> Any:
    if not pid.any_sent(29, 30):
        return ""
    at, flag = pid.value(29), _flag(pid.value(30))
    if not at and flag in {"", None}:
        return None if at is None or flag is None else ""
    return stated(flag=bool(at) if flag in {"", None} else flag, at=at)


def _flag(value: Value) -> Any:
    return value and _TRUE.get(value.upper(), "")


def contact_of(nk1: Segment) -> dict[str, Any]:
    """Return a relative or another contact (NK1), which is no right to be informed.

    The keys are ``name``, ``relationship`` (table 0063), ``role`` (table 0131),
    ``addresses``, ``telecoms``, ``organisation``, ``from`` and ``to``.
    """
    period = {"from": nk1.value(8), "to": nk1.value(9)}
    return stated(
        name=name_of(nk1.field(2)) or "",
        relationship=nk1.value(3),
        role=nk1.value(7),
        addresses=_each(nk1, 4, address_of),
        telecoms=_telecoms(nk1, ((5, "home"), (6, "work"))),
        organisation=nk1.value(13),
        **period,
    )
