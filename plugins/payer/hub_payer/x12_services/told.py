"""What of a notice goes into a transaction set, as plain texts. Pure.

Payloads come from many senders, so nothing here relies on a shape; what is not there
is an empty text.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from hub.sdk import Notice
from hub_payer.cells import code, day, member, moment, preferred, tables, text

_SEXES = {"F": "F", "M": "M", "FEMALE": "F", "MALE": "M"}
_ITSELF = {"", "self", "18", "01", "SEL", "SELF"}
_DAY, _MINUTE = 8, 12
_MOST_DIAGNOSES = 12


class Patient(NamedTuple):
    """The person of a notice."""

    family: str = ""
    given: str = ""
    middle: str = ""
    born: str = ""
    sex: str = ""
    lines: tuple[str, ...] = ()
    city: str = ""
    state: str = ""
    postal_code: str = ""


class Insurance(NamedTuple):
    """By which numbers the payer knows the person and their subscriber."""

    member_id: str = ""
    subscriber_id: str = ""
    relationship: str = ""
    payer: str = ""
    payer_id: str = ""

    @property
    def dependent(self) -> bool:
        """Whether it is known that somebody else is the subscriber."""
        return bool(self.subscriber_id) and self.relationship not in _ITSELF


class Diagnosis(NamedTuple):
    """A code of ICD without its dot, and which edition it is of: 9 or 10."""

    code: str
    edition: int
    use: str


def patient_of(notice: Notice) -> Patient:
    """Return who a notice is about."""
    person = member(notice.event.payload, "person")
    name = preferred(tables(member(person, "names")), "use", ("L", "official", "usual"))
    home = preferred(tables(member(person, "addresses")), "use", ("H", "home", "L"))
    lines = home.get("lines")
    listed = lines if isinstance(lines, list | tuple) else [home.get("street")]
    born = day(member(person, "birth_date"))
    return Patient(
        text(name.get("family")),
        text(name.get("given")),
        text(name.get("middle")),
        born if len(born) == _DAY else "",
        _SEXES.get(code(member(person, "sex")).upper(), ""),
        tuple(line for line in map(text, listed) if line)[:2],
        text(home.get("city")),
        text(home.get("state")),
        text(home.get("postal_code")),
    )


def insurance_of(notice: Notice) -> Insurance:
    """Return the coverage that has the recipient's own number, else the first.

    The recipient's number goes before any other.
    """
    listed = tables(member(notice.event.payload, "coverage"))
    own = notice.patient_id
    found = next((each for each in listed if text(each.get("member_id")) == own), None)
    entry = found or (listed[0] if listed else {})
    return Insurance(
        own or text(entry.get("member_id")),
        text(entry.get("subscriber_id")),
        code(entry.get("relationship")),
        text(entry.get("payer")),
        text(entry.get("payer_id")),
    )


def facility_names(notice: Notice) -> list[str]:
    """Return what the facility is called: its id, its name, the feed's."""
    stated = member(notice.event.payload, "facility")
    where = member(notice.event.payload, "location", "facility")
    source = notice.event.source
    called = (member(stated, "id"), member(stated, "name"), where)
    names = [*map(text, called), source.facility, source.feed]
    return [name for name in names if name]


def time_of(value: Any) -> tuple[str, str]:
    """Return a time as X12 writes it, with its format: minutes, else the day.

    Both are "" where not even the day is known. An offset is not written.
    """
    digits = re.split(r"[+-]", moment(value), maxsplit=1)[0]
    if len(digits) >= _MINUTE:
        return "DT", digits[:_MINUTE]
    return ("D8", digits[:_DAY]) if len(digits) >= _DAY else ("", "")


def period_of(notice: Notice) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return when the stay began, or shall, and when it ended, as `time_of` does."""
    payload = notice.event.payload
    began = time_of(member(payload, "period", "start"))
    planned = time_of(member(payload, "planned"))
    return began if began[0] else planned, time_of(member(payload, "period", "end"))


def diagnoses_of(notice: Notice) -> Iterator[Diagnosis]:
    """Yield the diagnoses that are codes of ICD, at most twelve, each once."""
    seen: set[str] = set()
    for each in tables(member(notice.event.payload, "diagnoses")):
        found = _diagnosis(each)
        if found and found.code not in seen and len(seen) < _MOST_DIAGNOSES:
            seen.add(found.code)
            yield found


def _diagnosis(entry: Mapping[str, Any]) -> Diagnosis | None:
    plain = code(entry).upper().replace(".", "").strip()
    system = re.sub(r"[^A-Z0-9]", "", text(entry.get("system")).upper())
    if not re.fullmatch(r"[A-Z0-9]{3,7}", plain, re.ASCII):
        return None
    if system in {"I9", "I9C", "I9CDX"} or "ICD9" in system:
        return Diagnosis(plain, 9, code(entry.get("type")))
    if system in {"I10", "I10C", "I10G"} or "ICD10" in system:
        return Diagnosis(plain, 10, code(entry.get("type")))
    return None


def attending_of(notice: Notice) -> tuple[str, str, str]:
    """Return family name, given name and NPI of who treats the patient."""
    team = tables(member(notice.event.payload, "careteam"))
    found = [
        each
        for each in team
        if code(each.get("role")).lower() in {"attending", "atnd", "at"}
    ]
    if not found:
        return "", "", ""
    name = found[0].get("name")
    if isinstance(name, dict):
        family, given = text(name.get("family")), text(name.get("given"))
    else:
        given, _, family = text(name).rpartition(" ")
    numbers = (text(one.get("value")) for one in tables(found[0].get("identifiers")))
    return family, given, next((one for one in numbers if is_npi(one)), "")


def is_npi(number: str) -> bool:
    """Say whether a number is a National Provider Identifier: 45 CFR 162.406.

    Its last digit is a check digit (Luhn) over the number with 80840 before it.
    """
    if not re.fullmatch(r"[12]\d{9}", number, re.ASCII):
        return False
    digits = [int(digit) for digit in "80840" + number]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
