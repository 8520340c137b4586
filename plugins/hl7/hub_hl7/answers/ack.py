"""Acknowledgements (R-HL7-12), built from bytes.

    acknowledgement = MSH CR MSA CR [ ERR CR ]
    batch           = BHS CR *acknowledgement BTS CR

An acknowledgement repeats what the sender said of itself (MSH-3 to 6 and 10 to 12)
and nothing of the content: it holds codes and texts of this hub, never a value.
Source: HL7 v2.5.1, sections 2.9.2, 2.10.3, 2.15.5 and 2.15.8, table 0357.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from msgspec import Struct

from hub_hl7.wire.charset import codec_of
from hub_hl7.wire.er7 import usable_delimiters
from hub_hl7.wire.header import Header

#: Versions in which MSH-9 of an acknowledgement is ``ACK`` alone.
_TYPE_ALONE = frozenset({b"2.0", b"2.0D", b"2.1", b"2.2", b"2.3"})
#: Versions in which an ERR segment has one field.
_ERR_1_ONLY = _TYPE_ALONE | {b"2.3.1", b"2.4"}
#: Triggers of REF, whose answer is an RRI (HL7 v2.5.1, section 11.3).
_REFERRALS = frozenset({b"I12", b"I13", b"I14", b"I15"})
LONGEST_PROCESSING_ID = 3  # ``P``, or ``P^A`` with the mode
_LONGEST_MARKS = 16  # MSH-2 that was escaped once too often is still shorter
_LONGEST_KEY = 64  # of a type or a version that is remembered
_USUAL = b"^~\\&"
_UNREADABLE = Header(
    b"MSH", b"|", [b"MSH", _USUAL, *[b""] * 8, b"P", b"2.5"], replies=False
)
_UNFRAMABLE = b"\x0b\x1c"


class Refusal(Struct, frozen=True):
    """Why a message is refused: MSA-1, a code of table 0357 and its text.

    `segment` to `component` say where (ERR-2), `error_code` is the code of this
    hub's catalogue (ERR-5) and `said` its summary (ERR-8). The message is stored
    all the same; where the refusal is `effective` nothing comes of it.
    """

    answer: bytes
    code: bytes
    text: bytes
    segment: bytes = b"MSH"
    sequence: bytes = b"1"
    field: bytes = b""
    repetition: bytes = b""
    component: bytes = b""
    error_code: str = ""
    said: str = ""
    effective: bool = False


NOT_HL7 = Refusal(b"AR", b"100", b"Segment sequence error")


def timestamp(now: datetime) -> bytes:
    """Return an aware time as MSH-7 wants it: to the second, with its offset."""
    return now.strftime("%Y%m%d%H%M%S%z").encode()


def acknowledge(
    header: Header | None,
    *,
    sent: bytes,
    control_id: bytes,
    answer: bytes = b"",
    refusal: Refusal | None = None,
    expected: bytes = b"",
) -> bytes:
    """Return the acknowledgement of the message with `header`, without framing.

    `sent` becomes MSH-7, `control_id` MSH-10 (at most 20 characters, never used
    before), `answer` MSA-1 (where it is empty: the one of `refusal`, or AA) and
    `expected` MSA-4. A message without header is answered in the usual delimiters.
    The result holds no VT and no FS, so that it can always be framed.
    """
    source = header or _UNREADABLE
    told = source if source.name == b"MSH" else _UNREADABLE
    answer = answer or (refusal.answer if refusal else b"AA")
    first, second, third, marks = _form(source.separator, _echoed(source), answer)
    parts = [first, sent, second, control_id, third, source.control_id]
    if expected:
        parts += [source.separator * 2, expected]
    parts.append(b"\r")
    if refusal:
        parts += [_err(refusal, told.field(12), source.separator, marks), b"\r"]
    reply = b"".join(parts)
    if reply.isascii() and b"\x0b" not in reply and b"\x1c" not in reply:
        return reply
    return _special(reply, told)


def _echoed(header: Header) -> tuple[bytes, ...]:
    """Return MSH-2 to 6, 9, 11 and 12; of a batch the last three are the usual."""
    elements = header.elements
    if header.name == b"MSH" and len(elements) > 11:  # noqa: PLR2004  to MSH-12
        return *elements[1:6], elements[8], elements[10], elements[11]
    told = header if header.name == b"MSH" else _UNREADABLE
    first = (header.field(number) for number in (2, 3, 4, 5, 6))
    return *first, *(told.field(number) for number in (9, 11, 12))


@lru_cache(maxsize=256)
def _form(
    mark: bytes, echoed: tuple[bytes, ...], answer: bytes
) -> tuple[bytes, bytes, bytes, bytes]:
    """Return what is the same in all answers to messages with these fields.

    It ends where MSH-7, MSH-10 and MSA-2 are to be filled in; the last is MSH-2. A
    sender has few such forms, and most of an answer is made once.
    """
    encoding, *names, received, processing, version = echoed
    application, facility, to_application, to_facility = names
    marks = _marks(mark, encoding[:_LONGEST_MARKS])
    kind = _type(received, encoding[:1] or b"^", version, answer)
    told = (b"MSH", marks, to_application, to_facility, application, facility, b"")
    processing = _processing_id(processing)
    rest = mark.join((b"", processing, version + b"\rMSA", answer, b""))
    return mark.join(told), mark.join((b"", b"", kind, b"")), rest, marks


def answer_batch(
    header: Header, answers: Sequence[bytes], *, sent: bytes, control_id: bytes
) -> bytes:
    """Return a batch of acknowledgements, without framing; it may be empty.

    `header` is the first one of the batch that is answered; its own control id,
    if it has one, becomes BHS-12.
    """
    mark, field = header.separator, header.field
    reference = header.control_id if header.name != b"MSH" else b""
    bhs = (
        b"BHS", _marks(mark, field(2)[:_LONGEST_MARKS]), field(5), field(6), field(3),
        field(4), sent, b"", b"", b"", control_id, reference,
    )  # fmt: skip
    bts = mark.join((b"BTS", b"%d" % len(answers)))
    first = mark.join(bhs).translate(None, _UNFRAMABLE)
    return b"".join((first, b"\r", *answers, bts, b"\r"))


def _special(reply: bytes, told: Header) -> bytes:
    """Return `reply` so that it can be framed and says its character set (MSH-18).

    The bytes that are no ASCII come from the sender, so the set is the sender's.
    """
    declared = told.field(18)[:_LONGEST_KEY].split(b"~")[0]
    if not reply.isascii() and codec_of(declared.decode("latin-1")) is not None:
        first, end, rest = reply.partition(b"\r")
        reply = b"".join((first, told.separator * 6, declared, end, rest))
    return reply.translate(None, _UNFRAMABLE)


@lru_cache(maxsize=512)
def _marks(separator: bytes, sent: bytes) -> bytes:
    """Return MSH-2 as it was sent, or the usual one where that is unusable."""
    marks = "".join(dict.fromkeys(sent.decode("latin-1")))
    usable = len(sent) < _LONGEST_MARKS and usable_delimiters(separator.decode(), marks)
    return sent if usable else _USUAL


def _processing_id(sent: bytes) -> bytes:
    """Return MSH-11 as it was sent; where fields are shifted it may be a name."""
    return sent if len(sent) <= LONGEST_PROCESSING_ID else b"P"


def _type(received: bytes, separator: bytes, version: bytes, answer: bytes) -> bytes:
    """Return MSH-9: ``ACK^A01^ACK`` since version 2.3.1, ``ACK`` before.

    A referral is answered by ``RRI^I12^RRI_I12``, which here says that it was
    received and no more; a commit acknowledgement is an ACK whatever it answers.
    """
    parts = received[:_LONGEST_KEY].split(separator)
    trigger = parts[1].upper() if len(parts) > 1 else b""
    alone = version[:_LONGEST_KEY].split(separator)[0] in _TYPE_ALONE
    commit = answer.startswith(b"C")
    if parts[0].upper() == b"REF" and trigger in _REFERRALS and not commit:
        structure = () if alone else (b"RRI_I12",)
        return separator.join((b"RRI", trigger, *structure))
    named = len(trigger) == 3 and trigger.isalnum()  # noqa: PLR2004  all triggers have three characters
    if alone or not named:
        return b"ACK"
    return separator.join((b"ACK", parts[1], b"ACK"))


def _err(refusal: Refusal, version: bytes, mark: bytes, marks: bytes) -> bytes:
    """Return the ERR segment in the layout of the message's version."""
    comp, sub = marks[:1], marks[3:4] or b"&"
    place = (refusal.segment, refusal.sequence, refusal.field)
    if version.split(comp)[0] in _ERR_1_ONLY:
        reason = sub.join((refusal.code, refusal.text, b"HL70357"))
        return mark.join((b"ERR", comp.join((*place, reason))))
    where = comp.join((*place, refusal.repetition, refusal.component)).rstrip(comp)
    reason = comp.join((refusal.code, refusal.text, b"HL70357"))
    said = _escaped(refusal.said, mark, marks)
    own = (refusal.error_code.encode(), b"", b"", said)
    return mark.join((b"ERR", b"", where, reason, b"E", *own)).rstrip(mark)


def _escaped(text: str, mark: bytes, marks: bytes) -> bytes:
    """Return a text of this hub as it may stand in a field."""
    marks = marks.ljust(4, b"\0")
    names = dict(zip(mark + marks[:4], b"FSRET", strict=True))
    escape = marks[2:3]
    return b"".join(
        escape + bytes([names[byte]]) + escape if byte in names else bytes([byte])
        for byte in text.encode("ascii", "replace")
    )
