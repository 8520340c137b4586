"""Whether phone numbers can be dialled (L3). Source: ITU-T E.164, libphonenumber."""

import re
from functools import lru_cache
from typing import Final

#: North America, as most write it; area codes and exchanges begin with 2 to 9.
_AMERICAN: Final = re.compile(
    r"(?:\+?1[ .-]?)?(?:\(([2-9]\d\d)\)|([2-9]\d\d))[ .-]?[2-9]\d\d[ .-]?\d{4}"
    r"(?: ?(?:x|ext\.?|#) ?\d{1,6})?",
    re.ASCII,
)
#: Germany; no number has fewer digits after the 0, or more.
_GERMAN: Final = re.compile(
    r"(?:\+49[ (/-]*0?|0049[ (/-]*|\(?0)([1-9](?:[ ()./-]{0,3}\d){5,10})", re.ASCII
)
_AMERICANS: Final = frozenset({"US", "CA", "PR"})
_SHORT: Final = re.compile(r"[\d ]{3,7}", re.ASCII)
_EXTENSION: Final = re.compile(
    r"(?:ext|extension|x|durchwahl|option)\.?[\s:]*\d+.*$", re.IGNORECASE
)
#: Longer ones are no numbers (libphonenumber).
_LONGEST: Final = 250
_WORDS: Final = re.compile(r"(?:^|\s)[^\W\d_]{4,}")
#: What callers pay for beyond the call, by the beginning of the national number.
_PREMIUM: Final = {
    "US": ("900",), "CA": ("900",), "DE": ("900", "137", "118"), "AT": ("9",),
    "CH": ("90",), "GB": ("9", "118"),
}  # fmt: skip


def problem_of(number: str, country: str) -> str:
    """Return what is wrong: ``phone``, ``phone_words`` or ``phone_premium``.

    Empty where nothing is; numbers for emergencies and helplines may be short.
    """
    return _problem(number.strip(), country) if len(number) <= _LONGEST else "phone"


@lru_cache(maxsize=16_384)
def _problem(told: str, country: str) -> str:
    if country in _AMERICANS and (found := _AMERICAN.fullmatch(told)):
        return "phone_premium" if (found[1] or found[2]) == "900" else ""
    if country == "DE" and (found := _GERMAN.fullmatch(told)):
        digits = re.sub(r"\D", "", found[1])
        return "phone_premium" if digits.startswith(_PREMIUM["DE"]) else ""
    if _SHORT.fullmatch(told) and len(told.replace(" ", "")) <= len("116117"):
        return ""
    return _parsed(told, country)


def _parsed(told: str, country: str) -> str:
    # It takes its time to load, and most directories are American.
    import phonenumbers  # noqa: PLC0415

    try:
        parsed = phonenumbers.parse(told, country)
    except phonenumbers.NumberParseException:
        return "phone"
    if not phonenumbers.is_possible_number(parsed):
        return "phone"
    national = str(parsed.national_number)
    region = country
    if told.startswith("+") and parsed.country_code:
        region = phonenumbers.region_code_for_country_code(parsed.country_code)
    if national.startswith(_PREMIUM.get(region, ("none",))):
        return "phone_premium"
    if _WORDS.search(_EXTENSION.sub("", told)) and not re.search(r"\d{7}", told):
        return "phone_words"
    return ""
