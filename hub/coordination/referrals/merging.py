"""Details of two owners: each side's own hold, and fill in for what the other left out.

A reply repeats what was asked for, and may word it otherwise: that alters no request.
"""

from collections.abc import Mapping
from typing import Any

#: What is the performer's to say; all else is the requester's.
OF_PERFORMER = frozenset(
    {"appointment", "appointment_ref", "disposition", "outcome", "processed"}
)
#: What consists of parts, some of which only the other side may know.
_IN_PARTS = frozenset({"performer", "requester"})
Details = dict[str, Any]


def learn(known: Details, stated: Mapping[str, Any]) -> Details:
    """Return what one side has said so far; null takes a value away (R-HL7-01)."""
    merged = {**known, **stated}
    if _both(known, stated, "identifiers"):
        merged["identifiers"] = {**known["identifiers"], **stated["identifiers"]}
    return {name: value for name, value in merged.items() if value is not None}


def merged(request: Details, answer: Details) -> Details:
    """Return the details of a referral, from what each of two sides says of it."""
    names = sorted(request.keys() | answer.keys())
    return {name: _value(name, request, answer) for name in names}


def _value(name: str, request: Details, answer: Details) -> Any:
    first, second = (answer, request) if name in OF_PERFORMER else (request, answer)
    if name == "identifiers" and _both(first, second, name):
        return _numbers(first[name], second[name])
    if name == "safety" and _both(first, second, name):
        return _safety(first[name], second[name])
    if name in _IN_PARTS and _both(first, second, name):
        return {**second[name], **first[name]}
    return first[name] if name in first else second[name]


def _numbers(request: Details, answer: Details) -> Details:
    """Return the numbers of a referral: each side knows best how it calls it."""
    numbers = {**answer, **request}
    return {**numbers, "filler": answer["filler"]} if "filler" in answer else numbers


def _safety(request: Details, answer: Details) -> Details:
    """Return what keeps somebody safe: who warns is believed, whichever side."""
    warned = any(each.get("contact_prohibited") is True for each in (request, answer))
    safety = {**answer, **request}
    return {**safety, "contact_prohibited": True} if warned else safety


def _both(one: Mapping[str, Any], other: Mapping[str, Any], name: str) -> bool:
    return isinstance(one.get(name), dict) and isinstance(other.get(name), dict)
