"""Dispatch: one destination's deliveries, claimed, sent and settled.

Each destination has its own dispatcher, so that a slow or dead one delays no
other. Its workers send at once as many artifacts as the configuration allows;
the outbox sees to it that the notices about one person stay in order.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import structlog

from hub.config.tables import DestinationConfig
from hub.contract import Destination
from hub.errors import HubError, Recovery
from hub.metrics import Metrics
from hub.model.delivery import Artifact, DeliveryState, Receipt
from hub.runtime.backoff import Backoff, Breaker, next_step
from hub.runtime.exchanges.numbering import numbering_of
from hub.runtime.sending import attempt, refusal, render, unsent
from hub.runtime.tasks import asked_to_end
from hub.store import outbox, rechecks
from hub.store.exchanges.sent import Numbered
from hub.store.outbox import Claim, Claimed
from hub.store.rechecks import Rechecked
from hub.store.writer import Apply, Writer
from hub.threads import in_thread

log = structlog.get_logger()

#: Without a sign of new deliveries a dispatcher looks by itself this often.
POLL_SECONDS = 1.0
#: How many claims may wait in memory for each worker: enough to keep it busy.
CLAIMS_PER_WORKER = 4

Batch = list[Claimed]

#: Says what holds now of deliveries to a destination.
Recheck = Callable[[str, Sequence[Claimed], datetime], list[Rechecked]]


def _now() -> datetime:
    return datetime.now(UTC)


class Dispatcher:
    """Sends what is due to one destination, until cancelled.

    `folder` is the data folder, where what goes out as files is kept.
    """

    def __init__(
        self,
        config: DestinationConfig,
        destination: Destination,
        writer: Writer,
        metrics: Metrics,
        clock: Callable[[], datetime] = _now,
        recheck: Recheck | None = None,
        folder: Path | None = None,
    ) -> None:
        self._config = config
        self._numbering = numbering_of(config, folder, self._commit)
        self._recheck = recheck
        self._settings = config.settings
        self._destination = destination
        self._writer = writer
        self._metrics = metrics
        self._clock = clock
        self._together = config.max_notices > 1
        self._backoff = Backoff(
            config.settings.retry_initial_seconds, config.settings.retry_max_seconds
        )
        self._breaker = Breaker(self._backoff)
        self._wake = asyncio.Event()
        self._workers = config.settings.concurrency
        self._work: asyncio.Queue[Batch] = asyncio.Queue(self._workers)
        self.last_error_code = ""

    @property
    def name(self) -> str:
        """The name of the destination in the configuration."""
        return self._config.name

    @property
    def state(self) -> str:
        """What an operator would call the destination's condition."""
        return "suspended" if self._breaker.open else "running"

    def wake(self) -> None:
        """Say that there may be something to send. Event loop only."""
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled. What is under way then is sent again later."""
        structlog.contextvars.bind_contextvars(destination=self.name)
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(self._workers):
                    tasks.create_task(self._send_from_queue())
                tasks.create_task(self._claim_into_queue())
        finally:
            await self._destination.close()

    async def _claim_into_queue(self) -> None:
        while True:
            self._wake.clear()
            wait = self._breaker.wait_seconds(self._clock())
            if wait:  # new work does not make a dead destination answer
                await asyncio.sleep(min(wait, POLL_SECONDS))
                continue
            batches = await self._claim()
            if not batches:
                await self._rest()
            for batch in batches:
                await self._work.put(batch)
            if self._breaker.open:
                await self._work.join()  # one probe, then think again

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _claim(self) -> list[Batch]:
        """Claim what is due: one artifact's worth, or single deliveries."""
        most = self._config.max_notices if self._together else self._workers
        if not self._together:
            most *= CLAIMS_PER_WORKER
        claim = Claim(
            destination=self.name,
            now=self._clock(),
            most=1 if self._breaker.open and not self._together else most,
            together=self._together,
            hold=self._settings.dead_letter == "hold",
        )
        claimed = await self._commit(outbox.claim, claim)
        if self._together:
            return [claimed] if claimed else []
        return [[each] for each in claimed]

    async def _send_from_queue(self) -> None:
        while not asked_to_end():
            batch = await self._work.get()
            try:
                await self._send(batch)
            except HubError:  # it is said already; the claim ends with this hub
                continue
            finally:
                self._work.task_done()
                self._wake.set()

    async def _send(self, batch: Batch) -> None:
        batch = await self._decided_anew(batch)
        if not batch:
            return
        started = self._clock()
        try:
            artifact = await self._render(batch)
        except HubError as error:
            await self._set_aside(batch, refusal(error), started)
            return
        try:
            artifact, file = await self._number(artifact, batch)
        except HubError as error:
            await self._settle(batch, unsent(error), started)
            return
        receipt = await attempt(
            self._destination, artifact, self._settings.timeout_seconds
        )
        self._hear(receipt)
        digest = sha256(artifact.body).hexdigest()
        await self._settle(batch, receipt, started, digest, file)

    async def _number(
        self, artifact: Artifact, batch: Batch
    ) -> tuple[Artifact, Numbered | None]:
        """Return an artifact as it goes out; the files of a partner are numbered."""
        if self._numbering is None:
            return artifact, None
        return await self._numbering.number(artifact, batch, self._clock())

    async def _decided_anew(self, batch: Batch) -> Batch:
        """Return `batch` on the terms that hold now; nothing where some may not go.

        What was decided on something that has changed since is decided anew, and that
        is recorded. What may not go any more leaves the line; the rest of its artifact
        is given back, and is another artifact then.
        """
        stale = [each for each in batch if each.stale]
        if not stale or self._recheck is None:
            return batch
        checked = await in_thread(self._recheck, self.name, stale, self._clock())
        await self._commit(rechecks.record, checked)
        anew = {each.claimed.seq: each.going for each in checked if each.permitted}
        going = [each for each in batch if not each.stale or each.seq in anew]
        if len(going) < len(batch):
            for each in checked:
                self._tell_withheld(each)
            await self._commit(outbox.release, going)
            return []
        return [anew.get(each.seq, each) for each in going]

    def _tell_withheld(self, checked: Rechecked) -> None:
        if checked.permitted:
            return
        held = checked.verdict == "hold"
        report = log.error if held else log.info
        report(
            "delivery.held" if held else "delivery.withheld",
            delivery_id=checked.claimed.id,
            reason=checked.reason,
            stage="sending",
        )

    def _hear(self, receipt: Receipt) -> None:
        """Take note of an attempt; say when the destination fails, and recovers."""
        before = self._breaker.open
        self._breaker.heard(receipt, self._clock())
        if self._breaker.open and not before:
            error = HubError.catalogue.get(receipt.error_code)
            log.warning(
                "destination.suspended",
                error_code=receipt.error_code,
                reason=error.summary if error else "",
                action=error.remedy if error else "",
            )
        elif before and not self._breaker.open:
            log.warning("destination.resumed")

    async def _render(self, batch: Batch) -> Artifact:
        """Make the artifact; a large one on a thread, so that no sender waits."""
        if len(batch) == 1:
            return render(self._config, batch)
        return await in_thread(render, self._config, batch)

    async def _set_aside(
        self, batch: Batch, receipt: Receipt, started: datetime
    ) -> None:
        """Find what of a batch cannot be rendered, and give the rest back.

        It is claimed again without what was given up, and in the order that a dead
        letter leaves: notices about the same person may have to wait for it.
        """
        bad = [each for each in batch if len(batch) == 1 or not self._renders(each)]
        await self._settle(bad or batch, receipt, started)
        rest = [each for each in batch if bad and each not in bad]
        if rest:
            await self._commit(outbox.release, rest)

    def _renders(self, claimed: Claimed) -> bool:
        try:
            render(self._config, [claimed])
        except HubError:
            return False
        return True

    async def _settle(
        self,
        batch: Batch,
        receipt: Receipt,
        started: datetime,
        digest: str = "",
        file: Numbered | None = None,
    ) -> None:
        ended = self._clock()
        settled = [
            self._settled(each, receipt, started, ended)._replace(digest=digest)
            for each in batch
        ]
        if self._numbering is None or file is None:
            await self._commit(outbox.settle, settled)
        else:
            await self._numbering.settle(file, settled, receipt)
        self._metrics.attempted(self.name, receipt.outcome.value, len(batch))
        self.last_error_code = receipt.error_code
        for each in settled:
            self._tell(each)

    def _settled(
        self, claimed: Claimed, receipt: Receipt, started: datetime, ended: datetime
    ) -> outbox.Settled:
        wait = receipt.retry_after_seconds or self._backoff.seconds(claimed.counted)
        return outbox.Settled(
            claimed=claimed,
            state=next_step(receipt, claimed.counted, self._settings),
            due=ended + timedelta(seconds=wait),
            started_at=started,
            ended_at=ended,
            outcome=receipt.outcome,
            evidence=receipt.evidence,
            error_code=receipt.error_code,
        )

    def _tell(self, settled: outbox.Settled) -> None:
        if settled.state is DeliveryState.READY:
            log.info(
                "delivery.postponed",
                delivery_id=settled.claimed.id,
                outcome=settled.outcome.value,
                error_code=settled.error_code,
                attempts=settled.claimed.attempts,
                stage="sending",
            )
            return
        self._metrics.delivery_settled(self.name, settled.state.value)
        if settled.state is DeliveryState.DEAD:
            log.error(
                "delivery.given_up",
                delivery_id=settled.claimed.id,
                error_code=settled.error_code,
                attempts=settled.claimed.attempts,
                stage="sending",
            )

    async def _commit(self, apply: Apply, payload: Any) -> Any:
        """Have the writer do something and wait until it is committed.

        While the store has no room the destination waits with it: an attempt
        whose result is not recorded would only be made again.
        """
        while True:
            result: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            self._writer.submit(apply, payload, _settler(result))
            answer = await result
            if not isinstance(answer, HubError):
                return answer
            log.error("outbox.refused", error_code=answer.code)
            if answer.recovery is not Recovery.RETRY:
                raise answer
            await asyncio.sleep(POLL_SECONDS)


def _settler(future: "asyncio.Future[Any]") -> Callable[[Any], None]:
    def settle(result: Any) -> None:
        if not future.done():  # else its waiter was cancelled
            future.set_result(result)

    return settle
