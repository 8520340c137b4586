"""The person of a notice as segments: PID, NK1, PD1 and MRG.

The counterpart of `person`: what the payload does not hold is not said, what it
holds as None is deleted. Source: HL7 v2.5.1, sections 3.4.2, 3.4.5, 3.4.9, 3.4.10.
"""

from collections.abc import Iterator
from typing import Any

from hub.sdk import Identifier
from hub_hl7.outbound.building import Content, Leaf, Line, Repetition
from hub_hl7.outbound.outbound import Telling
from hub_hl7.outbound.stamping import day
from hub_hl7.outbound.statements import (
    at,
    coded,
    identified,
    leaf,
    number,
    numbers,
    repeated,
    tables,
)

#: A name that nobody stated, of type "unspecified" (table 0200); PID-5 is required.
_NO_NAME: Repetition = ("", "", "", "", "", "", "U")
#: The parts of a family name (FN), first as it is spoken.
_FAMILY = (
    "family", "own_prefix", "own_family", "partner_prefix", "partner_family",
)  # fmt: skip
#: From codes of sensitivity to table 0719.
_REASONS = {"SUD": "DRG", "EMPLOYEE": "EMP"}
_RESTRICTED = frozenset({"R", "V"})


def pid(telling: Telling) -> Line:
    """Return PID; its first number is the recipient's own (R-ENC-10)."""
    person = telling.person
    fields: dict[int, Content] = {
        3: patient_numbers(telling),
        5: _names(at(person, "names")),
        7: day(at(person, "birth_date")),
        8: leaf(at(person, "sex")),
        11: repeated(at(person, "addresses"), address),
        15: coded(at(person, "language")),
        16: coded(at(person, "marital_status")),
        18: identified(at(telling.payload, "account")),
        24: leaf(at(person, "multiple_birth")),
        25: leaf(at(person, "birth_order")),
        29: telling.moment(at(person, "deceased", "at")),
        30: leaf(at(person, "deceased", "flag")),
        21: [identified(each) for each in tables(at(person, "mother"))],
        31: _unknown(telling),
        32: _several(at(person, "identity_quality", "reliability")),
        33: telling.moment(at(person, "last_updated", "at")),
        34: leaf(at(person, "last_updated", "facility")),
    }
    return Line("PID", fields | _telecoms(telling, at(person, "telecoms")))


def _unknown(telling: Telling) -> Leaf:
    subject = telling.event.subject
    if not (telling.notice.patient_id or subject.identifiers or subject.person):
        return "Y"
    return leaf(at(telling.person, "identity_quality", "unknown"))


def _several(value: Any) -> Content:
    listed = value if isinstance(value, list | tuple) else [value]
    return [leaf(each) for each in listed]


def pid_of(known: list[Repetition]) -> Line:
    """Return PID of somebody of whom only numbers are known."""
    return Line("PID", {3: [*known], 5: _NO_NAME})


def patient_numbers(telling: Telling) -> list[Repetition]:
    """Return PID-3, never empty: a person without a number gets an anonymous one."""
    notice, options = telling.notice, telling.options
    own = options.patient_id_authority or options.receiving_facility.partition("^")[0]
    listed = list(telling.event.subject.identifiers)
    if notice.patient_id:
        system = own or notice.destination
        listed.insert(0, Identifier(system, notice.patient_id, options.patient_id_type))
    written = numbers(listed)
    if written:
        return written
    if telling.event.subject.person:
        return [number(telling.event.subject.person, notice.hub, "PI")]
    return [number(telling.event.entity.key, notice.hub, "ANON")]


def _names(value: Any) -> Content:
    # Nobody has no name: a deletion is not passed on (R-HL7-02).
    return [name(each) for each in tables(value)] or _NO_NAME


def name(value: dict[str, Any]) -> Repetition:
    """Return a person's name (XPN) from a table of its parts."""
    family = tuple(leaf(value.get(part, "")) for part in _FAMILY)
    parts = ("given", "middle", "suffix", "prefix", "degree", "use")
    return (family, *[leaf(value.get(part, "")) for part in parts])


def address(value: dict[str, Any]) -> Repetition:
    """Return an address (XAD): of several lines the first is the street."""
    lines = value.get("lines", "")
    if not isinstance(lines, list | tuple):
        lines = [lines]
    line, *others = [leaf(line) for line in lines] or [""]
    street = (line, *[leaf(value.get(part, "")) for part in ("street", "house_number")])
    more = ", ".join(line for line in others if line)
    parts = ("city", "state", "postal_code", "country", "type")
    return (street, more, *[leaf(value.get(part, "")) for part in parts])


def _telecoms(telling: Telling, value: Any) -> dict[int, Content]:
    """Return PID-13 (at home and anywhere) and PID-14 (at work)."""
    if value is None:
        return {13: None, 14: None}
    written: dict[int, list[Repetition]] = {13: [], 14: []}
    for each in tables(value):
        written[14 if _at_work(each) else 13].append(telecom(telling, each))
    return {**written}


def telecom(telling: Telling, value: dict[str, Any]) -> Repetition:
    """Return a telephone number or mail address (XTN)."""
    reached = leaf(value.get("value", ""))
    if value.get("system") == "email":
        return ("", "NET", "Internet", reached)
    use: Leaf = "WPN" if _at_work(value) else "PRN"
    if telling.version < (2, 7):
        return (reached, use, "PH")
    return ("", use, "PH", *[""] * 8, reached)


def beside(telling: Telling) -> Iterator[Line]:
    """Yield PD1 where there is something to say in it: publicity and protection.

    Protection is said even where PD1 has no place in the structure of a message: a
    reader that does not expect it ignores it, and the other one must know.
    """
    safety = at(telling.payload, "safety")
    marked = restricted(telling) and telling.version < (2, 6)
    protected = "Y" if marked else leaf(at(safety, "protected"))
    fields: dict[int, Content] = {
        11: coded(at(safety, "publicity")),
        12: protected,
    }
    if any(value != "" for value in fields.values()):
        yield Line("PD1", fields)


def restricted(telling: Telling) -> bool:
    """Say whether the event is more confidential than others."""
    return telling.event.labels.confidentiality in _RESTRICTED


def restriction(telling: Telling) -> Iterator[Line]:
    """Yield ARV, since 2.6 the segment of labels: all access, and why."""
    if telling.version >= (2, 6) and restricted(telling):
        codes = telling.event.labels.sensitivity
        reasons: list[Repetition] = [_REASONS.get(code, code) for code in codes]
        yield Line("ARV", {1: "1", 2: ("A", "", "HL70206"), 3: "ALL", 4: reasons})


def relatives(telling: Telling) -> Iterator[Line]:
    """Yield NK1 for each contact, or the one that clears them all."""
    own = at(telling.person, "contacts")
    stated = at(telling.payload, "contacts") if own == "" else own
    if stated is None:
        yield Line("NK1", {1: None})
    for place, each in enumerate(tables(stated), start=1):
        yield Line("NK1", {1: str(place), **_relative(telling, each)})


def _relative(telling: Telling, contact: dict[str, Any]) -> dict[int, Content]:
    called = contact.get("name", "")
    listed = tables(contact.get("telecoms"))
    return {
        2: name(called) if isinstance(called, dict) else leaf(called),
        3: coded(contact.get("relationship", "")),
        4: repeated(contact.get("addresses", ""), address),
        5: [telecom(telling, each) for each in listed if not _at_work(each)],
        6: [telecom(telling, each) for each in listed if _at_work(each)],
        7: coded(contact.get("role", "")),
        8: day(contact.get("from", "")),
        9: day(contact.get("to", "")),
        13: leaf(contact.get("organisation", "")),
    }


def _at_work(telecom: dict[str, Any]) -> bool:
    return leaf(telecom.get("use", "")) in {"work", "WPN"}
