"""Time that a test turns, and sources that a test runs round by round."""

import asyncio
import contextlib

import msgspec

from hub.testing import FakeClock, MemoryInbox, running

#: A source that waits for longer than that has ended a round.
ROUND_SECONDS = 1800


class TurnedClock:
    """Waits take no time, but for those between two rounds: `turn` ends them."""

    def __init__(self, start=None):
        self.time = FakeClock(start)
        self.slept = []
        self.rounds = 0
        self._turns = asyncio.Semaphore(0)
        self._rested = asyncio.Condition()

    def now(self):
        return self.time.now()

    def chance(self):
        return 0.5

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.time.advance(seconds)
        if seconds < ROUND_SECONDS:
            await asyncio.sleep(0)
            return
        async with self._rested:
            self.rounds += 1
            self._rested.notify_all()
        await self._turns.acquire()

    def turn(self):
        self._turns.release()

    async def rested(self, rounds):
        async with asyncio.timeout(10), self._rested:
            await self._rested.wait_for(lambda: self.rounds >= rounds)


class Rounds:
    """A source at work: each `next` is one round of it, and returns what it put."""

    def __init__(self, inbox, clock):
        self.inbox, self._clock, self._rounds = inbox, clock, 0

    async def next(self, **time):
        if self._rounds:
            self._clock.time.advance(**time)
            self._clock.turn()
        self._rounds += 1
        before = len(self.inbox.received)
        await self._clock.rested(self._rounds)
        (message,) = self.inbox.received[before:]
        return message

    async def snapshot(self, **time):
        return Snapshot((await self.next(**time)).body)


class Snapshot:
    """A snapshot, taken apart."""

    def __init__(self, body):
        self.first, *lines = map(msgspec.json.decode, body.splitlines())
        self.records = {
            (each["type"], each["record"].get("id")): each["record"]
            for each in lines
            if "record" in each
        }
        self.gone = [
            (each["gone"]["type"], each["gone"]["id"])
            for each in lines
            if "gone" in each
        ]
        self.seen = {each["seen"]["id"] for each in lines if "seen" in each}

    @property
    def mode(self):
        return self.first["mode"]

    @property
    def complete(self):
        return self.first["complete"]

    @property
    def services(self):
        return sorted(key for kind, key in self.records if kind == "service")


@contextlib.asynccontextmanager
async def rounds_of(source, clock, inbox=None):
    """Run a source for the length of the block."""
    inbox = inbox or MemoryInbox()
    async with running(source, inbox):
        yield Rounds(inbox, clock)


async def failure(source, inbox=None):
    """Run a source until it raises; return the error."""
    try:
        async with asyncio.timeout(10):
            await source.run(inbox or MemoryInbox())
    except Exception as error:  # noqa: BLE001 - the test looks at what it is
        return error


class HastyClock:
    """A clock on which no wait takes long. For sources that a peer drives."""

    def __init__(self):
        self._time = FakeClock()
        self.now = self._time.now

    def chance(self):
        return 0.5

    async def sleep(self, seconds):
        self._time.advance(seconds)
        await asyncio.sleep(0.005)


class Witnessed:
    """A source, and what the hub stored of what it put: the peer's only answer."""

    def __init__(self, source, told=lambda body: body):
        self._source = source
        self.told = told
        self.stored = []
        self.changed = asyncio.Condition()

    async def run(self, inbox):
        await self._source.run(_Witness(inbox, self))

    async def taken(self, body):
        async with self.changed:
            await self.changed.wait_for(lambda: body in self.stored)
        return b"stored"


class _Witness:
    def __init__(self, inbox, witnessed):
        self._inbox, self._witnessed = inbox, witnessed

    def __getattr__(self, name):
        return getattr(self._inbox, name)

    async def put(self, message):
        body = self._witnessed.told(message.body)
        stored = await self._inbox.put(msgspec.structs.replace(message, body=body))
        async with self._witnessed.changed:
            self._witnessed.stored.append(body)
            self._witnessed.changed.notify_all()
        return stored
