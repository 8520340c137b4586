"""Text in the character sets that X12 partners read. Pure.

The basic set has capitals, the extended one all of ASCII. What neither can write, even
spelled out, is left out as a whole: a name with a letter less is another name.
Source: X12.6, sections 3.3.1 and 3.3.2.
"""

# ruff: noqa: RUF001 - letters that look alike are what this module is about

import unicodedata
from typing import Literal

CharacterSet = Literal["basic", "extended"]

_SPELLED = {
    "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "oe",
    "å": "aa", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ħ": "h",
    "ŋ": "n", "ŧ": "t", "ĳ": "ij", "\u2019": "'", "\u2018": "'", "\u201c": '"',
    "\u201d": '"', "\u201e": '"', "\u2013": "-", "\u2014": "-", "\u2010": "-",
    "\u2026": "...", "\u00a0": " ", "\u2028": " ", "\u2029": " ", "€": "EUR",
}  # fmt: skip
_CAPITALS = {
    letter.upper(): spelled.capitalize()
    for letter, spelled in _SPELLED.items()
    if letter.isalpha() and len(letter.upper()) == 1
}
_TABLE = str.maketrans({**_SPELLED, **_CAPITALS, "\u1e9e": "SS"})
# What the basic set lacks of ASCII besides small letters, and what is written instead.
_BASIC = str.maketrans(
    {
        "_": "-", "%": " ", "@": " ", "[": "(", "]": ")", "{": "(", "}": ")",
        "\\": "/", "|": "/", "<": " ", ">": " ", "^": " ", "`": "'", "#": " ",
        "$": " ", "~": " ",
    }
)  # fmt: skip
#: Characters that part segments; they cannot stand in a value at all.
_PARTING = str.maketrans(dict.fromkeys("*:^~", " "))


def written(text: str, charset: CharacterSet) -> str | None:
    """Return `text` in a character set and on one line, None where that cannot be.

    Characters that part segments become blanks.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).translate(_TABLE)
        text = "".join(filter(_visible, unicodedata.normalize("NFKD", text)))
    if not text.isascii():
        return None
    text = text.translate(_PARTING)
    if charset == "basic":
        text = text.upper().translate(_BASIC)
    plain = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(plain.split())


def _visible(letter: str) -> bool:
    return not unicodedata.combining(letter) and unicodedata.category(letter) != "Cf"
