"""How well two records agree, field by field.

A level is a word of the weights' data, "differs" where nothing fits, and "" where
one side says nothing. Every function here is symmetric.
"""

from collections.abc import Callable
from itertools import product

from rapidfuzz.distance import OSA, JaroWinkler

from hub.coordination.matching.features import Features
from hub.coordination.matching.given_names import is_known, stands_alone
from hub.coordination.matching.numbers import Numbers

DIFFERS = "differs"
Texts = frozenset[str]

#: As alike as typing errors are, and as names that sound the same are.
_ALIKE = 0.92
_ALIKE_IN_SOUND = 0.80
#: How long names are at least in which one slip is likely, and in which two are.
_ONE_SLIP, _TWO_SLIPS = 3, 6
#: Between the births of a parent and a child lie at least so many years.
_GENERATION_YEARS = 13
_WHOLE_DATE = 8
#: Phone numbers that end alike: with the area code, and without it.
_WITH_AREA, _WITHOUT_AREA = 8, 6
#: Shorter words are too alike by chance.
_LONG_ENOUGH = 4


def levels_of(a: Features, b: Features) -> dict[str, str]:
    """Return the level of each field that both records speak of."""
    family, given = _name_levels(a, b)
    found = {"family": family, "given": given}
    for field, level in _FIELDS.items():
        found[field] = level(a, b)
    if found["postcode"]:
        found["city"] = ""
    return {field: level for field, level in found.items() if level}


def _name_levels(a: Features, b: Features) -> tuple[str, str]:
    family, given = _family(a, b), _given(a, b)
    if DIFFERS in {family, given} and _swapped(a, b):
        return "swapped", "swapped"
    return family, given


def _family(a: Features, b: Features) -> str:
    one, other = a.names, b.names
    if not one.family or not other.family:
        return ""
    if one.family & other.family:
        return "exact"
    # A double name and its first part are also alike: what is certain goes first.
    if (one.parts | one.family) & (other.parts | other.family):
        return "part"
    same_sound = bool(one.family_sounds & other.family_sounds)
    alike = _alike(one.family, other.family, same_sound=same_sound)
    return "close" if alike else DIFFERS


def _given(a: Features, b: Features) -> str:
    one, other = a.names, b.names
    if not one.given or not other.given:
        return ""
    if one.given & other.given:
        return "initial" if _is_initial(one.given & other.given) else "exact"
    if one.forms & other.forms:
        both_alone = any(map(stands_alone, one.given)) and any(
            map(stands_alone, other.given)
        )
        return "another" if both_alone else "nickname"
    if _is_initial(one.given) or _is_initial(other.given):
        return "initial" if one.initials & other.initials else DIFFERS
    if one.given & other.rest or other.given & one.rest:
        return "rest"
    return _given_by_likeness(a, b)


def _given_by_likeness(a: Features, b: Features) -> str:
    one, other = a.names, b.names
    same_sound = bool(one.given_sounds & other.given_sounds)
    if not _alike(one.given, other.given, same_sound=same_sound):
        return DIFFERS
    both_known = any(map(is_known, one.given)) and any(map(is_known, other.given))
    return "another" if both_known else "close"


def _is_initial(given: Texts) -> bool:
    return all(len(name) == 1 and name.isascii() for name in given)


def _alike(one: Texts, other: Texts, *, same_sound: bool) -> bool:
    cutoff = _ALIKE_IN_SOUND if same_sound else _ALIKE
    return any(
        likeness(x, y) >= cutoff or _slipped(x, y) for x, y in product(one, other)
    )


def _slipped(x: str, y: str) -> bool:
    """Say whether a slip or two of the hand lie between two names."""
    length = min(len(x), len(y))
    allowed = (length >= _ONE_SLIP) + (length >= _TWO_SLIPS)
    return bool(allowed) and OSA.distance(x, y, score_cutoff=allowed) <= allowed


def likeness(x: str, y: str) -> float:
    """Return the Jaro-Winkler similarity, the same in both directions."""
    return JaroWinkler.similarity(x, y) if x <= y else JaroWinkler.similarity(y, x)


def _swapped(a: Features, b: Features) -> bool:
    """Say whether family and given name stand in each other's place."""
    one, other = a.names, b.names
    if not (one.family and other.family and one.given and other.given):
        return False
    crossed = ((one.family, other.given), (other.family, one.given))
    exact = [bool(x & y) for x, y in crossed]
    return any(exact) and all(
        same or _alike(x, y, same_sound=False)
        for same, (x, y) in zip(exact, crossed, strict=True)
    )


def _birth_date(a: Features, b: Features) -> str:
    x, y = a.born, b.born
    if not x or not y:
        return ""
    if len(x) < _WHOLE_DATE or len(y) < _WHOLE_DATE:
        return "partial" if x.startswith(y) or y.startswith(x) else DIFFERS
    if x == y:
        return "exact"
    if x[:4] == y[:4] and x[4:6] == y[6:] and x[6:] == y[4:6]:
        return "swapped"
    if abs(int(x[:4]) - int(y[:4])) < _GENERATION_YEARS and OSA.distance(x, y) == 1:
        return "digit"
    return "year" if x[:4] == y[:4] else DIFFERS


def _sex(a: Features, b: Features) -> str:
    if not a.sex or not b.sex:
        return ""
    return "exact" if a.sex == b.sex else DIFFERS


def _postcode(a: Features, b: Features) -> str:
    return _texts(a.contacts.postcodes, b.contacts.postcodes, _one_off)


def _street(a: Features, b: Features) -> str:
    return _texts(a.contacts.streets, b.contacts.streets, _similar)


def _house(a: Features, b: Features) -> str:
    return _texts(a.contacts.houses, b.contacts.houses, _one_off)


def _city(a: Features, b: Features) -> str:
    return _texts(a.contacts.cities, b.contacts.cities, _similar)


def _phone(a: Features, b: Features) -> str:
    one, other = a.contacts.phones, b.contacts.phones
    if not one or not other:
        return ""
    if one & other:
        return "exact"
    shared = max(_shared_end(x, y) for x, y in product(one, other))
    if shared >= _WITH_AREA:
        return "exact"
    return "close" if shared >= _WITHOUT_AREA else DIFFERS


def _shared_end(x: str, y: str) -> int:
    """Return how long the shorter number is if the longer one ends with it."""
    return min(len(x), len(y)) if x.endswith(y) or y.endswith(x) else 0


def _email(a: Features, b: Features) -> str:
    return _texts(a.contacts.emails, b.contacts.emails, _few_off)


def _insurance(a: Features, b: Features) -> str:
    one, other = a.numbers.shared, b.numbers.shared
    if one & other:
        return "exact"
    return DIFFERS if _by_same(one, other) else ""


def _mother(a: Features, b: Features) -> str:
    if a.mother & b.mother:
        return "exact"
    return DIFFERS if _by_same(a.mother, b.mother) else ""


def _number(a: Features, b: Features) -> str:
    one, other = a.numbers.trusted, b.numbers.trusted
    if not one or not other:
        return ""
    if one & other:
        return "exact"
    pairs = _by_same(one & a.numbers.typed, other & b.numbers.typed)
    if any(OSA.distance(x, y) == 1 for x, y in pairs):
        return "close"
    return DIFFERS if pairs else ""


def _by_same(one: Numbers, other: Numbers) -> list[tuple[str, str]]:
    """Return the pairs of values that the same one assigned."""
    return [(x, y) for (s, x), (t, y) in product(one, other) if s == t]


def _texts(one: Texts, other: Texts, close: Callable[[str, str], bool]) -> str:
    if not one or not other:
        return ""
    if one & other:
        return "exact"
    return "close" if any(close(x, y) for x, y in product(one, other)) else DIFFERS


def _one_off(x: str, y: str) -> bool:
    return OSA.distance(x, y, score_cutoff=1) == 1


def _similar(x: str, y: str) -> bool:
    if x.startswith(y) or y.startswith(x):
        return min(len(x), len(y)) >= _LONG_ENOUGH
    return likeness(x, y) >= _ALIKE


def _few_off(x: str, y: str) -> bool:
    return OSA.distance(x, y, score_cutoff=2) <= 2  # noqa: PLR2004 - a slip or two in a long text


_FIELDS: dict[str, Callable[[Features, Features], str]] = {
    "birth_date": _birth_date,
    "sex": _sex,
    "postcode": _postcode,
    "street": _street,
    "house": _house,
    "city": _city,
    "phone": _phone,
    "email": _email,
    "insurance": _insurance,
    "mother": _mother,
    "number": _number,
}
