"""How good a directory is: a score of its feed, from 0 to 100 (domain 5.5)."""

from collections.abc import Mapping

from hub.model.directory import Severity

#: How much of an object's point each severity costs; the worst of them counts.
COSTS: Mapping[Severity, float] = {"error": 1.0, "warning": 0.4, "info": 0.05}


def score(objects: int, worst: Mapping[str, int]) -> float | None:
    """Return the score of a feed; None where it has no objects.

    `worst` says of how many objects something of a severity is the worst. What was not
    assured within a year is a remark of the last level, so that it counts too.
    """
    if objects <= 0:
        return None
    lost = sum(COSTS.get(name, 0.0) * count for name, count in worst.items())  # type: ignore[call-overload]
    return round(max(0.0, 100.0 * (1.0 - lost / objects)), 1)
