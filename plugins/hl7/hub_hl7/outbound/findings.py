"""What was asked and answered, or measured, as segments OBX.

The counterpart of `clinical.observations`: each finding has ``question`` and
``answer``, ``units``, ``range``, ``flag``, ``status`` and ``at`` where stated.
Source: HL7 v2.5.1, section 7.4.2.
"""

import re
from typing import Any

from hub_hl7.outbound.building import Content, Formatted, Leaf, Line, Repetition
from hub_hl7.outbound.outbound import Telling
from hub_hl7.outbound.statements import coded, leaf, tables

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
#: Codes of table 0085; what says nothing else is final.
_STATUSES = frozenset({"C", "D", "F", "I", "N", "O", "P", "R", "S", "U", "W", "X"})


def findings(telling: Telling, stated: Any) -> list[Line]:
    """Return OBX for each finding in a list, or the one that deletes them all."""
    if stated is None:
        return [Line("OBX", {1: "1", 3: None, 11: "D"})]
    return [
        Line("OBX", {1: str(number), **_finding(telling, each)})
        for number, each in enumerate(tables(stated), start=1)
    ]


def _finding(telling: Telling, each: dict[str, Any]) -> dict[int, Content]:
    kind, value = _typed(telling, each)
    status = leaf(each.get("status", ""))
    return {
        2: kind,
        3: coded(each.get("question", "")),
        5: value,
        6: coded(each.get("units", "")),
        7: leaf(each.get("range", "")),
        8: leaf(each.get("flag", "")),
        11: status if status in _STATUSES else "F",
        14: telling.moment(each.get("at", "")),
    }


def _typed(telling: Telling, each: dict[str, Any]) -> tuple[Leaf, Content]:
    """Return OBX-2 and OBX-5: one or several codes, a number with units, or text."""
    answer = each.get("answer", "")
    listed = answer if isinstance(answer, list) else [answer]
    codes: list[Repetition] = [
        coded(one) for one in listed if isinstance(one, dict) and leaf(one)
    ]
    if codes:
        return ("CE" if telling.version < (2, 7) else "CWE"), codes
    text = leaf(answer.get("text", "") if isinstance(answer, dict) else answer)
    if text and each.get("units") and _NUMBER.fullmatch(text):
        return "NM", text
    if text and ("\n" in text or "\r" in text):
        return "FT", Formatted(text)
    return ("ST" if text else ""), text
