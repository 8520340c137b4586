"""Keeping panels: files are read when they change, lists are loaded as they come.

All of it is done on a thread of its own, one thing after the other: the event loop
and the threads that read the store for others do not wait for it.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import structlog

from hub.coordination.ids import Keys
from hub.coordination.panel_errors import NoEpisodesError
from hub.coordination.panel_lists import Mode
from hub.errors import HubError, Recovery
from hub.runtime import panel_episodes as episodes
from hub.runtime.panel_files import digest_of
from hub.runtime.panel_loading import Fed, Given, Loader, looks
from hub.store import panel_episodes, panel_loads, panel_members
from hub.store.acting import ACTING, Actor
from hub.store.audit import HUB, SERVICE
from hub.store.panel_views import EpisodeWanted
from hub.store.panels import Changes, Settled
from hub.store.store import Store
from hub.threads import in_thread

log = structlog.get_logger()

_P = ParamSpec("_P")
_R = TypeVar("_R")

#: How often files are looked at, and ends of encounters.
LOOK_SECONDS = 60.0
#: How long somebody who gives a list waits for what becomes of it, in seconds. What
#: takes longer goes on without them.
PATIENCE_SECONDS = 15.0
_NANOSECONDS = 1000  # in a microsecond
_ITSELF = Actor(HUB, SERVICE)


class PanelKeeper:
    """Keeps the panels of one hub, between `start` and `stop`.

    `followers` are the subscriptions to episodes.
    """

    def __init__(
        self,
        loader: Loader,
        store: Store,
        followers: Collection[str] = (),
    ) -> None:
        self._loader = loader
        self._store = store
        self._followers = followers
        self._keys = Keys(store.secret)
        self._seen: dict[str, tuple[int, int, int]] = {}
        self._thread = ThreadPoolExecutor(1, "panels")
        self._left: set[asyncio.Task[Any]] = set()

    @property
    def names(self) -> list[str]:
        """The panels that are configured."""
        return list(self._loader.tables)

    def incoming(self) -> Path:
        """Return where a list may be written that somebody sends."""
        return self._loader.incoming()

    async def start(self) -> None:
        """Load the files of panels of which nothing is in force, and wait for that.

        What is in force stays so until the first look finds a file that changed.
        Raises PanelError for a file that cannot be used.
        """
        await self._in_turn(self._begin)

    async def run(self) -> None:
        """Look at the files and at what ended, until cancelled."""
        while True:
            try:
                await self._in_turn(self._look)
            except HubError as error:
                log.warning("panels.unchecked", error_code=error.code)
            except sqlite3.Error as error:
                log.warning("store.unreadable", reason=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    async def stop(self) -> None:
        """Give up what is under way: the next start throws it away."""
        self._loader.stop()
        await in_thread(self._thread.shutdown, wait=True, cancel_futures=True)
        await asyncio.gather(*self._left, return_exceptions=True)

    async def load(self, panel: str, file: Path, mode: Mode, by: str) -> str | None:
        """Load a list; return its id, None where that takes longer than patience.

        Its file is removed afterwards. Raises what `Loader.load` raises.
        """
        given = Given(panel, file, mode, by)
        work = self._leave_behind(self._in_turn(self._load, given))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await asyncio.shield(work)
        except TimeoutError:
            return None

    async def approve(self, key: str, by: str, reason: str) -> None:
        """Put a list in force that waits; see `Loader.approve`."""
        await self._in_turn(self._loader.approve, key, by, reason)
        self._later(self._loader.tidy)

    async def refuse(self, key: str, by: str, reason: str) -> None:
        """Drop a list that waits; see `Loader.refuse`."""
        await self._in_turn(self._loader.refuse, key, by, reason)
        self._later(self._loader.tidy)

    async def prepare(self, make: Callable[[], Fed | None]) -> Settled | Changes | None:
        """Stage what `make` says, which is called in its turn; see `Loader.prepare`.

        None where it says nothing.
        """
        return await self._in_turn(self._prepare, make)

    def tidy(self) -> None:
        """Remove what is not in force any more, some time."""
        self._later(self._loader.tidy)

    def _prepare(self, make: Callable[[], Fed | None]) -> Settled | Changes | None:
        ACTING.set(_ITSELF)
        fed = make()
        return None if fed is None else self._loader.prepare(fed)

    async def follow(self, wanted: EpisodeWanted) -> str:
        """Let a subscription follow an encounter or a stay; return its key.

        Raises NoEpisodesError where it is no subscription to episodes.
        """
        if wanted.subscription not in self._followers:
            raise NoEpisodesError
        return await self._in_turn(self._follow, wanted)

    async def leave(self, subscription: str, key: str) -> None:
        """Let a subscription follow something no longer. Raises UnknownEpisodeError."""
        await self._in_turn(self._leave, subscription, key)

    def _follow(self, wanted: EpisodeWanted) -> str:
        return episodes.follow(self._store.writer, self._keys, wanted)

    def _leave(self, subscription: str, key: str) -> None:
        episodes.leave(self._store.writer, self._keys, subscription, key)

    async def _in_turn(
        self, work: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        loop, who = asyncio.get_running_loop(), copy_context()
        call = partial(who.run, work, *args, **kwargs)
        return await loop.run_in_executor(self._thread, call)

    def _later(self, work: Callable[[], object]) -> None:
        self._leave_behind(self._in_turn(work))

    def _leave_behind(self, work: Coroutine[Any, Any, _R]) -> "asyncio.Task[_R]":
        """Do something for which nobody may have the patience to wait."""
        task = asyncio.create_task(work, name="panels.work")
        self._left.add(task)
        task.add_done_callback(self._left.discard)
        task.add_done_callback(_heard)
        return task

    def _begin(self) -> None:
        ACTING.set(_ITSELF)
        self._loader.recover()
        with closing(self._store.reader()) as reader:
            there = panel_members.panels(reader)
        for name, table in self._loader.tables.items():
            if table.file and not (name in there and there[name].version):
                self._seen[name] = looks(table.file)
                # Nobody sends yet, and so there is nobody to give way to.
                self._loader.load(Given(name, table.file), rest=0)

    def _load(self, given: Given) -> str:
        try:
            return self._loader.load(given)
        finally:
            given.file.unlink(missing_ok=True)
            self._loader.tidy()

    def _look(self) -> None:
        ACTING.set(_ITSELF)
        for name, table in self._loader.tables.items():
            if table.file:
                self._look_at(name, table.file)
        self._loader.tidy()
        with closing(self._store.reader()) as reader:
            changed = episodes.lasting(reader, self._keys)
        if changed:
            self._store.writer.call(panel_episodes.last, changed)

    def _look_at(self, name: str, file: Path) -> None:
        """Load a file that changed; what is wrong with it is told once."""
        found = looks(file)
        if self._seen.get(name) == found:
            return
        self._seen[name] = found
        try:
            if self._is_news(name, file, found):
                self._loader.load(Given(name, file))
        except HubError as error:
            log.warning(
                "panel.unusable", panel=name, error_code=error.code, error=error
            )
            if error.recovery is Recovery.RETRY:
                del self._seen[name]

    def _is_news(self, name: str, file: Path, found: tuple[int, int, int]) -> bool:
        """Say whether a file says anything that was not heard of it before.

        One that was loaded as it is confirms nothing by lying there, and must not
        undo what was changed or refused since.
        """
        digest = digest_of(name, file)
        with closing(self._store.reader()) as reader:
            given = panel_loads.given(reader, name)
            panel = panel_members.panels(reader).get(name)
        heard = [each.created_at for each in given if each.sha256 == digest]
        if not heard:
            return True
        confirmed = (panel and panel.confirmed_at) or 0
        return found[2] // _NANOSECONDS > max(*heard, confirmed)


def _heard(work: "asyncio.Future[Any]") -> None:
    """Tell of what nobody waits for any more."""
    if work.cancelled():
        return
    error = work.exception()
    if isinstance(error, HubError):
        log.warning("panel.unusable", error_code=error.code)
    elif error is not None:
        log.error("panel.failed", exc_info=error)
