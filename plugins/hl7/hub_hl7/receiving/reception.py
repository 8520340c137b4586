"""What one peer sends, read as frames, sans I/O; and what is odd about it."""

import re

import structlog

from hub.sdk import HubError, Recovery
from hub_hl7.receiving.foreign import LONGEST_OPENING, name_protocol
from hub_hl7.wire import mllp

log = structlog.get_logger()

HARMLESS = b" \0\r\n\x0b\x1c"  # noise that senders put between frames (R-HL7-17)
_HLLP = re.compile(rb"D\d\d\r")  # how a block of the hybrid protocol begins


class WrongProtocolError(HubError):
    """The peer speaks another protocol."""

    code = "MLLP-005"
    summary = "The peer does not speak MLLP"
    remedy = "Check to which port the peer connects, and whether it should use TLS"
    recovery = Recovery.REJECT


class FrameTimeoutError(HubError):
    """The peer began a frame and did not end it in time."""

    code = "MLLP-004"
    summary = "A frame was begun and not ended in time"
    remedy = "Check the sender and the network, or raise `frame_timeout_seconds`"
    recovery = Recovery.RETRY


class IdleError(HubError):
    """The peer sent nothing for too long, or read nothing of what it was sent."""

    code = "MLLP-006"
    summary = "The connection was idle for too long"
    remedy = "Nothing to do: the sender connects again; `idle_timeout_seconds` sets it"
    recovery = Recovery.RETRY


class Reception:
    """The frames of one connection; counts the rest and names strange protocols."""

    def __init__(self, *, max_frame: int, strict: bool) -> None:
        """Take frames as `mllp.Decoder` does."""
        self.decoder = mllp.Decoder(max_frame=max_frame, strict=strict)
        self.peer = ""  # as it is to be called in the log
        self._opening: bytes | None = b""  # what came before the first frame
        self._stray_bytes = 0
        self._abandoned = 0
        self._progress = False

    def next_event(self) -> mllp.Frame | mllp.Abandoned | None:
        """Return the next frame, or what was sent of one; None until more arrives.

        Neither is without content. Raises WrongProtocolError, and what
        `mllp.Decoder.next_event` raises.
        """
        while (event := self.decoder.next_event()) is not None:
            if isinstance(event, mllp.Stray):
                self._note_stray(event.data)
            elif self._note(event):
                return event
        return None

    def progressed(self) -> bool:
        """Say whether a frame ended or was begun anew since this was last asked."""
        progress, self._progress = self._progress, False
        return progress

    def tell_oddities(self) -> None:
        """Log what was ignored, if anything was, and forget it."""
        if self._stray_bytes or self._abandoned:
            log.info(
                "bytes.ignored",
                peer=self.peer,
                stray_bytes=self._stray_bytes,
                abandoned_frames=self._abandoned,
            )
        self.forget_oddities()

    def forget_oddities(self) -> None:
        """Say nothing of what was ignored: it is part of something else."""
        self._stray_bytes = self._abandoned = 0

    def _note(self, event: mllp.Frame | mllp.Abandoned) -> bool:
        """Note a frame, or the beginning of one; say whether anything is in it."""
        self._progress = True
        if isinstance(event, mllp.Abandoned):
            self._note_abandoned(len(event.partial))
            return bool(event.partial.strip(HARMLESS))
        if event.payload:
            self._opening = None
        return bool(event.payload)

    def _note_abandoned(self, size: int) -> None:
        if not self._abandoned:
            code = mllp.RestartedFrameError.code
            log.warning("frame.abandoned", peer=self.peer, size=size, error_code=code)
        self._abandoned += 1

    def _note_stray(self, data: bytes) -> None:
        self._stray_bytes += len(data.strip(HARMLESS))
        if self._opening is not None:
            opening = self._opening + data.lstrip(mllp.VT)
            self._opening = opening[:LONGEST_OPENING]
            if protocol := name_protocol(self._opening):
                raise WrongProtocolError(protocol)


def check_block(payload: bytes) -> None:
    """Raise WrongProtocolError where a frame that is no HL7 is a block of HLLP.

    It has the marks of MLLP, but a checksum between the message and the end, and
    its sender waits for an answer with one.
    """
    if _HLLP.match(payload):
        raise WrongProtocolError("HLLP")
