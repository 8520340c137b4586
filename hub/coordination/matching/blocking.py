"""Blocking: which records are worth comparing at all (domain 7.3)."""

from collections.abc import Iterator
from itertools import product

from hub.coordination.matching.features import Features
from hub.coordination.matching.phonetics import cologne

_WHOLE_DATE = 8
#: The end of a phone number, which it has in every notation.
_PHONE_END = 6


def blocking_keys(features: Features) -> tuple[str, ...]:
    """Return the keys of a record, sorted; two that share none are not compared.

    Keys hold what identifies people: the caller keeps them only as an HMAC. The
    letter in front says the kind: b birth date, n sound of the family name and year
    of birth, g sounds of both names, p postcode and initial, t phone, e e-mail, i
    identifier. Day and month of a birth date have one key in either order, and so
    have family and given name.
    """
    names, contacts = features.names, features.contacts
    return tuple(
        sorted(
            {
                *_born(features),
                *_named(features),
                *(f"p:{x}:{y}" for x, y in product(contacts.postcodes, names.initials)),
                *(f"t:{number[-_PHONE_END:]}" for number in contacts.phones),
                *(f"e:{mail}" for mail in contacts.emails),
                *(f"i:{system}:{value}" for system, value in features.numbers.trusted),
            }
        )
    )


def _born(each: Features) -> Iterator[str]:
    if len(each.born) == _WHOLE_DATE:
        low, high = sorted((each.born[4:6], each.born[6:]))
        yield f"b:{each.born[:4]}:{low}:{high}"


def _named(each: Features) -> Iterator[str]:
    families = {_sound(name) for name in each.names.family}
    if each.born:
        yield from (f"n:{name}:{each.born[:4]}" for name in families)
    for pair in product(families, {_sound(name) for name in each.names.given}):
        low, high = sorted(pair)
        yield f"g:{low}:{high}"


def _sound(name: str) -> str:
    return cologne(name) or name
