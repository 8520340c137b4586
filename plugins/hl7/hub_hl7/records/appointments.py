"""Appointments: SIU^S12 to S26. Their number is the filler's, who keeps the schedule.

Source: HL7 v2.5.1, chapter 10 and table 0278.
"""

import re
from typing import Any

from hub.sdk import Fact, Identifier
from hub_hl7.facts.clinical import note_of
from hub_hl7.facts.reading import Reading, plain, stated
from hub_hl7.facts.visit import location_of
from hub_hl7.records.actors import clinician
from hub_hl7.records.data.appointment_states import (
    BY_STATUS,
    BY_TRIGGER,
    ENDED_BY,
    ENDS,
    NOT_YET_BOOKED,
)
from hub_hl7.records.errors import NoRecordError
from hub_hl7.records.records import (
    Yielded,
    coded,
    entity_of,
    first_stated,
    key_for,
    letters,
    numbers,
    patient_of,
    patients,
    record_fact,
    recorded_at,
    time_from,
    time_in,
)
from hub_hl7.wire.er7 import Segment

_WHOLE = re.compile(r"(\d{1,6})(?:\.0*)?", re.ASCII)
#: Minutes in a unit of duration (UCUM and what senders write); none: minutes.
_MINUTES = {"H": 60, "HR": 60, "HOUR": 60, "HOURS": 60, "D": 1440, "DAY": 1440}
_SECONDS = frozenset({"S", "SEC", "SECOND", "SECONDS"})
_RESOURCES = ("AIS", "AIG", "AIL", "AIP")


def read_appointment(reading: Reading) -> Yielded | None:
    """Return the fact that SIU states for each patient of the appointment.

    None for S23 and S24, which block time and are about nobody, and for what the
    hub does not know. Where several patients share the appointment, each one has a
    record of their own. The details are described at `_details`.

    Raises NoRecordError, NoRecordKeyError, NoPatientError and NoTimeError.
    """
    if reading.trigger not in BY_TRIGGER:
        return None
    if not reading.all("SCH"):
        raise NoRecordError("SCH")
    people = patients(reading)
    if len(people) > 1:
        reading.warn("appointment.several_patients")
    facts = [_appointment(reading, one, shared=len(people) > 1) for one in people]
    return Yielded(tuple(facts))


def _appointment(reading: Reading, person: Reading, *, shared: bool) -> Fact:
    sch, evn = reading.segment("SCH"), reading.segment("EVN")
    placer = entity_of(reading, sch.field(1))
    filler = entity_of(reading, sch.field(2))
    subject = patient_of(person)
    key = key_for(
        "appointment",
        filler,
        placer,
        suffix=subject.identifiers[0].value if shared else "",
    )
    return record_fact(
        person,
        key,
        _details(reading, sch, placer, filler),
        recorded=recorded_at(reading),
        occurred=reading.time(evn, 6),
    )


def _details(
    reading: Reading, sch: Segment, placer: Identifier | None, filler: Identifier | None
) -> dict[str, Any]:
    """Return the details of the appointment, each where the message states it.

    * ``status`` (booked, rescheduled, changed, cancelled, no_show, checked_in,
      completed), ``source_status`` (SCH-25), ``ended_by``, ``event_reason``;
    * ``start`` and ``end``, times; ``duration_minutes``;
    * ``service``, ``reason``, ``type``, ``note``;
    * ``location``, ``participants`` [{role, name, identifiers}], ``resources``;
    * ``identifiers`` {placer, filler, group}, ``referral`` {placer, filler}: the
      numbers of the order that it fulfils.
    """
    return stated(
        status=_status(reading, sch),
        ended_by=ENDED_BY.get(reading.trigger, ""),
        source_status=coded(sch.field(25)),
        event_reason=coded(sch.field(6)),
        reason=coded(sch.field(7)),
        type=coded(sch.field(8)),
        service=coded(reading.segment("AIS").field(3)),
        note=note_of(reading),
        identifiers=numbers(
            placer=placer, filler=filler, group=entity_of(reading, sch.field(4))
        ),
        referral=numbers(
            placer=entity_of(reading, sch.field(26)),
            filler=entity_of(reading, sch.field(27)),
        ),
        **_times(reading, sch),
        location=_location(reading),
        participants=_participants(reading, sch),
        resources=_resources(reading),
    )


def _status(reading: Reading, sch: Segment) -> str:
    """Return the status; the trigger and SCH-25 each know something of it."""
    said = BY_TRIGGER[reading.trigger]
    sent = letters(sch.value(25)) or letters(sch.value(25, 2))
    found = BY_STATUS.get(sent, "")
    if said in ENDS:
        if sent and found != said:
            reading.warn("appointment.status_mismatch")
        return said
    if sent in NOT_YET_BOOKED and said == "booked":
        return ""
    return found or said


def _times(reading: Reading, sch: Segment) -> dict[str, Any]:
    """Return ``start``, ``end`` and ``duration_minutes``.

    SCH-11 (TQ) until 2.4, TQ1 since 2.5, else those of the service or a resource.
    """
    tq1, timing = reading.segment("TQ1"), sch.field(11)
    used = [one for name in _RESOURCES for one in reading.all(name)]
    places = [(one, 4 if one.name == "AIS" else 6) for one in used if one.name != "AIG"]
    places += [(one, 8) for one in used if one.name == "AIG"]
    return stated(
        start=first_stated(
            time_from(reading, timing, 4, "sch-11"),
            time_in(reading, tq1, 7),
            *(time_in(reading, one, place) for one, place in places),
        ),
        end=first_stated(
            time_from(reading, timing, 5, "sch-11"), time_in(reading, tq1, 8)
        ),
        duration_minutes=first_stated(
            _minutes(sch.value(9), sch.value(10)),
            *(_minutes(one.value(7), one.value(8)) for one in reading.all("AIS")),
        ),
    )


def _minutes(value: str | None, unit: str | None) -> int | str:
    match = _WHOLE.fullmatch((value or "").strip())
    if match is None:
        return ""
    if letters(unit) in _SECONDS:
        return int(match[1]) // 60
    return int(match[1]) * _MINUTES.get(letters(unit), 1)


def _location(reading: Reading) -> Any:
    for ail in reading.all("AIL"):
        if found := location_of(ail, 3):
            return plain(found)
    return ""


def _participants(reading: Reading, sch: Segment) -> Any:
    """Return who takes part: AIP, and who may be asked (SCH-12 and SCH-16)."""
    found = [
        stated(role=coded(aip.field(4)), **(clinician(reading, field) or {}))
        for aip in reading.all("AIP")
        for field in aip.repetitions(3)
    ]
    for place, role in ((12, "placer_contact"), (16, "filler_contact")):
        if known := clinician(reading, sch.field(place)):
            found.append({"role": {"code": role}, **known})
    return [one for one in found if one.keys() - {"role"}] or ""


def _resources(reading: Reading) -> Any:
    found = [
        stated(resource=coded(aig.field(3)), type=coded(aig.field(4)))
        for aig in reading.all("AIG")
    ]
    return [one for one in found if one.get("resource")] or ""
