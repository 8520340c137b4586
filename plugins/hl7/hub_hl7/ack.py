"""Acknowledgements in original mode (R-HL7-12), built from bytes.

    acknowledgement = MSH CR MSA CR [ ERR CR ]

An acknowledgement says that a message was stored, not that it was understood. It
repeats what the sender said of itself (MSH-3 to 6 and 10 to 12) and nothing of the
content. Source: HL7 v2.5.1, sections 2.9.2, 2.15.5 and 2.15.8, table 0357.
"""

from datetime import datetime
from functools import lru_cache

from msgspec import Struct

from hub_hl7.er7 import usable_delimiters
from hub_hl7.header import Header

#: Versions in which MSH-9 of an acknowledgement is ``ACK`` alone.
_TYPE_ALONE = frozenset({b"2.0", b"2.0D", b"2.1", b"2.2", b"2.3"})
#: Versions in which an ERR segment has one field.
_ERR_1_ONLY = _TYPE_ALONE | {b"2.3.1", b"2.4"}
LONGEST_PROCESSING_ID = 3  # ``P``, or ``P^A`` with the mode
_USUAL = b"^~\\&"
_UNREADABLE = Header(
    b"MSH", b"|", [b"MSH", _USUAL, *[b""] * 8, b"P", b"2.5"], replies=False
)
_UNFRAMABLE = b"\x0b\x1c"


class Refusal(Struct, frozen=True):
    """Why a message is refused: MSA-1, a code of table 0357 and its text."""

    answer: bytes
    code: bytes
    text: bytes
    segment: bytes = b"MSH"
    sequence: bytes = b"1"
    field: bytes = b""


NOT_HL7 = Refusal(b"AR", b"100", b"Segment sequence error")


def timestamp(now: datetime) -> bytes:
    """Return an aware time as MSH-7 wants it: to the second, with its offset."""
    return now.strftime("%Y%m%d%H%M%S%z").encode()


def acknowledge(
    header: Header | None,
    *,
    sent: bytes,
    control_id: bytes,
    refusal: Refusal | None = None,
) -> bytes:
    """Return the acknowledgement of the message with `header`, without framing.

    `sent` becomes MSH-7 and `control_id` MSH-10 (at most 20 characters, never used
    before). A message without header is answered in the usual delimiters. The
    result holds no VT and no FS, so that it can always be framed.
    """
    source = header or _UNREADABLE
    told = source if source.name == b"MSH" else _UNREADABLE
    mark, field = source.separator, source.field
    marks = _marks(mark, field(2))
    lines = [
        mark.join(
            (
                b"MSH", marks, field(5), field(6), field(3), field(4), sent, b"",
                _type(told), control_id, _processing_id(told.field(11)), told.field(12),
            )
        ),
        mark.join((b"MSA", refusal.answer if refusal else b"AA", source.control_id)),
    ]  # fmt: skip
    if refusal:
        lines.append(_err(refusal, told.field(12), mark, marks))
    answer = b"\r".join((*lines, b""))
    if b"\x0b" in answer or b"\x1c" in answer:
        return answer.translate(None, _UNFRAMABLE)
    return answer


@lru_cache(maxsize=512)
def _marks(separator: bytes, sent: bytes) -> bytes:
    """Return MSH-2 as it was sent, or the usual one where that is unusable."""
    marks = "".join(dict.fromkeys(sent.decode("latin-1")))
    return sent if usable_delimiters(separator.decode(), marks) else _USUAL


@lru_cache(maxsize=64)
def _processing_id(sent: bytes) -> bytes:
    """Return MSH-11 as it was sent; where fields are shifted it may be a name."""
    return sent if len(sent) <= LONGEST_PROCESSING_ID else b"P"


def _type(header: Header) -> bytes:
    separator = header.component_separator
    return _type_of(header.field(9), separator, header.field(12))


@lru_cache(maxsize=512)
def _type_of(received: bytes, separator: bytes, version: bytes) -> bytes:
    """Return MSH-9: ``ACK^A01^ACK`` since version 2.3.1, ``ACK`` before."""
    trigger = received.split(separator)[1:2]
    named = bool(trigger) and len(trigger[0]) == 3 and trigger[0].isalnum()  # noqa: PLR2004  all triggers have three characters
    if version.split(separator)[0] in _TYPE_ALONE or not named:
        return b"ACK"
    return separator.join((b"ACK", trigger[0], b"ACK"))


def _err(refusal: Refusal, version: bytes, mark: bytes, marks: bytes) -> bytes:
    """Return the ERR segment in the layout of the message's version."""
    comp, sub = marks[:1], marks[3:4] or b"&"
    place = comp.join((refusal.segment, refusal.sequence, refusal.field))
    if version.split(comp)[0] in _ERR_1_ONLY:
        reason = sub.join((refusal.code, refusal.text, b"HL70357"))
        return mark.join((b"ERR", comp.join((place, reason))))
    reason = comp.join((refusal.code, refusal.text, b"HL70357"))
    return mark.join((b"ERR", b"", place.rstrip(comp), reason, b"E"))
