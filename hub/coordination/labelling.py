"""Labelling: what is derived is as confidential as what it is derived from."""

from collections.abc import Iterable

from msgspec.structs import replace

from hub.model.labels import Labels

#: From the least to the most confidential; what is unknown counts as restricted.
_ORDER = {"U": 0, "L": 1, "M": 2, "N": 3, "R": 4, "V": 5}


def accumulate(labels: Iterable[Labels]) -> Labels:
    """Return the highest confidentiality, and all that anything is marked with."""
    found = [_explained(each) for each in labels]
    return Labels(
        max((each.confidentiality for each in found), key=_rank, default="N"),
        _all(each.sensitivity for each in found),
        _all(each.handling for each in found),
        _all(each.derived_by for each in found),
    )


def _explained(labels: Labels) -> Labels:
    """Name the sender's word as the cause of what is confidential without one.

    Beside labels that name theirs it would pass for being because of them.
    """
    if labels.derived_by or _rank(labels.confidentiality) <= _ORDER["N"]:
        return labels
    stated = (f"stated:{labels.confidentiality}",)
    return replace(labels, derived_by=stated)


def _rank(confidentiality: str) -> int:
    return _ORDER.get(confidentiality, _ORDER["R"])


def _all(marks: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({mark for each in marks for mark in each}))
