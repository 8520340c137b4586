"""How old what a service says is (L4): assured within twelve months, never to come."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

_LONGEST: Final = timedelta(days=366)
#: Somewhere it is tomorrow already.
_TOMORROW: Final = timedelta(days=1)


def problems_of(service: Mapping[str, Any], today: date) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the dates of a service: the problem, and its field."""
    assured = _day(service.get("assured_date"))
    if assured is None:
        yield "not_assured", "assured_date"
    elif assured > today + _TOMORROW:
        yield "date_future", "assured_date"
    elif today - assured > _LONGEST:
        yield "stale", "assured_date"
    modified = _day(service.get("last_modified"))
    if modified is not None and modified > today + _TOMORROW:
        yield "date_future", "last_modified"


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None
