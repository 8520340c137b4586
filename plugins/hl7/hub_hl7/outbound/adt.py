"""Notices as ADT: what happened to a visit, a person or their numbers.

Each type of event has the trigger that says the same (`TRIGGERS`). A taking back has
the trigger that cancels, with the time of what is cancelled in EVN-6 and the visit
as it is now in PV1. What HL7 has no trigger for is an update (A08, A31): then the
recipient learns how things stand, not what happened. Types of the families
``encounter``, ``person``, ``account`` and ``careteam`` that cannot be told as an
update are refused with NoEquivalentError, and so are all other families.
Source: HL7 v2.5.1, sections 3.3 and 3.6; domain 2.7.
"""

from collections.abc import Iterator, Mapping, Sequence

from hub.sdk import CareEvent, Notice, Rendered, RendererSpec
from hub_hl7.outbound import person_lines as person
from hub_hl7.outbound import visit_lines as visit
from hub_hl7.outbound.building import Content, Leaf, Line, Repetition
from hub_hl7.outbound.errors import NoEquivalentError, NoPriorError
from hub_hl7.outbound.outbound import (
    MessageOptions,
    Telling,
    event_line,
    header,
    message,
    only,
)
from hub_hl7.outbound.statements import at, identified, leaf, tables

#: Trigger of each type of event; `_of_class` tells A06 from A07.
TRIGGERS: Mapping[str, str] = {
    "encounter.preadmitted": "A05",
    "encounter.preadmit_cancelled": "A38",
    "encounter.registered": "A04",
    "encounter.ed_arrived": "A04",
    "encounter.admitted": "A01",
    "encounter.admit_cancelled": "A11",
    "encounter.transferred": "A02",
    "encounter.transfer_cancelled": "A12",
    "encounter.admission_reversed": "A07",
    "encounter.leave_started": "A21",
    "encounter.leave_ended": "A22",
    "encounter.leave_start_cancelled": "A52",
    "encounter.leave_end_cancelled": "A53",
    "encounter.admit_pending": "A14",
    "encounter.transfer_pending": "A15",
    "encounter.discharge_pending": "A16",
    "encounter.admit_pending_cancelled": "A27",
    "encounter.transfer_pending_cancelled": "A26",
    "encounter.discharge_pending_cancelled": "A25",
    "encounter.discharged": "A03",
    "encounter.ended": "A03",
    "encounter.discharge_cancelled": "A13",
    "encounter.start_corrected": "A08",
    "encounter.end_corrected": "A08",
    "encounter.history_corrected": "A08",
    "encounter.updated": "A08",
    "encounter.observed": "A08",
    # The sender's housekeeping and a walk to the X-ray: A23 and A09 would have the
    # recipient delete or move what the hub keeps where it is.
    "encounter.source_purged": "A08",
    "encounter.tracking": "A08",
    "encounter.rekeyed": "A50",
    "encounter.merged": "A42",
    "encounter.moved": "A45",
    "person.registered": "A28",
    "person.demographics_changed": "A31",
    "person.identifier_added": "A31",
    "person.identifier_changed": "A47",
    "person.identifier_moved": "A43",
    "person.merged": "A40",
    "person.linked": "A24",
    "person.unlinked": "A37",
    "person.contact_changed": "A31",
    "person.deceased": "A31",
    "person.deceased_retracted": "A31",
    # A29 would have the recipient delete a person whom the hub still knows.
    "person.source_deleted": "A31",
    "account.merged": "A41",
    "account.moved": "A44",
    "careteam.changed": "A54",
}
_INPATIENT = frozenset({"inpatient", "short-stay", "rehab"})

#: Structure of each trigger (MSH-9.3, table 0354); the rest carry their own number.
_STRUCTURES = {
    "A04": "A01", "A08": "A01", "A13": "A01", "A14": "A05", "A28": "A05",
    "A31": "A05", "A07": "A06", "A11": "A09", "A22": "A21", "A25": "A21",
    "A26": "A21", "A27": "A21", "A40": "A39", "A41": "A39", "A42": "A39",
    "A47": "A30", "A53": "A52",
}  # fmt: skip
#: Structures with relatives, allergies, diagnoses, procedures and insurances.
_WITH_SETS = frozenset({"A01", "A03", "A05", "A06", "A16"})
#: What is repaired is a person's number, an account or a visit.
_REPAIRS = frozenset({"A40", "A41", "A42", "A43", "A44", "A45", "A47", "A50"})
_ACCOUNTS = frozenset({"A41", "A44"})
_VISITS = frozenset({"A42", "A45", "A50"})
_PAIRS = frozenset({"A24", "A37"})
_REOPENED = frozenset({"A13"})


class AdtOptions(MessageOptions):
    """Options of ``hl7-adt``."""


def render(notices: Sequence[Notice], options: AdtOptions) -> Rendered:
    """Return the only notice of `notices` as one ADT message.

    Raises NoEquivalentError, NoPriorError and UnmappableError.
    """
    telling = Telling(only(notices), options)
    trigger = trigger_of(telling.event)
    return message(telling, _lines(telling, trigger))


def trigger_of(event: CareEvent) -> str:
    """Return the trigger event that says what `event` says."""
    if event.type == "encounter.class_changed":
        return _of_class(leaf(at(event.payload, "class", "code")))
    trigger = TRIGGERS.get(event.type)
    if trigger is None:
        raise NoEquivalentError(f"hl7-adt, {event.type}")
    return trigger


def _of_class(code: Leaf) -> str:
    if not code:
        return "A08"
    return "A06" if code in _INPATIENT else "A07"


def _lines(telling: Telling, trigger: str) -> Iterator[Line]:
    structure = _STRUCTURES.get(trigger, trigger)
    if trigger == "A44" and telling.version < (2, 7):
        structure = "A43"
    yield header(telling, "ADT", trigger, f"ADT_{structure}")
    yield event_line(telling, trigger)
    if trigger in _REPAIRS:
        yield from _repair(telling, trigger)
    elif trigger in _PAIRS:
        yield from _pair(telling)
    else:
        yield from _statement(telling, trigger, structure)


def _statement(telling: Telling, trigger: str, structure: str) -> Iterator[Line]:
    full = structure in _WITH_SETS
    about_person = telling.event.type.startswith("person.")
    yield person.pid(telling)
    if about_person:
        yield from person.beside(telling)
        yield from person.restriction(telling)
    if full:
        yield from person.relatives(telling)
    if about_person:
        yield visit.no_visit()
        return
    yield visit.pv1(telling, reopened=trigger in _REOPENED)
    yield from visit.pv2(telling)
    yield from person.restriction(telling)
    if full:
        yield from visit.allergies(telling)
        yield from visit.diagnoses(telling)
        yield from visit.procedures(telling)
        yield from visit.coverage(telling)


def _repair(telling: Telling, trigger: str) -> Iterator[Line]:
    """Yield the surviving numbers and, in MRG, the ones that were repaired.

    Superior numbers are repeated: a visit number means something in its account and
    for its patient only (HL7 v2.5.1, section 3.6.2.1.2).
    """
    prior, into = _change(telling, "prior"), _change(telling, "into")
    if not prior:
        raise NoPriorError(f"hl7-adt, {telling.event.type}")
    owner = _change(telling, "prior_person") or person.patient_numbers(telling)
    merged: dict[int, Content] = {1: [*owner]}
    pid = person.pid(telling)
    pv1 = visit.pv1(telling)
    if trigger in _ACCOUNTS:
        merged[3] = prior[0]
        pid = Line("PID", {**pid.fields, 18: into[0]} if into else pid.fields)
    elif trigger in _VISITS:
        merged[5] = prior[0]
        pv1 = Line("PV1", {**pv1.fields, 19: into[0]} if into else pv1.fields)
    else:
        merged[1] = [*prior]
    yield pid
    yield from person.beside(telling)
    yield Line("MRG", merged)
    if trigger in _VISITS:
        yield pv1


def _change(telling: Telling, name: str) -> list[Repetition]:
    """Return numbers of an identity change, which the payload may nest."""
    stated = at(telling.payload, "identity", name) or at(telling.payload, name)
    return [identified(each) for each in tables(stated)]


def _pair(telling: Telling) -> Iterator[Line]:
    """Yield both records: two people's numbers stay as they are."""
    prior = _change(telling, "prior")
    if not prior:
        raise NoPriorError(f"hl7-adt, {telling.event.type}")
    yield person.pid(telling)
    yield visit.no_visit()
    yield person.pid_of(prior)
    yield visit.no_visit()


ADT = RendererSpec(
    name="hl7-adt",
    options=AdtOptions,
    render=render,
    summary="One notice as an HL7 v2 ADT message.",
)
