"""Complex types of R4 from what payloads state. Pure."""

from html import escape
from typing import Any

from hub_fhir.rendering.data.encounters import NAME_USES
from hub_fhir.rendering.data.systems import ABSENT, ID_TYPES
from hub_fhir.rendering.payloads import (
    address_of,
    at,
    coded,
    stated,
    tables,
    words,
)

Piece = dict[str, Any]
#: HL7 table 0201 and R4's own words.
_TELECOM_USES = {
    "home": "home", "prn": "home", "work": "work", "wpn": "work", "mobile": "mobile",
    "prs": "mobile", "temp": "temp", "old": "old",
}  # fmt: skip
_TELECOMS = frozenset({"phone", "fax", "email", "pager", "url", "sms", "other"})
_NAME_USES = NAME_USES | {use: use for use in NAME_USES.values()}


def identifier(value: Any, systems: dict[str, str], kind: str = "") -> Piece:
    """Return a number with who gave it, {} where there is none."""
    if not isinstance(value, dict):
        value = {"value": value}
    number = words(value.get("value", ""))
    if not number:
        return {}
    code = coded(value.get("type", "")) or kind
    return stated(
        type=concept_of(ID_TYPES, code) if code else {},
        system=address_of(value.get("system", ""), systems),
        value=number,
    )


def concept_of(system: str, code: str, display: str = "") -> Piece:
    """Return a concept of one code."""
    return {"coding": [stated(system=system, code=code, display=display)]}


def concept(value: Any, systems: dict[str, str]) -> Piece:
    """Return a coded value or one in words as a concept, {} where there is none."""
    if not isinstance(value, dict):
        return stated(text=words(value))
    code = coded(value)
    spoken = words(value.get("display") or value.get("text") or "")
    coding = stated(
        system=address_of(value.get("system", ""), systems),
        code=code,
        display=spoken,
    )
    return stated(coding=[coding] if code else [], text=spoken or code)


def name(value: Any) -> Piece:
    """Return a person's name from its parts, or from words."""
    if not isinstance(value, dict):
        return stated(text=words(value))
    given = [words(value.get(part, "")) for part in ("given", "middle")]
    return stated(
        use=_NAME_USES.get(words(value.get("use", "")), ""),
        text=words(value.get("text", "")),
        family=words(value.get("family", "")),
        given=[part for part in given if part],
        prefix=[part for part in [words(value.get("prefix", ""))] if part],
        suffix=[part for part in [words(value.get("suffix", ""))] if part],
    )


def absent() -> Piece:
    """Return what stands where something that is demanded is not known."""
    return {"extension": [{"url": ABSENT, "valueCode": "unknown"}]}


def telecom(value: dict[str, Any]) -> Piece:
    """Return how somebody is reached, {} where that is not said."""
    reached = words(value.get("value", ""))
    if not reached:
        return {}
    system = words(value.get("system", "")) or "phone"
    return stated(
        system=system if system in _TELECOMS else "other",
        value=reached,
        use=_TELECOM_USES.get(words(value.get("use", "")).lower(), ""),
    )


def address(value: dict[str, Any]) -> Piece:
    """Return where somebody is; of a street and a house number one line is made."""
    lines = value.get("lines", "")
    listed = lines if isinstance(lines, list | tuple) else [lines]
    found = [line for line in map(words, listed) if line]
    street = [words(value.get(part, "")) for part in ("street", "house_number")]
    if not found and any(street):
        found = [" ".join(part for part in street if part)]
    return stated(
        line=found,
        city=words(value.get("city", "")),
        state=words(value.get("state", "")),
        postalCode=words(value.get("postal_code", "")),
        country=words(value.get("country", "")),
    )


def several(value: Any, make: Any) -> list[Piece]:
    """Return what `make` makes of the tables in a list, without what is empty."""
    return [made for each in tables(value) if (made := make(each))]


def narrative(*lines: str) -> Piece:
    """Return a narrative: plain paragraphs, in which nothing is markup."""
    said = "".join(f"<p>{escape(line)}</p>" for line in lines if line)
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{said or "<p>-</p>"}</div>'
    return {"status": "generated", "div": div}


def person_name(value: Any) -> Any:
    """Return what somebody is called, wherever payloads have it."""
    if isinstance(value, dict) and "name" in value:
        return value["name"]
    return value


def numbers_of(value: Any) -> list[dict[str, Any]]:
    """Return the numbers of a party: a list of them, or one in ``id``."""
    listed = tables(at(value, "identifiers"))
    one = at(value, "id")
    if not listed and isinstance(one, str) and one:
        listed = [{"value": one}]
    return listed
