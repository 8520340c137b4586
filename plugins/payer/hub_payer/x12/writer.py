"""Writing interchanges: control numbers, counts and the fixed-width header.

The number of an interchange is `NUMBER_MARK`, which the hub replaces by nine digits
when it is sent: the same bytes otherwise, whenever they are made.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from hub.sdk import NUMBER_MARK
from hub_payer.x12.segments import OURS

#: What stands for the number until the hub has given one.
NUMBER = NUMBER_MARK.decode()
_SEPARATORS = str.maketrans(
    {OURS.element: " ", OURS.component: " ", OURS.repetition: " ", OURS.terminator: " "}
)


class Ends(Struct, frozen=True, kw_only=True):
    """Who sends to whom: ISA05-08, ISA15, and GS02-03 where those are others."""

    sender: str
    receiver: str
    sender_qualifier: str = "ZZ"
    receiver_qualifier: str = "ZZ"
    usage: str = "P"
    group_sender: str = ""
    group_receiver: str = ""


class Set(Struct, frozen=True):
    """A transaction set without its ST and SE: lists of elements, id first.

    An element that is itself a sequence is written as components.
    """

    kind: str
    version: str
    segments: Sequence[Sequence[str | Sequence[str]]]


def write(
    ends: Ends,
    made: datetime,
    sets: Iterable[Set],
    *,
    ta1: Iterable[Sequence[str]] = (),
    group: str = "",
    acknowledge: bool = False,
    version: str = "",
) -> bytes:
    """Return an interchange of one group (none where there are no `sets`).

    `made` is its time by the wall clock, and `group` its GS01. ``ISA13``, ``IEA02``,
    ``GS06`` and ``GE02`` are `NUMBER`; transaction sets are numbered from 0001.
    `version` is the GS08 where it is not that of the first set. Characters that
    would part segments become blanks: see `clean`. Of version 004010, the header is
    that of 00401, and an ST has no third element.
    """
    sets = list(sets)
    version = version or (sets[0].version if sets else "")
    lines = [_isa(ends, made, old=_is_old(version), acknowledge=acknowledge)]
    lines += [_line(each) for each in ta1]
    if sets:
        lines += _group(ends, made, sets, group, version)
    lines.append(_line(["IEA", "1" if sets else "0", NUMBER]))
    return "".join(lines).encode("utf-8")


def clean(text: str) -> str:
    """Return `text` without separators and control characters."""
    kept = text.translate(_SEPARATORS)
    return "".join(c if c.isprintable() else " " for c in kept).strip()


def _is_old(version: str) -> bool:
    return version.startswith("00401")


def _isa(ends: Ends, made: datetime, *, old: bool, acknowledge: bool) -> str:
    """Return the header. Its widths are those of X12.5, once the mark is replaced."""
    elements = [
        "ISA",
        "00",
        " " * 10,
        "00",
        " " * 10,
        f"{clean(ends.sender_qualifier):2.2}",
        f"{clean(ends.sender):15.15}",
        f"{clean(ends.receiver_qualifier):2.2}",
        f"{clean(ends.receiver):15.15}",
        f"{made:%y%m%d}",
        f"{made:%H%M}",
        "U" if old else OURS.repetition,
        "00401" if old else "00501",
        NUMBER,
        "1" if acknowledge else "0",
        ends.usage,
        OURS.component,
    ]
    return OURS.element.join(elements) + OURS.terminator


def _group(
    ends: Ends, made: datetime, sets: list[Set], group: str, version: str
) -> Iterable[str]:
    yield _line(
        [
            "GS",
            group,
            ends.group_sender or ends.sender,
            ends.group_receiver or ends.receiver,
            f"{made:%Y%m%d}",
            f"{made:%H%M}",
            NUMBER,
            "X",
            version,
        ]
    )
    for number, each in enumerate(sets, 1):
        control = f"{number:04}"
        yield _line(
            ["ST", each.kind, control, "" if _is_old(each.version) else each.version]
        )
        yield from map(_line, each.segments)
        yield _line(["SE", str(len(each.segments) + 2), control])
    yield _line(["GE", str(len(sets)), NUMBER])


def _line(elements: Sequence[str | Sequence[str]]) -> str:
    """Return a segment as text, without the empty elements at its end."""
    texts = [_element(each) for each in elements]
    while len(texts) > 1 and not texts[-1]:
        texts.pop()
    return OURS.element.join(texts) + OURS.terminator


def _element(value: str | Sequence[str]) -> str:
    if isinstance(value, str):
        return value if value == NUMBER else clean(value)
    parts = [clean(part) for part in value]
    while parts and not parts[-1]:
        parts.pop()
    return OURS.component.join(parts)
