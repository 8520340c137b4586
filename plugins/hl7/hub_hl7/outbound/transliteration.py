"""Letters that a character set lacks, written with those that it has.

First in the composed form, then by the table, then by compatibility, then without
accents. What none of these can write is refused: a question mark in a name is
another name. Sources: ICAO Doc 9303, part 3, section 6 (Latin and Cyrillic
letters); Unicode Standard Annex 15 (normalisation).
"""

# ruff: noqa: RUF001 - letters that look alike are what this module is about

import unicodedata
from collections.abc import Iterator

from hub_hl7.outbound.errors import UnmappableError

#: Lower-case letters; capitals follow from them.
_LETTERS = {
    "ä": "ae", "å": "aa", "æ": "ae", "ð": "d", "đ": "d", "ħ": "h", "ı": "i",
    "ĳ": "ij", "ĸ": "q", "ł": "l", "ŋ": "n", "ö": "oe", "ø": "oe", "œ": "oe",
    "ß": "ss", "þ": "th", "ŧ": "t", "ü": "ue",
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e",
    "ж": "zh", "з": "z", "и": "i", "й": "i", "к": "k", "л": "l", "м": "m",
    "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u",
    "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch",
    "ъ": "ie", "ы": "y", "ь": "", "э": "e", "ю": "iu", "я": "ia",
    "є": "ie", "і": "i", "ї": "i", "ґ": "g",
}  # fmt: skip
_MARKS = {
    "\u00a0": " ", "\u00a5": "JPY", "\u00ab": '"', "\u00b0": " deg", "\u00b4": "'",
    "\u00b5": "u", "\u00b7": ".", "\u00bb": '"', "\u00d7": "x", "\u2010": "-",
    "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2015": "-",
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u201c": '"',
    "\u201d": '"', "\u201e": '"', "\u201f": '"', "\u2020": "+", "\u2022": "*",
    "\u2026": "...", "\u2028": " ", "\u2029": " ", "\u2032": "'", "\u2033": '"',
    "\u2039": "'", "\u203a": "'", "\u2044": "/", "\u20ac": "EUR", "\u2212": "-",
    "\u02bc": "'",
}  # fmt: skip
_CAPITALS = {
    letter.upper(): text.capitalize()
    for letter, text in _LETTERS.items()
    if len(letter.upper()) == 1
}
TABLE = {**_LETTERS, **_CAPITALS, "\u1e9e": "SS", "\u0130": "I", **_MARKS}

# A raised or broken digit means something else than the digit alone.
_MEANINGFUL = ("<super>", "<sub>", "<fraction>")
#: Switches to a set that has a yen sign at the place of the escape character.
_JIS_ROMAN = b"\x1b(J"
#: Invisible: controls of the line and of the direction of writing.
_INVISIBLE = frozenset({"Cc", "Cf"})


def fitted(text: str, codec: str, *, exact: bool = False) -> str:
    """Return `text` so that `codec` can write it.

    Nothing changes where it can already; with `exact`, as numbers need it, nothing
    ever changes. Raises UnmappableError, which never quotes the text.
    """
    if text.isascii() or _writes(text, codec):
        return text
    if exact or codec == "utf-8":
        raise UnmappableError(codec)
    composed = unicodedata.normalize("NFC", text)
    if _writes(composed, codec):
        return composed
    shout = composed.isupper()
    return "".join(_written(letter, codec, shout=shout) for letter in composed)


def _writes(text: str, codec: str) -> bool:
    """Say whether `codec` has all of `text`, so that it can be read back.

    Some codecs write a yen sign where readers find the escape character, and nobody
    means the controls of 8859.
    """
    try:
        written = text.encode(codec)
    except UnicodeEncodeError:
        return False
    if codec == "utf-8":
        return True
    if _JIS_ROMAN in written or any("\x80" <= letter <= "\x9f" for letter in text):
        return False
    return written.decode(codec) == text


def _written(letter: str, codec: str, *, shout: bool) -> str:
    if _writes(letter, codec):
        return letter
    for candidate in _candidates(letter):
        if _writes(candidate, codec):
            return candidate.upper() if shout else candidate
    raise UnmappableError(codec)


def _candidates(letter: str) -> Iterator[str]:
    if letter in TABLE:
        yield TABLE[letter]
    if unicodedata.category(letter) in _INVISIBLE:
        yield ""
    if unicodedata.decomposition(letter).startswith(_MEANINGFUL):
        return
    yield unicodedata.normalize("NFKC", letter)
    parts = unicodedata.normalize("NFKD", letter)
    yield "".join(part for part in parts if not unicodedata.combining(part))
