"""The source ``hsds-api``: a directory that is read through its API."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from yarl import URL

from hub.sdk import HubError, Inbox
from hub_community.fetching import errors
from hub_community.fetching.client import Client
from hub_community.fetching.clock import Clock, SystemClock, spread
from hub_community.fetching.delta import Change, IgnoredError
from hub_community.fetching.full import Whole, read_all
from hub_community.fetching.handing import SNAPSHOT, Handing, first_line
from hub_community.fetching.known import Lines
from hub_community.fetching.listing import Api
from hub_community.fetching.pacing import Pace
from hub_community.fetching.probing import About, about
from hub_community.fetching.settings import ApiSettings

log = structlog.get_logger()

_HOUR, _MINUTE = 3600.0, 60.0
_NO_ROOT = (
    errors.NothingThereError,
    errors.UnusableAnswerError,
    errors.DirectoryMovedError,
    errors.DirectoryFailedError,
)


@dataclass
class _Memory:
    """What is known between two refreshes. Empty at first."""

    about: About = field(default_factory=About)
    whole: Whole | None = None
    since: datetime | None = None
    full_at: datetime | None = None
    swept_at: datetime | None = None
    #: Whether the server heeds `modified_after` and `minimal`.
    heeds: bool = True


class ApiDirectory:
    """A source. Reads a directory, and from then on what changed of it.

    Keeps nothing: where the hub starts anew, the directory is read anew. A server
    that ignores what is asked of it is read in full, at each refresh.
    """

    def __init__(self, settings: ApiSettings, clock: Clock | None = None) -> None:
        self._settings, self._clock = settings, clock or SystemClock()
        self._peer = URL(settings.url).host or ""
        self._handing, self._memory = Handing(self._clock), _Memory()

    async def run(self, inbox: Inbox) -> None:
        """Read until cancelled. Raises the errors HSDS-020 to HSDS-030."""
        settings, clock = self._settings, self._clock
        pace = Pace(settings.requests_per_second, clock)
        async with Client(settings.url, settings, pace, clock) as client:
            inbox.report_ready(self._peer)
            while True:
                await self._refresh(Api(client, settings), inbox)
                await clock.sleep(spread(settings.interval_hours * _HOUR, clock))

    async def _refresh(self, api: Api, inbox: Inbox) -> None:
        with Lines(self._settings.max_mebibytes) as lines:
            try:
                async with asyncio.timeout(self._settings.max_minutes * _MINUTE):
                    first, memory = await self._read(api, lines)
            except TimeoutError as error:
                raise errors.RefreshTooLongError from error
            if first:
                body = await asyncio.to_thread(lines.body, first)
                await self._handing.package(inbox, body, SNAPSHOT, self._peer)
            else:
                await self._handing.unchanged(inbox, self._peer)
        # Not before it is stored: what is not, must come again.
        self._memory = memory

    async def _read(self, api: Api, lines: Lines) -> tuple[bytes, _Memory]:
        """Return the first line of a snapshot, empty where nothing changed."""
        said = await self._about(api)
        started = api.server_time or self._clock.now()
        now, memory = self._clock.now(), self._memory
        if memory.whole and not self._is_due(now, said):
            if memory.heeds and self._settings.increments:
                try:
                    return await self._changes(api, lines, started, now)
                except IgnoredError:
                    log.info("increments.ignored")
                    lines.clear()
                    memory.heeds = False
            elif await self._is_tagged(api, memory.whole):
                return b"", memory
        return await self._all(api, lines, said, started, now)

    async def _about(self, api: Api) -> About:
        try:
            got = await api.document(api.root, attempts=1)
        except _NO_ROOT:
            return self._memory.about
        return about(got.value)

    def _is_due(self, now: datetime, said: About) -> bool:
        memory, days = self._memory, timedelta(days=self._settings.full_days)
        other = said.version != memory.about.version
        return other or memory.full_at is None or now - memory.full_at >= days

    async def _is_tagged(self, api: Api, whole: Whole) -> bool:
        """Say whether every page of services is, by its tag, what it was."""
        for address, tag in whole.tags.items():
            if not await api.unchanged(URL(address), tag):
                return False
        return bool(whole.tags)

    async def _all(
        self, api: Api, lines: Lines, said: About, started: datetime, now: datetime
    ) -> tuple[bytes, _Memory]:
        whole = await read_all(api, said, lines)
        before = self._memory
        heeds = before.heeds or self._is_due(now, said)
        memory = _Memory(said, whole, started, now, now, heeds)
        if not whole.complete:
            # What is missing is unknown, so the next refresh is a full one as well.
            memory = _Memory(said)
        elif before.whole and before.whole.known.digests == whole.known.digests:
            return b"", memory
        first = first_line(
            "full",
            now,
            version=said.version,
            profile=said.profile,
            complete=whole.complete,
        )
        return first, memory

    async def _changes(
        self, api: Api, lines: Lines, started: datetime, now: datetime
    ) -> tuple[bytes, _Memory]:
        memory = self._memory
        assert memory.whole is not None  # noqa: S101 - looked at before
        assert memory.since is not None  # noqa: S101 - goes with it
        whole = memory.whole.renewed()
        since = memory.since - timedelta(minutes=self._settings.overlap_minutes)
        change = Change(api, whole.known, whole, lines)
        read = await change.modified(since)
        swept = memory.swept_at
        if swept is None or now - swept >= timedelta(hours=self._settings.sweep_hours):
            swept = now if await self._swept(change) else swept
        renewed = _Memory(
            memory.about,
            whole,
            since=started if read else memory.since,
            full_at=memory.full_at,
            swept_at=swept,
        )
        if not lines.told:
            return b"", renewed
        said = memory.about
        first = first_line(
            "delta", now, version=said.version, profile=said.profile, since=since
        )
        return first, renewed

    async def _swept(self, change: Change) -> bool:
        try:
            return await change.sweep()
        except HubError as error:
            log.warning("sweep.broke_off", error_code=error.code)
            return False
