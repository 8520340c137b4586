"""MLLP framing, sans I/O: bytes in, events out. Imports no transport.

    stream = *( frame / stray )
    frame  = VT payload FS CR
    VT = %x0B ; FS = %x1C ; CR = %x0D

A payload holds no VT; an FS in it that no CR or VT follows is data. Senders that
keep to less than this are read as the framing table of R-HL7-17 says: an FS alone
ends a frame where the next VT follows, or nothing does; a VT inside a frame starts
it anew. A strict decoder takes neither. Source: HL7 v2 Implementation Support Guide,
appendix C.
"""

from collections import deque
from collections.abc import Sequence

from msgspec import Struct

from hub.sdk import HubError, Recovery

VT, FS, CR = b"\x0b", b"\x1c", b"\x0d"
END = FS + CR
BETWEEN = END + VT  # where one frame ends and the next one starts at once


class FrameTooLargeError(HubError):
    """The peer sent too many bytes without ending the frame."""

    code = "MLLP-001"
    summary = "The peer sent a frame larger than the listener accepts"
    remedy = "Raise `max_frame_bytes` of this source if the sender is trusted"
    recovery = Recovery.REJECT


class TruncatedFrameError(HubError):
    """The peer closed the connection inside a frame."""

    code = "MLLP-002"
    summary = "The connection closed inside a frame"
    remedy = "Nothing was stored, the sender will send again; check its timeouts"
    recovery = Recovery.RETRY


class StrayBytesError(HubError):
    """The peer sent too much that belongs to no frame."""

    code = "MLLP-003"
    summary = "The peer sends bytes that belong to no MLLP frame"
    remedy = "Check that the sender speaks MLLP, and to which port it connects"
    recovery = Recovery.REJECT


class BrokenFrameError(HubError):
    """The peer began a frame inside another one, which a strict listener refuses."""

    code = "MLLP-007"
    summary = "A frame began inside another one"
    remedy = "Check the sender, or set `framing` of this source to lenient"
    recovery = Recovery.REJECT


class RestartedFrameError(HubError):
    """The peer began a frame anew, and what it had sent of it is no message."""

    code = "MLLP-008"
    summary = "A frame was begun anew before it ended"
    remedy = (
        "Look at the stored bytes: the sender sends the message again, or has a "
        "vertical tab (0x0B) in a text"
    )
    recovery = Recovery.REJECT


class Frame(Struct, frozen=True):
    """One complete frame, without its delimiters. The payload may be empty."""

    payload: bytes


class Stray(Struct, frozen=True):
    """Bytes outside any frame: harmless from most senders, worth counting."""

    data: bytes


class Abandoned(Struct, frozen=True):
    """What a sender had sent of a frame when it started the frame anew."""

    partial: bytes


Event = Frame | Stray | Abandoned


def encode(payload: bytes) -> bytes:
    """Return `payload` framed for the wire.

    Raises ValueError where `payload` holds a VT or FS: MLLP has no escape.
    """
    if VT in payload or FS in payload:
        raise ValueError("an MLLP payload cannot contain VT or FS")
    return VT + payload + END


class Decoder:
    """Incremental decoder of one direction of one connection.

    The same bytes give the same frames however they are split. Each byte is
    looked at a fixed number of times. Nothing is lost: what is in no frame comes
    out as `Stray` or `Abandoned`. Limits are in bytes and hold exactly.
    """

    def __init__(
        self, *, max_frame: int, max_stray: int = 1 << 16, strict: bool = False
    ) -> None:
        """Accept payloads of `max_frame`, and `max_stray` bytes between two frames.

        A `strict` decoder ends a frame at FS CR only, and a VT inside is an error.
        """
        self._max_frame = max_frame
        self._max_stray = max_stray
        self._strict = strict
        self._buffer = bytearray()
        self._ready: deque[Frame] = deque()
        self._searched = 1
        self._strayed = 0
        self._over = False

    @property
    def inside_frame(self) -> bool:
        """Say whether a frame has begun; meant for when `next_event` gave None."""
        return bool(self._buffer)

    @property
    def awaits_end(self) -> bool:
        """Say whether the frame's FS is there and a pause may stand for its CR."""
        ended = len(self._buffer) > 1 and self._buffer.endswith(FS)
        return ended and not self._strict

    def beginning(self, size: int) -> bytes:
        """Return up to `size` bytes of the frame that has not ended."""
        return bytes(self._buffer[1 : size + 1])

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the network. Then call `next_event` until None."""
        if not self._buffer and len(data) <= self._max_frame:
            frames = _whole_frames(data)
            if frames:
                self._ready.extend(map(Frame, frames))
                self._strayed = 0
                return
        self._buffer += data

    def receive_pause(self) -> None:
        """Take a silence of one second: an FS at the end now ends the frame."""
        if self.awaits_end:
            self._buffer += CR

    def receive_eof(self) -> None:
        """Take the end of the stream. Then call `next_event` until None."""
        self.receive_pause()
        self._over = True

    def next_event(self) -> Event | None:
        """Return the next event, or None until more arrives.

        Raises FrameTooLargeError, StrayBytesError, where it is strict
        BrokenFrameError, and after `receive_eof` TruncatedFrameError, each only
        after all that came before was returned.
        Discard the decoder then: where the next frame starts is unknowable.
        """
        if self._ready:
            return self._ready.popleft()
        if self._strayed > self._max_stray:
            raise StrayBytesError(f"more than {self._max_stray} bytes")
        if not self._buffer:
            return None
        if self._buffer[0] != VT[0]:
            start = self._buffer.find(VT)
            return self._take_stray(start if start > 0 else len(self._buffer))
        return self._take_frame()

    def _take_frame(self) -> Event | None:
        buffer, searched = self._buffer, self._searched
        restart = buffer.find(VT, searched)
        end = buffer.find(END, max(1, searched - 1), restart if restart > 0 else None)
        if end > 0:
            return self._frame(end, end + len(END))
        if restart == 1:
            return self._take_stray(1)  # doubled framing
        if restart > 0:
            return self._restarted(restart)
        # A final FS may be half of the end: it is not counted yet.
        self._check(len(buffer) - buffer.endswith(FS))
        if self._over:
            raise TruncatedFrameError(f"{len(buffer)} bytes were pending")
        self._searched = len(buffer)
        return None

    def _restarted(self, place: int) -> Frame | Abandoned:
        if self._strict:
            raise BrokenFrameError(f"after {place - 1} bytes")
        if self._buffer[place - 1] == FS[0]:
            return self._frame(place - 1, place)
        return Abandoned(self._payload(place, place))

    def _frame(self, end: int, after: int) -> Frame:
        self._strayed = 0
        return Frame(self._payload(end, after))

    def _payload(self, end: int, after: int) -> bytes:
        self._check(end)
        with memoryview(self._buffer) as whole:  # a slice of it is no second copy
            payload = bytes(whole[1:end])
        del self._buffer[:after]
        self._searched = 1
        return payload

    def _check(self, end: int) -> None:
        if end - len(VT) > self._max_frame:
            raise FrameTooLargeError(f"more than {self._max_frame} bytes")

    def _take_stray(self, count: int) -> Stray:
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        self._strayed += count
        return Stray(data)


def _whole_frames(data: bytes) -> Sequence[bytes]:
    """Return the payloads, where `data` is whole frames and nothing else.

    Most reads are, and cutting them at one stroke is many times faster.
    """
    if not (data.startswith(VT) and data.endswith(END)):
        return ()
    payloads = data[1:-2].split(BETWEEN)
    count = len(payloads)
    plain = data.count(VT) == count and data.count(END) == count
    return payloads if plain else ()
