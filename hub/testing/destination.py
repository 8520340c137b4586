"""What every destination must do.

A third party subclasses the suite and runs a real peer on loopback::

    class TestMyWriter(DestinationContract):
        deduplicates = True

        @pytest.fixture
        async def destination(self, server):
            writer = MyWriter(MySettings(kind="my-writer", port=server.port, ...))
            yield writer
            await writer.close()

        @pytest.fixture
        def received(self, server):
            return lambda: server.bodies

        @pytest.fixture
        async def unreachable(self, unused_tcp_port):
            writer = MyWriter(MySettings(kind="my-writer", port=unused_tcp_port, ...))
            yield writer
            await writer.close()
"""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from structlog.testing import capture_logs

from hub.contract import Destination
from hub.errors import HubError
from hub.model.delivery import Artifact, Outcome, Receipt

#: Gives the bodies that the peer has now, in the order in which it got them.
Received = Callable[[], Sequence[bytes]]
#: Gives the id that the peer saw with each of them.
ReceivedIds = Callable[[], Sequence[str]]

CANARY = "Kanarienvogel4711"


def artifact(name: str = "1", body: bytes = b"synthetic body") -> Artifact:
    """Return a text artifact; its id is a function of `name`."""
    return Artifact(
        id=f"artifact-{name}", body=body, media_type="text/plain", suffix=".txt"
    )


class DestinationContract:
    """Subclass in a plugin's tests and provide the three fixtures.

    `deduplicates` says whether the peer holds an artifact that was sent twice
    once, as with a file of the same name, or keeps both and tells by the id that
    they are the same.
    """

    deduplicates: bool = False
    #: How long one attempt may take.
    attempt_seconds = 10.0

    @pytest.fixture
    def destination(self) -> Destination:
        """Return a destination whose peer accepts everything."""
        raise NotImplementedError

    @pytest.fixture
    def received(self) -> Received:
        """Return what tells the bodies that the peer of `destination` has."""
        raise NotImplementedError

    @pytest.fixture
    def received_ids(self) -> ReceivedIds | None:
        """Return what tells the ids that the peer saw, where it can see them."""
        return None

    @pytest.fixture
    def unreachable(self) -> Destination:
        """Return a destination whose peer does not answer."""
        raise NotImplementedError

    @pytest.mark.asyncio
    @pytest.mark.parametrize(
        "body", [b"x", b"\x00\xff\r\n\x1c\r", bytes(range(256)) * 512]
    )
    async def test_delivers_the_body_unchanged(
        self, destination: Destination, received: Received, body: bytes
    ) -> None:
        """Bytes that are not text go through too."""
        receipt = await self._send(destination, artifact(body=body))

        assert receipt.outcome is Outcome.ACCEPTED
        assert list(received()) == [body]

    @pytest.mark.asyncio
    async def test_delivers_one_artifact_after_the_other(
        self, destination: Destination, received: Received
    ) -> None:
        """Nothing of the first send is in the way of the next."""
        bodies = [b"first", b"second", b"third"]
        for body in bodies:
            await self._send(destination, artifact(body.decode(), body))

        assert sorted(received()) == sorted(bodies)

    @pytest.mark.asyncio
    async def test_sending_again_is_accepted_and_recognisable(
        self,
        destination: Destination,
        received: Received,
        received_ids: ReceivedIds | None,
    ) -> None:
        """After an unknown outcome the hub sends the same artifact again."""
        first = await self._send(destination, artifact())
        second = await self._send(destination, artifact())

        assert {first.outcome, second.outcome} == {Outcome.ACCEPTED}
        copies = 1 if self.deduplicates else 2
        assert list(received()) == [artifact().body] * copies
        if received_ids is not None:
            assert len(set(received_ids())) == 1

    @pytest.mark.asyncio
    async def test_unreachable_peer_asks_for_another_attempt(
        self, unreachable: Destination
    ) -> None:
        """A network that is down is never the artifact's fault."""
        receipt = await self._send(unreachable, artifact())

        assert receipt.outcome in {Outcome.RETRYABLE, Outcome.UNKNOWN}
        assert receipt.error_code in HubError.catalogue

    @pytest.mark.asyncio
    async def test_receipts_and_logs_hold_nothing_of_the_body(
        self,
        destination: Destination,
        unreachable: Destination,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Both are read by people who may not read what was sent."""
        caplog.set_level("DEBUG")
        secret = artifact(body=f"name;{CANARY}\r\n".encode())

        with capture_logs() as logs:
            receipts = [
                await self._send(peer, secret) for peer in (destination, unreachable)
            ]

        leaked = CANARY in repr(receipts) + repr(logs) + caplog.text
        assert not leaked, "a receipt or a log quotes the body"

    @pytest.mark.asyncio
    @pytest.mark.parametrize("steps", [0, 1, 3, 10, 50])
    async def test_a_cancelled_send_leaves_the_destination_usable(
        self, destination: Destination, received: Received, steps: int
    ) -> None:
        """The hub cancels a send that takes too long and sends again later."""
        sending = asyncio.create_task(destination.send(artifact()))
        for _ in range(steps):
            await asyncio.sleep(0)
        sending.cancel()
        _, pending = await asyncio.wait({sending}, timeout=self.attempt_seconds)
        assert not pending, "the send went on although it was cancelled"

        other = await self._send(destination, artifact("2", b"after the cancelled"))
        again = await self._send(destination, artifact())

        assert {other.outcome, again.outcome} == {Outcome.ACCEPTED}
        assert {artifact().body, b"after the cancelled"} == set(received())

    @pytest.mark.asyncio
    async def test_may_be_closed_twice_used_or_not(
        self, destination: Destination, unreachable: Destination
    ) -> None:
        """The hub stops after a failed start too."""
        await self._send(destination, artifact())
        for peer in (destination, destination, unreachable, unreachable):
            await peer.close()

    async def _send(self, destination: Destination, sent: Artifact) -> Receipt:
        async with asyncio.timeout(self.attempt_seconds):
            receipt = await destination.send(sent)
        assert isinstance(receipt, Receipt)
        if receipt.outcome is not Outcome.ACCEPTED:
            assert receipt.error_code in HubError.catalogue
        return receipt
