"""One connection of an MLLP listener: frames in, acknowledgements out.

No task, future or thread hop per message: the event loop calls `data_received`
with whatever has arrived, the inbox calls back with what was stored, and all the
acknowledgements that are ready in one turn of the loop leave in one write.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol, cast

import structlog

from hub.sdk import HubError, Inbox, RawMessage, Recovery, Stored
from hub_hl7 import ack, mllp
from hub_hl7.foreign import LONGEST_OPENING, name_protocol
from hub_hl7.header import Header, read_header, text_of
from hub_hl7.settings import ListenerSettings
from hub_hl7.sockets import address_of, tune

log = structlog.get_logger()

MEDIA_TYPE = "x-application/hl7-v2+er7"
HARMLESS = b" \0\r\n\x0b\x1c"  # noise that senders put between frames (R-HL7-17)
LAST_SECONDS = 0.1  # what arrives so soon after the end of listening is still taken
REST_SECONDS = 1.0  # for the rest of a frame that has begun by then
LINGER_SECONDS = 0.5  # for the peer to hang up after the last answer
PAUSE_SECONDS = 1.0  # a silence after which an FS alone ends a frame (R-HL7-17)


class FrameTimeoutError(HubError):
    """The peer began a frame and did not end it in time."""

    code = "MLLP-004"
    summary = "A frame was begun and not ended in time"
    remedy = "Check the sender and the network, or raise `frame_timeout_seconds`"
    recovery = Recovery.RETRY


class WrongProtocolError(HubError):
    """The peer speaks another protocol."""

    code = "MLLP-005"
    summary = "The peer does not speak MLLP"
    remedy = "Check to which port the peer connects, and whether it should use TLS"
    recovery = Recovery.REJECT


class IdleError(HubError):
    """The peer sent nothing for too long, or read nothing of what it was sent."""

    code = "MLLP-006"
    summary = "The connection was idle for too long"
    remedy = "Nothing to do: the sender connects again; `idle_timeout_seconds` sets it"
    recovery = Recovery.RETRY


class Host(Protocol):
    """The listener, as one of its connections sees it."""

    limits: ListenerSettings
    inbox: Inbox

    def joined(self, conversation: "Conversation") -> bool:
        """Say whether the listener takes one more connection."""

    def left(self, conversation: "Conversation") -> None:
        """Note that a connection is over."""

    def answer_later(self, conversation: "Conversation") -> None:
        """Have `conversation.flush` called once in this turn of the event loop."""

    def next_control_id(self) -> bytes:
        """Return an MSH-10 that was never used before, at most 20 characters."""


class Conversation(asyncio.Protocol):
    """The server's side of one connection.

    Frames are submitted in order and answered in order, each once it is stored. A
    frame that could not be stored is not answered: the connection closes, and the
    sender sends again.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._limits = host.limits
        self._loop = asyncio.get_running_loop()
        self._decoder = mllp.Decoder(max_frame=host.limits.max_frame_bytes)
        self._waiting: deque[Header | None] = deque()  # submitted, not yet stored
        self._stored: list[Header | None] = []  # to be answered in this turn
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._active_at = self._loop.time()
        self._opening: bytes | None = b""  # what came before the first frame
        self._oddities = {"stray_bytes": 0, "abandoned_frames": 0}
        self._peer = ""
        self._joined = False
        self._reading = True
        self._writable = True
        self._behind = False  # the decoder holds frames that are not yet submitted
        self._over = False  # the peer sends no more
        self._leaving = False  # what is on its way is taken
        self._last = False  # the frame that has begun is the last
        self._finishing = False  # nothing more is taken
        self._parting = False  # all is answered, the peer may hang up
        self._broken = False  # nothing more is answered
        self._flushing = False

    # Called by the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start, unless the listener has as many connections as it may."""
        self._transport = cast("asyncio.Transport", transport)
        self._peer = address_of(transport.get_extra_info("peername"))
        self._joined = self._host.joined(self)
        if not self._joined:
            self._finishing = True
            self._transport.abort()
            return
        tune(transport.get_extra_info("socket"))
        self._start("idle", self._limits.idle_timeout_seconds, self._on_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget everything; what was submitted is stored all the same."""
        del exc  # how a peer leaves makes no difference
        self._finishing = self._broken = True
        for name in tuple(self._timers):
            self._stop(name)
        if any(self._oddities.values()):
            log.info("bytes.ignored", peer=self._peer, **self._oddities)
        if self._joined:
            self._host.left(self)

    def data_received(self, data: bytes) -> None:
        """Take what arrived and submit each whole frame of it."""
        if not self._finishing:
            self._active_at = self._loop.time()
            self._decoder.receive_data(data)
            self._pump()

    def eof_received(self) -> bool:
        """Keep the connection open until everything is answered (half-close)."""
        if self._parting:
            self._transport.close()
        elif not self._over:
            self._over = True
            self._decoder.receive_eof()
            self._pump()
        return True

    def pause_writing(self) -> None:
        """Take nothing more from a peer that does not read its answers."""
        self._writable = False
        self._regulate()

    def resume_writing(self) -> None:
        """Go on."""
        self._writable = True
        self._pump()

    # Called by the listener.

    def leave(self) -> None:
        """Take what is on its way already, answer what was submitted, then close.

        What comes for a moment still counts as on its way, and so does the rest of
        a frame that has begun; after that nothing is taken.
        """
        self._leaving = True
        self._start("leave", LAST_SECONDS, self._on_leave)
        self._close_if_done()

    def finish(self) -> None:
        """Take no more, answer what was submitted, then close."""
        self._finishing = True
        self._stop("frame")
        self._stop("pause")
        self._regulate()
        self._close_if_done()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    # Taking.

    def _pump(self) -> None:
        if self._finishing:
            return
        try:
            began = self._submit_frames(datetime.now(UTC))
        except HubError as error:
            self._give_up(error)
            return
        if (self._over and not self._behind) or (self._last and began):
            self.finish()
            return
        self._watch(began=began)
        self._regulate()

    def _submit_frames(self, now: datetime) -> bool:
        """Submit what the decoder holds; say whether a frame ended or was begun."""
        self._behind, progress = True, False
        while self._has_room():
            event = self._decoder.next_event()
            if event is None:
                self._behind = False
                break
            if isinstance(event, mllp.Frame):
                progress = True
                if event.payload:
                    self._submit(event.payload, now)
                if self._last:
                    break
            else:
                progress = self._note(event) or progress
        return progress

    def _has_room(self) -> bool:
        room = len(self._waiting) < self._limits.max_pipelined
        return room and self._writable and not self._finishing

    def _submit(self, body: bytes, now: datetime) -> None:
        header = read_header(body)
        self._opening = None
        self._waiting.append(header)
        message = RawMessage(
            body=body,
            media_type=MEDIA_TYPE,
            received_at=now,
            peer=self._peer,
            control_id=text_of(header.control_id) if header else "",
            message_type=header.message_type if header else "",
        )
        self._host.inbox.submit(message, self._on_stored)

    def _note(self, event: mllp.Stray | mllp.Abandoned) -> bool:
        if isinstance(event, mllp.Abandoned):
            if not self._oddities["abandoned_frames"]:
                size = len(event.partial)
                log.warning("frame.abandoned", peer=self._peer, size=size)
            self._oddities["abandoned_frames"] += 1
            return True
        self._oddities["stray_bytes"] += len(event.data.strip(HARMLESS))
        if self._opening is not None:
            self._opening = (self._opening + event.data)[:LONGEST_OPENING]
            if protocol := name_protocol(self._opening):
                raise WrongProtocolError(protocol)
        return False

    def _give_up(self, error: HubError) -> None:
        log.warning(
            "connection.failed",
            peer=self._peer,
            stage="receiving",
            error_code=error.code,
            error=error,
        )
        self._oddities.clear()  # they are part of what was just said
        self.finish()

    def _regulate(self) -> None:
        """Read exactly while there is room for what comes."""
        taking = not (self._behind or self._finishing)
        wanted = self._writable and (taking or self._parting)
        if wanted == self._reading or self._over or self._transport.is_closing():
            return
        self._reading = wanted
        if wanted:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    # Answering.

    def _on_stored(self, outcome: Stored | HubError) -> None:
        header = self._waiting.popleft()
        if self._broken:
            return
        self._active_at = self._loop.time()
        if isinstance(outcome, HubError):
            log.warning(
                "message.refused",
                peer=self._peer,
                stage="receiving",
                error_code=outcome.code,
            )
            self._broken = self._finishing = True
        elif header is None or not header.replies:
            self._stored.append(header)
        if not self._flushing:
            self._flushing = True
            self._host.answer_later(self)

    def flush(self, sent: bytes) -> None:
        """Write what can be answered; `sent` is the time of the answers (MSH-7)."""
        self._flushing = False
        if self._transport.is_closing():
            return
        if self._stored:
            answers = [self._answer(header, sent) for header in self._stored]
            self._stored.clear()
            self._transport.write(b"".join(answers))
        if self._behind and self._writable:
            self._pump()
        self._close_if_done()

    def _answer(self, header: Header | None, sent: bytes) -> bytes:
        return mllp.encode(
            ack.acknowledge(
                header,
                sent=sent,
                control_id=self._host.next_control_id(),
                refusal=None if header else ack.NOT_HL7,
            )
        )

    def _close_if_done(self) -> None:
        if self._broken:
            self._transport.close()
        elif not (self._waiting or self._stored or self._parting):
            between = not (self._decoder.inside_frame or self._behind)
            if self._finishing or (self._leaving and between):
                self._part()

    def _part(self) -> None:
        """Close in such a way that the last answer arrives.

        Where bytes are left unread, the system resets the connection, and with it
        what it has not yet sent: read on until the peer hangs up too, for a moment.
        """
        self._parting = self._finishing = True
        if self._over or not self._transport.can_write_eof():
            self._transport.close()
            return
        self._transport.write_eof()
        self._start("linger", LINGER_SECONDS, self._transport.close)
        self._regulate()

    # Waiting.

    def _watch(self, *, began: bool) -> None:
        unfinished = self._decoder.inside_frame and not self._behind
        if began or not unfinished:
            self._stop("frame")
        if unfinished and "frame" not in self._timers:
            limit = self._limits.frame_timeout_seconds
            self._start("frame", limit, self._on_frame_timeout)
        self._stop("pause")
        if unfinished and self._decoder.awaits_end:
            self._start("pause", PAUSE_SECONDS, self._on_pause)

    def _on_leave(self) -> None:
        self._stop("leave")
        self._last = True
        if self._behind or not self._decoder.inside_frame:
            self.finish()
        else:
            self._start("leave", REST_SECONDS, self.finish)

    def _on_frame_timeout(self) -> None:
        self._stop("frame")
        self._give_up(FrameTimeoutError())

    def _on_pause(self) -> None:
        self._stop("pause")
        self._decoder.receive_pause()
        self._pump()

    def _on_idle(self) -> None:
        """Close where nothing happened; the time is measured from the last thing.

        Never inside a frame, which has its own limit, nor while the store is at work.
        """
        limit = self._limits.idle_timeout_seconds
        left = self._active_at + limit - self._loop.time()
        at_work = self._waiting or self._stored or "frame" in self._timers
        busy = self._writable and at_work
        if left > 0 or busy:
            self._start("idle", left if left > 0 else limit, self._on_idle)
            return
        log.info("connection.failed", peer=self._peer, error_code=IdleError.code)
        self._transport.abort()

    def _start(self, name: str, seconds: float, then: Callable[[], None]) -> None:
        self._timers[name] = self._loop.call_later(seconds, then)

    def _stop(self, name: str) -> None:
        if timer := self._timers.pop(name, None):
            timer.cancel()
