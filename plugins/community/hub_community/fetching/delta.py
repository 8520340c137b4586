"""Reads what changed of a directory, and sweeps for what else did."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog

from hub_community.fetching.full import Whole
from hub_community.fetching.known import ROOTS, Known, Lines, moment_of, stamp_of
from hub_community.fetching.listing import Api, Listing
from hub_community.fetching.pages import Record, key_of
from hub_community.fetching.probing import TYPES
from hub_community.fetching.resources import Details, Resource

log = structlog.get_logger()

#: A minimal record has an id, when it was modified, and little else.
_MOST_FIELDS: Final = 4


class IgnoredError(Exception):
    """The server pays no attention to a parameter: nothing can be told from it."""


@dataclass
class Change:
    """Works out what changed since `known`, which is brought up to date."""

    api: Api
    known: Known
    whole: Whole
    lines: Lines

    async def modified(self, since: datetime) -> bool:
        """Write the services that were modified since then; return whether all.

        Raises IgnoredError where the server gives all of them whatever is asked.
        """
        services = self._services
        asked = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        listing = services.listing(self.api, modified_after=asked)
        before, wanted, unasked = len(self.known.of("service")), [], 0
        async for records in listing.pages():
            for record in records:
                unasked += self._is_unasked(record, since)
                if services.shallow:
                    wanted.append(key_of(record))
                elif self.known.note("service", record):
                    self.lines.record("service", record)
            if unasked * 2 > before:
                raise IgnoredError
        return await self._fetch(wanted) and listing.complete

    async def sweep(self) -> bool:
        """Write what came and went since the last sweep, whoever said nothing of it.

        Returns whether everything was looked at. Raises IgnoredError where the server
        gives whole services instead, or where what went cannot be told of.
        """
        listing = Listing(self.api, self._services.path, {"minimal": "true"})
        stamps: dict[str, str] = {}
        async for records in listing.pages():
            if any(_is_more(record) for record in records):
                raise IgnoredError
            stamps |= {key_of(record): stamp_of(record) for record in records}
        stamps.pop("", None)
        whole = await self._fetch(self._stale(stamps)) and listing.complete
        if listing.complete:
            self._ended("service", set(stamps))
        for name, resource in self.whole.resources.items():
            if name != "services":
                whole = await self._again(resource) and whole
        return whole

    @property
    def _services(self) -> Resource:
        return self.whole.resources["services"]

    def _is_unasked(self, record: Record, since: datetime) -> bool:
        """Say whether nothing shows that a service was modified since then."""
        key, stamp = key_of(record), stamp_of(record)
        then = moment_of(stamp)
        if key not in self.known.of("service") or (then and then >= since):
            return False
        return not stamp or stamp == self.known.stamps.get(key)

    def _stale(self, stamps: dict[str, str]) -> list[str]:
        """Return the services that are new, or have another time of modification."""
        known, before = self.known.stamps, self.known.of("service")
        new = [key for key in stamps if key not in before]
        other = [
            key
            for key, stamp in stamps.items()
            if key in before and stamp and known.get(key) and stamp != known[key]
        ]
        if len(other) * 2 > len(before):
            # Lists that write times in two ways cannot be compared.
            other = [key for key in other if _differs(stamps[key], known[key])]
        return new + other

    async def _fetch(self, keys: list[str]) -> bool:
        details = Details(self.api, self._services.path)
        async for had in details.of(key for key in keys if key):
            if had.record is not None and self.known.note("service", had.record):
                self.lines.record("service", had.record)
        return not details.failed

    async def _again(self, resource: Resource) -> bool:
        kind = TYPES[resource.name]
        listing = resource.listing(self.api)
        async for records in listing.pages():
            for record in records:
                if self.known.note(kind, record) and key_of(record):
                    self.lines.record(kind, record)
        if listing.complete:
            self._ended(kind, listing.found)
        return listing.complete

    def _ended(self, kind: str, there: set[str]) -> None:
        gone = [key for key in self.known.of(kind) if key not in there]
        if gone and kind not in ROOTS:
            raise IgnoredError
        for key in gone:
            self.lines.gone(kind, key)
        self.known.forget(kind, gone)
        if kind in ROOTS:
            for key in self.known.of(kind):
                self.lines.seen(kind, key)


def _is_more(record: Record) -> bool:
    return len(record) > _MOST_FIELDS or "name" in record


def _differs(one: str, other: str) -> bool:
    first, second = moment_of(one), moment_of(other)
    return first is not None and second is not None and first.date() != second.date()
