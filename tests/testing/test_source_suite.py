"""The source suite passes a good source and fails each broken one.

The messages are synthetic.
"""

import asyncio
import contextlib
from datetime import UTC, datetime

import pytest
import structlog

from hub.errors import HubError
from hub.model.message import RawMessage
from hub.testing import SourceContract

SAMPLES = [b"synthetic first", b"synthetic second"]


class LineSource:
    """Takes a line as a message and answers with a line."""

    async def run(self, inbox):
        self.inbox = inbox
        self.peers = set()
        server = await asyncio.start_server(self._tracked, "127.0.0.1", 0)
        try:
            host, port = server.sockets[0].getsockname()
            self.report(f"{host}:{port}")
            await self.wait()
        finally:
            server.close()
            for peer in self.peers:
                peer.cancel()
            await asyncio.gather(*self.peers, return_exceptions=True)

    def report(self, address):
        self.inbox.report_ready(address)

    async def wait(self):
        await asyncio.Event().wait()

    async def _tracked(self, reader, writer):
        task = asyncio.current_task()
        self.peers.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await self.talk(reader, writer)
        finally:
            self.peers.discard(task)
            writer.close()

    async def talk(self, reader, writer):
        while line := await reader.readline():
            try:
                await self.put(line.rstrip(b"\n"))
            except HubError:
                return
            writer.write(b"OK\n")
            await writer.drain()

    async def put(self, body):
        return await self.inbox.put(
            RawMessage(
                body=body, media_type="text/plain", received_at=datetime.now(tz=UTC)
            )
        )


async def exchange(address, body):
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(body + b"\n")
        return await reader.readline() or None
    except OSError:
        return None
    finally:
        writer.close()


class LineSuite(SourceContract):
    answer_seconds = 0.5

    @pytest.fixture
    def source(self):
        return LineSource()

    @pytest.fixture
    def samples(self):
        return SAMPLES

    @pytest.fixture
    def exchange(self):
        return exchange

    @pytest.fixture
    def canaries(self):
        return ["synthetic first"]


class TestLineSource(LineSuite):
    """A good source passes."""


class ChangesTheBody(LineSource):
    async def put(self, body):
        return await super().put(body.upper())


class AnswersFirst(LineSource):
    async def talk(self, reader, writer):
        while line := await reader.readline():
            writer.write(b"OK\n")
            await self.put(line.rstrip(b"\n"))


class AnswersARefusal(LineSource):
    async def put(self, body):
        with contextlib.suppress(HubError):
            return await super().put(body)


class DiesOfARefusal(LineSource):
    async def run(self, inbox):
        self.failed = asyncio.Event()
        await super().run(inbox)

    async def wait(self):
        await self.failed.wait()

    async def put(self, body):
        try:
            return await super().put(body)
        except HubError:
            self.failed.set()
            raise


class TalksToOnePeerOnly(LineSource):
    async def talk(self, reader, writer):
        if len(self.peers) > 1 or getattr(self, "lost", False):
            return
        await super().talk(reader, writer)
        self.lost = writer.transport.is_closing() or reader.at_eof()


class RepeatsNoAnswer(LineSource):
    async def talk(self, reader, writer):
        line = await reader.readline()
        if not (await self.put(line.rstrip(b"\n"))).duplicate:
            writer.write(b"OK\n")


class IgnoresCancellation(LineSource):
    async def wait(self):
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()


class ReportsNothing(LineSource):
    def report(self, _address):
        self.inbox.report_ready("")


class NeverReady(LineSource):
    def report(self, address):
        self.address = address


class AnswersOnTheWayOut(LineSource):
    async def talk(self, reader, writer):
        try:
            await super().talk(reader, writer)
        except asyncio.CancelledError:
            writer.write(b"OK\n")
            raise


class LogsTheBody(LineSource):
    async def put(self, body):
        structlog.get_logger().info("message.received", body=body.decode())
        return await super().put(body)


BROKEN = {
    "test_stores_each_message_unchanged": ChangesTheBody,
    "test_answers_nothing_before_the_store_has_the_message": AnswersFirst,
    "test_gives_no_positive_answer_where_the_store_refuses": AnswersARefusal,
    "test_goes_on_after_the_store_refused": DiesOfARefusal,
    "test_goes_on_after_a_peer_vanished": TalksToOnePeerOnly,
    "test_answers_a_repeated_message_again": RepeatsNoAnswer,
    "test_stops_when_cancelled": IgnoresCancellation,
    "test_reports_the_address_where_it_receives": ReportsNothing,
    "test_stops_while_a_message_waits_for_the_store": AnswersOnTheWayOut,
}


@pytest.mark.parametrize("claim", BROKEN)
async def test_fails_a_broken_source(claim):
    given = {"source": BROKEN[claim](), "samples": SAMPLES, "exchange": exchange}
    if claim in {
        "test_stops_when_cancelled",
        "test_reports_the_address_where_it_receives",
    }:
        del given["samples"], given["exchange"]

    with pytest.raises(AssertionError):
        await getattr(LineSuite(), claim)(**given)


async def test_fails_a_source_that_logs_what_it_received(caplog):
    with pytest.raises(AssertionError, match="canaries"):
        await LineSuite().test_logs_hold_nothing_of_a_message(
            LogsTheBody(), SAMPLES, exchange, ["synthetic first"], caplog
        )


async def test_fails_a_source_that_is_never_ready(monkeypatch):
    monkeypatch.setattr("hub.testing.source.STOP_SECONDS", 0.2)

    with pytest.raises(AssertionError, match="ready"):
        await LineSuite().test_reports_the_address_where_it_receives(NeverReady())


def test_covers_every_claim_of_the_suite():
    claims = {name for name in vars(SourceContract) if name.startswith("test_")}

    assert claims == {*BROKEN, "test_logs_hold_nothing_of_a_message"}
