"""Reads a list of an API to its end, page by page."""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from itertools import count
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final, NamedTuple
from urllib.parse import quote

import msgspec
import structlog
from yarl import URL

from hub.sdk import HubError
from hub_community.fetching.client import Answer, Client
from hub_community.fetching.errors import (
    NothingThereError,
    UnusableAnswerError,
)
from hub_community.fetching.pages import (
    Page,
    Paging,
    Record,
    Step,
    key_of,
    read_page,
)
from hub_community.fetching.settings import ApiSettings

log = structlog.get_logger()

#: So often a list is read that changes while it is read.
_PASSES: Final = 3
_IN_MEMORY: Final = 1 << 20
_LARGEST_PAGE: Final = 64 << 20
_LARGEST_LINE: Final = 16 << 20


class Got(NamedTuple):
    """A JSON document and the headers that it came with."""

    value: Any
    headers: Mapping[str, str]


class Api:
    """The addresses of an API."""

    def __init__(self, client: Client, settings: ApiSettings) -> None:
        self._client, self.settings = client, settings
        self.root = URL(settings.url + "/")

    def url(self, path: str, query: Mapping[str, str] | None = None) -> URL:
        """Return the address of a list below the root."""
        base = self.root.joinpath(*path.split("/")) if path else self.root
        return base.with_query(query or {})

    def one(self, path: str, key: str) -> URL | None:
        """Return the address of one object; None where its id makes none."""
        if key in {"", ".", ".."} or not key.isprintable():
            return None
        base = str(self.url(path)).rstrip("/")
        return URL(f"{base}/{quote(key, safe='')}", encoded=True)

    @property
    def server_time(self) -> datetime | None:
        """What time it was by the server's clock when it answered last."""
        return self._client.server_time

    async def document(self, url: URL, *, attempts: int = 0) -> Got:
        """Return the JSON at `url`; UnusableAnswerError where there is none."""
        with SpooledTemporaryFile(_IN_MEMORY) as spool:
            answer = await self._client.get(url, spool, attempts=attempts)
            return Got(_decoded(spool, answer), answer.headers)

    async def page(self, url: URL, *, attempts: int = 0) -> tuple[Page, Got]:
        """Return the page at `url`. What is no page is asked for again."""
        tries = attempts or self.settings.attempts
        for attempt in count(1):
            try:
                got = await self.document(url, attempts=attempts)
                page = _page_of(got)
            except UnusableAnswerError:
                if attempt >= tries:
                    raise
                await self._client.rest(attempt)
            else:
                return page, got
        raise AssertionError  # pragma: no cover - counting never ends

    async def unchanged(self, url: URL, tag: str) -> bool:
        """Say whether the server says that nothing changed at `url`."""
        with SpooledTemporaryFile(_IN_MEMORY) as spool:
            answer = await self._client.get(url, spool, {"If-None-Match": tag})
        return answer.status == HTTPStatus.NOT_MODIFIED

    async def lines(self, url: URL, into: IO[bytes]) -> None:
        """Write NDJSON to `into`. Raises UnusableAnswerError for anything else."""
        await self._client.get(url, into)
        into.seek(0)
        first = _object(into.readline(_LARGEST_LINE))
        if not isinstance(first, dict) or "id" not in first:
            raise UnusableAnswerError("no NDJSON")
        into.seek(0)


@dataclass
class _Asked:
    """One list of an API; what was found out is in its fields afterwards."""

    api: Api
    path: str
    query: Mapping[str, str]
    complete: bool = False
    #: The ids that are there.
    found: set[str] = field(default_factory=set)
    #: Tags of all pages by address; empty where not all have one.
    tags: dict[str, str] = field(default_factory=dict)


class Listing(_Asked):
    """A list of an API, page by page."""

    async def pages(self) -> AsyncIterator[list[Record]]:
        """Yield records; those of a list that moved may come again, changed.

        Raises the errors of `Client.get` where not even the first page can be had.
        """
        for _ in range(_PASSES):
            paging = Paging(self.api.settings.max_pages)
            self.tags = {}
            async for records in self._once(paging):
                yield records
            self.found |= paging.found
            self.complete = paging.complete
            if paging.broken or not paging.moved:
                break
        log.debug("list.read", objects=len(self.found), complete=self.complete)

    async def _once(self, paging: Paging) -> AsyncIterator[list[Record]]:
        first, tagged = True, True
        while (step := paging.step) is not None:
            url = self._address(step)
            try:
                page, got = await self.api.page(url)
            except HubError as error:
                if first:
                    raise
                self._broke_off(paging, error)
                break
            first = False
            if tag := got.headers.get("ETag"):
                self.tags[str(url)] = tag
            tagged = tagged and bool(tag)
            if not self._ours(page.next):
                page = page._replace(next=None)
            if records := paging.take(page):
                yield records
        if not tagged:
            self.tags = {}

    def _broke_off(self, paging: Paging, error: HubError) -> None:
        if isinstance(error, NothingThereError) and not paging.counted:
            paging.end()
            return
        log.warning("list.broke_off", error_code=error.code, objects=len(paging.found))
        paging.break_off()

    def _address(self, step: Step) -> URL:
        if step.address:
            return self.api.root.join(URL(step.address))
        size = {"page": str(step.number), "per_page": str(self.api.settings.per_page)}
        return self.api.url(self.path, {**self.query, **size})

    def _ours(self, address: str | None) -> bool:
        """Say whether a link leads to the very server that gave it."""
        with suppress(ValueError):
            url = self.api.root.join(URL(address or ""))
            return url.absolute and url.origin() == self.api.root.origin()
        return False


class Stream(_Asked):
    """A list of an API as one stream of lines."""

    async def pages(self) -> AsyncIterator[list[Record]]:
        """Yield records, so many at a time as a page would have.

        Raises UnusableAnswerError where the server gives no lines.
        """
        size = self.api.settings.per_page
        with SpooledTemporaryFile(_IN_MEMORY) as spool:
            url = self.api.url(self.path, {**self.query, "format": "ndjson"})
            await self.api.lines(url, spool)
            records, bad = [], 0
            while line := spool.readline(_LARGEST_LINE):
                record = _object(line)
                if isinstance(record, dict):
                    self.found.add(key_of(record))
                    records.append(record)
                else:
                    bad += bool(line.strip())
                if len(records) >= size:
                    yield records
                    records = []
            if records:
                yield records
            self.complete = not bad


def _decoded(spool: IO[bytes], answer: Answer) -> Any:
    if answer.size > _LARGEST_PAGE:
        raise UnusableAnswerError("a page of more than 64 MiB")
    spool.seek(0)
    try:
        return msgspec.json.decode(spool.read().removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnusableAnswerError("no JSON") from error


def _page_of(got: Got) -> Page:
    page = read_page(got.value, got.headers.get("Link", ""))
    if page is None:
        raise UnusableAnswerError("no page of a list")
    return page


def _object(line: bytes) -> Any:
    try:
        return msgspec.json.decode(line.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
