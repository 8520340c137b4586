"""How names sound: Kölner Phonetik for German, metaphone for English.

Source: Hans Joachim Postel, Die Kölner Phonetik, IBM-Nachrichten 19 (1969).
"""

from functools import lru_cache

import jellyfish

_SOUNDS = (
    dict.fromkeys("aeijouy", "0")
    | dict.fromkeys("bp", "1")
    | dict.fromkeys("dt", "2")
    | dict.fromkeys("fvw", "3")
    | dict.fromkeys("gkq", "4")
    | {"l": "5", "m": "6", "n": "6", "r": "7", "s": "8", "z": "8", "h": ""}
)
_HARD_C = frozenset("ahkoqux")
_HARD_FIRST_C = _HARD_C | frozenset("lr")
_HISSING = frozenset("csz")


def cologne(word: str) -> str:
    """Return the code of a word in Kölner Phonetik, "" where it has no sound.

    `word` is folded: small letters from a to z, others have no sound.
    """
    before, last = "", ""
    code: list[str] = []
    for letter, after in zip(word, f"{word[1:]} ", strict=False):
        for sound in _sound(before, letter, after):
            if sound != last and (sound != "0" or (not code and not last)):
                code.append(sound)
            last = sound
        before = letter
    return "".join(code)


def _sound(before: str, letter: str, after: str) -> str:
    if letter == "c":
        if not before:
            return "4" if after in _HARD_FIRST_C else "8"
        return "4" if after in _HARD_C and before not in "sz" else "8"
    if letter == "x":
        return "8" if before and before in "ckq" else "48"
    if letter == "p" and after == "h":
        return "3"
    if letter in "dt" and after in _HISSING:
        return "8"
    return _SOUNDS.get(letter, "")


@lru_cache(maxsize=1 << 14)
def sounds(word: str) -> frozenset[str]:
    """Return how a folded word sounds in both languages.

    A code of one sound says too little and is left out.
    """
    codes = (f"k{cologne(word)}", f"e{jellyfish.metaphone(word)}")
    return frozenset(code for code in codes if len(code) > 2)  # noqa: PLR2004 - the language and two sounds
