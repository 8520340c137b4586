"""Text as it is compared: one spelling for what people write in many ways."""

import re
import unicodedata
from functools import lru_cache

_TWO_LETTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "æ": "ae", "ø": "oe", "å": "aa"}
)
_ONE_LETTER = str.maketrans({"æ": "a", "ø": "o", "å": "a", "ł": "l", "đ": "d"})
_SILENT = re.compile("['\u2019\u2018`\u00b4.]")
_NO_LETTER = re.compile(r"[\W_]+")


@lru_cache(maxsize=1 << 14)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words of `text`, folded, umlauts as two letters."""
    return _words(_composed(text).translate(_TWO_LETTERS))


@lru_cache(maxsize=1 << 14)
def variants(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the words of `text` in each way they can have been folded.

    ``Müller`` is found as ``mueller`` and as ``muller``; the first is with two
    letters. Most texts have one way only.
    """
    composed = _composed(text)
    ways = (composed.translate(_TWO_LETTERS), composed.translate(_ONE_LETTER))
    return tuple(dict.fromkeys(words for way in ways if (words := _words(way))))


def _composed(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _words(text: str) -> tuple[str, ...]:
    if not text.isascii():
        apart = unicodedata.normalize("NFKD", text)
        text = "".join([each for each in apart if not unicodedata.combining(each)])
    return tuple(_NO_LETTER.sub(" ", _SILENT.sub("", text)).split())
