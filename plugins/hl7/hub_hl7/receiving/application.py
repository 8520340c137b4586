"""Application acknowledgements that go out on a connection of their own.

Enhanced mode lets the second acknowledgement travel apart from the message, as a
message from the hub. This is the sending side: one connection at a time to one
peer, one acknowledgement after the other, in order. What cannot be delivered for
some minutes is dropped and said so: the message itself is stored whatever becomes
of its acknowledgement. Source: HL7 v2.5.1, section 2.9.2.
"""

import asyncio
import contextlib
from collections import deque
from typing import cast

import structlog
from msgspec import Struct

from hub.sdk import HubError, Recovery
from hub_hl7.wire import mllp
from hub_hl7.wire.header import read_header

log = structlog.get_logger()

MOST_WAITING = 1000
PATIENCE_SECONDS = 300.0  # how long one acknowledgement is tried
CONNECT_SECONDS = 10.0
REPLY_SECONDS = 30.0  # for a peer that is known to reply
FIRST_REPLY_SECONDS = 1.0  # for one that is not: most peers do not reply
IDLE_SECONDS = 60.0
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0
LARGEST_REPLY = 1 << 16
_GOOD = frozenset({b"AA", b"CA"})


class AcknowledgementLostError(HubError):
    """An application acknowledgement did not reach the peer in time."""

    code = "MLLP-030"
    summary = "Application acknowledgements could not be delivered"
    remedy = "Check `application_ack_to` and its peer; the messages are stored"
    recovery = Recovery.RETRY


class AcknowledgementRefusedError(HubError):
    """The peer answered an application acknowledgement with bad news."""

    code = "MLLP-031"
    summary = "The peer refused an application acknowledgement"
    remedy = "Ask the peer why; the message itself is stored"


class Letter(Struct, frozen=True):
    """One acknowledgement, framed, its MSH-10, and until when it is tried."""

    frame: bytes
    control_id: bytes
    until: float


class ApplicationSender:
    """Delivers application acknowledgements to one address, ``host:port``."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._address = address
        self._host, self._port = host.strip("[]"), int(port)
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Letter] = deque()
        self._arrived = asyncio.Event()
        self._link: Link | None = None
        self._task: asyncio.Task[None] | None = None
        self._lost = 0
        self._closed = False

    def send(self, payload: bytes) -> None:
        """Deliver an acknowledgement when that is possible. Never waits, never raises.

        Once `close` was called, it is lost.
        """
        if self._closed or len(self._waiting) >= MOST_WAITING:
            self._lose("the listener stopped" if self._closed else "too many wait")
            return
        header = read_header(payload)
        control_id = header.control_id if header else b""
        until = self._loop.time() + PATIENCE_SECONDS
        self._waiting.append(Letter(mllp.encode(payload), control_id, until))
        self._arrived.set()
        if self._task is None or self._task.done():
            self._task = self._loop.create_task(self._run())

    async def close(self, seconds: float) -> None:
        """Try for so long to deliver what waits, then hang up."""
        self._closed = True
        task, self._task = self._task, None
        if task is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._waiting and not task.done():
                    self._arrived.clear()
                    await self._arrived.wait()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        for _ in range(len(self._waiting)):
            self._waiting.pop()
            self._lose("the listener stopped")
        self._tell_lost()

    async def _run(self) -> None:
        """Deliver what waits until nothing came for some time."""
        try:
            while await self._has_letter():
                await self._deliver(self._waiting[0])
                self._waiting.popleft()
                self._arrived.set()  # for who waits in `close`
        finally:
            self._hang_up()

    async def _has_letter(self) -> bool:
        while not self._waiting:
            self._arrived.clear()
            try:
                async with asyncio.timeout(IDLE_SECONDS):
                    await self._arrived.wait()
            except TimeoutError:
                return bool(self._waiting)
        return True

    async def _deliver(self, letter: Letter) -> None:
        wait = FIRST_WAIT_SECONDS
        while True:
            try:
                await self._attempt(letter)
            except (OSError, UnicodeError) as error:  # the latter from a long name
                self._hang_up()
                left = letter.until - self._loop.time()
                if left <= 0:
                    self._lose(type(error).__name__)
                    return
                await asyncio.sleep(min(wait, left))
                wait = min(2 * wait, LONGEST_WAIT_SECONDS)
            else:
                self._tell_lost()
                return

    async def _attempt(self, letter: Letter) -> None:
        """Send one letter; raises OSError and TimeoutError where it may be lost."""
        if self._link is None or self._link.over:
            self._hang_up()
            async with asyncio.timeout(CONNECT_SECONDS):
                _, self._link = await self._loop.create_connection(
                    Link, self._host, self._port
                )
        answer = await self._link.exchange(letter)
        if answer not in _GOOD and answer:
            log.warning(
                "acknowledgement.refused",
                peer=self._address,
                stage="sending",
                error_code=AcknowledgementRefusedError.code,
                answer=answer[:2].decode("ascii", "replace"),
            )

    def _hang_up(self) -> None:
        if self._link is not None:
            self._link.abort()
            self._link = None

    def _lose(self, reason: str) -> None:
        """Count what is dropped, and say so when the first of a row is."""
        self._lost += 1
        if self._lost == 1:
            log.warning(
                "message.dropped",
                peer=self._address,
                stage="sending",
                error_code=AcknowledgementLostError.code,
                intentional=False,
                reason=reason,
            )

    def _tell_lost(self) -> None:
        if self._lost:
            log.info("acknowledgements.lost", peer=self._address, count=self._lost)
            self._lost = 0


class Link(asyncio.Protocol):
    """One connection to the peer."""

    def __init__(self) -> None:
        self.over = False
        self._loop = asyncio.get_running_loop()
        self._decoder = mllp.Decoder(max_frame=LARGEST_REPLY)
        self._replies: bool | None = None  # whether the peer does: not known yet
        self._asked = b""
        self._answer: asyncio.Future[bytes] | None = None
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake up who waits for the peer."""
        del exc  # whatever it was, the letter is sent again
        self.over = True
        self._writable.set()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError())

    def pause_writing(self) -> None:
        """Wait until the peer reads."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Go on."""
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """Take replies; the one that is waited for has our MSH-10 in MSA-2."""
        self._decoder.receive_data(data)
        try:
            for event in iter(self._decoder.next_event, None):
                if isinstance(event, mllp.Frame):
                    self._take(event.payload)
        except HubError:
            self.abort()

    def abort(self) -> None:
        """Hang up at once."""
        self.over = True
        self._transport.abort()

    async def exchange(self, letter: Letter) -> bytes:
        """Send a letter and return MSA-1 of the reply, empty where none came.

        A peer that does not reply to the first letter is not waited for again until
        it does. Raises ConnectionError, and TimeoutError where the peer does not
        read, or does not reply as it did before.
        """
        async with asyncio.timeout(REPLY_SECONDS):
            await self._writable.wait()
        if self.over:
            raise ConnectionResetError
        self._asked = letter.control_id
        self._answer = self._loop.create_future()
        self._transport.write(letter.frame)
        try:
            return await self._reply(self._answer)
        finally:
            self._answer = None

    async def _reply(self, answer: asyncio.Future[bytes]) -> bytes:
        if self._replies is False:
            return b""
        known = self._replies
        try:
            async with asyncio.timeout(REPLY_SECONDS if known else FIRST_REPLY_SECONDS):
                return await answer
        except TimeoutError:
            if known:
                raise
            self._replies = False
            return b""

    def _take(self, payload: bytes) -> None:
        self._replies = True
        lines = payload.replace(b"\n", b"\r").split(b"\r")
        found = [line for line in lines if line.startswith(b"MSA")]
        fields = found[0].split(payload[3:4]) if found else []
        _, code, name, *_ = (*fields, b"", b"", b"")
        if name == self._asked and self._answer and not self._answer.done():
            self._answer.set_result(code)
