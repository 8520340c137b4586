"""The codes of files and rows in words, of the hub and of the readers."""

from collections.abc import Iterable
from typing import NamedTuple

from hub.contract import NormaliserSpec
from hub.coordination.exchanges.reasons import REASONS
from hub.coordination.exchanges.row_codes import ROW_CODES


class CodeInWords(NamedTuple):
    """A code, what it means and what to do ("" for nothing), and who uses it."""

    code: str
    summary: str
    remedy: str
    by: str = ""


def file_reasons() -> list[CodeInWords]:
    """Return why files become what they become, in the order of the gate."""
    return [CodeInWords(code, *reason) for code, reason in REASONS.items()]


def row_codes(normalisers: Iterable[NormaliserSpec]) -> list[CodeInWords]:
    """Return what is said of rows, in the order of the codes.

    One that several use in the same sense is there once, `by` all of them. Of one
    with several senses the hub's comes first, then those of the readers in their order.
    """
    by: dict[tuple[str, str, str], list[str]] = {
        (code, *words): ["the hub"] for code, words in ROW_CODES.items()
    }
    for each in normalisers:
        for code, (summary, remedy) in each.row_codes.items():
            by.setdefault((code, summary, remedy), []).append(f"`{each.name}`")
    found = [CodeInWords(*words, ", ".join(who)) for words, who in by.items()]
    return sorted(found, key=lambda each: each.code)
