"""From an ADT message to facts: about persons, identities and encounters.

A trigger is what the sender *said*; what is so is for the core to find out. Source:
HL7 v2.5.1, section 3.3.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from hub.sdk import Code, EncounterKey, Fact, FactKind, Labels, Subject
from hub_hl7.facts.careteam import lasting_careteam_of
from hub_hl7.facts.errors import (
    NoEncounterKeyError,
    NoPatientError,
    TooManyPartsError,
)
from hub_hl7.facts.identity import changes_of, rekeyed
from hub_hl7.facts.labels import labels_of
from hub_hl7.facts.movement import movement_of, occurred_of
from hub_hl7.facts.person import subject_of
from hub_hl7.facts.reading import Reading, stated
from hub_hl7.facts.timeline import places_of, times_of
from hub_hl7.facts.triggers import Rule
from hub_hl7.facts.updates import restrained, updates_of
from hub_hl7.facts.visit import attached_to, class_of, details_of, key_of, start_of

_MOST_PATIENTS = 500  # in one message that swaps, links or merges
_MOST_REPETITIONS = 2_000  # in all fields of PID, or of PV1
_WITHOUT_CLASS = frozenset({FactKind.UPDATE, FactKind.CARETEAM, FactKind.PURGE})


class _Said(Struct, frozen=True):
    """Who and which visit a message is about, and how it is to be treated."""

    subject: Subject
    key: EncounterKey
    encounter_class: Code | None
    labels: Labels | None


def facts_of(reading: Reading, rule: Rule) -> tuple[Fact, ...]:
    """Return the facts of a message whose trigger states `rule`, at least one.

    All facts about one patient share the subject. Raises TooManyPartsError,
    NoPatientError, NoEncounterKeyError, NoPriorNumberError and NoTimeError.
    """
    patients = [(part, _subject(part)) for part in _patients(reading, rule)]
    if rule.kind is FactKind.IDENTITY:
        return tuple(_identity_facts(reading, patients, rule))
    return tuple(
        fact for part, subject in patients for fact in _facts_about(part, subject, rule)
    )


def _patients(reading: Reading, rule: Rule) -> list[Reading]:
    """Return a reading for each patient: one, or those that the trigger is about."""
    _check_consistency(reading)
    for name in ("PID", "MRG"):
        if len(reading.all(name)) > _MOST_PATIENTS:
            raise TooManyPartsError(f"more than {_MOST_PATIENTS} {name}")
    if len(reading.all("PID")) <= 1:
        return [reading]
    patients = list(reading.parts("PID"))
    if rule.each_patient:
        return patients
    reading.warn("pid.repeated")
    return patients[:1]


def _check_consistency(reading: Reading) -> None:
    separator = reading.message.syntax.repetition
    for name in ("PID", "PV1"):
        raw = reading.segment(name).raw
        if separator and raw.count(separator) > _MOST_REPETITIONS:
            raise TooManyPartsError(f"more than {_MOST_REPETITIONS} in {name}")
    said = (reading.segment("EVN").value(1) or "").strip().upper()
    if said and said != reading.trigger:
        reading.warn("trigger.mismatch")


def _subject(reading: Reading) -> Subject:
    subject = subject_of(reading)
    if not subject.identifiers:
        raise NoPatientError("no_patient_identifier")
    return subject


def _identity_facts(
    reading: Reading, patients: list[tuple[Reading, Subject]], rule: Rule
) -> Iterator[Fact]:
    recorded, occurred = times_of(reading, rule)
    labels = labels_of(reading)
    for subject, change, visit, details in changes_of(patients, rule):
        yield Fact(
            kind=FactKind.IDENTITY,
            subject=subject,
            recorded=recorded,
            occurred=occurred,
            encounter=visit,
            identity=change,
            details=details,
            labels=labels,
        )


def _facts_about(reading: Reading, subject: Subject, rule: Rule) -> Iterator[Fact]:
    labels = labels_of(reading)
    if rule.kind is FactKind.PERSON:
        yield _person(reading, subject, rule, labels)
        return
    encounter_class = _class(reading, rule)
    key = key_of(reading, subject.identifiers[0].value, encounter_class)
    if key is None:
        if rule.kind is not FactKind.UPDATE:
            raise NoEncounterKeyError("no_encounter_key")
        yield _update_of_person(reading, subject, rule, labels)
        return
    said = _Said(subject, key, encounter_class, labels)
    fact = _encounter_fact(reading, rule, said)
    facts = [fact]
    if rule.kind is FactKind.UPDATE:  # even where ZBE makes a movement of it
        facts = updates_of(reading, fact, encounter_class)
    if fact.kind is FactKind.CLASS and (change := rekeyed(facts[0], reading)):
        yield change
    yield from facts


def _person(
    reading: Reading, subject: Subject, rule: Rule, labels: Labels | None
) -> Fact:
    """Return what is said of a person whatever the visit; PV1 is a dummy here."""
    recorded, occurred = times_of(reading, rule)
    team = lasting_careteam_of(reading)
    return Fact(
        kind=FactKind.PERSON,
        subject=subject,
        recorded=recorded,
        occurred=occurred,
        details=stated(careteam=team) | attached_to(reading),
        labels=labels,
    )


def _update_of_person(
    reading: Reading, subject: Subject, rule: Rule, labels: Labels | None
) -> Fact:
    """Return what is left of an update that does not say which encounter it is about.

    Nobody can be given a diagnosis or an insurance of a visit that is not known.
    """
    reading.warn("encounter.key_missing")
    fact = _person(reading, subject, rule, labels)
    applied, _, _, _ = restrained(subject, {}, reading.profile.a08)
    return replace(fact, subject=applied, details={})


def _class(reading: Reading, rule: Rule) -> Code | None:
    """Return the class that is stated, or the one that the trigger brings about.

    Only A01 means a bed, and A06 and A07 a change of class (domain 2.7): there a
    stated class that contradicts the trigger is the one from before.
    """
    found = class_of(reading)
    if not rule.implies:
        return found
    if found is None:
        if reading.segment("PV1").raw_field(2):
            return None
        reading.warn("class.implied")
        return Code(rule.implies)
    if rule.kind is FactKind.CLASS and found.code in {"", *rule.contradicted_by}:
        reading.warn("class.implied")
        return replace(found, code=rule.implies)
    return found


def _encounter_fact(reading: Reading, rule: Rule, said: _Said) -> Fact:
    moved = movement_of(reading, rule)
    if moved is not None:
        rule = moved.rule
    recorded, occurred = times_of(reading, rule)
    if moved is not None:
        occurred = occurred_of(reading, moved) or occurred
    return Fact(
        kind=rule.kind,
        subject=said.subject,
        recorded=recorded,
        occurred=occurred,
        encounter=said.key,
        labels=said.labels,
        cancels=rule.cancels,
        pending=rule.pending,
        encounter_class=None if rule.kind in _WITHOUT_CLASS else said.encounter_class,
        movement=moved.movement if moved else None,
        details=_details(reading, rule),
        **places_of(reading, rule),
    )


def _details(reading: Reading, rule: Rule) -> dict[str, Any]:
    """Return the details of the visit, and those that only some events have.

    An end brings along ``period_start``, to infer an unknown stay; a change of class
    ``prior_account`` (MRG-3); what is about a temporary place, whether the patient is
    ``departing`` or ``arriving`` in ``tracking``.
    """
    details = details_of(reading)
    if rule.kind is FactKind.END:
        details |= stated(period_start=start_of(reading))
    if rule.kind is FactKind.CLASS:
        details |= stated(prior_account=reading.segment("MRG").value(3))
    if rule.tracking:
        details["tracking"] = rule.tracking
    return details
