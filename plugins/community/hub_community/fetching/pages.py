"""The pages of a list of an API, as a state machine. Pure.

Servers lie about their pages in every way: totals change or are absent, pages are
empty in the middle, the size that was asked for is ignored, links go in circles.
Whatever comes, this ends, and says whether what was found is everything.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec

_LISTS: Final = ("contents", "content", "items", "data", "results")
_ITEMS: Final = ("total_items", "totalElements", "total_elements", "total")
_PAGES: Final = ("total_pages", "totalPages")
_LAST: Final = ("last_page", "last")
_NEXT: Final = ("next", "next_page", "next_url")
_LINK: Final = re.compile(r'<([^<>]{1,2000})>\s*;[^<>]{0,200}?\brel="?next"?')
#: Empty pages in a row, where the totals promise more.
_PATIENCE: Final = 3

Record = dict[str, Any]
_encode = msgspec.json.Encoder(order="sorted").encode


class Page(NamedTuple):
    """A page as a server gave it; None where it says nothing."""

    records: list[Record]
    strange: int = 0
    items: int | None = None
    pages: int | None = None
    last: bool | None = None
    next: str | None = None


class Step(NamedTuple):
    """What to ask for: a page by its number, or an address that a page named."""

    number: int
    address: str = ""


def read_page(value: Any, link: str = "") -> Page | None:
    """Return the page that an answer is; None where it is none.

    A list by itself is one (HSDA 1 and 2), with `link` for its header Link.
    """
    found = _LINK.search(link)
    link = found.group(1) if found else ""
    if isinstance(value, list):
        return _page(value, {}, link)
    if isinstance(value, dict):
        for key in _LISTS:
            if isinstance(value.get(key), list):
                return _page(value[key], value, link)
    return None


def _page(contents: list[Any], around: Mapping[str, Any], link: str) -> Page:
    records = [each for each in contents if isinstance(each, dict)]
    said = next((around[key] for key in _NEXT if around.get(key)), link)
    last = next((around[key] for key in _LAST if key in around), None)
    return Page(
        records,
        strange=len(contents) - len(records),
        items=_count(around, _ITEMS),
        pages=_count(around, _PAGES),
        last=last if isinstance(last, bool) else None,
        next=said if isinstance(said, str) and said else None,
    )


def _count(around: Mapping[str, Any], keys: tuple[str, ...]) -> int | None:
    for key in keys:
        said = around.get(key)
        if isinstance(said, int) and not isinstance(said, bool) and said >= 0:
            return said
    return None


def key_of(record: Record) -> str:
    """Return the id of a record as text, empty where it has none."""
    said = record.get("id")
    if isinstance(said, int) and not isinstance(said, bool):
        return str(said)
    return said.strip() if isinstance(said, str) else ""


def digest_of(record: Record) -> bytes:
    """Return a digest of what a record says, whatever the order of its fields."""
    return hashlib.blake2b(_encode(record), digest_size=12).digest()


@dataclass
class Paging:
    """Goes through a list. Ask `step`, give what came to `take`, until it is None."""

    max_pages: int
    #: Records found, by id or, without one, by what they say.
    found: set[str] = field(default_factory=set)
    #: Whether totals changed on the way: objects may have slipped between pages.
    moved: bool = False
    #: Whether something is missing for sure.
    gap: bool = False
    #: Whether it ended at a page that could not be had.
    broken: bool = False
    step: Step | None = field(default_factory=lambda: Step(1))
    _items: int | None = None
    _pages: int | None = None
    _empty: int = 0
    _stale: int = 0
    _taken: int = 0
    _visited: set[str] = field(default_factory=set)

    @property
    def complete(self) -> bool:
        """Whether everything was found."""
        return self.step is None and not self.gap and not self.moved

    @property
    def counted(self) -> bool:
        """Whether the server says how much there is."""
        return self._items is not None or self._pages is not None

    def take(self, page: Page) -> list[Record]:
        """Return the records of a page that are new, and decide on the next step."""
        assert self.step is not None  # noqa: S101 - a list that ended has no pages
        self._taken += 1
        self._totals(page)
        fresh = []
        for record in page.records:
            name = key_of(record) or digest_of(record).hex()
            if name not in self.found:
                self.found.add(name)
                fresh.append(record)
        self._empty = 0 if page.records else self._empty + 1
        self._stale = 0 if fresh or not page.records else self._stale + 1
        self.gap = self.gap or bool(page.strange)
        self.step = self._next(self.step, page)
        if self.step is None and self._short():
            self.gap = True
        return fresh

    def break_off(self) -> None:
        """End where a page could not be had."""
        self.step, self.gap, self.broken = None, True, True

    def end(self) -> None:
        """End where a server that counts nothing has no further page."""
        self.step = None

    def _totals(self, page: Page) -> None:
        for name, said in (("_items", page.items), ("_pages", page.pages)):
            known = getattr(self, name)
            if said is not None:
                self.moved = self.moved or known not in (None, said)
                setattr(self, name, said)

    def _short(self) -> bool:
        return self._items is not None and len(self.found) < self._items

    def _next(self, now: Step, page: Page) -> Step | None:
        if self._taken >= self.max_pages:
            self.gap = True
            return None
        if page.next and not self.counted:
            return self._linked(now, page.next)
        further = Step(now.number + 1)
        if self.counted or page.last is not None:
            return further if self._promised(now, page) else None
        # Nothing tells how much there is: a page that repeats, or two without
        # anything, are the end. One without anything may be in the middle.
        over = self._stale > 0 or self._empty > 1
        return None if over else further

    def _promised(self, now: Step, page: Page) -> bool:
        beyond = self._pages is not None and now.number >= self._pages
        more = self._short() or (not beyond and self._pages is not None)
        if self._pages is None:
            more = more or page.last is False
        if not more:
            return False
        given_up = self._empty >= (1 if beyond else _PATIENCE) or self._stale > 1
        if given_up:
            self.gap = True
        elif self._empty:
            # Totals do not say which pages are empty, only how much there is.
            self.gap = self.gap or self._items is None
        return not given_up

    def _linked(self, now: Step, address: str) -> Step | None:
        if address in self._visited or self._stale > 1 or self._empty >= _PATIENCE:
            self.gap = True
            return None
        self._visited.add(address)
        return Step(now.number + 1, address)
