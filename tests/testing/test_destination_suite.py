"""The destination suite passes a good destination and fails each broken one."""

import asyncio

import pytest
import structlog

from hub.errors import HubError, Recovery
from hub.model.delivery import Outcome, Receipt
from hub.testing import DestinationContract


class ShelfClosedError(HubError):
    code = "SHELF-001"
    summary = "The shelf is closed"
    remedy = "Open it"
    recovery = Recovery.RETRY


class Shelf:
    """Keeps the artifacts of one recipient under their ids."""

    def __init__(self, *, is_open=True):
        self.is_open = is_open
        self.closed = False
        self.sent = []
        self.kept = {}

    async def send(self, artifact):
        await asyncio.sleep(0)
        if not self.is_open:
            return Receipt(outcome=Outcome.RETRYABLE, error_code="SHELF-001")
        self.keep(artifact)
        return Receipt(outcome=Outcome.ACCEPTED, evidence="kept")

    def keep(self, artifact):
        self.sent.append(artifact)
        self.kept[artifact.id] = artifact.body

    async def close(self):
        self.closed = True


class ShelfSuite(DestinationContract):
    deduplicates = True
    attempt_seconds = 0.5

    @pytest.fixture
    def destination(self):
        return Shelf()

    @pytest.fixture
    def received(self, destination):
        return lambda: list(destination.kept.values())

    @pytest.fixture
    def unreachable(self):
        return Shelf(is_open=False)


class TestShelf(ShelfSuite):
    """A good destination passes."""


class TestHeap(ShelfSuite):
    """So does one that keeps both copies."""

    deduplicates = False

    @pytest.fixture
    def received(self, destination):
        return lambda: [artifact.body for artifact in destination.sent]

    @pytest.fixture
    def received_ids(self, destination):
        return lambda: [artifact.id for artifact in destination.sent]

    async def test_a_cancelled_send_leaves_the_destination_usable(self, destination):
        """The heap has more than the shelf; the shelf shows the claim."""


class CutsTheBody(Shelf):
    def keep(self, artifact):
        self.kept[artifact.id] = artifact.body.replace(b"\r\n", b"\n")[:10]


class KeepsOne(Shelf):
    def keep(self, artifact):
        self.kept = {artifact.id: artifact.body}


class KeepsBoth(Shelf):
    def keep(self, artifact):
        self.kept[len(self.kept)] = artifact.body


class ForgetsTheCode(Shelf):
    async def send(self, artifact):
        if not self.is_open:
            return Receipt(outcome=Outcome.RETRYABLE, error_code="SHELF-999")
        return await super().send(artifact)


class BlamesTheArtifact(Shelf):
    async def send(self, artifact):
        if not self.is_open:
            return Receipt(outcome=Outcome.PERMANENT, error_code="SHELF-001")
        return await super().send(artifact)


class QuotesTheBody(Shelf):
    async def send(self, artifact):
        receipt = await super().send(artifact)
        return Receipt(
            outcome=receipt.outcome,
            error_code=receipt.error_code,
            evidence=artifact.body.decode(),
        )


class LogsTheBody(Shelf):
    async def send(self, artifact):
        structlog.get_logger().info("artifact.sent", body=artifact.body)
        return await super().send(artifact)


class StaysLocked(Shelf):
    """Takes a lock and lets go of it only where nothing went wrong."""

    def __init__(self, **given):
        super().__init__(**given)
        self.lock = asyncio.Lock()

    async def send(self, artifact):
        await self.lock.acquire()
        receipt = await super().send(artifact)
        self.lock.release()
        return receipt


class ClosesOnce(Shelf):
    async def close(self):
        assert not self.closed
        self.closed = True


class ReturnsNothing(Shelf):
    async def send(self, artifact):
        await super().send(artifact)


def kept(shelf):
    return lambda: list(shelf.kept.values())


@pytest.mark.parametrize("broken", [CutsTheBody, ReturnsNothing])
async def test_fails_what_does_not_deliver(broken):
    shelf = broken()

    with pytest.raises(AssertionError):
        await ShelfSuite().test_delivers_the_body_unchanged(
            shelf, kept(shelf), b"\x00\xff\r\n\x1c\r"
        )


async def test_fails_what_forgets_the_artifact_before():
    shelf = KeepsOne()

    with pytest.raises(AssertionError):
        await ShelfSuite().test_delivers_one_artifact_after_the_other(
            shelf, kept(shelf)
        )


async def test_fails_what_keeps_two_although_it_says_one():
    shelf = KeepsBoth()

    with pytest.raises(AssertionError):
        await ShelfSuite().test_sending_again_is_accepted_and_recognisable(
            shelf, kept(shelf), None
        )


async def test_fails_two_copies_under_different_ids():
    shelf = KeepsBoth()

    with pytest.raises(AssertionError):
        await TestHeap().test_sending_again_is_accepted_and_recognisable(
            shelf, kept(shelf), lambda: ["1", "2"]
        )


@pytest.mark.parametrize("broken", [ForgetsTheCode, BlamesTheArtifact])
async def test_fails_a_wrong_verdict_about_the_network(broken):
    with pytest.raises(AssertionError):
        await ShelfSuite().test_unreachable_peer_asks_for_another_attempt(
            broken(is_open=False)
        )


@pytest.mark.parametrize("broken", [QuotesTheBody, LogsTheBody])
async def test_fails_what_shows_the_body(broken, caplog):
    with pytest.raises(AssertionError, match="quotes"):
        await ShelfSuite().test_receipts_and_logs_hold_nothing_of_the_body(
            broken(), broken(is_open=False), caplog
        )


async def test_fails_what_a_cancellation_breaks():
    shelf = StaysLocked()

    with pytest.raises((AssertionError, TimeoutError)):
        await ShelfSuite().test_a_cancelled_send_leaves_the_destination_usable(
            shelf, kept(shelf), 1
        )


async def test_fails_what_closes_only_once():
    with pytest.raises(AssertionError):
        await ShelfSuite().test_may_be_closed_twice_used_or_not(
            ClosesOnce(), ClosesOnce(is_open=False)
        )
