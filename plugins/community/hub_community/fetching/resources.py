"""The lists that an API offers, and its objects one by one."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import structlog

from hub.sdk import HubError
from hub_community.fetching.errors import (
    DirectoryMovedError,
    NothingThereError,
    UnusableAnswerError,
)
from hub_community.fetching.listing import Api, Listing, Stream
from hub_community.fetching.pages import Record, key_of
from hub_community.fetching.probing import FULL, About, addresses

log = structlog.get_logger()

#: After so many objects that cannot be had, the server is taken to have failed.
_MOST_FAILED: Final = 20
_NOT_OFFERED: Final = (NothingThereError, UnusableAnswerError, DirectoryMovedError)


class Resource(NamedTuple):
    """A list: where it is, how it is asked for, whether it gives only part of each."""

    name: str
    path: str
    query: Mapping[str, str]
    shallow: bool

    def listing(self, api: Api, **query: str) -> Listing:
        """Return its list."""
        return Listing(api, self.path, {**self.query, **query})


class Had(NamedTuple):
    """What came of asking for an object: itself, or that it is gone, or neither."""

    key: str
    record: Record | None = None
    gone: bool = False


async def found(api: Api, name: str, about: About) -> Resource | None:
    """Return where the list `name` is, None where the server has none.

    Raises a HubError where it cannot be said.
    """
    paths = addresses(name, about)
    for path in paths:
        for query in ({"full": "true"}, {}) if name in FULL else ({},):
            resource = Resource(name, path, query, shallow=False)
            try:
                sample = await _sample(api, resource, last=path == paths[-1])
            except NothingThereError:
                continue
            except HubError as error:
                if path == paths[-1] and not isinstance(error, _NOT_OFFERED):
                    raise
                break
            return resource._replace(shallow=_is_shallow(api, resource, sample))
    return None


async def _sample(api: Api, resource: Resource, *, last: bool) -> list[Record]:
    size = {"page": "1", "per_page": str(api.settings.per_page)}
    url = api.url(resource.path, {**resource.query, **size})
    page, _ = await api.page(url, attempts=0 if last else 1)
    return page.records


def _is_shallow(api: Api, resource: Resource, sample: Sequence[Record]) -> bool:
    """Say whether the list leaves out phones, schedules and the like."""
    wanted = api.settings.details
    if resource.name != "services" or "/" in resource.path or wanted == "never":
        return False
    if wanted == "always":
        return True
    values = (value for record in sample for value in record.values())
    return bool(sample) and not any(isinstance(value, list) for value in values)


class Details:
    """Fetches services one by one, several at a time."""

    def __init__(self, api: Api, path: str) -> None:
        self._api, self._path = api, path.partition("/")[0]
        self._turns = asyncio.Semaphore(api.settings.concurrency)
        self.failed = 0

    async def of(self, keys: Iterable[str]) -> AsyncIterator[Had]:
        """Yield each service, in order; raises a HubError where too many fail."""
        batch: list[str] = []
        for key in keys:
            batch.append(key)
            if len(batch) >= self._api.settings.per_page:
                for had in await self._batch(batch):
                    yield had
                batch = []
        for had in await self._batch(batch):
            yield had

    async def _batch(self, keys: Sequence[str]) -> list[Had]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._one(key)) for key in keys]
        had = [task.result() for task in tasks]
        wrong = [each for each in had if isinstance(each, HubError)]
        self.failed += len(wrong)
        if self.failed > _MOST_FAILED:
            raise wrong[-1] if wrong else UnusableAnswerError("single services")
        pairs = zip(keys, had, strict=True)
        return [Had(key) if isinstance(each, HubError) else each for key, each in pairs]

    async def _one(self, key: str) -> Had | HubError:
        url = self._api.one(self._path, key)
        if url is None:
            return UnusableAnswerError("an id that makes no address")
        async with self._turns:
            if self.failed > _MOST_FAILED:
                return UnusableAnswerError("not asked any more")
            try:
                got = await self._api.document(url)
            except NothingThereError:
                return Had(key, gone=True)
            except HubError as error:
                log.debug("service.missed", error_code=error.code)
                return error
        value = got.value
        if not isinstance(value, dict) or key_of(value) != key:
            return UnusableAnswerError("not the service that was asked for")
        return Had(key, value)


def source_of(api: Api, resource: Resource) -> Listing | Stream:
    """Return what reads all of a list, in the form that the settings ask for."""
    if api.settings.format == "ndjson" and resource.name == "services":
        return Stream(api, resource.path, resource.query)
    return resource.listing(api)
