r"""Escape sequences of HL7 v2, replaced in one leaf at a time.

    escaped = esc ( "F" / "S" / "T" / "R" / "E" / "P" / "H" / "N" / "X" *hexpair
                    / "." command / "C" 4hex / "M" 4*6hex / "Z" *any ) esc

Leaves are cut first and unescaped last, so that ``\X0D\`` cannot end a segment.
There is no nesting, and an escape character without a partner is data.
Source: HL7 v2.5.1, section 2.7.
"""

import re

from msgspec import Struct

_SEQUENCE = re.compile(
    r"(?P<plain>[FSTREPHN])"
    r"|X(?P<hex>(?:[0-9A-Fa-f]{2})+)"
    r"|\.(?P<command>br|sp|in|ti|sk|fi|nf|ce)[ ]*[+-]?[ ]*\d{0,4}"
    r"|(?P<switch>C[0-9A-Fa-f]{4}|M[0-9A-Fa-f]{4}(?:[0-9A-Fa-f]{2})?)"
    r"|(?P<local>Z[^\r\n]*)"
)
_MOST_PIECES = 100_000
#: Formatting commands that start a line; the others become a blank or nothing.
_LINE_STARTS = frozenset({"br", "sp", "ce"})


class Syntax(Struct, frozen=True):
    """The delimiters of one message; a delimiter that it does not have is empty."""

    field: str
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""
    codec: str = "utf-8"


def unescape(raw: str, syntax: Syntax, oddities: set[str]) -> str:
    """Return `raw` with its escape sequences replaced; linear in its length.

    What stands between two escape characters and is no sequence stays as it is.
    Adds to `oddities` what a reader should know of.
    """
    pieces = raw.split(syntax.escape, _MOST_PIECES)
    if len(pieces) > _MOST_PIECES:
        oddities.add("escape.too_many")
        return raw
    text = [pieces[0]]
    place, last = 1, len(pieces) - 1
    while place <= last:
        meaning = None
        if place < last:
            meaning = _meaning(pieces[place], syntax, oddities)
        if meaning is None:
            oddities.add("escape.unpaired")
            text += (syntax.escape, pieces[place])
            place += 1
        else:
            text += (meaning, pieces[place + 1])
            place += 2
    return "".join(text)


def _meaning(body: str, syntax: Syntax, oddities: set[str]) -> str | None:
    match = _SEQUENCE.fullmatch(body)
    if match is None:
        return None
    kept = f"{syntax.escape}{body}{syntax.escape}"
    if match["plain"]:
        return _delimiter(body, syntax)
    if match["hex"]:
        return _from_hex(match["hex"], syntax.codec, kept, oddities)
    if match["command"]:
        return "\n" if match["command"] in _LINE_STARTS else " "
    if match["switch"]:
        oddities.add("escape.charset")
    return kept


def _delimiter(letter: str, syntax: Syntax) -> str:
    meanings = {
        "F": syntax.field,
        "S": syntax.component,
        "T": syntax.subcomponent or "&",
        "R": syntax.repetition,
        "E": syntax.escape,
        "P": syntax.truncation or "#",
    }
    return meanings.get(letter, "")  # H and N turn highlighting on and off


def _from_hex(digits: str, codec: str, kept: str, oddities: set[str]) -> str:
    try:
        return bytes.fromhex(digits).decode(codec)
    except UnicodeDecodeError:
        oddities.add("escape.undecodable")
        return kept
