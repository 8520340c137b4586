"""Peers that nobody here wrote. Every sample is synthetic."""

import asyncio

from hl7 import parse
from hl7.client import MLLPClient
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from hub.testing import MemoryInbox, running
from hub_hl7.receiving.foreign import LONGEST_OPENING, name_protocol
from hub_hl7.receiving.listener import MllpListener
from hub_hl7.receiving.settings import ListenerSettings
from hub_hl7.wire.er7 import Message


async def test_the_client_of_another_library_gets_its_acknowledgements(adt):
    inbox = MemoryInbox()
    source = MllpListener(ListenerSettings(kind="mllp-listener", port=0))
    sent = [adt(msh={10: f"{number}"}) for number in range(20)]

    def converse(host, port):
        with MLLPClient(host, int(port)) as client:
            return [client.send_message(body) for body in sent]

    async with running(source, inbox) as address:
        answers = await asyncio.to_thread(converse, *address.split(":"))

    acknowledged = [parse(one.strip(b"\x0b\x1c\r").decode()) for one in answers]
    named = [str(one.segment("MSA")[2]) for one in acknowledged]
    assert named == [str(n) for n in range(20)]
    assert [message.body for message in inbox.messages] == sent


def test_another_library_reads_the_same_values(adt):
    """A differential oracle for the parser."""
    text = adt(pid={3: "1^^^A^PI~2^^^B^NI"}, extra=["ZBE|98^KIS|2026"]).decode()
    ours, theirs = Message(text), parse(text)

    assert [segment.raw for segment in ours.segments] == [str(one) for one in theirs]
    for name, field in (("MSH", 9), ("PID", 3), ("PID", 5), ("PV1", 19), ("ZBE", 1)):
        assert ours.segment(name).raw_field(field) == str(theirs.segment(name)[field])


def test_a_protocol_is_named_by_its_opening():
    assert name_protocol(b"POST /adt HTTP/1.1") == "HTTP"
    assert name_protocol(b"") == ""
    assert name_protocol(b"x" * LONGEST_OPENING) == ""


def test_the_reference_parser_reads_the_same_values(adt):
    """Where it can read them: it keeps neither line feeds nor unknown segments."""
    text = adt(pid={3: "1^^^A^PI~2^^^B&1.2&ISO^NI"}, pv1={7: "12^Lange^Ute"}).decode()
    ours = Message(text)
    theirs = parse_message(
        text, validation_level=VALIDATION_LEVEL.TOLERANT, find_groups=False
    )

    assert [one.name for one in theirs.children] == [one.name for one in ours.segments]
    for path, value in {
        "PID-3(2).4.2": theirs.pid.pid_3[1].cx_4.hd_2.to_er7(),
        "PID-5.2": theirs.pid.pid_5.xpn_2.to_er7(),
        "PV1-3.2": theirs.pv1.pv1_3.pl_2.to_er7(),
        "PV1-7.3": theirs.pv1.pv1_7.xcn_3.to_er7(),
        "PV1-19.1": theirs.pv1.pv1_19.cx_1.to_er7(),
        "PV1-44": theirs.pv1.pv1_44.to_er7(),
    }.items():
        assert ours[path] == value
