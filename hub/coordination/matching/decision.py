"""The decision about two records: link them, ask a person, or leave them apart.

First what is certain, then what is probable, and vetoes over both. For notices a
wrong link tells a stranger about a patient, a missed one is only work: what could
still be a brother, a twin or a father is asked, whatever its score. Source:
domain 7.3.
"""

from collections.abc import Mapping
from math import exp2
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from hub.coordination.matching.features import Features
from hub.coordination.matching.levels import DIFFERS, levels_of
from hub.coordination.matching.numbers import KVNR
from hub.coordination.matching.vetoes import vetoes_of
from hub.coordination.matching.weights import Frequencies, Parameters, shipped, weight

State = Literal["auto", "review", "none"]
Rule = Literal[
    "kvnr_and_birth_date",
    "trusted_id",
    "trusted_id_contradicted",
    "name_birth_date_sex_postcode",
    "probability",
]
_NO_FREQUENCIES: Frequencies = MappingProxyType({})
_COMBINATION = ("family", "given", "birth_date", "sex", "postcode")
_BORN_ALIKE = frozenset({"exact", "swapped", "digit"})
_NAMED_ALIKE = frozenset({"exact", "close", "nickname", "swapped"})
#: What people take with them into a marriage.
_KEPT = ("insurance", "phone", "email")
#: Bits beyond which a probability is 0 or 1 in a float.
_CERTAIN = 1000.0


class Contribution(Struct, frozen=True):
    """What one field says: its level of agreement, and how many bits it weighs."""

    field: str
    level: str
    bits: float


class Comparison(Struct, frozen=True):
    """What two records are to each other, and why. Holds no value of either.

    `weight` is the sum of the contributions in bits, `score` that and the prior:
    the odds, in bits, of which `probability` is the other form. `household_excess`
    are the bits left out of it, because people who live together share them.
    `rule` is what decided before the vetoes; `vetoes` and `withheld` say why
    nothing is linked although it could be, by codes.
    """

    state: State
    score: float
    weight: float
    probability: float
    rule: Rule
    contributions: tuple[Contribution, ...]
    household_excess: float = 0.0
    vetoes: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()


def compare(
    a: Features,
    b: Features,
    parameters: Parameters | None = None,
    frequencies: Frequencies = _NO_FREQUENCIES,
) -> Comparison:
    """Return what the two records are to each other. Symmetric, never raises.

    Without `parameters` those that come with the hub hold.
    """
    chosen = parameters or shipped()
    levels = levels_of(a, b)
    contributions = tuple(
        Contribution(field, level, weight(field, level, (a, b), chosen, frequencies))
        for field, level in levels.items()
    )
    excess = _household_excess(contributions, chosen)
    total = sum(each.bits for each in contributions) - excess
    score = total + chosen.prior
    rule, state = _certain(a, b, levels) or ("probability", _probable(score, chosen))
    vetoes = vetoes_of(a, b, levels)
    withheld = _withheld(levels) if rule == "probability" else ()
    if state == "auto" and (vetoes or withheld):
        state = "review"
    return Comparison(
        state=state,
        score=score,
        weight=total,
        probability=_probability(score),
        rule=rule,
        contributions=contributions,
        household_excess=excess,
        vetoes=vetoes,
        withheld=withheld,
    )


def _household_excess(
    contributions: tuple[Contribution, ...], parameters: Parameters
) -> float:
    shared = sum(e.bits for e in contributions if e.field in parameters.household)
    return max(shared - parameters.household_most, 0.0)


def _certain(
    a: Features, b: Features, levels: Mapping[str, str]
) -> tuple[Rule, State] | None:
    """Return what a rule says that needs no weights, None where none applies."""
    shared = a.numbers.trusted & b.numbers.trusted
    if shared:
        if levels.get("birth_date") == "exact" and any(s == KVNR for s, _ in shared):
            return "kvnr_and_birth_date", "auto"
        if levels.get("birth_date") in _BORN_ALIKE or _same_name(levels):
            return "trusted_id", "auto"
        # One record written over another: the worst of errors.
        return "trusted_id_contradicted", "review"
    if all(levels.get(field) == "exact" for field in _COMBINATION):
        return "name_birth_date_sex_postcode", "auto"
    return None


def _same_name(levels: Mapping[str, str]) -> bool:
    family, given = levels.get("family"), levels.get("given")
    return family not in {None, DIFFERS} and given in _NAMED_ALIKE


def _probable(score: float, parameters: Parameters) -> State:
    if score >= parameters.thresholds.auto:
        return "auto"
    return "review" if score >= parameters.thresholds.review else "none"


def _withheld(levels: Mapping[str, str]) -> tuple[str, ...]:
    """Return why a probable link is one for a person to decide.

    Father and son can share a name and a home, twins all but the given name.
    """
    missing = []
    if levels.get("birth_date") not in _BORN_ALIKE:
        missing.append("birth_date_not_confirmed")
    if levels.get("given") not in _NAMED_ALIKE:
        missing.append("given_name_not_confirmed")
    # Who marries keeps the numbers; a home for many is no proof.
    kept = any(levels.get(field) == "exact" for field in _KEPT)
    if levels.get("family") == DIFFERS and not kept:
        missing.append("family_name_not_confirmed")
    return tuple(missing)


def _probability(score: float) -> float:
    """Return the probability of odds in bits."""
    return 1.0 / (1.0 + exp2(-max(min(score, _CERTAIN), -_CERTAIN)))
