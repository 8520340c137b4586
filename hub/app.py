"""The hub: its parts put together, started in order, and stopped in order.

Start: store, dispatchers, pipeline, admin API, then the sources, because a message
that is acknowledged must have somewhere to go. Stop: the other way.
"""

import asyncio
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Any, Self

import structlog
from prometheus_client import CollectorRegistry

from hub import showing
from hub.admin.context import AdminContext, HubStatus, ReplayKind
from hub.admin.limits import Rate
from hub.admin.server import AdminServer
from hub.config import HubConfig
from hub.config.admin import parse_rate
from hub.config.matching import MATCHES_FEED
from hub.config.scoring import SCORES_FEED
from hub.contract import Destination, Source
from hub.coordination.identity.decisions import FEED, Decision
from hub.errors import HubError
from hub.metrics import Metrics
from hub.model.message import Processed, Stored
from hub.model.referrals import REFERRALS_FEED
from hub.registry import Registry
from hub.runtime import auditing, deciding, wiring
from hub.runtime.auditing import Checkpointing
from hub.runtime.conditions import Conditions
from hub.runtime.consistency import Consistency
from hub.runtime.directory.keeper import Directories
from hub.runtime.dispatch import Dispatcher
from hub.runtime.exchanges.service import Exchanges
from hub.runtime.intake import FeedInbox, Intake, taken
from hub.runtime.panel_keeping import PanelKeeper
from hub.runtime.panel_loading import Loader
from hub.runtime.pipeline import Working
from hub.runtime.pipeline_child import Prepare
from hub.runtime.pipeline_choice import pipeline_of
from hub.runtime.referrals.service import Referrals
from hub.runtime.reports import call_all, closing, written
from hub.runtime.scoring import Scoring
from hub.runtime.senders import Senders
from hub.runtime.service_index import ServiceIndex
from hub.runtime.subscribing import Subscribing
from hub.runtime.supervisor import supervise
from hub.runtime.tasks import Tasks
from hub.runtime.upkeep import Upkeep
from hub.runtime.validation import Validation, validators_of
from hub.runtime.workings import rechecker_of
from hub.runtime.worklists import worklists_of
from hub.store import generation, journal, outbox, replay, rulesets
from hub.store.acting import ACTING
from hub.store.audit import Entry, record_all
from hub.store.queries import Reader
from hub.store.referral_services import open_referrals_in
from hub.store.rulesets import ruleset_of
from hub.store.store import Store
from hub.store.writer import Apply, Done, no_reaction
from hub.threads import in_thread

log = structlog.get_logger()

#: How often `idle` looks.
IDLE_SECONDS = 0.02


class Hub:
    """A running hub while the context lasts.

    Where `prepare` is given, messages are worked out in a process of its own, with
    what that makes there; else on a thread.
    Raises what its parts raise when they start: DataFolderLockedError,
    AddressTakenError, PanelError and the like.
    """

    store: Store
    pipeline: Working
    admin: AdminServer

    def __init__(
        self, config: HubConfig, registry: Registry, prepare: Prepare | None = None
    ) -> None:
        self.config = config
        self._prepare = prepare
        self.dispatchers: dict[str, Dispatcher] = {}
        self._registry = registry
        self._metrics_registry = CollectorRegistry()
        self._metrics = Metrics(self._metrics_registry)
        self._conditions = Conditions(list(config.sources))
        self._tasks: list[Tasks] = []
        self._pipeline_hangs = False
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._failure: asyncio.Future[HubError] = self._loop.create_future()
        async with AsyncExitStack() as stack:
            # Built first: a wrong key is found before anything runs.
            parts = await in_thread(wiring.assemble, self.config)
            await self._open_store(stack)
            await self._start_audit(stack)
            await self._start_panels(stack)
            self._start_dispatchers(stack, parts.destinations)
            self._start_pipeline(stack)
            self._start_validation(stack)
            await self._start_exchanges(stack)
            self._start_directories(stack)
            await self._start_referrals(stack)
            await self._start_admin(stack)
            self._start_sources(stack, parts.sources)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def _open_store(self, stack: AsyncExitStack) -> None:
        store = Store(
            self.config.hub.data_dir,
            self._report,
            observe=self._metrics.committed,
            on_failure=self._fail,
        )
        self.store = await in_thread(store.__enter__)
        stack.push_async_exit(closing(store))
        self._reader = store.reader()
        stack.callback(self._reader.close)

    async def _start_audit(self, stack: AsyncExitStack) -> None:
        """Record the start; the end comes after all else has stopped."""
        folder = self.config.hub.data_dir
        checkpoints = await in_thread(Checkpointing, folder, self.store.reader)
        await self.audit(auditing.started(self.config))
        stack.push_async_callback(self._end_audit, checkpoints)
        self._tasks_within(stack).start("audit", checkpoints.run())

    async def _end_audit(self, checkpoints: Checkpointing) -> None:
        # A store that failed takes nothing more, and has said so.
        with suppress(HubError):
            await self.audit(auditing.stopped(self.config))
        await in_thread(checkpoints.look, finally_=True)

    async def _start_panels(self, stack: AsyncExitStack) -> None:
        """Load what nothing is known of, before anything is decided by it."""
        store = self.store
        loader = Loader(store.writer, store.reader, store.folder, self.config.panels)
        followers = wiring.episodes(self.config)
        self._panels = PanelKeeper(loader, store, followers)
        stack.push_async_callback(self._panels.stop)
        await self._panels.start()

    def _start_dispatchers(
        self, stack: AsyncExitStack, destinations: dict[str, Destination]
    ) -> None:
        tasks = self._tasks_within(stack)
        reader = self.store.reader()
        stack.callback(reader.close)
        related = wiring.relations(self.config, reader)
        rechecker = rechecker_of(self.config, related, reader)
        self._subscribing = Subscribing(
            self.config, reader, self.write, rechecker.recheck
        )
        self._subscribing.warn()
        senders = Senders(self.store, self._metrics, self.now, rechecker.recheck)
        self.dispatchers = senders.dispatchers(self.config, destinations)
        for name, dispatcher in self.dispatchers.items():
            tasks.start(name, dispatcher.run())
        upkeep = Upkeep(self.store.reader, self.dispatchers, self._metrics)
        tasks.start("upkeep", upkeep.run())
        consistency = Consistency(self.store.reader, self.config.stays.time_zone)
        tasks.start("consistency", consistency.run())
        tasks.start("panels", self._panels.run())

    def _start_pipeline(self, stack: AsyncExitStack) -> None:
        self._keep(rulesets.keep, ruleset_of(wiring.subscriptions(self.config)))
        self._keep(generation.keep_contracts, wiring.contracts(self.config))
        self.pipeline = self._pipeline()
        self._intake = Intake(
            self.store.writer,
            self._metrics,
            lambda _count: self.pipeline.wake(),
            on_crowd=self.pipeline.signs.crowd,
        )
        self.pipeline.start(self._fail_later, self._intake.verdicts.tell)
        stack.push_async_callback(self._stop_pipeline)

    def _keep(self, apply: Apply, payload: Any) -> None:
        """Let the store keep what decisions will rest on."""
        self.store.writer.submit(apply, payload, no_reaction)

    def _pipeline(self) -> Working:
        wake, prepare = self._wake_later, self._prepare
        return pipeline_of(self.config, self.store, self._metrics, wake, prepare)

    async def _stop_pipeline(self) -> None:
        if not await in_thread(self.pipeline.stop):
            log.error("part.abandoned", connector="pipeline")
            self._pipeline_hangs = True

    def _start_validation(self, stack: AsyncExitStack) -> None:
        if validators := validators_of(self.config):
            validation = Validation(validators, self.store.reader(), self.store.writer)
            validation.start()
            stack.push_async_callback(in_thread, validation.stop)

    async def _start_exchanges(self, stack: AsyncExitStack) -> None:
        """Go on with files where the last hub stopped, before sources find others."""
        given = (self.config, self.store, self.write, self._panels)
        self.exchanges = Exchanges(*given, self._metrics, self.pipeline.wake)
        stack.push_async_callback(self.exchanges.stop)
        await self.exchanges.start()
        self._tasks_within(stack).start("exchanges", self.exchanges.run())

    async def _start_referrals(self, stack: AsyncExitStack) -> None:
        """Say what follows from what was accepted while no hub ran, and after."""
        inbox = self._inbox(REFERRALS_FEED)
        given = (self.config, self.store, inbox, self.audit, self.now)
        self._referrals = await in_thread(Referrals, *given)
        stack.push_async_callback(self._referrals.close)
        self._tasks_within(stack).start("referrals", self._referrals.run())

    def _start_directories(self, stack: AsyncExitStack) -> None:
        """Go on with directories where the last hub stopped."""
        given = (self.config, self.store, self.write, self.pipeline.wake)
        asked = partial(open_referrals_in, self.store.reader)
        self.directories = Directories(*given, asked)
        stack.push_async_callback(self.directories.stop)
        self._tasks_within(stack).start("directories", self.directories.run())
        self._services = ServiceIndex(self.store, self.config.sources.keys())
        stack.push_async_callback(self._services.stop)
        self._tasks_within(stack).start("services", self._services.run())

    def _fail_later(self, failure: HubError) -> None:
        self._loop.call_soon_threadsafe(self._fail, failure)

    def _fail(self, failure: HubError) -> None:
        """Take note of what the hub cannot go on with; the first reason counts."""
        if not self._failure.done():
            self._failure.set_result(failure)

    def _start_scoring(self, stack: AsyncExitStack, reader: Reader) -> Scoring:
        scorers = self.config.scorers
        scoring = Scoring(scorers, reader.entities, self._inbox(SCORES_FEED))
        if scorers:
            self._tasks_within(stack).start("scoring", scoring.run())
        return scoring

    async def _start_admin(self, stack: AsyncExitStack) -> None:
        config, reader = self.config, showing.reader_of(self.config, self._registry)
        inbox = self._inbox(MATCHES_FEED)
        context = AdminContext(
            reader=reader,
            scoring=self._start_scoring(stack, reader),
            plugins=self._registry.plugins,
            status=self.status,
            replay=self.replay,
            take=self.take,
            sources=config.sources,
            recipients=wiring.named(config),
            decide=self.decide,
            write=self.write,
            audit=self.audit,
            panels=self._panels,
            exchanges=self.exchanges.operations(self._wake),
            referrals=self._referrals.operations(reader),
            services=await in_thread(showing.matching_of, config, reader, inbox),
            worklists=self._subscribing.worklists,
            subscriptions=self._subscribing.subscriptions,
            backfill=self._subscribing.backfill,
            hub=config.hub.name,
            hosts=config.admin.asked_by,
            rate=Rate(*parse_rate(config.admin.rate)),
            metrics_registry=self._metrics_registry,
        )
        self.admin = AdminServer(context, config.admin.host, config.admin.port)
        await self.admin.start()
        stack.push_async_callback(self.admin.stop)

    def _start_sources(self, stack: AsyncExitStack, sources: dict[str, Source]) -> None:
        tasks = self._tasks_within(stack)
        for name, source in sources.items():
            inbox = self._inbox(name)
            tasks.start(name, supervise(name, source, inbox, self._conditions))

    def _tasks_within(self, stack: AsyncExitStack) -> Tasks:
        """Return tasks that end together when the hub stops."""
        tasks = Tasks()
        self._tasks.append(tasks)
        stack.push_async_callback(tasks.stop)
        return tasks

    @property
    def abandoned(self) -> list[str]:
        """The parts that did not end when they were told to."""
        parts = [name for tasks in self._tasks for name in tasks.abandoned]
        return [*parts, "pipeline"] if self._pipeline_hangs else parts

    def _report(self, reports: list[tuple[Done, Any]]) -> None:
        self._loop.call_soon_threadsafe(call_all, reports)

    def _wake_later(self, destinations: set[str]) -> None:
        self._loop.call_soon_threadsafe(self._wake, destinations)

    def _wake(self, destinations: set[str]) -> None:
        for name in destinations & self.dispatchers.keys():
            self.dispatchers[name].wake()

    def status(self) -> HubStatus:
        """Return whether the hub can do its work, and the state of its parts."""
        failure = self._failure.result() if self._failure.done() else None
        broken = {name for tasks in self._tasks for name in tasks.failed}
        parts = (self.config, self._conditions, self.dispatchers)
        return showing.status_of(*parts, broken, failure)

    async def started(self) -> None:
        """Wait until every source receives; see `Conditions.started`."""
        await self._conditions.started()

    async def failed(self) -> HubError:
        """Wait until the store can no longer be trusted, and return why."""
        return await asyncio.shield(self._failure)

    async def idle(self) -> None:
        """Wait until all that was received is processed and sent, or given up."""
        # Asked twice, as what was sent can lead to a message while it is looked.
        while self._busy() or self._busy():  # noqa: ASYNC110 - being quiet is no event
            await asyncio.sleep(IDLE_SECONDS)

    def now(self) -> datetime:
        """Return the time by which notices are due."""
        return datetime.now(UTC)

    def _busy(self) -> bool:
        waiting = journal.count_waiting(self._reader)
        waiting += self.exchanges.under_way(self._reader)
        waiting += self.directories.under_way(self._reader)
        waiting += self._services.under_way(self._reader)
        open_ = outbox.count_under_way(self._reader, self.now()).keys()
        if waiting or open_ - worklists_of(self.config):
            return True
        return bool(self.config.partners) and self._referrals.owes()

    def _inbox(self, name: str) -> FeedInbox:
        desk = self.exchanges.desk(name)
        referrals = self._referrals.desk(name) if name in self.config.sources else None
        ready = self._conditions.source_ready
        return FeedInbox(name, self._intake, ready, desk, referrals)

    async def take(self, source: str, body: bytes, control_id: str = "") -> Stored:
        """Store `body` as a message of a source, whatever the source itself is doing.

        Raises KeyError where there is no such source, and what `Inbox.put` raises.
        """
        message = taken(self.config.sources[source], body, control_id)
        return await self._inbox(source).put(message)

    async def decide(self, decision: Decision) -> tuple[Stored, Processed | None]:
        """Carry out what somebody decided about who is who; see `deciding.decide`."""
        return await deciding.decide(self._inbox(FEED), decision)

    async def replay(self, kind: ReplayKind, key: str) -> bool:
        """Let a message be processed, or a delivery sent, again; say if it will.

        Raises HubError where the store cannot record it.
        """
        wanted = replay.Wanted(key, ACTING.get())
        result = await self.write(replay.APPLY[kind], wanted)
        self.pipeline.wake()
        self._wake(set(self.dispatchers))
        return bool(result)

    async def write(self, apply: Apply, payload: Any) -> Any:
        """Do work in the store; return what comes of it once that is committed.

        Raises HubError where it cannot be.
        """
        return await written(self.store.writer, apply, payload)

    async def audit(self, *entries: Entry) -> None:
        """Record what somebody did, or is about to see. Raises HubError."""
        await self.write(record_all, entries)
