"""What must hold for any bytes at all. Hypothesis and atheris call the same functions.

Each function takes bytes and returns nothing; a property that does not hold raises.
Errors that users may see are in the catalogue and no failure: every other one is.
"""

import itertools
import time
from contextlib import contextmanager, suppress
from datetime import UTC, timedelta

import msgspec

from hub.sdk import HubError
from hub_hl7.answers.ack import acknowledge
from hub_hl7.facts.normalise import normalise
from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.outbound.building import write_field
from hub_hl7.wire import batch, charset, mllp
from hub_hl7.wire.er7 import Message
from hub_hl7.wire.escapes import Syntax, unescape
from hub_hl7.wire.header import read_header
from hub_hl7.wire.times import clock_for, read_date, read_time

PROFILE = Hl7Profile(time_zone="Europe/Berlin", test_messages="apply")
SYNTAX = Syntax("|")
MOST_FRAME = 4096
#: An input of 64 KiB is read in a fiftieth of this.
MOST_SECONDS = 2.0
#: No sequence stands for more text than it is long, but for the feed of lines.
MOST_GROWTH = 2
LONGEST_YEAR = timedelta(days=367)

# Pieces that mean something: that is where readers go wrong.
PIECES = (
    *(b"|", b"^", b"~", b"\\", b"&", b"#", b'""', b" ", b"\r", b"\n", b"\r\n", b"\0"),
    *(
        b"\x0b",
        b"\x1c",
        b"\x1c\r",
        b"\x0bMSH|^~\\&|",
        b"\xef\xbb\xbf",
        b"\xff",
        b"\x1b",
    ),
    *(b"MSH|^~\\&|", b"FHS|^~\\&|", b"BHS|^~\\&|", b"BTS|1\r", b"FTS|1\r", b"MSA|AA|1"),
    *(b"MSH|^~\\&|A|B|C|D|20260310||ADT^A01^ADT_A01|1|P|2.5\r", b"EVN||20260310\r"),
    *(b"PID|||47^^^K^MR||Muster^A\r", b"PV1||I|||||||||||||||||9\r", b"ZBE|1|2026\r"),
    *(b"\\F\\", b"\\X0D\\", b"\\X", b"\\.br\\", b"\\.sp+3\\", b"\\Zx\\", b"\\C2842\\"),
    *(b"\\M242842\\", b"\\E\\", b"\\H\\", b"20260329023000", b"2026-10-25T02:30", b"Z"),
    *(
        b"+0100",
        b"-0000",
        b"240000",
        b"235960",
        b".123456789",
        b"0000",
        b"9999",
        b"8859/1",
    ),
    *(b"UNICODE UTF-8", b"ISO IR87", b"GB 18030-2000", b"BIG-5", b"a", "ü".encode()),
)


@contextmanager
def in_time():
    """Fail where the block takes longer than any input may."""
    started = time.process_time()
    yield
    assert time.process_time() - started < MOST_SECONDS


def frame(data):
    """The same bytes give the same frames however they are cut; none are lost."""
    if not data:
        return
    with in_time():
        step, strict, wire = data[0] % 7 + 1, data[0] > 127, data[1:]
        whole = _events([wire], strict=strict)
        cuts = range(0, len(wire), step)
        parts = _events([wire[cut : cut + step] for cut in cuts], strict=strict)

        assert whole == parts


def _events(chunks, *, strict):
    """Return the frames and what ended the stream, and the number of stray bytes."""
    decoder = mllp.Decoder(max_frame=MOST_FRAME, max_stray=MOST_FRAME, strict=strict)
    found, stray = [], 0
    try:
        for chunk in chunks:
            decoder.receive_data(chunk)
            for event in iter(decoder.next_event, None):
                if isinstance(event, mllp.Stray):
                    stray += len(event.data)
                else:
                    found.append(event)
        decoder.receive_eof()
        found += iter(decoder.next_event, None)
    except HubError as error:
        return found, type(error), None
    return found, None, stray


def parse(data):
    """Every field can be asked for, and what was sent can be written again."""
    with in_time():
        header = read_header(data)
        if header is None:
            return
        with suppress(HubError):
            acknowledge(header, sent=b"20260310", control_id=b"1")
        with suppress(HubError):
            _read(data, header)
        if batch.is_batch(data):
            _split(data)


def _read(data, header):
    decoded = charset.decode_message(data, header, default="UNICODE UTF-8")
    message = Message(decoded.text, codec=decoded.codec)
    for segment in message.segments[:200]:
        for number in range(1, min(50, segment.raw.count(message.syntax.field) + 2)):
            for field in segment.repetitions(number)[:20]:
                field.text()
                for component, part in itertools.product(range(1, 5), range(3)):
                    field.component(component, part)
    assert all(
        segment.raw in decoded.text for segment in message.segments if not _cut(segment)
    )
    if "charset.inexact" not in decoded.warnings:
        assert decoded.mark + message.encode() == data


def _cut(segment):
    return "\n" in segment.raw  # CRLF in what a sender wrapped is a CR to us


def _split(data):
    with suppress(HubError):
        found = batch.read_batch(data)
        assert all(part.body in data for part in found.parts)
        assert sum(len(part.body) for part in found.parts) <= len(data)


def understand(data):
    """A normaliser returns one outcome for anything, and the store can keep it."""
    with in_time():
        result = normalise(data, PROFILE)
        outcomes = (bool(result.facts), bool(result.unmapped), bool(result.problem))

        assert sum(outcomes) == 1 or result.parts
        msgspec.json.decode(msgspec.json.encode(result), type=type(result))


def escape(data):
    """Sequences are replaced within bounds; what we escape comes back as it was."""
    with in_time():
        text = data.decode("utf-8", "replace")
        oddities = set()
        replaced = unescape(text, SYNTAX, oddities)

        assert len(replaced) <= MOST_GROWTH * len(text)
        assert "\\" in text or replaced == text
        assert all(odd.startswith("escape.") for odd in oddities)
        with suppress(HubError):
            again = unescape(write_field(text), SYNTAX, oddities)
            assert again == text or "escape.too_many" in oddities


def date(data):
    """A time that can be read is aware, ordered, and no longer than a year."""
    with in_time():
        text, _, sent = data.decode("utf-8", "replace").partition("\n")
        clock = clock_for(
            sent, feed_zone="Europe/Berlin", midnight_means_day=bool(len(data) % 2)
        )
        found = read_time(text, clock)
        day = read_date(text)

        assert day is None or len(day) in {4, 7, 10}
        if found is not None:
            assert found.raw == text
            assert found.earliest.tzinfo is found.latest.tzinfo is UTC
            assert timedelta() < found.latest - found.earliest < LONGEST_YEAR


PROPERTIES = {
    "framer": frame,
    "parser": parse,
    "normaliser": understand,
    "escapes": escape,
    "times": date,
}
