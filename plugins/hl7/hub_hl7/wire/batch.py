"""Batches of HL7 v2 messages, cut into messages, sans I/O.

    file    = [ FHS ] *( batch ) [ FTS ]
    batch   = [ BHS ] *message [ BTS ]
    message = MSH *segment

Senders leave out any of the headers and trailers, and simply concatenate messages;
a batch without messages is legal. Between messages there may be blank lines, byte
order marks, and the VT and FS of MLLP where a file was captured from a connection.
BTS-1 counts messages and FTS-1 batches: where they are stated they must hold
(R-HL7-18). Source: HL7 v2.5.1, sections 2.10.3, 2.15.2 to 2.15.7 and 2.15.15.
"""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from hub.sdk import HubError, Part
from hub_hl7.facts.errors import NotHl7Error, TooManyPartsError
from hub_hl7.wire.header import read_header, text_of
from hub_hl7.wire.tally import Tally, stated_count

MOST_BYTES = 1 << 24
MOST_MESSAGES = 200_000
#: From a place in the stream, this many bytes decide whether a message ends there.
_AHEAD = 64
_BETWEEN = b"\r\n\x0b\x1c\0\x1a"  # line ends, VT, FS, NUL, and the end of a DOS file
_GAP = re.compile(rb"[\r\n\x0b\x1c\0\x1a \t\xef\xbb\xbf]*")
_NAMES = rb"MSH|msh|[FB][HT]S|[fb][ht]s"
_START = re.compile(
    rb"[\r\n\x0b\x1c][\0\x1a \t]{0,32}(?:\xef\xbb\xbf)?(" + _NAMES + rb")"
)
_NAME = re.compile(_NAMES)
_HEADER = re.compile(rb"...([^\w\s\0-\x1f\x7f-\xff])[^\w\s\0-\x1f\x7f-\xff]{3,5}\1")
_MARK = re.compile(rb"[^\w\s\0-\x1f\x7f-\xff]")
_SEGMENT_END = re.compile(rb"\r\n|[\r\n\x1c]")
_ENDS = b"\r\n\x1c"


class BatchStructureError(HubError):
    """Something stands between the messages of a batch that belongs to none."""

    code = "HL7-011"
    summary = "The batch holds segments that belong to no message"
    remedy = "Look at the stored bytes and ask the sender what the segments are"


class BatchMessageTooLargeError(HubError):
    """One message of a batch, or its header or trailer, has too many bytes."""

    code = "HL7-012"
    summary = "A message of the batch is larger than the hub accepts"
    remedy = "Look at the stored bytes; perhaps the messages lack their MSH"


class BatchHeader(Struct, frozen=True):
    """An FHS or BHS as it stands, and what an acknowledgement says of it.

    `control_id` is field 11; `reference` is field 12, the batch that this one
    answers or repeats. `hub_hl7.wire.header.read_header` reads the rest from `raw`.
    """

    name: str
    raw: bytes
    control_id: str = ""
    reference: str = ""


class BatchTrailer(Struct, frozen=True):
    """A BTS or FTS as it stands; `count` is its field 1, None where it is empty."""

    name: str
    raw: bytes
    count: int | None = None


class BatchMessage(Struct, frozen=True):
    """One message as it stands, up to the line end of its last segment."""

    body: bytes


class Batch(Struct, frozen=True):
    """A whole batch: its headers, its messages, and what was odd about it."""

    headers: tuple[BatchHeader, ...]
    parts: tuple[Part, ...]
    oddities: tuple[str, ...] = ()


Event = BatchHeader | BatchTrailer | BatchMessage


def is_batch(body: bytes) -> bool:
    """Say whether `body` is to be split: a batch, or more than one message."""
    first = 0 if body.startswith(b"MSH") else _gap(body, 0)
    name = _name_at(body, first, b"")
    if name != b"MSH":
        return name in {b"FHS", b"BHS"}
    separator = body[first + 3 : first + 4]
    return _next_start(body, first + 3, len(body), separator) is not None


def parts_of(body: bytes, most: int = MOST_MESSAGES) -> tuple[Part, ...]:
    """Return the messages of a batch in order; none where it is an empty batch.

    Raises what `read_batch` raises.
    """
    return read_batch(body, most).parts


def read_batch(body: bytes, most: int = MOST_MESSAGES) -> Batch:
    """Return a batch whose counts, where it states any, are right.

    Stops at more than `most` messages and headers. Raises NotHl7Error,
    BatchCountError, BatchStructureError, BatchMessageTooLargeError and
    TooManyPartsError.
    """
    reader = BatchReader(max_message=len(body))
    reader.receive_data(body)
    reader.receive_eof()
    headers: list[BatchHeader] = []
    parts: list[Part] = []
    while (event := reader.next_event()) is not None:
        if isinstance(event, BatchMessage):
            parts.append(part_of(event.body))
        elif isinstance(event, BatchHeader):
            headers.append(event)
        if len(parts) + len(headers) > most:
            raise TooManyPartsError(f"more than {most} messages")
    return Batch(tuple(headers), tuple(parts), reader.oddities)


def part_of(body: bytes) -> Part:
    """Return a message of a batch with the facts that a list of messages shows."""
    header = read_header(body)
    if header is None:
        return Part(body=body)
    return Part(
        body=body,
        control_id=text_of(header.control_id),
        message_type=header.message_type,
    )


def stream(chunks: Iterable[bytes], *, max_message: int = MOST_BYTES) -> Iterator[Part]:
    """Yield the messages of a file that is read in chunks of any size.

    Holds one message and one chunk in memory. The counts are known only at the
    end: who must not act on a part of a file goes through it twice. Raises what
    `BatchReader.next_event` raises.
    """
    reader = BatchReader(max_message=max_message)
    for chunk in chunks:
        reader.receive_data(chunk)
        yield from _messages(reader)
    reader.receive_eof()
    yield from _messages(reader)


def _messages(reader: "BatchReader") -> Iterator[Part]:
    while (event := reader.next_event()) is not None:
        if isinstance(event, BatchMessage):
            yield part_of(event.body)


class BatchReader:
    """Incremental splitter of one file: bytes in, events out.

    The same bytes give the same events however they are cut. All bytes come out
    again as they were, but for blank lines and framing between the segments. Each
    byte is looked at a fixed number of times, and no more than `max_message` bytes
    and what was last received are held.
    """

    def __init__(self, *, max_message: int = MOST_BYTES) -> None:
        """Accept messages, headers and trailers of `max_message` bytes."""
        self._max_message = max_message
        self._buffer = bytearray()
        self._place = 0  # what stands before it is done with
        self._searched = 0
        self._over = False
        self._open = b""  # the name of the segment at `_place`
        self._separator = b""
        self._tally = Tally()

    @property
    def oddities(self) -> tuple[str, ...]:
        """What was odd about the file so far: dotted codes, sorted."""
        return tuple(sorted(self._tally.oddities))

    def receive_data(self, data: bytes) -> None:
        """Take bytes of the file. Then call `next_event` until None."""
        if self._place:
            del self._buffer[: self._place]
            self._searched = max(0, self._searched - self._place)
            self._place = 0
        self._buffer += data

    def receive_eof(self) -> None:
        """Take the end of the file. Then call `next_event` until None."""
        self._over = True

    def next_event(self) -> Event | None:
        """Return the next event, or None until more arrives.

        Raises NotHl7Error, BatchStructureError, BatchMessageTooLargeError and
        BatchCountError, each only after all that came before was returned. Discard
        the reader then.
        """
        if not self._open and not self._open_next():
            return None
        if self._open == b"MSH":
            return self._message()
        return self._envelope()

    def _open_next(self) -> bool:
        """Find the name of the segment that comes next; say whether there is one."""
        buffer = self._buffer
        self._place = self._searched = place = _gap(buffer, self._place)
        rest = len(buffer) - place
        if not rest or (rest < _AHEAD and not self._over):
            if self._over:
                self._tally.end()
            return False
        name = _name_at(buffer, place, b"")
        if not name:
            raise BatchStructureError if self._tally.begun else NotHl7Error
        self._open = name
        self._separator = bytes(buffer[place + 3 : place + 4]) or b"|"
        return True

    def _message(self) -> BatchMessage | None:
        buffer, start = self._buffer, self._place
        limit = len(buffer) - (0 if self._over else _AHEAD)
        begin = max(start + 3, self._searched)
        match = _next_start(buffer, begin, limit, self._separator)
        if match is None:
            self._searched = max(start, limit)
            self._check(self._searched - start)
            if not self._over:
                return None
        end = match.start() + 1 if match else len(buffer)
        self._check(end - start)
        self._tally.message()
        self._close(match.start(1) if match else end)
        return BatchMessage(_trimmed(bytes(buffer[start:end])))

    def _envelope(self) -> BatchHeader | BatchTrailer | None:
        buffer, start, name = self._buffer, self._place, self._open.decode()
        match = _SEGMENT_END.search(buffer, max(start, self._searched))
        whole = self._over or (match and match.end() < len(buffer))
        end = match.start() if match else len(buffer)
        self._check(end - start)
        if not whole:
            self._searched = max(start, end)
            return None
        after = match.end() if match else end
        framed = match is not None and match.group() == b"\x1c"
        raw = bytes(buffer[start : end if framed else after])
        fields = bytes(buffer[start:end]).split(self._separator, 13)
        self._close(after)
        if name in {"FHS", "BHS"}:
            self._tally.header(name)
            ids = (fields[n] if n < len(fields) else b"" for n in (10, 11))
            return BatchHeader(name, raw, *map(text_of, ids))
        count = stated_count(name, fields[1] if len(fields) > 1 else b"")
        self._tally.trailer(name, count)
        return BatchTrailer(name, raw, count)

    def _close(self, place: int) -> None:
        self._place = self._searched = place
        self._open = b""

    def _check(self, size: int) -> None:
        if size > self._max_message:
            raise BatchMessageTooLargeError(f"more than {self._max_message} bytes")


def _gap(buffer: bytes | bytearray, place: int) -> int:
    """Return where what stands between two segments ends."""
    match = _GAP.match(buffer, place)
    return match.end() if match else place


def _next_start(
    buffer: bytes | bytearray, place: int, limit: int, separator: bytes
) -> re.Match[bytes] | None:
    """Return what starts the next part, from `place` on and before `limit`.

    Its group 1 is the name of the part's first segment.
    """
    while True:
        match = _START.search(buffer, place)
        if match is None or match.start() >= limit:
            return None
        if _name_at(buffer, match.start(1), separator):
            return match
        place = match.start() + 1


def _name_at(buffer: bytes | bytearray, place: int, separator: bytes) -> bytes:
    """Return the name of the header or trailer at a place, empty where none is.

    In a message, whose field separator is given, a line of text can start with the
    same letters: there a header must have the same separator or encoding characters.
    """
    match = _NAME.match(buffer, place)
    if match is None:
        return b""
    name = match.group().upper()
    mark = bytes(buffer[place + 3 : place + 4])
    if name.endswith(b"TS"):
        plain = mark == separator or (not separator and bool(_MARK.match(mark)))
        return name if plain or not mark or mark in _ENDS else b""
    if not _MARK.match(mark):
        return b""
    same = not separator or mark == separator
    return name if same or _HEADER.match(buffer, place) else b""


def _trimmed(body: bytes) -> bytes:
    """Return a message without the blank lines and framing that follow it."""
    end = len(body.rstrip(_BETWEEN))
    for line_end in (b"\r\n", b"\r", b"\n"):
        if body.startswith(line_end, end):
            return body[: end + len(line_end)]
    return body[:end]
