"""Identifiers as they are compared: whose they are, and how far to trust them."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct

from hub.coordination.matching.data_files import table, words
from hub.model.identifiers import Identifier

#: Who assigned it, and the value.
Number = tuple[str, str]
Numbers = frozenset[Number]
_NONE: Numbers = frozenset()

#: The system under which every number of an insured person is compared.
KVNR = "kvnr"

_KINDS = table("identifiers.toml")
_TRUSTED = frozenset(_KINDS["trusted"])
_SINGLE = frozenset(_KINDS["single"])
_TYPED = frozenset(_KINDS["typed"])
_SHARED = frozenset(_KINDS["shared"])
_ISSUED = frozenset(_KINDS["issued"])
_KVNR_TYPES = frozenset(_KINDS["kvnr"]["types"])
_KVNR_SYSTEMS = frozenset(_KINDS["kvnr"]["systems"])
_PLACEHOLDERS = words("placeholders.toml", "numbers")
_KVNR = re.compile(r"[A-Z]\d{9}", re.ASCII)
_SSN = re.compile(r"(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}", re.ASCII)
_SEPARATORS = re.compile(r"[\s./-]+")


class NumberSet(Struct, frozen=True):
    """The numbers of a person, by what they are good for.

    `trusted` are of one person alone, `single` those of them of which a person has
    one at a time, `typed` those that people copy by hand, `shared` those of a family.
    """

    trusted: Numbers = _NONE
    single: Numbers = _NONE
    typed: Numbers = _NONE
    shared: Numbers = _NONE


def numbers_of(identifiers: Iterable[Identifier]) -> NumberSet:
    """Return the usable ones of `identifiers`.

    A number that nobody is named to have assigned, and one that cannot be right,
    proves nothing and is left out. The caller leaves out what has expired.
    """
    usable = [
        (kind, number)
        for each in identifiers
        for kind, number in [_compared(each)]
        if number[0] and number[1]
    ]

    def of(kinds: frozenset[str]) -> Numbers:
        return frozenset(number for kind, number in usable if kind in kinds)

    return NumberSet(of(_TRUSTED), of(_SINGLE), of(_TYPED), of(_SHARED))


def own_numbers(identifiers: Iterable[Identifier]) -> tuple[Identifier, ...]:
    """Return the numbers that the sender itself keeps a patient under.

    Where it names only numbers that others gave, the first of them stands for one.
    """
    return _own(tuple(identifiers))


@lru_cache(maxsize=4096)
def _own(identifiers: tuple[Identifier, ...]) -> tuple[Identifier, ...]:
    named = tuple(dict.fromkeys(identifiers))
    own = tuple(each for each in named if not _is_issued(each))
    return own or named[:1]


def _is_issued(each: Identifier) -> bool:
    return each.type.upper() in _ISSUED or each.system in _KVNR_SYSTEMS


def mothers_of(mother: Any) -> Numbers:
    """Return the numbers of a mother, from a list of plain identifiers."""
    sent = mother if isinstance(mother, list | tuple) else ()
    found = (each for each in sent if isinstance(each, Mapping))
    numbers = (
        (str(each.get("system") or ""), str(each.get("value") or "").strip())
        for each in found
    )
    return frozenset(number for number in numbers if all(number))


def _compared(each: Identifier) -> tuple[str, Number]:
    value, kind = each.value.strip(), each.type.upper()
    if kind in _KVNR_TYPES or each.system in _KVNR_SYSTEMS:
        value = _SEPARATORS.sub("", value).upper()
        return "KVNR", (KVNR, value if is_kvnr(value) else "")
    if kind in _TYPED:
        value = _SEPARATORS.sub("", value).upper()
    if value.upper() in _PLACEHOLDERS or len(set(value)) == 1:
        return kind, ("", "")
    if kind == "SS" and not _SSN.fullmatch(value):
        return kind, ("", "")
    return kind, (each.system, value)


def is_kvnr(value: str) -> bool:
    """Say whether a number of an insured person can be right. Source: § 290 SGB V."""
    if not _KVNR.fullmatch(value):
        return False
    digits = f"{ord(value[0]) - ord('A') + 1:02}{value[1:9]}"
    weighted = (int(each) * (1 + place % 2) for place, each in enumerate(digits))
    return sum(each // 10 + each % 10 for each in weighted) % 10 == int(value[9])
