"""What every source must do.

A third party subclasses the suite and plays the peer::

    class TestMyListener(SourceContract):
        @pytest.fixture
        def source(self):
            return MyListener(MySettings(kind="my-listener", port=0))

        @pytest.fixture
        def samples(self):
            return [b"first", b"second"]

        @pytest.fixture
        def exchange(self):
            async def exchange(address, body):
                reader, writer = await asyncio.open_connection(*address.split(":"))
                ...
                return answer  # or None, where the source closed without one

            return exchange

For a source that fetches, such as one that watches a folder, the peer puts a
file there, and its answer is what tells it that the file was taken.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest
from structlog.testing import capture_logs

from hub.contract import Source
from hub.testing.inbox import MemoryInbox, StoreRefusedError

#: Plays the peer: sends one body to an address and returns the answer to it.
Exchange = Callable[[str, bytes], Awaitable[bytes | None]]

STOP_SECONDS = 5.0


@contextlib.asynccontextmanager
async def running(source: Source, inbox: MemoryInbox) -> AsyncIterator[str]:
    """Run `source` for the length of the block; give the address it reported.

    Raises what the source raised, and AssertionError where the source reports no
    address or does not stop in time when it is cancelled.
    """
    task = asyncio.create_task(source.run(inbox))
    ready = asyncio.create_task(inbox.ready())
    try:
        await asyncio.wait(
            {task, ready}, timeout=STOP_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        await _raise_if_over(task)
        assert ready.done(), "the source never reported that it is ready"
        yield ready.result()
        await _raise_if_over(task)
    finally:
        ready.cancel()
        await stopped(task)


async def _raise_if_over(task: "asyncio.Task[None]") -> None:
    if task.done():
        await task
        raise AssertionError("the source returned before it was cancelled")


async def stopped(task: "asyncio.Task[None]") -> None:
    """Cancel `task` and wait; AssertionError where it goes on all the same."""
    task.cancel()
    _, pending = await asyncio.wait({task}, timeout=STOP_SECONDS)
    assert not pending, f"the source went on {STOP_SECONDS} s after it was cancelled"
    if not task.cancelled():
        task.exception()  # looked at, so that asyncio does not complain at the end


class SourceContract:
    """Subclass in a plugin's tests and provide the three fixtures."""

    #: How long the peer waits for an answer before it takes silence for none.
    answer_seconds = 5.0
    #: How long no answer may come while the store still works.
    silence_seconds = 0.2

    @pytest.fixture
    def source(self) -> Source:
        """Return a source, built but not running."""
        raise NotImplementedError

    @pytest.fixture
    def samples(self) -> Sequence[bytes]:
        """Return at least two different messages that the source accepts."""
        raise NotImplementedError

    @pytest.fixture
    def exchange(self) -> Exchange:
        """Return what plays the peer."""
        raise NotImplementedError

    @pytest.fixture
    def canaries(self) -> Sequence[str]:
        """Return pieces of the samples that no log may hold, such as names."""
        return ()

    def positive(self, answer: bytes | None) -> bool:
        """Say whether `answer` tells the peer that the hub has the message.

        Override where the protocol can also refuse; by default any answer does.
        """
        return answer is not None

    @pytest.mark.asyncio
    async def test_reports_the_address_where_it_receives(self, source: Source) -> None:
        """An operator, and every test with port 0, learns the address from it."""
        async with running(source, MemoryInbox()) as address:
            assert address

    @pytest.mark.asyncio
    async def test_stores_each_message_unchanged(
        self, source: Source, samples: Sequence[bytes], exchange: Exchange
    ) -> None:
        """What is stored is what the peer meant, byte for byte."""
        inbox = MemoryInbox()

        async with running(source, inbox) as address:
            for body in samples:
                await self._accepted(exchange, address, body)

        assert [message.body for message in inbox.messages] == list(samples)
        assert all(message.media_type for message in inbox.messages)
        assert all(message.received_at.tzinfo for message in inbox.messages)

    @pytest.mark.asyncio
    async def test_answers_nothing_before_the_store_has_the_message(
        self, source: Source, samples: Sequence[bytes], exchange: Exchange
    ) -> None:
        """An answer that comes first is a lost message after a power cut (G1)."""
        inbox = MemoryInbox()

        async with running(source, inbox) as address:
            inbox.hold()
            asking = asyncio.create_task(self._ask(exchange, address, samples[0]))
            await _in_time(inbox.arrivals(1))
            early, _ = await asyncio.wait({asking}, timeout=self.silence_seconds)
            inbox.release()
            answer = await asking

        assert not early
        assert self.positive(answer)

    @pytest.mark.asyncio
    async def test_gives_no_positive_answer_where_the_store_refuses(
        self, source: Source, samples: Sequence[bytes], exchange: Exchange
    ) -> None:
        """The peer keeps its message and sends it again."""
        inbox = MemoryInbox()
        inbox.fail_with(StoreRefusedError())

        async with running(source, inbox) as address:
            answer = await self._ask(exchange, address, samples[0])

        assert not self.positive(answer)
        assert not inbox.messages

    @pytest.mark.asyncio
    async def test_goes_on_after_the_store_refused(
        self, source: Source, samples: Sequence[bytes], exchange: Exchange
    ) -> None:
        """A full disk is a pause, not an end."""
        inbox = MemoryInbox()
        inbox.fail_with(StoreRefusedError())

        async with running(source, inbox) as address:
            await self._ask(exchange, address, samples[0])
            inbox.fail_with(None)
            await self._accepted(exchange, address, samples[1])

        assert samples[1] in [message.body for message in inbox.messages]

    @pytest.mark.asyncio
    async def test_goes_on_after_a_peer_vanished(
        self, source: Source, samples: Sequence[bytes], exchange: Exchange
    ) -> None:
        """A peer that leaves before its answer costs nobody else theirs (G12)."""
        inbox = MemoryInbox()

        async with running(source, inbox) as address:
            inbox.hold()
            asking = asyncio.create_task(self._ask(exchange, address, samples[0]))
            await _in_time(inbox.arrivals(1))
            asking.cancel()
            await asyncio.wait({asking})
            inbox.release()
            await self._accepted(exchange, address, samples[1])

        assert samples[1] in [message.body for message in inbox.messages]

    @pytest.mark.asyncio
    async def test_answers_a_repeated_message_again(
        self, source: Source, samples: Sequence[bytes], exchange: Exchange
    ) -> None:
        """The first answer may have been lost, so the second time counts too."""
        inbox = MemoryInbox()

        async with running(source, inbox) as address:
            await self._accepted(exchange, address, samples[0])
            await self._accepted(exchange, address, samples[0])

        assert [message.body for message in inbox.messages] == [samples[0]]

    @pytest.mark.asyncio
    async def test_stops_when_cancelled(self, source: Source) -> None:
        """`running` asserts it; the source ends as cancelled, not by itself."""
        inbox = MemoryInbox()
        task = asyncio.create_task(source.run(inbox))
        await _in_time(inbox.ready())

        await stopped(task)

        assert task.cancelled()

    @pytest.mark.asyncio
    async def test_stops_while_a_message_waits_for_the_store(
        self, source: Source, samples: Sequence[bytes], exchange: Exchange
    ) -> None:
        """A stop never turns into an acknowledgement."""
        inbox = MemoryInbox()
        inbox.hold()

        async with running(source, inbox) as address:
            asking = asyncio.create_task(self._ask(exchange, address, samples[0]))
            await _in_time(inbox.arrivals(1))

        assert not self.positive(await asking)

    @pytest.mark.asyncio
    async def test_logs_hold_nothing_of_a_message(
        self,
        source: Source,
        samples: Sequence[bytes],
        exchange: Exchange,
        canaries: Sequence[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Logs are read by people who may not read the messages."""
        caplog.set_level("DEBUG")

        with capture_logs() as logs:
            async with running(source, MemoryInbox()) as address:
                for body in samples:
                    await self._accepted(exchange, address, body)

        written = repr(logs) + caplog.text
        leaked = [place for place, text in enumerate(canaries) if text in written]
        assert not leaked, f"the canaries at {leaked} appear in the logs"

    async def _ask(self, exchange: Exchange, address: str, body: bytes) -> bytes | None:
        try:
            async with asyncio.timeout(self.answer_seconds):
                return await exchange(address, body)
        except OSError:  # TimeoutError is one
            return None

    async def _accepted(self, exchange: Exchange, address: str, body: bytes) -> None:
        answer = await self._ask(exchange, address, body)
        assert self.positive(answer), "the peer got no positive answer"


async def _in_time(awaitable: Awaitable[object]) -> None:
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await awaitable
    except TimeoutError:
        raise AssertionError("the source put no message, or was never ready") from None
