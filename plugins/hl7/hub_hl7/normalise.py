"""From an HL7 v2 message to facts.

A01 and A04 start an encounter, A02 moves it, A03 ends it, A08 updates it; A11, A12
and A13 take the start, the move and the end back. A trigger is what the sender
*said*; what is so is for the core to find out. Source: HL7 v2.5.1, section 3.3.
"""

import re
from typing import Any

from msgspec import Struct

from hub.sdk import (
    Code,
    Fact,
    FactKind,
    FuzzyTime,
    HubError,
    Normalised,
    Problem,
    Provenance,
)
from hub_hl7 import charset
from hub_hl7.er7 import Message
from hub_hl7.errors import (
    ContinuationError,
    NoEncounterKeyError,
    NoPatientError,
    NotHl7Error,
    NoTimeError,
    TooManyPartsError,
)
from hub_hl7.header import Header, read_header, text_of
from hub_hl7.person import subject_of
from hub_hl7.profile import Hl7Profile
from hub_hl7.reading import Reading, plain, stated
from hub_hl7.visit import class_of, details_of, end_of, key_of, location_of, start_of

_MOST_SEGMENTS = 10_000
_MOST_REPETITIONS = 2_000  # in all fields of PID, or of PV1
_CODE = re.compile(r"[A-Z][A-Z0-9]{2}")
_NOT_IN_PRODUCTION = frozenset({"T", "D"})


class Rule(Struct, frozen=True):
    """What a trigger event states: a kind of fact, or the kind that it takes back."""

    kind: FactKind
    cancels: FactKind | None = None


RULES = {
    "A01": Rule(FactKind.START),
    "A02": Rule(FactKind.MOVE),
    "A03": Rule(FactKind.END),
    "A04": Rule(FactKind.START),
    "A08": Rule(FactKind.UPDATE),
    "A11": Rule(FactKind.CANCEL, FactKind.START),
    "A12": Rule(FactKind.CANCEL, FactKind.MOVE),
    "A13": Rule(FactKind.CANCEL, FactKind.END),
}


def normalise(body: bytes, profile: Hl7Profile) -> Normalised:
    """Return what the message in `body` states, by the peculiarities of its feed.

    Pure, and never raises for content. A message of another type or trigger is
    unmapped (``type.ORU``, ``trigger.A31``), as are a ``batch``, an
    ``acknowledgement`` and a test message (``processing_id.T``).
    """
    header = read_header(body)
    if header is None:
        return Normalised(problem=Problem(NotHl7Error.code))
    try:
        decoded = charset.decode(
            body,
            _declared(header),
            default=profile.charset_default,
            policy=profile.charset_policy,
        )
        message = Message(decoded.text, codec=decoded.codec)
    except HubError as error:
        return Normalised(provenance=_known_from(header), problem=Problem(error.code))
    return _normalise(Reading(message, profile), header, decoded)


def _declared(header: Header) -> str:
    repetition = header.field(2)[1:2] or b"~"
    return (
        text_of(header.field(18).split(repetition)[0]) if header.name == b"MSH" else ""
    )


def _known_from(header: Header) -> Provenance:
    return Provenance(
        system=text_of(header.field(3)),
        facility=text_of(header.field(4)),
        message_id=text_of(header.control_id),
        trigger=header.message_type,
    )


def _normalise(
    reading: Reading, header: Header, decoded: charset.Decoded
) -> Normalised:
    provenance = _provenance(reading, decoded.codec)
    fact: Fact | None = None
    unmapped: str | None = None
    problem: Problem | None = None
    try:
        unmapped = _unmapped(reading, header)
        if unmapped is None:
            fact = _fact(reading, RULES[reading.trigger])
    except HubError as error:
        problem = Problem(error.code, error.detail)
    odd = sorted(reading.message.oddities)
    return Normalised(
        provenance=provenance,
        facts=(fact,) if fact else (),
        warnings=(*decoded.warnings, *reading.warnings, *odd),
        unmapped=unmapped,
        problem=problem,
    )


def _provenance(reading: Reading, codec: str) -> Provenance:
    header = reading.message.header
    extensions: dict[str, list[str]] = {}
    for segment in reading.message.local():
        extensions.setdefault(segment.name, []).append(segment.raw)
    batch = header.name != "MSH"
    if not batch and not header.value(10):
        reading.warn("control_id.missing")
    names = (header.value(9, 1) or "").upper(), reading.trigger
    return Provenance(
        system=header.value(3, 1) or "",
        facility=header.value(4, 1) or "",
        message_id=header.value(11 if batch else 10) or "",
        trigger=header.name if batch else "^".join(filter(None, names)),
        sequence=None if batch else header.value(13) or None,
        sent=reading.time(header, 7),
        charset=codec,
        extensions=extensions,
    )


def _unmapped(reading: Reading, header: Header) -> str | None:
    """Say why nothing in the message is for the core, None where something is.

    Raises TooManyPartsError and ContinuationError.
    """
    message, msh = reading.message, reading.message.header
    if len(message.segments) > _MOST_SEGMENTS:
        raise TooManyPartsError(f"more than {_MOST_SEGMENTS} segments")
    if msh.name != "MSH" or len(message.all("MSH")) > 1:
        return "batch"
    if header.replies:
        return "acknowledgement"
    processing = (msh.value(11) or "").strip().upper()
    diverted = reading.profile.test_messages == "set_aside"
    if diverted and processing in _NOT_IN_PRODUCTION:
        return f"processing_id.{processing}"
    if msh.value(14) or message.all("DSC") or message.all("ADD"):
        raise ContinuationError
    kind, trigger = (msh.value(9) or "").strip().upper(), reading.trigger
    if kind != "ADT":
        return f"type.{_code(kind)}"
    return None if trigger in RULES else f"trigger.{_code(trigger)}"


def _code(text: str) -> str:
    """Return a code that may be shown; where fields are shifted it may be a name."""
    if not text:
        return "missing"
    return text if _CODE.fullmatch(text) else "unreadable"


def _fact(reading: Reading, rule: Rule) -> Fact:
    """Return the fact that the message states.

    Raises TooManyPartsError, NoPatientError, NoEncounterKeyError, NoTimeError.
    """
    _check_consistency(reading)
    subject = subject_of(reading)
    if not subject.identifiers:
        raise NoPatientError("no_patient_identifier")
    encounter_class = class_of(reading) or _implied_class(reading)
    key = key_of(reading, subject.identifiers[0].value, encounter_class)
    if key is None:
        raise NoEncounterKeyError("no_encounter_key")
    recorded, occurred = _times(reading, rule)
    updates = rule.kind is FactKind.UPDATE
    where = _places(reading, rule)
    return Fact(
        kind=rule.kind,
        subject=subject,
        recorded=recorded,
        occurred=occurred,
        encounter=key,
        cancels=rule.cancels,
        encounter_class=None if updates else encounter_class,
        details=_details(reading, rule, encounter_class),
        **where,
    )


def _check_consistency(reading: Reading) -> None:
    message = reading.message
    separator = message.syntax.repetition
    for name in ("PID", "PV1"):
        raw = reading.segment(name).raw
        if separator and raw.count(separator) > _MOST_REPETITIONS:
            raise TooManyPartsError(f"more than {_MOST_REPETITIONS} in {name}")
    if len(message.all("PID")) > 1:
        reading.warn("pid.repeated")
    said = (reading.segment("EVN").value(1) or "").strip().upper()
    if said and said != reading.trigger:
        reading.warn("trigger.mismatch")


def _implied_class(reading: Reading) -> Code | None:
    """Return the class that the trigger implies: only A01 means a bed."""
    if reading.trigger != "A01" or reading.segment("PV1").raw_field(2):
        return None
    reading.warn("class.implied")
    return Code("inpatient")


def _times(reading: Reading, rule: Rule) -> tuple[FuzzyTime, FuzzyTime | None]:
    """Return when it was recorded, and when what the fact states occurred."""
    evn, pv1 = reading.segment("EVN"), reading.segment("PV1")
    happened = reading.time(evn, 6)
    start, end = reading.time(pv1, 44), reading.time(pv1, 45)
    recorded = reading.time(evn, 2) or reading.time(reading.message.header, 7)
    if recorded is None:
        reading.warn("time.recorded_missing")
        recorded = happened or start or end
    if recorded is None:
        raise NoTimeError
    if rule.cancels:
        return recorded, happened
    own = {FactKind.START: start, FactKind.END: end}.get(rule.kind)
    occurred = happened or own
    if occurred is None and rule.kind is not FactKind.UPDATE:
        reading.warn("time.occurred_missing")
    return recorded, occurred or recorded


def _places(reading: Reading, rule: Rule) -> dict[str, Any]:
    """Return the locations that the fact may be trusted with.

    An update's are not (R-HL7-10). After a cancelled move PV1-3 is where the patient
    really is, and PV1-6 the location that is taken back.
    """
    pv1 = reading.segment("PV1")
    here, before = location_of(pv1, 3), location_of(pv1, 6)
    if rule.kind is FactKind.UPDATE or rule.cancels is FactKind.START:
        return {}
    if FactKind.MOVE in {rule.kind, rule.cancels}:
        return {"location": here, "prior_location": before}
    return {"location": here}


def _details(
    reading: Reading, rule: Rule, encounter_class: Code | None
) -> dict[str, Any]:
    """Return the details, with what the fact proposes without stating it.

    A discharge brings the start along, so that an unknown stay can be inferred; an
    update proposes class and period, which a specific trigger may override.
    """
    details = details_of(reading)
    if rule.kind is FactKind.END:
        details |= stated(period_start=start_of(reading))
    elif rule.kind is FactKind.UPDATE:
        details |= stated(
            proposed_class=plain(encounter_class) if encounter_class else "",
            proposed_start=start_of(reading),
            proposed_end=end_of(reading),
        )
    return details
