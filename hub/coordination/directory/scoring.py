"""How good a directory is: a score of its feed, from 0 to 100 (domain 5.5).

Each level has a score of its own, the share of objects of which nothing at that level
is wrong; what is less than an error costs less. The score of a feed is their mean by
`WEIGHTS`: what cannot be read, or leads nowhere, weighs more than what is only old.
"""

from collections.abc import Mapping

from hub.model.directory import Severity

#: How much of an object's point each severity costs; the worst at a level counts.
COSTS: Mapping[Severity, float] = {"error": 1.0, "warning": 0.4, "info": 0.05}
#: How much each level counts: readable, structural, referential, plausible, fresh.
WEIGHTS: Mapping[int, float] = {0: 25, 1: 25, 2: 20, 3: 20, 4: 10}

_FULL = 100.0


def score(objects: int, worst: Mapping[str, int]) -> float | None:
    """Return the score of a feed; None where it has no objects.

    `worst` says of how many objects a severity is the worst at a level, by level and
    severity, as in ``3.warning``.
    """
    found = levels(objects, worst)
    if not found:
        return None
    lost = sum(WEIGHTS[level] * (_FULL - each) for level, each in found.items())
    return round(_FULL - lost / sum(WEIGHTS.values()), 1)


def levels(objects: int, worst: Mapping[str, int]) -> dict[int, float]:
    """Return the score of each level; nothing where there are no objects.

    More may be wrong than there are objects, such as rows that were none: no level is
    below 0.
    """
    if objects <= 0:
        return {}
    return {level: _level(objects, level, worst) for level in WEIGHTS}


def _level(objects: int, level: int, worst: Mapping[str, int]) -> float:
    lost = sum(cost * worst.get(f"{level}.{name}", 0) for name, cost in COSTS.items())
    return max(0.0, _FULL * (1.0 - lost / objects))
