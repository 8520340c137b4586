"""Searches for tasks. Pure.

Whoever searches sees its own tasks only, so few parameters are needed; one that is not
known is refused, since it would make the answer larger than what was asked for.
Source: R4, sections 3.1.1 and 12.0.3 (search parameters of Task).
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from hub.sdk import FuzzyTime
from hub_fhir.reading.times import read_time
from hub_fhir.server.errors import BadRequestError

MOST = 100
_DEFAULT = 50
_MOST_PARAMETERS = 20
_CURSOR = re.compile(r"(\d{1,17})-([0-9A-Za-z_]{1,80})", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,12}", re.ASCII)
_WORDS = re.compile(r"[a-z\-]{1,30}(,[a-z\-]{1,30}){0,19}", re.ASCII)
_INCLUDES = frozenset(
    {"*", "Task:focus", "Task:patient", "Task:owner", "Task:requester"}
    | {"Task:based-on", "Task:subject"}
)
#: What is so anyway.
_GRANTED = frozenset(
    {
        ("_sort", "_lastUpdated"),
        ("_format", "json"),
        ("_format", "application/fhir+json"),
    }
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PREFIX = re.compile(r"(eq|ge|gt|le|lt)?(.*)", re.DOTALL)


class Cursor(NamedTuple):
    """What a page comes after: when the last one changed, and its key."""

    since: datetime
    after: str


class Search(NamedTuple):
    """What is asked for. `links` are the parameters as they were understood."""

    after: datetime | None = None
    before: datetime | None = None
    ids: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    owner: str = ""
    size: int = _DEFAULT
    includes: bool = False
    cursor: Cursor | None = None
    links: tuple[tuple[str, str], ...] = ()

    @property
    def since(self) -> datetime | None:
        """From when on referrals are looked at."""
        return self.cursor.since if self.cursor else self.after

    def holds(self, task: dict[str, Any], changed: datetime) -> bool:
        """Say whether a task is one of those that are asked for."""
        wanted = not self.ids or task["id"] in self.ids
        wanted = wanted and (not self.statuses or task["status"] in self.statuses)
        wanted = wanted and (not self.owner or self.owner in _names(task.get("owner")))
        early = self.after is not None and changed < self.after
        late = self.before is not None and changed >= self.before
        return wanted and not early and not late

    def url(self, address: str, cursor: Cursor | None = None) -> str:
        """Return the address of this search, or of its page at `cursor`."""
        pairs = list(self.links)
        if cursor:
            micros = (cursor.since - _EPOCH) // timedelta(microseconds=1)
            pairs.append(("_cursor", f"{micros}-{cursor.after}"))
        asked = urlencode(pairs)
        return f"{address}/Task?{asked}" if asked else f"{address}/Task"


def _names(owner: Any) -> set[str]:
    """Return what an owner can be asked for by."""
    if not isinstance(owner, dict):
        return set()
    number = owner.get("identifier") or {}
    value, system = number.get("value", ""), number.get("system", "")
    found = {owner.get("reference", ""), value, f"{system}|{value}"}
    return found - {"", "|"}


def parse(pairs: Iterable[tuple[str, str]]) -> Search:
    """Return the search that parameters state. Raises BadRequestError."""
    given = list(pairs)
    if len(given) > _MOST_PARAMETERS:
        raise BadRequestError("parameters")
    search = Search()
    for name, value in given:
        search = _with(search, name, value)
    kept = tuple((name, value) for name, value in given if name != "_cursor")
    return search._replace(links=kept)


def _with(search: Search, name: str, value: str) -> Search:
    if read := _READERS.get(name):
        return read(search, value)
    if (name, value) in _GRANTED or (name == "_include" and value in _INCLUDES):
        return search._replace(includes=search.includes or name == "_include")
    raise BadRequestError("a parameter, or its value, is not known here")


def _timed(search: Search, value: str) -> Search:
    prefix, text = _PREFIX.fullmatch(value).groups("")  # type: ignore[union-attr]
    time = read_time(text)
    if time is None:
        raise BadRequestError("_lastUpdated")
    first, end = time.earliest, _end(time)
    after = {"ge": first, "gt": end, "lt": None, "le": None}.get(prefix, first)
    before = {"ge": None, "gt": None, "lt": first, "le": end}.get(prefix, end)
    return search._replace(after=after or search.after, before=before or search.before)


def _end(time: FuzzyTime) -> datetime:
    """Return the end of what is named; what is served has milliseconds."""
    end = time.latest
    if time.precision == "fraction":
        end = time.earliest + timedelta(milliseconds=1)
    return end


def _count(value: str) -> int:
    if not _COUNT.fullmatch(value):
        raise BadRequestError("_count")
    return max(1, min(int(value), MOST))


def _words(value: str) -> list[str]:
    if not _WORDS.fullmatch(value):
        raise BadRequestError("status")
    return value.split(",")


def _cursor(value: str) -> Cursor:
    found = _CURSOR.fullmatch(value)
    if found is None:
        raise BadRequestError("_cursor")
    return Cursor(_EPOCH + timedelta(microseconds=int(found[1])), found[2])


_READERS: dict[str, Callable[[Search, str], Search]] = {
    "_lastUpdated": _timed,
    "_id": lambda search, value: search._replace(ids=frozenset(value.split(","))),
    "status": lambda search, value: search._replace(statuses=frozenset(_words(value))),
    "owner": lambda search, value: search._replace(owner=value),
    "_count": lambda search, value: search._replace(size=_count(value)),
    "_cursor": lambda search, value: search._replace(cursor=_cursor(value)),
}
