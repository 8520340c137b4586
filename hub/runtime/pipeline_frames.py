"""What the hub and a pipeline in a process of its own say to each other.

Everything is a frame of bytes. The pipeline sends rounds, and at most one failure,
after which it ends; the hub answers each round, wakes the pipeline and stops it.
"""

import msgspec

from hub.errors import HubError
from hub.runtime.errors import PipelineFailedError
from hub.runtime.recording import Finished

WAKE = b"wake"
STOP = b"stop"
#: The answer to a round that is committed.
COMMITTED = b"committed"
#: How a failure begins, of a round or of the pipeline as a whole.
FAILED = b"!"

_encode = msgspec.msgpack.Encoder().encode
_decode_finished = msgspec.msgpack.Decoder(Finished).decode
_decode_failure = msgspec.msgpack.Decoder(tuple[str, str]).decode


def encode_finished(finished: Finished) -> bytes:
    """Return a round as a frame.

    Raises what a database raises for values that cannot be stored: TypeError,
    ValueError, OverflowError.
    """
    # A tuple is an array in MessagePack, and so never begins as FAILED does.
    return _encode(finished)


def decode_finished(frame: bytes) -> Finished:
    """Return the round in a frame."""
    return _decode_finished(frame)


def encode_failure(error: BaseException) -> bytes:
    """Return an error as a frame; of what is no HubError only the name of its type."""
    if isinstance(error, HubError):
        return FAILED + _encode((error.code, error.detail))
    return FAILED + _encode((PipelineFailedError.code, type(error).__name__))


def decode_failure(frame: bytes) -> HubError:
    """Return the error in a frame that begins with FAILED."""
    code, detail = _decode_failure(frame.removeprefix(FAILED))
    kind = HubError.catalogue.get(code)
    # One that is made of more than its detail cannot be made here.
    if kind is None or kind.__init__ is not HubError.__init__:
        return PipelineFailedError(f"{code} {detail}".rstrip())
    return kind(detail)
