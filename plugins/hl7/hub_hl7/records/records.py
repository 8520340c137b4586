"""Records: what a message of the other families states, apart from stays.

A record is a referral, an appointment, a document, an assessment or a result. What
is common to them stands here: whose it is, which number it has, and when it was
said. Source: HL7 v2.5.1, chapters 4, 7, 9, 10 and 11.
"""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from hub.sdk import (
    Document,
    Fact,
    FactKind,
    FuzzyTime,
    Identifier,
    RecordKey,
    Subject,
)
from hub_hl7.facts.errors import NoPatientError, NoTimeError
from hub_hl7.facts.labels import labels_of
from hub_hl7.facts.person import subject_of
from hub_hl7.facts.reading import Reading, plain, stated
from hub_hl7.facts.visit import class_of, key_of
from hub_hl7.records.errors import NoRecordKeyError
from hub_hl7.wire.er7 import Field, Segment


class Yielded(Struct, frozen=True):
    """What one message yields: facts, and the documents that they refer to."""

    facts: tuple[Fact, ...]
    documents: tuple[Document, ...] = ()


#: Reads a message of one type. None: nothing in it is for the core. Raises HubError
#: where a person must look at it, and nothing else.
Family = Callable[[Reading], Yielded | None]


def patients(reading: Reading) -> list[Reading]:
    """Return one reading for each patient; what stands before the first is common."""
    if len(reading.all("PID")) < 2:  # noqa: PLR2004  one patient, or none
        return [reading]
    return list(reading.parts("PID"))


def groups(reading: Reading, *openers: str) -> list[Reading]:
    """Return a reading of each group of segments that starts at one of `openers`.

    The openers are in the order in which they stand in one group, so that ``ORC``,
    ``OBR`` opens one group and a further ``OBR`` the next. What stands before the
    first opener belongs to no group.
    """
    found: list[list[Segment]] = []
    reached = len(openers)
    for segment in reading.segments:
        if segment.name in openers:
            rank = openers.index(segment.name)
            if rank <= reached:
                found.append([])
            reached = rank
        if found:
            found[-1].append(segment)
    return [reading.about(segments) for segments in found]


def entity_of(reading: Reading, field: Field, owner: str = "") -> Identifier | None:
    """Return the number in a field (EI), None where there is none.

    A number that names no authority is assumed to be `owner`'s, else it is that of
    the profile. Where nobody is named the system is "": two applications of one
    facility both have a document 77, so such a number is known in its feed only.
    """
    value = reading.known((field.component(1) or "").strip())
    if not value:
        return None
    named = field.component(2) or field.component(3)
    if owner and not named:
        reading.warn("number.authority_assumed")
    own = owner or reading.profile.assigning_authority
    return Identifier(named or own, value)


def requester(reading: Reading, by: str) -> str:
    """Return whose a requester's number is where it names nobody, `by` who sends.

    Both sides of a referral, in feeds of their own, come to the same: who asks says
    so by sending, and who answers by whom it answers.
    """
    return receiver(reading) if by == "performer" else _own(reading)


def performer(reading: Reading, by: str) -> str:
    """Return whose a performer's number is where it names nobody."""
    return _own(reading) if by == "performer" else receiver(reading)


def _own(reading: Reading) -> str:
    return reading.profile.assigning_authority or reading.facility()


def receiver(reading: Reading) -> str:
    """Return who the message is for: the facility in MSH-6, else MSH-5."""
    header = reading.message.header
    return header.value(6, 1) or header.value(5, 1) or ""


def sender(reading: Reading) -> str:
    """Return who sent the message: the facility in MSH-4, else MSH-3."""
    return reading.facility() or reading.message.header.value(3, 1) or ""


def number(identifier: Identifier) -> dict[str, str]:
    """Return a number as details hold it."""
    return {"system": identifier.system, "value": identifier.value}


def numbers(**found: Identifier | None) -> Any:
    """Return the numbers that there are, as details hold them; "" for none."""
    return {name: number(one) for name, one in found.items() if one} or ""


def key_for(kind: Any, *candidates: Identifier | None, suffix: str = "") -> RecordKey:
    """Return the key from the first number that there is. Raises NoRecordKeyError."""
    for one in candidates:
        if one:
            value = f"{one.value}|{suffix}" if suffix else one.value
            return RecordKey(kind, one.system, value)
    raise NoRecordKeyError(f"no number for the {kind}")


def recorded_at(reading: Reading, *others: FuzzyTime | None) -> FuzzyTime:
    """Return when the sender said it: EVN-2, MSH-7 or one of `others`.

    Raises NoTimeError.
    """
    stamps = ((reading.segment("EVN"), 2), (reading.message.header, 7))
    for segment, place in stamps:
        if time := reading.time(segment, place):
            return time
    reading.warn("time.recorded_missing")
    for other in others:
        if other:
            return other
    raise NoTimeError


def not_later(time: FuzzyTime | None, recorded: FuzzyTime) -> FuzzyTime | None:
    """Return `time`, None where it lies after `recorded`: nobody reports ahead."""
    return time if time and time.earliest < recorded.latest else None


def patient_of(reading: Reading) -> Subject:
    """Return whom the message is about. Raises NoPatientError."""
    subject = subject_of(reading)
    if not subject.identifiers:
        raise NoPatientError("no_patient_identifier")
    return subject


def record_fact(
    reading: Reading,
    record: RecordKey,
    details: dict[str, Any],
    *,
    recorded: FuzzyTime,
    occurred: FuzzyTime | None = None,
) -> Fact:
    """Return the fact that `details` hold of a record, with the visit it belongs to.

    Raises NoPatientError.
    """
    subject = patient_of(reading)
    patient = subject.identifiers[0].value
    return Fact(
        kind=FactKind.RECORD,
        subject=subject,
        recorded=recorded,
        occurred=occurred or recorded,
        encounter=key_of(reading, patient, class_of(reading)),
        record=record,
        details=details,
        labels=labels_of(reading),
    )


def coded(field: Field) -> Any:
    """Return a coded value (CWE) as {code, text, system}.

    Where the first triplet has no code the second one is taken. "" where nothing is
    stated, None where it is to be deleted.
    """
    if not field.raw:
        return ""
    if field.text() is None:
        return None
    first = 1 if field.component(1) or not field.component(4) else 4
    found = stated(
        code=field.component(first),
        text=field.component(first + 1) or field.component(9),
        system=field.component(first + 2),
    )
    return found if found.get("code") or found.get("text") else ""


def codes_of(field: Field) -> frozenset[str]:
    """Return both codes of a coded value (CWE), in capitals."""
    sent = (letters(field.component(place)) for place in (1, 4))
    return frozenset(filter(None, sent))


def time_in(reading: Reading, segment: Segment, *places: int) -> Any:
    """Return the first time that one of the fields states, as details hold it."""
    for place in places:
        if time := reading.time(segment, place):
            return plain(time)
        if segment.value(place) is None:
            return None
    return ""


def time_from(reading: Reading, field: Field, component: int, place: str) -> Any:
    """Return the time in a component, as details hold it; `place` is its path."""
    raw = field.component(component)
    if not raw or reading.is_placeholder(raw):
        return None if raw is None else ""
    time = reading.instant(raw)
    if time is None:
        reading.warn(f"time.invalid.{place}")
        return ""
    return plain(time)


def first_stated(*values: Any) -> Any:
    """Return the first of `values` that states something, "" where none does."""
    return next((value for value in values if value != ""), "")


def letters(value: str | None) -> str:
    """Return a code as the tables of this plugin write it: in capitals, trimmed."""
    return (value or "").strip().upper()


def texts(fields: Sequence[Field]) -> Any:
    """Return the text of repetitions, one on a line; None where all are deleted."""
    if fields and all(field.text() is None for field in fields):
        return None
    return "\n".join(text for field in fields if (text := field.text()))
