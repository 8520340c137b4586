"""Words for languages and for accessibility, as directories and people write them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hub.coordination.directory.names import children, folded

#: Languages by their code of ISO 639-1, in English and German.
_LANGUAGES: Mapping[str, tuple[str, ...]] = {
    "am": ("amharic", "amharisch"),
    "ar": ("arabic", "arabisch"),
    "bg": ("bulgarian", "bulgarisch"),
    "bs": ("bosnian", "bosnisch"),
    "de": ("german", "deutsch"),
    "el": ("greek", "griechisch"),
    "en": ("english", "englisch"),
    "es": ("spanish", "spanisch", "espanol"),
    "fa": ("farsi", "persian", "persisch", "dari"),
    "fr": ("french", "franzosisch"),
    "hi": ("hindi",),
    "hr": ("croatian", "kroatisch"),
    "ht": ("haitian creole", "creole", "haitianisch"),
    "hy": ("armenian", "armenisch"),
    "it": ("italian", "italienisch"),
    "ja": ("japanese", "japanisch"),
    "ko": ("korean", "koreanisch"),
    "ku": ("kurdish", "kurdisch", "kurmandschi"),
    "pl": ("polish", "polnisch"),
    "ps": ("pashto", "paschtu"),
    "pt": ("portuguese", "portugiesisch"),
    "ro": ("romanian", "rumanisch"),
    "ru": ("russian", "russisch"),
    "so": ("somali",),
    "sq": ("albanian", "albanisch"),
    "sr": ("serbian", "serbisch"),
    "sw": ("swahili", "suaheli"),
    "ti": ("tigrinya",),
    "tl": ("tagalog", "filipino"),
    "tr": ("turkish", "turkisch"),
    "uk": ("ukrainian", "ukrainisch"),
    "ur": ("urdu",),
    "vi": ("vietnamese", "vietnamesisch"),
    "zh": ("chinese", "mandarin", "cantonese", "chinesisch"),
}
_CODES = {name: code for code, names in _LANGUAGES.items() for name in names}
#: Codes of ISO 639-2, each after that of ISO 639-1.
_THREE = {
    other: code
    for code, *others in map(
        str.split,
        (
            *("en eng", "es spa", "de deu ger", "fr fra fre", "ar ara", "ru rus"),
            *("tr tur", "zh zho chi", "uk ukr", "pl pol", "pt por"),
            *("it ita", "ko kor", "tl tgl", "fa fas per", "ti tir"),
        ),
    )
    for other in others
}
_LENGTH = 2
#: What makes a place accessible, by words of descriptions.
_ACCESS: Mapping[str, re.Pattern[str]] = {
    "wheelchair": re.compile(
        r"wheelchair|step.?free|\bramp\b|\blift\b|elevator|rollstuhl|barrierefrei"
        r"|stufenlos|aufzug",
        re.IGNORECASE,
    ),
    "hearing": re.compile(
        r"hearing|induction loop|\btty\b|\btdd\b|t-coil|induktions|h(?:ö|oe)rschleife",
        re.IGNORECASE,
    ),
    "sign-language": re.compile(
        r"sign language|\basl\b|geb(?:ä|ae)rden", re.IGNORECASE
    ),
    "sight": re.compile(
        r"braille|tactile|low vision|large print|blind|taktil|sehbehindert",
        re.IGNORECASE,
    ),
    "easy-language": re.compile(
        r"plain language|easy read|leichte sprache|einfache sprache", re.IGNORECASE
    ),
    "parking": re.compile(r"parking|parkpl(?:a|ä)tz", re.IGNORECASE),
}


def language(text: str) -> str:
    """Return a language as its code of ISO 639-1 where it is known, else its name."""
    plain = folded(text.replace("_", "-").partition("-")[0])
    if len(plain) == _LENGTH and plain.isalpha():
        return plain
    return _CODES.get(plain) or _THREE.get(plain) or plain


def languages_in(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the languages that a record says are spoken, also by interpreters."""
    for each in children(record, "languages"):
        said = each.get("code") or each.get("name") or each.get("language")
        if isinstance(said, str) and said.strip():
            yield language(said)
    interpreted = record.get("interpretation_services")
    if isinstance(interpreted, str):
        for word in folded(interpreted).split():
            if word in _CODES:
                yield _CODES[word]


def access(texts: Iterable[str]) -> Iterator[str]:
    """Yield what texts say of accessibility, by a word for each kind."""
    told = "\n".join(texts)
    for kind, pattern in _ACCESS.items():
        if pattern.search(told):
            yield kind


def access_wanted(text: str) -> str:
    """Return what somebody needs by the word for its kind; else as it was written."""
    plain = text.strip().casefold().replace("_", "-")
    return plain if plain in _ACCESS else next(access([text]), plain)


def access_in(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a location says of its accessibility."""
    texts = [
        value
        for each in children(record, "accessibility")
        for name in ("description", "details", "accessibility")
        if isinstance(value := each.get(name), str)
    ]
    yield from access(texts)
