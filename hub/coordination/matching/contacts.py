"""Where a person lives and is reached, as it is compared."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from hub.coordination.matching.data_files import words
from hub.coordination.matching.folding import words_of

Texts = frozenset[str]
_NONE: Texts = frozenset()

_KINDS_OF_STREET = {
    "street": "st", "strasse": "str", "avenue": "ave", "av": "ave", "road": "rd",
    "lane": "ln", "drive": "dr", "place": "pl", "court": "ct", "circuit": "cct",
    "crescent": "cres", "boulevard": "blvd", "highway": "hwy", "terrace": "tce",
    "parade": "pde", "square": "sq", "platz": "pl", "allee": "al", "weg": "wg",
    "north": "n", "south": "s", "east": "e", "west": "w", "saint": "st", "sankt": "st",
}  # fmt: skip
#: What stands before the number of a flat, which is not that of the house.
_FLATS = frozenset(
    {"apt", "apartment", "suite", "ste", "unit", "flat", "whg", "fl", "room"}
)
_NOT_LIVED_AT = frozenset({"BA"})
_MAILBOXES = words("placeholders.toml", "mailboxes")
_NO_POSTCODES = words("placeholders.toml", "postcodes")
_PLUS_FOUR = re.compile(r"\d{9}", re.ASCII)
_POSTCODE_IN_LINE = re.compile(r"\b(\d{5})(?:-\d{4})?\b", re.ASCII)
_ADDRESS = re.compile(r"[^\s<>\"']+@[^\s<>\"']+")
_NO_DIGIT = re.compile(r"[^0-9]+")
#: Shorter numbers are extensions, and those of one digit only stand for nothing.
_SHORTEST_PHONE = 6


class Contacts(Struct, frozen=True):
    """Addresses and numbers of a person, folded; empty where nothing is known."""

    postcodes: Texts = _NONE
    streets: Texts = _NONE
    houses: Texts = _NONE
    cities: Texts = _NONE
    phones: Texts = _NONE
    emails: Texts = _NONE


def contacts_of(
    addresses: Iterable[Mapping[str, Any]], telecoms: Iterable[Mapping[str, Any]]
) -> Contacts:
    """Return what people are reached by, as it is compared.

    The keys are those of `addresses` and `telecoms` of a subject. Phone numbers
    are their digits without leading zeros.
    """
    lived = [each for each in addresses if _text(each, "type") not in _NOT_LIVED_AT]
    places = [place for each in lived if (place := _place(each))]
    reached = [(each.get("system"), each.get("value")) for each in telecoms]
    return Contacts(
        postcodes=frozenset(code for each in lived if (code := _postcode(each))),
        streets=frozenset(street for street, _ in places if street),
        houses=frozenset(house for _, house in places if house),
        cities=frozenset(
            city for each in lived if (city := "".join(words_of(_text(each, "city"))))
        ),
        phones=frozenset(
            number
            for system, value in reached
            if system != "email" and (number := _phone(value))
        ),
        emails=frozenset(
            mail
            for system, value in reached
            if system == "email" and (mail := _email(value))
        ),
    )


def _place(address: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the street and the number of the house, None where there is neither."""
    street, house = _text(address, "street"), _text(address, "house_number")
    if street and house:
        return _street(words_of(street)), "".join(words_of(house))
    for line in _lines(address):
        # A line can hold the whole address, town and all.
        for piece in line.split(","):
            if found := _street_and_house(list(words_of(piece))):
                return found
    whole = _lines(address) or [street]
    return (_street(words_of(whole[0])), "") if whole[0] else None


def _street_and_house(line: list[str]) -> tuple[str, str] | None:
    tokens = list(_without_flat(line))
    places = [place for place, word in enumerate(tokens) if word[0].isdigit()]
    if not places or len(tokens) == 1:
        return None
    # 12 High Street, and Hauptstraße 12 a.
    place = 0 if places[0] == 0 else places[-1]
    house, after = tokens[place], tokens[place + 1 :]
    if place and after and len(after[0]) == 1:
        house, after = house + after[0], after[1:]
    street = _street(tokens[1:] if place == 0 else tokens[:place])
    return (street, house) if street else None


def _without_flat(line: list[str]) -> Iterator[str]:
    skipped = False
    for word in line:
        if not skipped and word not in _FLATS:
            yield word
        skipped = word in _FLATS


def _street(tokens: Iterable[str]) -> str:
    joined = "".join([_KINDS_OF_STREET.get(word, word) for word in tokens])
    return joined.removesuffix("asse") if joined.endswith("strasse") else joined


def _postcode(address: Mapping[str, Any]) -> str:
    sent = "".join(words_of(_text(address, "postal_code"))).upper()
    if not sent:
        inside = [_POSTCODE_IN_LINE.findall(line) for line in _lines(address)]
        sent = next((found[-1] for found in inside if found), "")
    if _PLUS_FOUR.fullmatch(sent):
        sent = sent[:5]
    return "" if sent in _NO_POSTCODES else sent


def _phone(value: Any) -> str:
    digits = _NO_DIGIT.sub("", value if isinstance(value, str) else "").lstrip("0")
    stands_for_nothing = len(set(digits)) <= 1 or digits in "12345678901234567890"
    return "" if len(digits) < _SHORTEST_PHONE or stands_for_nothing else digits


def _email(value: Any) -> str:
    found = _ADDRESS.search(value if isinstance(value, str) else "")
    mail = found[0].casefold().strip(".,;") if found else ""
    return "" if mail.partition("@")[0] in _MAILBOXES else mail


def _lines(address: Mapping[str, Any]) -> list[str]:
    sent = address.get("lines")
    lines = sent if isinstance(sent, list | tuple) else []
    return [line for line in lines if isinstance(line, str) and line.strip()]


def _text(part: Mapping[str, Any], key: str) -> str:
    value = part.get(key)
    return value if isinstance(value, str) else ""
