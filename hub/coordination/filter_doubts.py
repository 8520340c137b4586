"""Doubts: filters that let nothing through, or everything, and so ask to be read again.

None of them is an error: they do what they say.
"""

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from hub.coordination.filters import Filter
from hub.model.encounters import INPATIENT_CLASSES

#: The classes of encounters that normalisers tell apart.
CLASSES = frozenset(
    {
        *INPATIENT_CLASSES,
        *("preadmit", "outpatient", "emergency", "observation"),
        *("day-case", "home", "virtual", "other"),
    }
)
CONFIDENTIALITIES = ("U", "L", "M", "N", "R", "V")
RISKS = ("low", "medium", "high")
#: The sexes of HL7 table 0001 (v2.5.1).
SEXES = ("F", "M", "O", "U", "A", "N")
#: Nobody is older.
OLDEST = 130

_ALL_OF = {
    "class": CLASSES,
    "confidentiality": frozenset(CONFIDENTIALITIES),
    "risk": frozenset(RISKS),
    "sex": frozenset(SEXES),
}
#: The classes in which an encounter must be for the event to come about.
_IN_CLASSES = {
    "encounter.admitted": INPATIENT_CLASSES,
    "encounter.ed_arrived": frozenset({"emergency"}),
}
#: Events that come before anybody states where the patient goes.
_BEFORE_THE_END = frozenset(
    f"encounter.{name}"
    for name in (
        *("preadmitted", "preadmit_cancelled", "registered", "ed_arrived"),
        *("admitted", "admit_pending", "transferred", "transfer_pending"),
        *("leave_started", "leave_ended", "tracking"),
    )
)


class Doubt(NamedTuple):
    """What there is to ask about the condition on a key, "" for the whole filter."""

    key: str
    text: str


def _encounters(event_type: str) -> bool:
    return event_type.startswith("encounter.")


def _stays(event_type: str) -> bool:
    return event_type.startswith(("encounter.", "stay."))


#: Which types of events state what a key asks for; those not here all do.
_STATES: dict[str, Callable[[str], bool]] = {
    "class": _encounters,
    "unit": _encounters,
    "service": _encounters,
    "diagnosis": _encounters,
    "disposition": lambda name: _stays(name) and name not in _BEFORE_THE_END,
    "risk": lambda name: name.startswith("risk."),
}


def doubts(where: Filter, types: Collection[str]) -> Iterator[Doubt]:
    """Yield what there is to ask about a filter on events of these types."""
    if not where.keys:
        yield Doubt("", "has no condition, so everything passes")
    for key, values in where.among:
        yield from _about(key, frozenset(values), types)
    low, high = where.age_min, where.age_max
    if low is not None and high is not None and low > high:
        yield Doubt("age_min", "is above `age_max`, so nothing passes")
    elif (low, high) != (None, None) and (low or 0) <= 0 and (high or OLDEST) >= OLDEST:
        yield Doubt("age_min" if high is None else "age_max", "excludes nobody")


def _about(key: str, values: frozenset[str], types: Collection[str]) -> Iterator[Doubt]:
    if not values:
        yield Doubt(key, "is an empty list, so nothing passes")
        return
    if key in _ALL_OF and values >= _ALL_OF[key]:
        yield Doubt(key, "lists all there are, so it excludes only what states none")
    if key == "class":
        yield from _about_class(values, types)
    states = _STATES.get(key)
    mute = sorted(each for each in types if states and not states(each))
    if mute and len(mute) == len(types):
        yield Doubt(key, "is stated by none of these events, so nothing passes")
    elif mute:
        shown = ", ".join(mute[:3]) + (" and others" if len(mute) > 3 else "")  # noqa: PLR2004 - enough to see
        yield Doubt(key, f"is not stated by {shown}, which never pass")


def _about_class(values: frozenset[str], types: Collection[str]) -> Iterator[Doubt]:
    unknown = sorted(values - CLASSES)
    if unknown:
        text = f"has what is no class ({', '.join(unknown)}) unless a feed says so"
        yield Doubt("class", text)
    possible = [each for each in types if values & _IN_CLASSES.get(each, values)]
    if types and not possible:
        yield Doubt("class", "is one in which these events do not happen")
