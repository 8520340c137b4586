"""From an HL7 v2 message to facts, whatever its family.

ADT messages are read in `adt`, the families that speak of records in `families`, and
a batch is cut into messages that come back one by one.
"""

import re

from msgspec import Struct

from hub.sdk import (
    Document,
    Fact,
    HubError,
    Normalised,
    Problem,
    Provenance,
)
from hub_hl7.facts.adt import facts_of
from hub_hl7.facts.errors import (
    ContinuationError,
    NotHl7Error,
    TooManyPartsError,
    WideCharsetError,
)
from hub_hl7.facts.movement import rule_of
from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.facts.reading import Reading
from hub_hl7.records.families import FAMILIES
from hub_hl7.wire import charset
from hub_hl7.wire.batch import is_batch, read_batch
from hub_hl7.wire.er7 import Message, SegmentNameError
from hub_hl7.wire.header import Header, read_header, text_of

_MOST_SEGMENTS = 10_000
_CODE = re.compile(r"[A-Z][A-Z0-9]{2}")
_NOT_IN_PRODUCTION = frozenset({"T", "D"})


class _Yield(Struct, frozen=True):
    """What a message yields: facts, or the reason why there are none for the core."""

    facts: tuple[Fact, ...] = ()
    documents: tuple[Document, ...] = ()
    unmapped: str | None = None


def normalise(body: bytes, profile: Hl7Profile) -> Normalised:
    """Return what the message in `body` states, by the peculiarities of its feed.

    Pure, and never raises for content. A batch comes back as its parts. A message
    of another type or trigger is unmapped (``type.VXU``, ``trigger.A20``), as are an
    ``acknowledgement``, a test message (``processing_id.T``) and a ``batch.empty``.
    """
    header = read_header(body)
    if header is None:
        wide = charset.is_wide(body)
        error = WideCharsetError if wide else NotHl7Error
        return Normalised(problem=Problem(error.code))
    try:
        if is_batch(body):
            return _batch(body, header)
        message, codec, warnings = _read(body, header, profile)
    except HubError as error:
        problem = Problem(error.code, error.detail)
        return Normalised(provenance=_known_from(header), problem=problem)
    return _normalise(Reading(message, profile), header, codec, warnings)


def _read(
    body: bytes, header: Header, profile: Hl7Profile
) -> tuple[Message, str, tuple[str, ...]]:
    """Return the message with the codec that it took, and what was odd about that.

    The text as a whole is let go of here: there may be a large document in it.
    """
    decoded = charset.decode_message(
        body,
        header,
        default=profile.charset_default,
        policy=profile.charset_policy,
    )
    message = Message(decoded.text, codec=decoded.codec, keep_text=False)
    return message, decoded.codec, decoded.warnings


def _batch(body: bytes, header: Header) -> Normalised:
    batch, provenance = read_batch(body), _known_from(header)
    return Normalised(
        provenance=provenance,
        parts=batch.parts,
        warnings=batch.oddities,
        unmapped=None if batch.parts else "batch.empty",
    )


def _known_from(header: Header) -> Provenance:
    return Provenance(
        system=text_of(header.field(3)),
        facility=text_of(header.field(4)),
        message_id=text_of(header.control_id),
        trigger=header.message_type,
    )


def _normalise(
    reading: Reading, header: Header, codec: str, odd_bytes: tuple[str, ...]
) -> Normalised:
    provenance = _provenance(reading, codec)
    found, problem = _Yield(), None
    try:
        found = _yield(reading, header)
    except HubError as error:
        problem = Problem(error.code, error.detail)
    odd = sorted(reading.message.oddities)
    return Normalised(
        provenance=provenance,
        facts=found.facts,
        documents=found.documents,
        warnings=(*odd_bytes, *reading.warnings, *odd),
        unmapped=found.unmapped,
        problem=problem,
    )


def _provenance(reading: Reading, codec: str) -> Provenance:
    header = reading.message.header
    extensions: dict[str, list[str]] = {}
    for segment in reading.message.local():
        extensions.setdefault(segment.name, []).append(segment.raw)
    if not header.value(10):
        reading.warn("control_id.missing")
    names = (header.value(9, 1) or "").upper(), reading.trigger
    return Provenance(
        system=header.value(3, 1) or "",
        facility=header.value(4, 1) or "",
        message_id=header.value(10) or "",
        trigger="^".join(filter(None, names)),
        sequence=header.value(13) or None,
        sent=reading.time(header, 7),
        charset=codec,
        extensions=extensions,
    )


def _yield(reading: Reading, header: Header) -> _Yield:
    """Return the facts of the message, or why nothing in it is for the core."""
    kind = (reading.message.header.value(9) or "").strip().upper()
    # Some answers are news, such as the one to a referral (RRI).
    if header.replies and kind not in FAMILIES:
        return _Yield(unmapped="acknowledgement")
    set_aside = _set_aside(reading)
    if set_aside is not None:
        return _Yield(unmapped=set_aside)
    if kind != "ADT":
        return _of_family(reading, kind)
    rule = rule_of(reading)
    if rule is None:
        return _Yield(unmapped=f"trigger.{_code(reading.trigger)}")
    return _Yield(facts_of(reading, rule))


def _of_family(reading: Reading, kind: str) -> _Yield:
    family = FAMILIES.get(kind)
    found = family(reading) if family else None
    if found is None:
        return _Yield(unmapped=f"type.{_code(kind)}")
    return _Yield(found.facts, found.documents)


def _set_aside(reading: Reading) -> str | None:
    """Say why the message is for nobody whatever its type, None where it is not so.

    Raises TooManyPartsError, ContinuationError and SegmentNameError.
    """
    message, msh = reading.message, reading.message.header
    if len(message.segments) > _MOST_SEGMENTS:
        raise TooManyPartsError(f"more than {_MOST_SEGMENTS} segments")
    processing = (msh.value(11) or "").strip().upper()
    diverted = reading.profile.test_messages == "set_aside"
    if diverted and processing in _NOT_IN_PRODUCTION:
        return f"processing_id.{processing}"
    if msh.value(14) or message.all("DSC") or message.all("ADD"):
        raise ContinuationError
    if message.malformed:
        raise SegmentNameError(f"{message.malformed} lines")
    return None


def _code(text: str) -> str:
    """Return a code that may be shown; where fields are shifted it may be a name."""
    if not text:
        return "missing"
    return text if _CODE.fullmatch(text) else "unreadable"
