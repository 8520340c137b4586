"""One connection of an MLLP listener: frames in, acknowledgements out.

No task, future or thread hop per message: the event loop calls `data_received`
with whatever has arrived, the inbox calls back with what was stored, and all the
acknowledgements that are ready in one turn of the loop leave in one write. Which
ones are due, and in which order, is decided in `replies`, `verdicts` and `exchanges`.
"""

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Protocol, cast

import structlog

from hub.sdk import HubError, Inbox, Processed, RawMessage, Stored
from hub_hl7.answers.exchanges import Exchanges
from hub_hl7.answers.refusals import RESTARTED
from hub_hl7.answers.replies import Rules
from hub_hl7.answers.verdicts import Exchange
from hub_hl7.receiving.application import AcknowledgementLostError, ApplicationSender
from hub_hl7.receiving.reception import (
    FrameTimeoutError,
    IdleError,
    Reception,
    WrongProtocolError,
    check_block,
)
from hub_hl7.receiving.settings import ListenerSettings
from hub_hl7.receiving.sockets import address_of, tune
from hub_hl7.receiving.timers import Timers
from hub_hl7.wire import mllp
from hub_hl7.wire.header import Header, read_header, text_of

__all__ = [
    "MEDIA_TYPE",
    "Conversation",
    "FrameTimeoutError",
    "Host",
    "IdleError",
    "WrongProtocolError",
]

log = structlog.get_logger()

MEDIA_TYPE = "x-application/hl7-v2+er7"
LAST_SECONDS = 0.1  # what arrives so soon after the end of listening is still taken
REST_SECONDS = 1.0  # for the rest of a frame that has begun by then
LINGER_SECONDS = 0.5  # for the peer to hang up after the last answer
PAUSE_SECONDS = 1.0  # a silence after which an FS alone ends a frame (R-HL7-17)
LONGEST_HEADER = 1 << 14  # of a frame too large to be read, in bytes


class Host(Protocol):
    """The listener, as one of its connections sees it."""

    limits: ListenerSettings
    inbox: Inbox
    rules: Rules
    applications: ApplicationSender | None  # None: to the connection of the message

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

    Frames are submitted in order and answered in order, each once it is stored, or
    processed where the feed or the sender wants that. A frame that could not be
    stored is not answered, unless the sender wants bad news too: the connection
    closes, and the sender sends again.
    """

    def __init__(self, host: Host) -> None:
        elsewhere = host.applications.send if host.applications else None
        self._host = host
        self._limits = host.limits
        self._loop = asyncio.get_running_loop()
        strict = host.limits.framing == "strict"
        self._reception = Reception(
            max_frame=host.limits.max_frame_bytes, strict=strict
        )
        self._decoder = self._reception.decoder
        self._exchanges = Exchanges(host.rules, host.next_control_id, elsewhere)
        self._timers = Timers()
        self._active_at = self._loop.time()
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
        self._reception.peer = self._peer
        self._joined = self._host.joined(self)
        if not self._joined:
            self._finishing = True
            self._transport.abort()
            return
        tune(transport.get_extra_info("socket"))
        self._timers.start("idle", self._limits.idle_timeout_seconds, self._on_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take nothing more; what was submitted is stored all the same."""
        del exc  # how a peer leaves makes no difference
        self._finishing = self._broken = True
        self._timers.stop_all()
        self._reception.tell_oddities()
        if self._exchanges.applying:
            log.warning(
                "acknowledgements.lost",
                peer=self._peer,
                error_code=AcknowledgementLostError.code,
                count=self._exchanges.applying,
            )
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
        self._timers.start("leave", LAST_SECONDS, self._on_leave)
        self._close_if_done()

    def finish(self) -> None:
        """Take no more, answer what was submitted, then close."""
        self._finishing = True
        self._timers.stop("frame")
        self._timers.stop("pause")
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
            self._submit_frames(datetime.now(UTC))
        except HubError as error:
            self._give_up(error)
            return
        began = self._reception.progressed()
        if (self._over and not self._behind) or (self._last and began):
            self.finish()
            return
        self._watch(began=began)
        self._regulate()

    def _submit_frames(self, now: datetime) -> None:
        """Submit what the decoder holds, as far as there is room."""
        self._behind = True
        while self._has_room():
            event = self._reception.next_event()
            if event is None:
                self._behind = False
                break
            if isinstance(event, mllp.Abandoned):
                self._keep(event.partial, now)
                continue
            self._submit(event.payload, now)
            if self._last:
                break

    def _has_room(self) -> bool:
        room = self._exchanges.has_room(self._limits.max_pipelined)
        return room and self._writable and not self._finishing

    def _submit(self, body: bytes, now: datetime) -> None:
        header = read_header(body)
        if header is None:
            check_block(body)
        exchange = self._exchanges.open(header, body)
        if exchange.set_aside:
            self._note_refused(exchange.set_aside)
        self._put(exchange, header, body, now)

    def _keep(self, begun: bytes, now: datetime) -> None:
        """Keep the beginning of a message; its name is for the whole of it."""
        self._put(self._exchanges.keep(RESTARTED), None, begun, now)

    def _put(
        self, exchange: Exchange, header: Header | None, body: bytes, now: datetime
    ) -> None:
        message = RawMessage(
            body=body,
            media_type=MEDIA_TYPE,
            received_at=now,
            peer=self._peer,
            control_id=text_of(header.control_id) if header else "",
            message_type=exchange.kind if header else "",
            refused=exchange.set_aside,
        )
        if exchange.follows:
            then = partial(self._on_processed, exchange)
            self._host.inbox.submit(message, self._on_stored, then)
        else:
            self._host.inbox.submit(message, self._on_stored)

    def _note_refused(self, code: str) -> None:
        log.warning(
            "message.refused", peer=self._peer, stage="receiving", error_code=code
        )

    def _give_up(self, error: HubError) -> None:
        log.warning(
            "connection.failed",
            peer=self._peer,
            stage="receiving",
            error_code=error.code,
            error=error,
        )
        self._reception.forget_oddities()  # they are part of what was just said
        if isinstance(error, mllp.FrameTooLargeError):
            beginning = self._decoder.beginning(LONGEST_HEADER)
            if self._exchanges.refuse(beginning, error):
                self._answer_later()
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
        told = self._exchanges.stored(outcome)
        self._active_at = self._loop.time()
        if isinstance(outcome, HubError) and not self._broken:
            log.warning(
                "message.refused",
                peer=self._peer,
                stage="receiving",
                error_code=outcome.code,
            )
            if not told:
                self._broken = self._finishing = True
        self._answer_later()

    def _on_processed(self, exchange: Exchange, outcome: Processed) -> None:
        self._exchanges.processed(exchange, outcome)
        self._active_at = self._loop.time()
        self._answer_later()

    def _answer_later(self) -> None:
        if not self._flushing:
            self._flushing = True
            self._host.answer_later(self)

    def flush(self, sent: bytes) -> None:
        """Write what can be answered; `sent` is the time of the answers (MSH-7)."""
        self._flushing = False
        answers = self._exchanges.take(sent)
        if self._transport.is_closing():
            return
        if answers:
            self._transport.write(answers)
        if self._behind and self._writable:
            self._pump()
        self._close_if_done()

    def _close_if_done(self) -> None:
        if self._broken:
            self._transport.close()
        elif not (self._exchanges.pending or self._parting):
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
        self._timers.start("linger", LINGER_SECONDS, self._transport.close)
        self._regulate()

    # Waiting.

    def _watch(self, *, began: bool) -> None:
        timers = self._timers
        unfinished = self._decoder.inside_frame and not self._behind
        if began or not unfinished:
            timers.stop("frame")
        if unfinished and "frame" not in timers:
            limit = self._limits.frame_timeout_seconds
            timers.start("frame", limit, self._on_frame_timeout)
        timers.stop("pause")
        if unfinished and self._decoder.awaits_end:
            timers.start("pause", PAUSE_SECONDS, self._on_pause)

    def _on_leave(self) -> None:
        self._timers.stop("leave")
        self._last = True
        if self._behind or not self._decoder.inside_frame:
            self.finish()
        else:
            self._timers.start("leave", REST_SECONDS, self.finish)

    def _on_frame_timeout(self) -> None:
        self._timers.stop("frame")
        self._give_up(FrameTimeoutError())

    def _on_pause(self) -> None:
        self._timers.stop("pause")
        self._decoder.receive_pause()
        self._pump()

    def _on_idle(self) -> None:
        """Close where nothing happened; the time is measured from the last thing.

        Never inside a frame, which has its own limit, nor while the hub is at work.
        """
        limit = self._limits.idle_timeout_seconds
        left = self._active_at + limit - self._loop.time()
        at_work = self._exchanges.pending or "frame" in self._timers
        busy = self._writable and at_work
        if left > 0 or busy:
            self._timers.start("idle", left if left > 0 else limit, self._on_idle)
            return
        log.info("connection.failed", peer=self._peer, error_code=IdleError.code)
        self._transport.abort()
