"""Reading answers to what we sent: TA1, 999 and 997.

A TA1 names our interchange (ISA13), a 999 our group (GS06): of the hub's files both
are the nine digits that the file has. Source: X12.5 (TA1), X12 999 and 997.
"""

import re
from collections.abc import Iterator

from hub.sdk import Acceptance, Acknowledged, Item
from hub_payer.x12.events import WIDEST
from hub_payer.x12.handlers import Place
from hub_payer.x12.profile import X12Profile
from hub_payer.x12.segments import Segment, is_number

_TA1: dict[str, Acceptance] = {"A": "accepted", "E": "partly", "R": "rejected"}
_AK9: dict[str, Acceptance] = {
    "A": "accepted",
    "E": "partly",
    "P": "partly",
    "R": "rejected",
    "M": "rejected",
    "W": "rejected",
    "X": "rejected",
}
_CODE = re.compile(r"[A-Z0-9]{1,4}")
_MOST_CODES = 20


def ta1(segment: Segment) -> Acknowledged | None:
    """Return what a TA1 says; None of one that names nothing.

    What nobody knows is taken as a rejection: it is no acceptance.
    """
    of = _number(segment[1])
    if not of:
        return None
    codes = [f"TA105:{code}" for code in _clean([segment[5]]) if code != "000"]
    acceptance = _TA1.get(segment[4], "rejected")
    return Acknowledged(of=of, kind="TA1", acceptance=acceptance, codes=tuple(codes))


def rows(
    segments: Iterator[Segment], profile: X12Profile, place: Place
) -> Iterator[Item]:
    """Yield what a 999 or 997 says of our group, as `Handler` has it."""
    del profile  # an answer is the same of whomever
    of, codes = "", list[str]()
    for segment in segments:
        match segment.id:
            case "AK1":
                of = _number(segment[2])
            case "IK3" | "AK3":
                codes += _named(segment, slice(4, 5))
            case "IK4" | "AK4":
                codes += _named(segment, slice(3, 4))
            case "IK5" | "AK5":
                codes += _named(segment, slice(2, 7))
            case "AK9" if of:
                codes += _named(segment, slice(5, 10))
                yield Acknowledged(
                    of=of,
                    kind=place.transaction.kind,
                    acceptance=_AK9.get(segment[1], "rejected"),
                    codes=tuple(dict.fromkeys(codes))[:_MOST_CODES],
                )
                of = ""


def _named(segment: Segment, part: slice) -> list[str]:
    return [f"{segment.id}:{code}" for code in _clean(segment.elements[part])]


def _clean(values: list[str]) -> list[str]:
    """Return those that are codes: the partner's own, and no content."""
    return [value for value in values if _CODE.fullmatch(value)]


def _number(control: str) -> str:
    """Return a control number as the hub writes its own, "" where it is none."""
    text = control.strip()
    return text.zfill(WIDEST) if is_number(text, WIDEST) else ""
