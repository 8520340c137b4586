r"""Escape sequences of HL7 v2, replaced in one leaf at a time.

    escaped = esc ( "F" / "S" / "T" / "R" / "E" / "P" / "H" / "N" / "X" *hexpair
                    / "." command / "C" 4hex / "M" 4*6hex / "Z" *any ) esc

Leaves are cut first and unescaped last, so that ``\X0D\`` cannot end a segment.
There is no nesting, and an escape character without a partner is data. C and M switch
to another character set until the next of their kind or the end of the leaf.
Source: HL7 v2.5.1, section 2.7.
"""

import re

from msgspec import Struct

_SEQUENCE = re.compile(
    r"(?P<plain>[FSTREPHN])"
    r"|X(?P<hex>(?:[0-9A-Fa-f]{2})+)"
    r"|\.(?P<command>(?i:br|sp|in|ti|sk|fi|nf|ce))[ ]*[+-]?[ ]*\d{0,4}"
    r"|C(?P<single>[0-9A-Fa-f]{4})|M(?P<multiple>[0-9A-Fa-f]{4}(?:[0-9A-Fa-f]{2})?)"
    r"|(?P<local>Z[^\r\n]*)"
)
#: Back to ASCII, or to JIS X 0201, of which only the yen sign differs.
_DEFAULT = frozenset({"2842", "284A"})
#: Sets of one byte per character, by the ISO 2022 sequence that switches to them.
_SINGLE = {
    "2949": "shift_jis",
    "2D41": "cp1252",
    "2D42": "iso8859_2",
    "2D43": "iso8859_3",
    "2D44": "iso8859_4",
    "2D46": "iso8859_7",
    "2D47": "iso8859_6",
    "2D48": "iso8859_8",
    "2D4C": "iso8859_5",
    "2D4D": "iso8859_9",
    "2D62": "iso8859_15",
}
#: Sets of several bytes, and the codec that knows the sequence itself.
_MULTIPLE = {
    "2440": "iso2022_jp_2",
    "2442": "iso2022_jp_2",
    "242844": "iso2022_jp_2",
    "2441": "iso2022_jp_2",
    "242843": "iso2022_jp_2",
}
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
    switches: list[int] = []
    place, last = 1, len(pieces) - 1
    while place <= last:
        body = pieces[place]
        match = _SEQUENCE.fullmatch(body) if place < last else None
        if match is None:
            oddities.add("escape.unpaired")
            text += (syntax.escape, body)
            place += 1
            continue
        if match["single"] or match["multiple"]:
            switches.append(len(text))
        text += (_meaning(match, syntax, oddities), pieces[place + 1])
        place += 2
    return _switched(text, switches, syntax, oddities) if switches else "".join(text)


def _meaning(match: re.Match[str], syntax: Syntax, oddities: set[str]) -> str:
    kept = f"{syntax.escape}{match.group()}{syntax.escape}"
    if match["plain"]:
        return _delimiter(match["plain"], syntax)
    if match["hex"]:
        return _from_hex(match["hex"], syntax.codec, kept, oddities)
    if match["command"]:
        return "\n" if match["command"].lower() in _LINE_STARTS else " "
    return kept


def _switched(
    text: list[str], switches: list[int], syntax: Syntax, oddities: set[str]
) -> str:
    """Return the joined text, each part in the set that was switched to before it.

    Where a set is not known, or its bytes are not in it, the part stays as it was
    sent, with the sequence.
    """
    parts = ["".join(text[: switches[0]])]
    for start, end in zip(switches, [*switches[1:], len(text)], strict=True):
        sequence = text[start].strip(syntax.escape)[1:].upper()
        rest = "".join(text[start + 1 : end])
        meaning = _in_set(rest, sequence, syntax.codec)
        if meaning is None:
            oddities.add("escape.charset")
            meaning = text[start] + rest
        parts.append(meaning)
    return "".join(parts)


def _in_set(text: str, sequence: str, codec: str) -> str | None:
    """Return `text`, whose bytes were read as `codec`, in another set."""
    if sequence in _DEFAULT:
        return text
    other = _MULTIPLE.get(sequence) or _SINGLE.get(sequence)
    if other is None:
        return None
    try:
        sent = text.encode(codec)
        if other.startswith("iso2022"):
            sent = b"\x1b" + bytes.fromhex(sequence) + sent
        return sent.decode(other)
    except UnicodeError:
        return None


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
