"""How an address stands in a text, whoever writes it: to find it, and take it out."""

import re
from functools import lru_cache

#: What stands between the words of an address, also where it is part of a name.
_BETWEEN = r"[\s,._/+\x27-]*"
#: How words of addresses are written; casefolded.
_KINDS_OF_STREET = {
    word: f"(?:{'|'.join(words)})"
    for words in (
        *(("street", "st"), ("avenue", "ave"), ("road", "rd"), ("lane", "ln")),
        *(("boulevard", "blvd"), ("drive", "dr"), ("court", "ct"), ("place", "pl")),
        *(("square", "sq"), ("terrace", "ter"), ("parkway", "pkwy"), ("way",)),
        *(("highway", "hwy"), ("circle", "cir"), ("straße", "strasse", "str")),
        *(("weg",), ("allee",), ("platz",), ("gasse",), ("ufer",), ("damm",)),
    )
    for word in words
}
_ENDINGS = ("straße", "strasse", "str", "weg", "allee", "platz", "gasse", "ufer")
#: From so many letters on the end of a word is a kind of street.
_LONG = 7
#: Fewer letters are too little of an address to know it by: a unit, a floor.
_FEWEST_LETTERS = 4
_LETTERS = (
    ("strasse", "str(?:aße|asse)?"),
    ("ss", "(?:ß|ss)"),
    ("ä", "(?:ä|ae)"),
    ("ö", "(?:ö|oe)"),
    ("ü", "(?:ü|ue)"),
)
_WORD = re.compile(r"\d+[a-z]?\b|[^\W\d_]+|\d+")
_FOLDED = str.maketrans({"ä": "a", "ö": "o", "ü": "u"})


class AddressLines:
    """Lines of addresses, to be taken out of texts however they are written there."""

    def __init__(self, lines: frozenset[str]) -> None:
        self._known = [
            (_anchor(line), line_pattern(line))
            for line in sorted(lines, key=lambda line: (-len(line), line))
        ]

    def without(self, text: str, instead: str) -> str:
        """Return a text with something else in place of each line."""
        folded = _folded(text)
        found = [pattern for anchor, pattern in self._known if anchor in folded]
        if not found:
            return text
        return re.sub("|".join(found), instead, text, flags=re.IGNORECASE)


@lru_cache(maxsize=256)
def address_lines(lines: frozenset[str]) -> AddressLines:
    """Return lines of addresses, made once."""
    return AddressLines(lines)


def _folded(text: str) -> str:
    lower = text.casefold()
    if not lower.isascii():
        lower = lower.translate(_FOLDED)
    return lower.replace("ae", "a").replace("oe", "o").replace("ue", "u")


def _anchor(line: str) -> str:
    """Return what stands in each text that has a line, however it is written."""
    words = _WORD.findall(line.casefold())
    named = [each for each in words if not each[0].isdigit()]
    if len("".join(named)) < _FEWEST_LETTERS:
        return _folded(line.lstrip("+-"))
    parts = [each for each in named if each not in _KINDS_OF_STREET] or [""]
    longest = _folded(max(parts, key=len))
    for ending in _ENDINGS:
        longest = longest.removesuffix(_folded(ending))
    return longest if longest in _folded(line) else ""


def line_pattern(line: str) -> str:
    """Return a pattern of a line of an address, as people and machines write it.

    To be compiled so that case does not count; it has no groups that capture. Of a
    line that names a street the number may be missing, and the kind of street be
    short. A line without a letter, a coordinate, is found as it is.
    """
    words = _WORD.findall(line.casefold())
    if not any(each.isalpha() for each in words):
        return rf"(?<!\d){re.escape(line.lstrip('+-'))}"
    named = [each for each in words if not each[0].isdigit()]
    if len("".join(named)) < _FEWEST_LETTERS:
        return re.escape(line)
    street = len("".join(named)) > _FEWEST_LETTERS and any(map(_is_street, named))
    pattern = rf"(?<![^\W\d_]){_joined(words, street=street)}(?![^\W\d_])"
    return f"{pattern}|{re.escape(line)}"


def _joined(words: list[str], *, street: bool) -> str:
    pattern = ""
    begun = False
    for word in words:
        if street and word[0].isdigit():
            pattern += f"(?:{_BETWEEN}{word})?" if begun else f"(?:{word}{_BETWEEN})?"
        else:
            pattern += (_BETWEEN if begun else "") + _spelt(word)
            begun = True
    return pattern


def _is_street(word: str) -> bool:
    return word in _KINDS_OF_STREET or (len(word) >= _LONG and word.endswith(_ENDINGS))


def _spelt(word: str) -> str:
    if known := _KINDS_OF_STREET.get(word):
        return known
    text = word.replace("ß", "ss")
    if len(text) >= _LONG and text.endswith("str"):
        text += "asse"
    text = re.escape(text)
    for found, written in _LETTERS:
        text = text.replace(found, written)
    return text
