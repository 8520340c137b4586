"""Dispatch on a real store, with destinations that follow a script."""

import asyncio
import random
from contextlib import asynccontextmanager
from itertools import chain, groupby

import pytest

from hub.model.delivery import Outcome, Receipt
from hub.runtime.dispatch import CLAIMS_PER_WORKER
from hub.store import outbox as store_outbox
from hub.store import resending
from hub.testing.clock import FakeClock
from tests.plugins import hostile_destinations
from tests.runtime.setting import (
    ACCEPTED,
    FAILED,
    LOST,
    NOW,
    REFUSED,
    ROUTE,
    Scripted,
    config,
    dispatcher,
)

PATIENCE_SECONDS = 30
pytestmark = pytest.mark.usefixtures("quick")


@asynccontextmanager
async def running(dispatcher):
    """Let a dispatcher work; fail where it ends by itself."""
    task = asyncio.create_task(dispatcher.run())
    try:
        yield dispatcher
        assert not task.done(), task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def settled(outbox, *states):
    """Wait until the deliveries are in these states, oldest first."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await asyncio.to_thread(outbox.states) != list(states):  # noqa: ASYNC110  the store is another thread's
            await asyncio.sleep(0.005)


async def add(outbox, *people, **given):
    return await asyncio.to_thread(outbox.add, *people, **given)


async def test_sends_what_is_due_and_records_the_attempt(live_store, outbox):
    destination = Scripted()
    ids = await add(outbox, "anna", "bert")

    async with running(dispatcher(live_store, destination, config())):
        await settled(outbox, "delivered", "delivered")

    assert destination.ids == ids
    assert outbox.query("SELECT outcome, evidence FROM attempt") == [
        ("accepted", "taken"),
        ("accepted", "taken"),
    ]
    assert destination.closed


async def test_sends_again_under_the_same_id_until_it_is_accepted(live_store, outbox):
    destination = Scripted(FAILED, LOST, FAILED)
    [event] = await add(outbox, "anna")

    async with running(dispatcher(live_store, destination, config())) as work:
        await settled(outbox, "delivered")

        assert work.state == "running"
    assert destination.ids == [event] * 4
    assert [artifact.attempt for artifact in destination.sent] == [1, 2, 3, 4]
    assert len({artifact.body for artifact in destination.sent}) == 1


async def test_waits_as_long_as_the_receiver_asks(live_store, outbox):
    clock = FakeClock(NOW)
    asked = Receipt(outcome=Outcome.RETRYABLE, retry_after_seconds=600.0)
    destination = Scripted(asked)
    await add(outbox, "anna")
    work = dispatcher(live_store, destination, config(), clock)

    async with running(work):
        await destination.arrived(1)
        await settled(outbox, "ready")
        clock.advance(599)
        work.wake()
        [(due,)] = outbox.query("SELECT due FROM delivery")
        assert len(destination.sent) == 1
        clock.advance(2)
        await settled(outbox, "delivered")

    assert due == int(NOW.timestamp() + 600) * 1_000_000


async def test_gives_up_after_as_many_attempts_as_are_configured(live_store, outbox):
    destination = Scripted(always=FAILED)
    await add(outbox, "anna")

    async with running(dispatcher(live_store, destination, config(max_attempts=3))):
        await settled(outbox, "dead")

    assert len(destination.sent) == 3


async def test_never_gives_up_while_the_route_is_to_blame(live_store, outbox):
    destination = Scripted(*[ROUTE] * 7)
    await add(outbox, "anna")

    async with running(dispatcher(live_store, destination, config(max_attempts=3))):
        await settled(outbox, "delivered")

    assert len(destination.sent) == 8


async def test_a_dead_letter_holds_back_what_follows_for_its_person_only(
    live_store, outbox
):
    destination = Scripted(REFUSED)
    await add(outbox, "anna")
    work = dispatcher(live_store, destination, config())

    async with running(work):
        await settled(outbox, "dead")
        first, last = await add(outbox, "anna", "bert")
        await settled(outbox, "dead", "ready", "delivered")

        assert destination.ids[1:] == [last]
        [(dead,)] = outbox.query("SELECT id FROM delivery WHERE state = 'dead'")
        await asyncio.to_thread(_replay, live_store, dead)
        await settled(outbox, *["delivered"] * 3)

    assert destination.ids == [destination.ids[0], last, destination.ids[0], first]


def _replay(store, delivery):
    store.writer.call(lambda sql, ids: resending.replay(sql, ids, NOW), delivery)


async def test_a_dead_letter_is_skipped_where_that_is_configured(live_store, outbox):
    destination = Scripted(REFUSED)
    ids = await add(outbox, "anna", "anna")

    async with running(dispatcher(live_store, destination, config(dead_letter="skip"))):
        await settled(outbox, "dead", "delivered")

    assert destination.ids == ids


async def test_what_cannot_be_rendered_is_a_dead_letter_that_is_never_sent(
    live_store, outbox
):
    destination = Scripted()
    await add(outbox, "anna", poison=True)
    [good] = await add(outbox, "bert")

    async with running(dispatcher(live_store, destination, config())):
        await settled(outbox, "dead", "delivered")

    assert destination.ids == [good]
    assert outbox.query("SELECT error_code FROM delivery WHERE state = 'dead'") == [
        ("DELIVERY-004",)
    ]


async def test_suspects_a_dead_destination_and_sends_one_probe_at_a_time(
    live_store, outbox
):
    destination = Scripted(always=FAILED)
    await add(outbox, *[f"person-{n}" for n in range(40)])
    told = config(concurrency=8, retry_initial_seconds=0.05, retry_max_seconds=0.05)
    work = dispatcher(live_store, destination, told)
    most = 0

    async with running(work):
        # What was claimed before anybody was suspicious still goes out.
        await destination.arrived(8 * CLAIMS_PER_WORKER + 2 * 8)
        assert work.state == "suspended"
        for _ in range(100):
            [(count,)] = outbox.query(
                "SELECT count(*) FROM delivery WHERE state = 'claimed'"
            )
            most = max(most, count)
            await asyncio.sleep(0.001)

        assert most <= 1
        destination.always = ACCEPTED
        await settled(outbox, *["delivered"] * 40)
        assert work.state == "running"


class Chaotic:
    """Fails at random, takes its time, and watches the order.

    The first attempt ends when there is a second one beside it, and not before.
    """

    def __init__(self, seed):
        self.chance = random.Random(seed)  # noqa: S311  the same seed, the same game
        self.sent = []
        self.under_way = set()
        self.two_at_once = asyncio.Event()

    async def send(self, artifact):
        lines = artifact.body.decode().splitlines()
        self.sent.append([line.split()[0] for line in lines])
        self.under_way.add(artifact.id)
        if len(self.under_way) > 1:
            self.two_at_once.set()
        await self.two_at_once.wait()
        await asyncio.sleep(self.chance.choice((0, 0, 0.001, 0.003)))
        self.under_way.discard(artifact.id)
        return self.chance.choices((ACCEPTED, FAILED, LOST), (70, 20, 10))[0]

    async def close(self):
        """Have nothing to let go of."""


@pytest.mark.parametrize("together", [1, 5])
@pytest.mark.parametrize("seed", range(4))
async def test_keeps_the_order_of_each_person_through_failures(
    live_store, outbox, seed, together
):
    destination = Chaotic(seed)
    people = [f"person-{n}" for n in range(10)]
    queue = [person for _ in range(8) for person in people]
    destination.chance.shuffle(queue)
    half = len(queue) // 2
    ids = await add(outbox, *queue[:half])
    work = dispatcher(live_store, destination, config(together=together, concurrency=8))

    async with running(work):
        ids += await add(outbox, *queue[half:])
        work.wake()
        await settled(outbox, *["delivered"] * len(queue))
    owners = dict(zip(ids, queue, strict=True))

    assert {event for sent in destination.sent for event in sent} == set(ids)
    for person in people:
        arrived = [
            tuple(ids.index(event) for event in sent if owners[event] == person)
            for sent in destination.sent
        ]
        # The newest may come again, all of it; never anything older.
        once = [sent for sent, _ in groupby(filter(None, arrived))]
        assert list(chain(*once)) == sorted(set(chain(*once)))


async def test_a_batch_that_failed_is_sent_again_the_same(live_store, outbox):
    destination = Scripted(FAILED, LOST)
    await add(outbox, "anna", "bert", "anna")
    work = dispatcher(live_store, destination, config(together=10))

    async with running(work):
        await destination.arrived(1)
        await add(outbox, "bert", "carl")
        await settled(outbox, *["delivered"] * 5)
    first = destination.sent[0]
    again = [each for each in destination.sent if each.id == first.id]
    rest = [each for each in destination.sent if each.id != first.id]

    assert [each.body for each in again] == [first.body] * 3
    assert first.body.count(b"\n") == 3
    assert sum(artifact.body.count(b"\n") for artifact in rest) == 2


async def test_a_batch_holds_no_more_than_is_configured(live_store, outbox):
    destination = Scripted()
    await add(outbox, *[f"person-{n}" for n in range(7)])

    told = config(together=10, max_notices=3)
    async with running(dispatcher(live_store, destination, told)):
        await settled(outbox, *["delivered"] * 7)

    assert [artifact.body.count(b"\n") for artifact in destination.sent] == [3, 3, 1]


async def test_one_poison_notice_in_a_batch_is_set_aside_alone(live_store, outbox):
    destination = Scripted()
    [first] = await add(outbox, "anna")
    await add(outbox, "bert", poison=True)
    [last] = await add(outbox, "carl")

    async with running(dispatcher(live_store, destination, config(together=10))):
        await settled(outbox, "delivered", "dead", "delivered")
    [artifact] = destination.sent

    assert [line.split()[0] for line in artifact.body.decode().splitlines()] == [
        first,
        last,
    ]


async def test_a_poison_notice_in_a_batch_holds_back_what_follows_for_its_person(
    live_store, outbox
):
    destination = Scripted()
    await add(outbox, "anna", poison=True)
    await add(outbox, "anna")
    [other] = await add(outbox, "bert")

    async with running(dispatcher(live_store, destination, config(together=10))):
        await settled(outbox, "dead", "ready", "delivered")
    [artifact] = destination.sent

    assert artifact.body.decode().split()[0] == other


async def test_what_a_killed_hub_had_claimed_is_sent_by_the_next_one(
    live_store, outbox
):
    never = hostile_destinations.Hangs(None)
    await add(outbox, "anna")
    async with running(dispatcher(live_store, never, config())):
        await settled(outbox, "claimed")
    destination = Scripted()
    reopened = await asyncio.to_thread(
        live_store.writer.call, lambda sql, _: [store_outbox.reopen(sql)]
    )

    async with running(dispatcher(live_store, destination, config())):
        await settled(outbox, "delivered")

    assert reopened == 1
    assert destination.sent[0].attempt == 2


@pytest.mark.parametrize(
    "kind", ["hostile-raises", "hostile-returns-junk", "hostile-hangs"]
)
async def test_outlives_a_destination_that_misbehaves(live_store, outbox, kind):
    told = config(max_attempts=2, timeout_seconds=0.02)
    await add(outbox, "anna", "bert")
    destination = hostile_destinations.KINDS[kind](None)

    async with running(dispatcher(live_store, destination, told)):
        await settled(outbox, "dead", "dead")


async def test_outlives_a_receipt_that_is_full_of_junk(live_store, outbox):
    junk = Receipt(outcome="fine", evidence=None, error_code=7)
    await add(outbox, "anna")

    async with running(dispatcher(live_store, Scripted(junk), config())):
        await settled(outbox, "delivered")


async def test_stops_though_a_destination_ignores_being_cancelled(live_store, outbox):
    await add(outbox, "anna")
    stubborn = hostile_destinations.Stubborn(None)
    task = asyncio.create_task(
        dispatcher(live_store, stubborn, config(timeout_seconds=60)).run()
    )
    await settled(outbox, "claimed")

    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=5)
    task.cancel()
    await asyncio.wait({task}, timeout=5)

    assert done
