"""Reads all of a directory."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from hub.sdk import HubError
from hub_community.fetching.errors import (
    DirectoryRefusesError,
    DirectoryTooLargeError,
    NothingThereError,
    UnusableAnswerError,
)
from hub_community.fetching.known import Known, Lines
from hub_community.fetching.listing import Api, Listing, Stream
from hub_community.fetching.pages import Record, key_of
from hub_community.fetching.probing import TYPES, About
from hub_community.fetching.resources import Details, Resource, found, source_of

log = structlog.get_logger()


@dataclass
class Whole:
    """A directory that was read from its start to its end."""

    known: Known = field(default_factory=Known)
    resources: dict[str, Resource] = field(default_factory=dict)
    complete: bool = True
    #: Tags of the pages of services, by address; empty where not all have one.
    tags: Mapping[str, str] = field(default_factory=dict)

    def renewed(self) -> "Whole":
        """Return one that can be brought up to date without changing this."""
        return Whole(self.known.copy(), self.resources, self.complete)


async def read_all(api: Api, about: About, lines: Lines) -> Whole:
    """Write every object of a directory to `lines`.

    What breaks off is said in `complete`. Raises a HubError where there is nothing
    to be had at all: NothingThereError where there are no services.
    """
    made = Whole()
    for name in ("services", *api.settings.resources):
        try:
            await _list(api, name, about, made, lines)
        except DirectoryRefusesError:
            if name == "services":
                raise
            log.warning("list.refused", resource=name)
        except HubError as error:
            if name == "services" or isinstance(error, DirectoryTooLargeError):
                raise
            made.complete = False
            log.warning("list.failed", resource=name, error_code=error.code)
    log.debug("directory.read", complete=made.complete, lines=lines.told)
    return made


async def _list(api: Api, name: str, about: About, made: Whole, lines: Lines) -> None:
    resource = await found(api, name, about)
    if resource is None:
        if name == "services":
            raise NothingThereError("no services")
        log.debug("list.not_offered", resource=name)
        return
    made.resources[name] = resource
    reader = source_of(api, resource)
    try:
        await _read(api, resource, reader, made, lines)
    except UnusableAnswerError:
        if not isinstance(reader, Stream) or reader.found:
            raise
        log.info("format.not_offered", resource=resource.name)
        reader = resource.listing(api)
        await _read(api, resource, reader, made, lines)
    made.complete = made.complete and reader.complete
    if resource.name == "services":
        made.tags = reader.tags


async def _read(
    api: Api, resource: Resource, reader: Listing | Stream, made: Whole, lines: Lines
) -> None:
    kind = TYPES[resource.name]
    details = Details(api, resource.path) if resource.shallow else None
    listed: set[str] = set()
    async for records in reader.pages():
        if details is None:
            for record in records:
                if made.known.note(kind, record):
                    lines.record(kind, record)
            continue
        new = [record for record in records if key_of(record) not in listed]
        listed |= {key_of(record) for record in new}
        await _one_by_one(details, new, made, lines)


async def _one_by_one(
    details: Details, records: list[Record], made: Whole, lines: Lines
) -> None:
    keys = [key for record in records if (key := key_of(record))]
    for record in records:
        if not key_of(record):
            lines.record("service", record)
    async for had in details.of(keys):
        if had.record is not None:
            if made.known.note("service", had.record):
                lines.record("service", had.record)
        elif not had.gone:
            # Only part of it is known, which must not look like a change.
            lines.seen("service", had.key)
            made.complete = False
