"""Messages that nobody here wrote: nothing may raise, nothing may get lost.

Nothing of the corpus is in this repository; without it these tests are skipped.
"""

import os
import re
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from hub.sdk import HubError
from hub_hl7 import ack, charset, mllp
from hub_hl7.er7 import Message
from hub_hl7.header import read_header
from hub_hl7.normalise import normalise
from hub_hl7.profile import Hl7Profile

ROOT = Path(__file__).parents[3]
CORPUS = Path(os.environ.get("CAREHUB_CORPUS", ROOT.parent / "shared/corpus")) / "hl7v2"
START = re.compile(rb"(?:^|(?<=[\r\n\x0b]))(?=MSH[^A-Za-z0-9\s])")

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(
        not CORPUS.is_dir(),
        reason=f"there is no corpus at {CORPUS}; set CAREHUB_CORPUS to where it is",
    ),
]


def messages_of(content):
    """Return `content` itself and, where it holds several, each of its messages."""
    cuts = [match.start() for match in START.finditer(content)]
    each = [content[start:end] for start, end in pairwise([*cuts, len(content)])]
    return [content] if len(each) < 2 else [content, *each]


@pytest.fixture(scope="module")
def bodies():
    files = sorted(path for path in CORPUS.rglob("*") if path.is_file())
    return [body for path in files for body in messages_of(path.read_bytes())]


@pytest.mark.parametrize("test_messages", ["set_aside", "apply"])
def test_every_message_has_exactly_one_outcome(bodies, test_messages):
    profile = Hl7Profile(test_messages=test_messages)
    results = [normalise(body, profile) for body in bodies]

    for result in results:
        outcomes = [bool(result.facts), result.unmapped is not None]
        assert sum([*outcomes, bool(result.problem)]) == 1
        msgspec.json.encode(result)
    assert any(result.facts for result in results)


def test_every_message_can_be_framed_and_answered(bodies):
    for body in bodies:
        header = read_header(body)
        reply = ack.acknowledge(header, sent=b"20260310", control_id=b"1")
        decoder = mllp.Decoder(max_frame=1 << 24)
        decoder.receive_data(mllp.encode(reply))

        assert decoder.next_event() == mllp.Frame(reply)
        if header is not None:
            assert Message(reply.decode("latin-1"))["MSA-1"] == "AA"


def test_segments_keep_what_was_sent(bodies):
    """All characters but line ends and what stands before the header are kept."""
    for body in bodies:
        try:
            decoded = charset.decode(body, "", default="8859/1")
            message = Message(decoded.text)
        except HubError:
            continue
        kept = "".join(segment.raw for segment in message.segments)
        sent = decoded.text.lstrip(" \t\r\n\0\ufeff")

        assert re.sub(r"[\r\n]", "", kept) == re.sub(r"[\r\n]", "", sent)
