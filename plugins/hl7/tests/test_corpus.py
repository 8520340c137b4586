"""Messages that nobody here wrote: nothing may raise, nothing may get lost.

Nothing of the corpus is in this repository; without it these tests are skipped.
"""

import re

import msgspec
import pytest

from hub.sdk import FactKind, HubError
from hub_hl7.answers import ack
from hub_hl7.facts.normalise import normalise
from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.facts.triggers import RULES
from hub_hl7.wire import charset, mllp
from hub_hl7.wire.er7 import Message
from hub_hl7.wire.header import read_header
from plugins.hl7.tests import corpus

#: Why a message about a patient and a visit is rightly set aside all the same.
SET_ASIDE = {
    "HL7-007": "a line in it is no segment",
    "HL7-010": "its trailer counts other messages than there are",
    "HL7-011": "something in the batch belongs to no message",
    "HL7-103": "nothing in it says when it was recorded or happened",
}
pytestmark = corpus.needs_corpus


@pytest.fixture(scope="module")
def bodies():
    """Every message, and every file that holds several as well."""
    return corpus.files() + corpus.bodies()


@pytest.mark.parametrize("test_messages", ["set_aside", "apply"])
def test_every_message_has_exactly_one_outcome(bodies, test_messages):
    profile = Hl7Profile(test_messages=test_messages)
    results = [normalise(body, profile) for body in bodies]

    for result in results:
        outcomes = [bool(result.facts), bool(result.parts), bool(result.problem)]
        assert sum([*outcomes, result.unmapped is not None]) == 1
        msgspec.json.encode(result)
    assert any(result.facts for result in results)


def says_whom_and_which_visit(message):
    """Say whether an event of ADT names a patient and a visit, as R-ENC-01 asks."""
    header, pv1 = message.header, message.segment("PV1")
    trigger = (header.value(9, 2) or message["EVN-1"] or "").upper()
    patient = message["PID-3.1"] or message["PID-2.1"] or message["PID-4.1"]
    visit = pv1 and (pv1.value(19) or pv1.value(50) or pv1.value(44))
    in_parts = header.value(14) or message.all("DSC") or message.all("ADD")
    known = header.value(9) == "ADT" and trigger in RULES and not in_parts
    return known and RULES[trigger].kind is not FactKind.IDENTITY and patient and visit


def test_every_patient_with_a_visit_yields_facts(bodies):
    profile = Hl7Profile(test_messages="apply")
    told = 0
    for body in bodies:
        result = normalise(body, profile)
        if result.parts:
            continue
        try:
            message = Message(charset.decode(body, "", default="8859/1").text)
        except HubError:
            continue
        if not says_whom_and_which_visit(message):
            continue
        told += 1

        assert result.facts or result.problem.code in SET_ASIDE
    assert told > 100


def test_every_fact_is_about_somebody_at_a_time(bodies):
    for body in bodies:
        for fact in normalise(body, Hl7Profile()).facts:
            assert fact.subject.identifiers
            assert fact.recorded.earliest < fact.recorded.latest


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
    """All characters are kept but line ends, noise before the header, and framing."""
    for body in bodies:
        try:
            decoded = charset.decode(body, "", default="8859/1")
            message = Message(decoded.text)
        except HubError:
            continue
        kept = "".join(segment.raw for segment in message.segments)
        sent = decoded.text.lstrip(" \t\r\n\0\x0b\ufeff").rstrip("\r\n\x1c\0\x1a")

        assert re.sub(r"[\r\n]", "", kept) == re.sub(r"[\r\n]", "", sent)
