"""Messages that nobody here wrote come back byte for byte.

Nothing of the corpus is in this repository; without it these tests are skipped.
"""

import os
from pathlib import Path

import hl7
import pytest

from hub.sdk import HubError
from hub_hl7.facts.errors import CharsetError, DelimitersError
from hub_hl7.wire import charset
from hub_hl7.wire.batch import BatchMessage, BatchReader, read_batch
from hub_hl7.wire.er7 import HEADERS, Message
from hub_hl7.wire.header import read_header

ROOT = Path(__file__).parents[3]
CORPUS = Path(os.environ.get("CAREHUB_CORPUS", ROOT.parent / "shared/corpus")) / "hl7v2"
#: What may stand between the segments of a file, and is in no message.
BETWEEN = b"\r\n\x0b\x1c\0\x1a \t\xef\xbb\xbf"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(
        not CORPUS.is_dir(),
        reason=f"there is no corpus at {CORPUS}; set CAREHUB_CORPUS to where it is",
    ),
]


@pytest.fixture(scope="module")
def files():
    paths = sorted(path for path in CORPUS.rglob("*") if path.is_file())
    return [path.read_bytes() for path in paths]


@pytest.fixture(scope="module")
def bodies(files):
    """Return each message of the corpus."""
    found = []
    for content in files:
        try:
            found += [part.body for part in read_batch(content).parts]
        except HubError:
            continue
    assert len(found) > 1000
    return found


def decoded(body):
    return charset.decode_message(body, read_header(body), default="8859/1")


def readable(bodies):
    """Yield the text and the message of each body that is readable."""
    for body in bodies:
        try:
            text = decoded(body)
            message = Message(text.text, codec=text.codec)
        except (DelimitersError, CharsetError):
            continue
        yield body, text, message


def test_every_message_gives_back_its_bytes(bodies):
    for body, text, message in readable(bodies):
        assert text.encode() == body
        assert text.mark + message.encode() == body


def test_every_byte_of_a_file_is_in_a_message_a_header_or_a_trailer(files):
    for content in files:
        reader, kept = BatchReader(), b""
        reader.receive_data(content)
        reader.receive_eof()
        try:
            while (event := reader.next_event()) is not None:
                kept += event.body if isinstance(event, BatchMessage) else event.raw
        except HubError:
            continue

        assert kept.translate(None, BETWEEN) == content.translate(None, BETWEEN)


def test_messages_of_many_senders_in_one_file_are_told_apart(bodies):
    whole = [body for body in bodies if body.endswith((b"\r", b"\n"))]
    reader, found = BatchReader(), []
    content = b"\r".join(whole)
    for place in range(0, len(content), 1 << 16):
        reader.receive_data(content[place : place + (1 << 16)])
        while (event := reader.next_event()) is not None:
            found.append(event.body)
    reader.receive_eof()
    while (event := reader.next_event()) is not None:
        found.append(event.body)

    assert found == whole


def test_another_parser_finds_the_same_fields(bodies):
    """python-hl7 reads only what ends its segments with CR, and has no tolerance."""
    compared = 0
    for _, text, message in readable(bodies[::10]):
        if "\n" in text.text or message.oddities or message.malformed:
            continue
        other = hl7.parse(text.text)
        for segment, theirs in zip(message.segments, other, strict=True):
            first = 3 if segment.name in HEADERS else 1
            for number in range(first, len(theirs)):
                assert segment.raw_field(number) == str(theirs(number))
                compared += 1

    assert compared > 1000
