"""Numbers of the German health system: whether they can be right, no more.

A number that passes is well formed, which proves nothing about whose it is. Source:
§ 290 SGB V and its directive for the KVNR, § 293 SGB V for IK, and the directive of
the Kassenärztliche Bundesvereinigung for LANR and BSNR.
"""

import re
from collections.abc import Callable, Mapping

_KVNR = re.compile(r"[A-Z]\d{9}", re.ASCII)
#: By weight, the sum of the digits of the product with each digit.
_SUMS = {1: (0, 1, 2, 3, 4, 5, 6, 7, 8, 9), 2: (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)}
_NINE = re.compile(r"\d{9}", re.ASCII)
_LANR_WEIGHTS = (4, 9, 4, 9, 4, 9)
#: Namespaces and object identifiers under which the numbers are sent.
_SCHEMES: Mapping[str, str] = {
    "KVNR": "kvnr",
    "GKV": "kvnr",
    "1.2.276.0.76.4.8": "kvnr",
    "IK": "ik",
    "1.2.276.0.76.4.5": "ik",
    "LANR": "lanr",
    "1.2.276.0.76.4.16": "lanr",
    "BSNR": "bsnr",
    "1.2.276.0.76.4.17": "bsnr",
}


def is_kvnr(value: str) -> bool:
    """Say whether `value` is a well-formed number of an insured person.

    A letter, eight digits and a check digit: the letter counts as its two-digit
    place in the alphabet, digits are weighted 1 and 2 in turn.
    """
    if not _KVNR.fullmatch(value):
        return False
    letter = f"{ord(value[0]) - ord('A') + 1:02}"
    return _digit_sum(letter + value[1:9], (1, 2)) % 10 == int(value[9])


def is_ik(value: str) -> bool:
    """Say whether `value` is a well-formed institution code (Institutionskennzeichen).

    Nine digits; digits 3 to 8 are weighted 2 and 1 in turn, the ninth checks them.
    """
    if not _NINE.fullmatch(value):
        return False
    return _digit_sum(value[2:8], (2, 1)) % 10 == int(value[8])


def is_lanr(value: str) -> bool:
    """Say whether `value` is a well-formed number of a physician for life.

    Six digits, a check digit, and two for the specialty.
    """
    if not _NINE.fullmatch(value):
        return False
    pairs = zip(value, _LANR_WEIGHTS, strict=False)
    total = sum(int(digit) * weight for digit, weight in pairs)
    return (10 - total % 10) % 10 == int(value[6])


def is_bsnr(value: str) -> bool:
    """Say whether `value` has the form of a practice number; it has no check digit."""
    return _NINE.fullmatch(value) is not None


_CHECKS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "kvnr": (is_kvnr, "identifier.kvnr_checksum"),
    "ik": (is_ik, "identifier.ik_checksum"),
    "lanr": (is_lanr, "identifier.lanr_checksum"),
    "bsnr": (is_bsnr, "identifier.bsnr_format"),
}


def scheme_of(system: str, kind: str) -> str:
    """Return which German number this is by its authority or type, "" for none."""
    return _SCHEMES.get(kind) or _SCHEMES.get(system) or ""


def doubt(scheme: str, value: str) -> str:
    """Return the warning that a number of a scheme deserves, "" where it is sound."""
    well_formed, warning = _CHECKS[scheme]
    return "" if well_formed(value) else warning


def _digit_sum(digits: str, weights: tuple[int, int]) -> int:
    """Return the sum of the digits of each product of a digit and its weight."""
    return sum(_SUMS[weights[place % 2]][int(one)] for place, one in enumerate(digits))
