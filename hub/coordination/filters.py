"""Filters: which of the events that a subscription asks for it is told of.

A filter is data, not code: each condition names a key and what it may be, and all of
them must hold. What an event does not state meets no condition. Payloads are read as
the core makes them and as the store gives them back.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from hub.model.events import CareEvent

#: What is known of the person whom an event is about; asked for only where needed.
Demographics = Callable[[], Mapping[str, Any]]

_BORN = re.compile(r"(\d{4})(?:-?(\d\d)(?:-?(\d\d))?)?")


class Filter(NamedTuple):
    """What an event must be. A condition that is None, or not there, asks nothing.

    `among` has the keys of `READERS`, each with the values of which the event must
    have one; of ``diagnosis`` they are beginnings of codes. Ages are in whole years,
    both included. `correction` asks for corrections, or for anything but these.
    """

    among: tuple[tuple[str, tuple[str, ...]], ...] = ()
    age_min: int | None = None
    age_max: int | None = None
    correction: bool | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its conditions."""
        rest = {
            "age_min": self.age_min,
            "age_max": self.age_max,
            "correction": self.correction,
        }
        given = [key for key, value in rest.items() if value is not None]
        return (*(key for key, _ in self.among), *given)


def mismatch(where: Filter, event: CareEvent, about: Demographics) -> str:
    """Return the key of the first condition that `event` does not meet, "" for none."""
    for key, wanted in where.among:
        if not _meets(key, wanted, event, about):
            return key
    if where.correction is not None:
        corrects = event.correction is not None
        if corrects is not where.correction:
            return "correction"
    if where.age_min is None and where.age_max is None:
        return ""
    return _misses_age(where, event, about)


def filter_rule(key: str) -> str:
    """Return the id of the rule that an event has to meet the condition on `key`."""
    return f"filter:{key}@1"


def _meets(
    key: str, wanted: tuple[str, ...], event: CareEvent, about: Demographics
) -> bool:
    if key == "sex":
        return _stated("sex", event, about) in wanted
    if key == "diagnosis":
        beginnings = tuple(map(_bare, wanted))
        return any(code.startswith(beginnings) for code in _diagnoses(event))
    return any(value in wanted for value in READERS[key](event))


def _misses_age(where: Filter, event: CareEvent, about: Demographics) -> str:
    """Return which bound an age misses; one that is not known misses the first."""
    span = _born(str(_stated("birth_date", event, about) or ""))
    day = _day(event)
    if where.age_min is not None and (
        span is None or _age(span[1], day) < where.age_min
    ):
        return "age_min"
    if where.age_max is not None and (
        span is None or _age(span[0], day) > where.age_max
    ):
        return "age_max"
    return ""


def _stated(name: str, event: CareEvent, about: Demographics) -> Any:
    person = event.payload.get("person")
    stated = person.get(name) if isinstance(person, Mapping) else None
    return about().get(name) if stated is None else stated


def _day(event: CareEvent) -> date:
    occurred = event.times.occurred
    return (occurred.earliest if occurred else event.times.emitted).date()


def _born(text: str) -> tuple[date, date] | None:
    """Return the first and the last day that a date of birth may mean."""
    found = _BORN.match(text)
    if found is None:
        return None
    year, month, day = (int(each) if each else 0 for each in found.groups())
    try:
        if day:
            return (date(year, month, day),) * 2
        first = date(year, month or 1, 1)
        return first, date(year, month or 12, 28 if month == 2 else 30)  # noqa: PLR2004 - February
    except ValueError:
        return None


def _age(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _of(value: Any, *path: str) -> Any:
    """Return what is at a path inside a value, None where nothing is."""
    for name in path:
        if isinstance(value, Mapping):
            value = value.get(name)
        else:
            value = getattr(value, name, None)
    return value


def _texts(value: Any) -> Iterator[str]:
    """Yield a text, or what a code is in the hub's words and in the sender's."""
    if isinstance(value, str):
        yield value
        return
    for name in ("code", "original"):
        if isinstance(code := _of(value, name), str) and code:
            yield code


def _facilities(event: CareEvent) -> Iterator[str]:
    payload = event.payload
    yield event.source.facility
    yield from _texts(_of(payload, "location", "facility"))
    said = payload.get("facility")
    yield from _texts(said)
    for name in ("id", "name"):
        yield from _texts(_of(said, name))
    listed = payload.get("facilities")
    if isinstance(listed, list | tuple):
        yield from (each for each in listed if isinstance(each, str))


def _risks(event: CareEvent) -> Iterator[str]:
    yield from _texts(event.payload.get("level"))
    yield from _texts(_of(event.payload, "risk", "level"))


def _diagnoses(event: CareEvent) -> Iterator[str]:
    listed = event.payload.get("diagnoses")
    for each in listed if isinstance(listed, list | tuple) else ():
        stated = _of(each, "code")
        yield from map(_bare, _texts(each if isinstance(stated, str) else stated))


def _bare(code: str) -> str:
    # Some write I50.1, some I501.
    return code.replace(".", "").upper()


def _at(*path: str) -> Callable[[CareEvent], Iterator[str]]:
    return lambda event: _texts(_of(event.payload, *path))


#: Where the value of each key is found in an event.
READERS: dict[str, Callable[[CareEvent], Iterator[str]]] = {
    "class": _at("class"),
    "facility": _facilities,
    "unit": _at("location", "unit"),
    "service": _at("service"),
    "risk": _risks,
    "disposition": _at("discharge", "disposition"),
    "confidentiality": lambda event: iter((event.labels.confidentiality,)),
    "source": lambda event: iter((event.source.feed,)),
    "diagnosis": _diagnoses,
}
