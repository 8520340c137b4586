"""The hub: its parts put together, started in order, and stopped in order.

Start: store, pipeline, dispatchers, admin API, then the sources, because a
message that is acknowledged must have somewhere to go. Stop: the other way.
"""

import asyncio
import os
import signal
import sqlite3
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog
from prometheus_client import CollectorRegistry

from hub.admin.context import AdminContext, HubStatus, PartStatus, ReplayKind
from hub.admin.server import AdminServer
from hub.config import HubConfig
from hub.contract import Destination, Source
from hub.coordination.ids import Keys
from hub.errors import HubError
from hub.registry import Registry
from hub.runtime.dispatch import Dispatcher
from hub.runtime.entities import Entities
from hub.runtime.errors import NothingRunsError
from hub.runtime.intake import FeedInbox
from hub.runtime.pipeline import Feed, Pipeline
from hub.runtime.processing import Processor
from hub.runtime.routing import Router
from hub.runtime.supervisor import supervise
from hub.runtime.wiring import subscriptions
from hub.store import journal, outbox, replay
from hub.store.books import balance
from hub.store.queries import Reader
from hub.store.sqlite import DATABASE_NAME
from hub.store.store import Store
from hub.store.writer import Done
from hub.telemetry import Metrics

log = structlog.get_logger()

#: How often the hub checks that the books balance, and how full its queues are.
BOOKS_SECONDS = 3600.0
GAUGES_SECONDS = 5.0
#: How often `idle` looks.
IDLE_SECONDS = 0.02


class Hub:
    """A running hub while the context lasts.

    Raises what its parts raise when they start: DataFolderLockedError,
    AddressTakenError, PanelError and the like.
    """

    store: Store
    pipeline: Pipeline
    dispatchers: dict[str, Dispatcher]
    admin: AdminServer

    def __init__(self, config: HubConfig, registry: Registry) -> None:
        self.config = config
        self._registry = registry
        self._metrics_registry = CollectorRegistry()
        self._metrics = Metrics(self._metrics_registry)
        self._sources = {
            name: PartStatus(name=name, kind=each.settings.kind, state="starting")
            for name, each in config.sources.items()
        }
        self._changed = asyncio.Event()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        async with AsyncExitStack() as stack:
            # Built first: a wrong key or panel is found before anything runs.
            wanted = subscriptions(self.config)
            sources, destinations = self._build()
            self.store = await asyncio.to_thread(self._open_store)
            stack.push(self.store)
            self._reader = self.store.reader()
            stack.callback(self._reader.close)
            self.pipeline = self._make_pipeline(Router(wanted))
            self.dispatchers = {
                name: Dispatcher(
                    self.config.destinations[name],
                    destination,
                    self.store.writer,
                    self._metrics,
                )
                for name, destination in destinations.items()
            }
            for dispatcher in self.dispatchers.values():
                await self._run_within(stack, dispatcher.run())
            self.pipeline.start()
            stack.push_async_callback(asyncio.to_thread, self.pipeline.stop)
            await self._run_within(stack, self._keep_watch())
            await self._start_admin(stack)
            for name, source in sources.items():
                running = supervise(name, source, self._inbox(name), self)
                await self._run_within(stack, running)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    def _build(self) -> tuple[dict[str, Source], dict[str, Destination]]:
        sources = {
            name: each.spec.build(each.settings)
            for name, each in self.config.sources.items()
        }
        destinations = {
            name: each.spec.build(each.settings)
            for name, each in self.config.destinations.items()
        }
        return sources, destinations

    def _open_store(self) -> Store:
        folder = self.config.hub.data_dir
        return Store(folder, self._report, self._metrics.committed).__enter__()

    def _make_pipeline(self, router: Router) -> Pipeline:
        reader = self.store.reader()
        entities = Entities(reader)
        return Pipeline(
            feeds={
                name: Feed(each.normaliser, each.profile)
                for name, each in self.config.sources.items()
            },
            reader=reader,
            writer=self.store.writer,
            processor=Processor(entities, Keys(self.store.secret), router),
            entities=entities,
            metrics=self._metrics,
            on_deliveries=self._wake_later,
        )

    async def _start_admin(self, stack: AsyncExitStack) -> None:
        context = AdminContext(
            reader=Reader(self.config.hub.data_dir / DATABASE_NAME),
            plugins=self._registry.plugins,
            status=self.status,
            replay=self.replay,
            metrics_registry=self._metrics_registry,
        )
        table = self.config.admin
        self.admin = AdminServer(context, table.host, table.port)
        await self.admin.start()
        stack.push_async_callback(self.admin.stop)

    async def _run_within(
        self, stack: AsyncExitStack, work: Coroutine[Any, Any, None]
    ) -> None:
        """Run `work` as a task that is cancelled and awaited when the hub stops."""
        task = asyncio.create_task(work)

        async def end() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        stack.push_async_callback(end)

    def _inbox(self, name: str) -> FeedInbox:
        return FeedInbox(
            name,
            self.store.writer,
            self._metrics,
            on_arrival=self.pipeline.wake,
            on_ready=self._source_ready,
        )

    def _report(self, reports: list[tuple[Done, Any]]) -> None:
        self._loop.call_soon_threadsafe(_call_all, reports)

    def _wake_later(self, destinations: set[str]) -> None:
        self._loop.call_soon_threadsafe(self._wake, destinations)

    def _wake(self, destinations: set[str]) -> None:
        for name in destinations & self.dispatchers.keys():
            self.dispatchers[name].wake()

    def _source_ready(self, name: str, address: str) -> None:
        log.info("source.started", connector=name, address=address)
        self._set_source(name, "running", address=address)

    def source_changed(self, name: str, state: str, error_code: str) -> None:
        """Take note of a source's condition; see `hub.runtime.supervisor.Watch`."""
        self._set_source(name, state, error_code=error_code)

    def _set_source(
        self, name: str, state: str, *, address: str | None = None, error_code: str = ""
    ) -> None:
        self._sources[name] = PartStatus(
            name=name,
            kind=self._sources[name].kind,
            state=state,
            address=address,
            last_error_code=error_code,
        )
        self._changed.set()
        self._changed = asyncio.Event()

    def status(self) -> HubStatus:
        """Return whether the hub can do its work, and the state of its parts."""
        failure = self.store.writer.failure
        reasons = [str(failure)] if failure else []
        reasons += [
            f"source {each.name} is {each.state} {each.last_error_code}".rstrip()
            for each in self._sources.values()
            if each.state != "running"
        ]
        return HubStatus(
            ready=not reasons,
            reasons=reasons,
            sources=list(self._sources.values()),
            destinations=[
                PartStatus(
                    name=name,
                    kind=self.config.destinations[name].settings.kind,
                    state=each.state,
                    last_error_code=each.last_error_code,
                )
                for name, each in self.dispatchers.items()
            ],
        )

    async def started(self) -> None:
        """Wait until every source receives or has failed.

        Raises NothingRunsError where there are sources and all have failed.
        """
        while any(
            each.state in {"starting", "waiting"} for each in self._sources.values()
        ):
            await self._changed.wait()
        states = [each.state for each in self._sources.values()]
        if states and "running" not in states:
            codes = (each.last_error_code for each in self._sources.values())
            raise NothingRunsError(", ".join(codes))

    async def failed(self) -> HubError:
        """Wait until the store can no longer be trusted, and return why."""
        while self.store.writer.failure is None:
            await asyncio.sleep(1)
        return self.store.writer.failure

    async def idle(self) -> None:
        """Wait until all that was received is processed and sent, or given up."""
        while journal.count_waiting(self._reader) or outbox.count_open(self._reader):
            await asyncio.sleep(IDLE_SECONDS)

    async def replay(self, kind: ReplayKind, key: str) -> bool:
        """Let a message be processed, or a delivery sent, again; say if it will."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        apply = replay.APPLY[kind]
        self.store.writer.submit(apply, key, answer.set_result)
        result = await answer
        if isinstance(result, HubError):
            raise result
        self.pipeline.wake()
        self._wake(set(self.dispatchers))
        return bool(result)

    async def _keep_watch(self) -> None:
        """Keep the gauges right, and check the books now and then."""
        elapsed = 0.0
        while True:
            self._metrics.messages_waiting(journal.count_waiting(self._reader))
            waiting = outbox.count_open(self._reader)
            for name in self.dispatchers:
                self._metrics.deliveries_waiting(name, waiting.get(name, 0))
            if elapsed % BOOKS_SECONDS == 0:
                await asyncio.to_thread(self._check_books)
            await asyncio.sleep(GAUGES_SECONDS)
            elapsed += GAUGES_SECONDS

    def _check_books(self) -> None:
        reader = self.store.reader()
        try:
            books = balance(reader)
        except sqlite3.Error:
            log.exception("books.unreadable")
            return
        finally:
            reader.close()
        imbalance = sum(count for _, count in books.checks)
        self._metrics.books_imbalance(imbalance)
        if imbalance:
            wrong = [name for name, count in books.checks if count]
            log.error("books.unbalanced", imbalance=imbalance, checks=wrong)


def _call_all(reports: list[tuple[Done, Any]]) -> None:
    for done, result in reports:
        try:
            done(result)
        except Exception:  # one callback must not take the others' answers away
            log.exception("callback.failed")


async def serve(config: HubConfig, registry: Registry) -> None:
    """Run a hub until it is asked to stop, or cannot go on.

    A second request to stop ends the process at once, which loses nothing that
    was acknowledged. Raises HubError.
    """
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask() -> None:
        if stopping.is_set():
            os._exit(1)
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask)
    async with Hub(config, registry) as hub:
        await hub.started()
        log.info("hub.started", hub=config.hub.name)
        failure = await _first(stopping, hub)
        log.info("hub.stopping", hub=config.hub.name)
    if failure is not None:
        raise failure


async def _first(stopping: asyncio.Event, hub: Hub) -> HubError | None:
    """Wait for a request to stop, or for the hub's failure."""
    failed = asyncio.create_task(hub.failed())
    asked = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({failed, asked}, return_when=asyncio.FIRST_COMPLETED)
        return failed.result() if failed.done() else None
    finally:
        failed.cancel()
        asked.cancel()
        await asyncio.gather(failed, asked, return_exceptions=True)


def run(path: Path) -> int:
    """Run the hub that the configuration at `path` describes; return its status.

    Raises HubError, ConfigError among them.
    """
    from hub.config import load  # noqa: PLC0415 - see hub.cli: start-up time

    registry = Registry.discover()
    config = load(path, registry)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serve(config, registry))
    return 0


def _loop_factory() -> Any:
    """Return uvloop's loop where it is installed, else None for asyncio's own."""
    try:
        import uvloop  # noqa: PLC0415 - it is optional
    except ImportError:
        return None
    return uvloop.new_event_loop
