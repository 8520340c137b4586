"""The sources of files: look, fetch, deliver; then answer and put away."""

import asyncio
import math
import random
import time
from collections.abc import Callable
from datetime import UTC, date, datetime

import structlog

from hub.sdk import Answer, ExchangeDesk, HubError, Inbox, Recovery
from hub_sftp.client import proof
from hub_sftp.containers.expiry import KeyWatch
from hub_sftp.errors import (
    RemoteFolderMissingError,
    SizeDiffersError,
    WriteDeniedError,
    WriteFailedError,
)
from hub_sftp.fetching.errors import (
    NoFreeNameError,
    SignInPausedError,
    UnsafeFileNameError,
)
from hub_sftp.fetching.fetcher import CopyingFetcher, DownloadingFetcher, Fetcher
from hub_sftp.fetching.leftovers import Leftovers
from hub_sftp.fetching.local import LocalShelf
from hub_sftp.fetching.obtaining import OF_A_FILE, Obtainer
from hub_sftp.fetching.putting_away import Porter
from hub_sftp.fetching.remote import RemoteShelf
from hub_sftp.fetching.selecting import Selection, Selector, Unit
from hub_sftp.fetching.settings import (
    FolderPollerSettings,
    PollerSettings,
    SftpPollerSettings,
)
from hub_sftp.fetching.shelf import Shelf
from hub_sftp.fetching.turns import Turns

log = structlog.get_logger()

#: What keeps one answer back, and no other.
_OF_AN_ANSWER = (
    *OF_A_FILE,
    NoFreeNameError,
    RemoteFolderMissingError,
    SizeDiffersError,
    UnsafeFileNameError,
    WriteDeniedError,
    WriteFailedError,
)
#: Between two looks at answers of which one cannot be given.
_SPARE_SECONDS = 1.0
#: How much longer than asked a server is left alone, so that not all come at once.
_JITTER = 0.25


def sftp_poller(settings: SftpPollerSettings) -> "Poller":
    """Return the source for a server. Raises PrivateKeyUnusableError."""
    known = proof(settings)
    return Poller(
        settings,
        lambda: RemoteShelf(settings, known),
        lambda turns, inbox: DownloadingFetcher(
            settings, settings.concurrency, turns, lambda: inbox.busy
        ),
    )


def folder_poller(settings: FolderPollerSettings) -> "Poller":
    """Return the source for a folder of this machine."""

    def shelf() -> Shelf:
        return LocalShelf(settings.folder)

    return Poller(settings, shelf, lambda _turns, _inbox: CopyingFetcher(shelf))


class Poller:
    """A source. What became of files, the ledger knows; this one remembers nothing.

    Raises what is wrong with the server, so that operators see it and the hub starts
    it again after a growing wait. A server that refuses who we are, or that is not the
    one it should be, is left alone for fifteen minutes: accounts get locked.
    """

    def __init__(
        self,
        settings: PollerSettings,
        shelf: Callable[[], Shelf],
        fetcher: Callable[[Turns, Inbox], Fetcher],
    ) -> None:
        self._settings = settings
        self._shelf = shelf
        self._fetcher = fetcher
        self._not_before = 0.0
        self._selector = Selector(settings)
        self._watch = KeyWatch()

    async def run(self, inbox: Inbox) -> None:
        """Poll until cancelled."""
        await asyncio.sleep(max(0.0, self._not_before - time.monotonic()))
        turns = Turns(self._shelf())
        fetcher = self._fetcher(turns, inbox)
        rounds = _Rounds(
            self._settings, inbox, turns, fetcher, self._selector, self._watch
        )
        try:
            await rounds.run()
        except BaseExceptionGroup as group:
            raise self._judged(_first(group)) from group
        except HubError as error:
            judged = self._judged(error)
            raise judged from (None if judged is error else error)
        finally:
            await fetcher.rest(math.inf)
            await turns.close()

    def _judged(self, error: BaseException) -> BaseException:
        if not isinstance(error, HubError) or error.recovery is not Recovery.STOP:
            return error
        seconds = SignInPausedError.retry_after_seconds
        seconds *= 1 + _JITTER * random.random()  # noqa: S311 - no secret
        self._not_before = time.monotonic() + seconds
        paused = SignInPausedError(error.code)
        paused.retry_after_seconds = seconds
        return paused


class _Rounds:
    """One connection's life."""

    def __init__(
        self,
        settings: PollerSettings,
        inbox: Inbox,
        turns: Turns,
        fetcher: Fetcher,
        selector: Selector,
        watch: KeyWatch,
    ) -> None:
        self._settings = settings
        self._watch = watch
        self._inbox = inbox
        self._turns = turns
        self._fetcher = fetcher
        self._selector = selector
        self._porter = Porter(turns.shelf, settings.places)
        self._leftovers = Leftovers(settings)
        self._replied: set[str] = set()
        self._stuck: dict[str, float] = {}

    async def run(self) -> None:
        """Work until cancelled, or until something is wrong with the server."""
        shelf = self._turns.shelf
        await self._turns.call(shelf.open)
        if self._settings.claim == "rename":
            await self._turns.call(self._porter.prepare)
        self._inbox.report_ready(shelf.address)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._poll())
            group.create_task(self._answer(self._inbox.files))

    async def _poll(self) -> None:
        shelf = self._turns.shelf
        pgp, who = self._settings.pgp, {"source": self._inbox.feed}
        while True:
            now = datetime.now(UTC)
            await asyncio.to_thread(self._watch.look, pgp, now, **who)
            await self._turns.call(shelf.open)
            selection = await self._turns.call(self._selector.select, shelf)
            if not await self._obtain_all(selection):
                await self._fetcher.rest(self._settings.poll_seconds)
                await asyncio.sleep(self._settings.poll_seconds)

    async def _obtain_all(self, selection: Selection) -> bool:
        """Obtain what was selected; say whether to look again without a wait."""
        obtainer = Obtainer(
            self._settings,
            self._inbox.files,
            self._turns,
            self._fetcher,
            self._porter,
            self._selector,
        )
        await self._fetcher.prepare(selection.sizes)
        queue = _Queue(obtainer, self._fetcher.concurrency, self._settings.max_files)
        settled, cut = await queue.obtain(selection.units)
        rests = self._settings.complete == "stable"
        return (cut or selection.more) and settled > 0 and not rests

    async def _answer(self, desk: ExchangeDesk) -> None:
        while True:
            for answer in await desk.owed():
                if self._stuck.get(answer.exchange, 0.0) <= time.monotonic():
                    await self._answer_one(desk, answer)
            if self._stuck:  # they are still owed, so `wait` does not wait
                await asyncio.sleep(_SPARE_SECONDS)
            await desk.wait(self._settings.poll_seconds)

    async def _answer_one(self, desk: ExchangeDesk, answer: Answer) -> None:
        try:
            await self._reply(answer)
            if self._settings.claim == "rename":
                today = datetime.now(UTC).date()
                await self._clear(answer, today)
                await self._turns.call(self._porter.settle, answer, today)
        except _OF_AN_ANSWER as error:
            self._keep_back(answer, error)
            return
        self._stuck.pop(answer.exchange, None)
        self._replied.discard(answer.exchange)
        await desk.done(answer)
        log.debug("file.answered", exchange=answer.exchange, place=answer.place)

    async def _clear(self, answer: Answer, today: date) -> None:
        """Put away what announced the file, where server or hub died before that.

        It goes before the file: once that is in its place, nothing tells any more
        whether a marker is left over or early.
        """
        cleared, shelf = self._selector.cleared, self._turns.shelf
        if answer.place == "processing" or answer.listed in cleared:
            return
        move = self._porter.put_away_if_there
        try:
            for path in await self._turns.call(
                self._leftovers.of, shelf, answer.listed
            ):
                await self._turns.call(move, path, answer.place, today)
        except (*OF_A_FILE, NoFreeNameError) as error:
            log.warning("marker.left", error_code=error.code)
        cleared.add(answer.listed)

    async def _reply(self, answer: Answer) -> None:
        if answer.exchange in self._replied:
            return
        for name, body in answer.replies:
            await self._turns.call(self._porter.reply, name, body)
        self._replied.add(answer.exchange)

    def _keep_back(self, answer: Answer, error: HubError) -> None:
        """Try again with the next polls; say so once."""
        if answer.exchange not in self._stuck:
            log.error("file.kept_back", exchange=answer.exchange, error_code=error.code)
        wait = max(self._settings.poll_seconds, _SPARE_SECONDS)
        self._stuck[answer.exchange] = time.monotonic() + wait


class _Queue:
    """Obtains units in their order, some of them at once."""

    def __init__(self, obtainer: Obtainer, concurrency: int, most: int) -> None:
        self._obtainer = obtainer
        self._free = asyncio.Semaphore(concurrency)
        self._most = most
        self._settled = 0

    async def obtain(self, units: list[Unit]) -> tuple[int, bool]:
        """Return how many files were settled, and whether units were left."""
        turn, cut = asyncio.Event(), False
        turn.set()
        async with asyncio.TaskGroup() as group:
            for unit in units:
                await self._free.acquire()
                cut = self._obtainer.full or self._settled >= self._most
                if cut:
                    break
                mine = asyncio.Event()
                group.create_task(self._one(unit, turn, mine))
                turn = mine
        return self._settled, cut and not self._obtainer.full

    async def _one(self, unit: Unit, after: asyncio.Event, mine: asyncio.Event) -> None:
        try:
            self._settled += await self._obtainer.obtain(unit, after)
        finally:
            mine.set()
            self._free.release()


def _first(group: "BaseExceptionGroup[BaseException]") -> BaseException:
    """Return what came first, of the catalogue where there is one."""
    leaves: list[BaseException] = []
    todo: list[BaseException] = [group]
    while todo:
        each = todo.pop(0)
        if isinstance(each, BaseExceptionGroup):
            todo.extend(each.exceptions)
        else:
            leaves.append(each)
    return next((each for each in leaves if isinstance(each, HubError)), leaves[0])
