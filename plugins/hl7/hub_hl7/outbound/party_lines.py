"""Who refers and who is referred to, as segments PRD: the counterpart of `actors`.

Source: HL7 v2.5.1, section 11.6.3; v2.6 for the organisation (PRD-10).
"""

from collections.abc import Iterator
from typing import Any

from hub_hl7.outbound import person_lines as person
from hub_hl7.outbound.building import Component, Content, Line, Repetition
from hub_hl7.outbound.outbound import Telling
from hub_hl7.outbound.statements import at, authority, coded, leaf, tables

#: Roles of providers (PRD-1, table 0286) and what a referral calls them.
_SIDES = (
    ("RP", "Referring Provider", "requester"),
    ("RT", "Referred to Provider", "performer"),
)


def providers(telling: Telling) -> Iterator[Line]:
    """Yield PRD of both sides and of whoever else takes part; one is required."""
    named = [
        _provider(telling, (role, text, "HL70286"), side)
        for role, text, name in _SIDES
        if isinstance(side := at(telling.payload, name), dict) and side
    ]
    others = tables(at(telling.payload, "participants"))
    named += [
        _provider(telling, (leaf(each.get("role_code", "")), "", "HL70286"), each)
        for each in others
        if leaf(each.get("role", "")) not in {"requester", "performer"}
    ]
    yield from named or [Line("PRD", {1: ("RP", "Referring Provider", "HL70286")})]


def _provider(telling: Telling, role: Repetition, side: dict[str, Any]) -> Line:
    """Return PRD. Before 2.6 only its location can name an organisation (PRD-4.4)."""
    who, org = at(side, "person"), at(side, "org")
    listed = tables(at(who, "identifiers")) or tables(at(side, "identifiers"))
    fields: dict[int, Content] = {
        1: role,
        2: _called(who),
        4: ("", "", "", _facility(org)),
        5: [person.telecom(telling, each) for each in tables(at(side, "telecoms"))],
        6: coded(at(side, "preferred_contact")),
        7: [_licence(each) for each in listed],
        10: _organisation(org) if telling.version >= (2, 6) else "",
    }
    return Line("PRD", fields)


def _called(who: Any) -> Repetition:
    """Return a name (XPN) from its parts, or as it is spoken."""
    if not isinstance(who, dict):
        return leaf(who)
    return leaf(who.get("name", "")) if "name" in who else person.name(who)


def _facility(org: Any) -> Component:
    """Return an organisation as a facility (HD), from a name or a table."""
    if not isinstance(org, dict):
        return leaf(org)
    known = _numbered(org)
    own = leaf(known.get("value", "")) or ""
    return (leaf(org.get("name", "")), own, "L" if own else "")


def _organisation(org: Any) -> Repetition:
    """Return an organisation (XON): name, and number with who assigned it."""
    if not isinstance(org, dict):
        return leaf(org)
    known = _numbered(org)
    who = authority(leaf(known.get("system", "")) or "")
    kind, own = leaf(known.get("type", "")), leaf(known.get("value", ""))
    return (leaf(org.get("name", "")), *[""] * 4, who, kind, "", "", own)


def _numbered(org: dict[str, Any]) -> dict[str, Any]:
    listed = tables(org.get("identifiers"))
    return listed[0] if listed else {"value": org.get("id", "")}


def _licence(value: dict[str, Any]) -> Repetition:
    """Return a provider's number (PLN): the number, its type, who gave it."""
    return tuple(leaf(value.get(part, "")) for part in ("value", "type", "system"))
