"""Words of a configuration that must be known, with what was probably meant."""

import difflib
import zoneinfo
from collections.abc import Collection

from pydantic_core import PydanticCustomError

from hub.coordination.recipients import Purpose

#: What a contract or a subscription can name as a purpose.
PURPOSES = tuple(purpose.value for purpose in Purpose)


def nearest(word: object, known: Collection[str]) -> str:
    """Return the one of `known` that `word` was probably meant to be, or nothing."""
    return next(iter(difflib.get_close_matches(str(word), known, n=1)), "")


def require_known(what: str, word: str, known: Collection[str]) -> str:
    """Return `word` if it is known, else raise with a suggestion."""
    if word in known:
        return word
    hint = {"what": what, "word": word, "suggestion": nearest(word, known)}
    raise PydanticCustomError("unknown", "there is no {what} {word}", hint)


def known_zone(name: str) -> str:
    """Return the name of a time zone that exists, else raise."""
    return require_known("time zone", name, zoneinfo.available_timezones())


def known_purpose(purpose: str) -> str:
    """Return a purpose that exists, else raise; marketing never will."""
    if purpose == "marketing":
        raise ValueError("marketing is no purpose for which a patient's data may go")
    return require_known("purpose", purpose, PURPOSES)
