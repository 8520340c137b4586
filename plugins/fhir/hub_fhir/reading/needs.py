"""Screening: conditions become needs, and answers become assessments.

Source: Gravity SDOH Clinical Care 2.3 (SDOHCC-Condition,
SDOHCC-ObservationScreeningResponse, SDOHCC-ObservationAssessment).
"""

from collections.abc import Sequence
from typing import Any

from hub.sdk import Fact, FactKind, Identifier, RecordKey
from hub_fhir.reading.data.needs import BY_LOINC, ICD_10, by_icd
from hub_fhir.reading.errors import NoPatientError
from hub_fhir.reading.numbers import coded, codings_of
from hub_fhir.reading.people import subject_of
from hub_fhir.reading.stating import Context, record_number, when
from hub_fhir.rendering.data.categories import CATEGORIES
from hub_fhir.rendering.data.systems import GRAVITY_CODES, LOINC
from hub_fhir.resources.clinical import Component, Condition, Observation
from hub_fhir.resources.datatypes import CodeableConcept

_OVER = frozenset({"inactive", "remission", "resolved"})
_UNTRUE = frozenset({"refuted", "entered-in-error"})
#: Statuses with which an observation says something.
_SAID = frozenset({"preliminary", "final", "amended", "corrected", "entered-in-error"})


def need_number(condition: Condition, context: Context) -> Identifier:
    """Return how a need is numbered. Raises NoReferralNumberError."""
    return record_number(condition, context, "Condition")


def category_of(
    categories: Sequence[CodeableConcept] | None, code: CodeableConcept | None
) -> str:
    """Return the category of a need, "" where neither category nor code is one.

    A code decides where the category is Gravity's "unspecified".
    """
    named = [
        each.code
        for concept in categories or ()
        for each in codings_of(concept)
        if each.system == GRAVITY_CODES and each.code in CATEGORIES
    ]
    found = named[0] if named else ""
    if found and found != "sdoh-category-unspecified":
        return str(found)
    return _by_code(code) or str(found)


def _by_code(concept: CodeableConcept | None) -> str:
    for each in codings_of(concept):
        if each.system in ICD_10 and (found := by_icd(each.code or "")):
            return found
        if each.system == LOINC and (found := BY_LOINC.get(each.code or "", "")):
            return found
    return ""


def need_fact(condition: Condition, context: Context) -> Fact | None:
    """Return the need that a condition is, None where it is another kind of problem.

    Raises NoPatientError, NoReferralNumberError and NoTimeError.
    """
    category = category_of(condition.category, condition.code)
    if not category:
        return None
    status, reason = _standing(condition)
    onset = condition.onset_period.start if condition.onset_period else None
    details = {
        "status": status,
        "category": category,
        "code": _code(condition.code),
        "description": coded(condition.code).get("text", ""),
        "severity": coded(condition.severity).get("text", ""),
        "verification": coded(condition.verification_status).get("code", ""),
        "reason": reason,
    }
    number = need_number(condition, context)
    return _fact(
        context, condition, RecordKey("need", number.system, number.value), details,
        condition.recorded_date, condition.onset_date_time, onset,
    )  # fmt: skip


def _standing(condition: Condition) -> tuple[str, str]:
    """Return the status of a need, and why it is over where it never was."""
    verified = coded(condition.verification_status).get("code", "")
    if verified in _UNTRUE:
        return "resolved", verified.replace("-", "_")
    clinical = coded(condition.clinical_status).get("code", "")
    return ("resolved", "") if clinical in _OVER else ("identified", "")


def assessment_fact(observation: Observation, context: Context) -> Fact | None:
    """Return the assessment that an observation is, None where it is none.

    Raises NoPatientError, NoReferralNumberError and NoTimeError.
    """
    category = category_of(observation.category, observation.code)
    if not category or observation.status not in _SAID:
        return None
    number = record_number(observation, context, "Observation")
    details = {
        "status": (observation.status or "").replace("-", "_"),
        "category": category,
        "code": _code(observation.code),
        "answers": _answers(observation),
        "interpretation": _interpretation(observation),
        "performer": _performer(observation),
    }
    period = observation.effective_period
    return _fact(
        context,
        observation,
        RecordKey("assessment", number.system, number.value),
        details,
        observation.effective_date_time,
        observation.effective_instant,
        period.start if period else None,
        observation.issued,
    )


def _fact(
    context: Context,
    resource: Condition | Observation,
    record: RecordKey,
    details: dict[str, Any],
    *stated: str | None,
) -> Fact:
    subject = subject_of(context.gathered, resource.subject, resource, context.profile)
    if not subject.identifiers:
        raise NoPatientError(resource.resource_type)
    times = when(context, resource, *stated)
    kept = {name: value for name, value in details.items() if value not in ("", [], {})}
    return Fact(
        kind=FactKind.RECORD,
        subject=subject,
        recorded=times.recorded,
        occurred=times.occurred,
        record=record,
        details=kept,
    )


def _code(concept: CodeableConcept | None) -> dict[str, str]:
    """Return a code as assessments and needs hold it: {code, system, display}."""
    found = coded(concept)
    if "code" not in found:
        return {}
    parts = {
        "code": found["code"],
        "system": found.get("system", ""),
        "display": found.get("text", ""),
    }
    return {name: value for name, value in parts.items() if value}


def _answers(observation: Observation) -> list[dict[str, Any]]:
    """Return each question with its answer; what nobody answered is left out."""
    parts: list[Observation | Component] = [observation, *(observation.component or ())]
    found = []
    for each in parts:
        question, answer = _code(each.code), _answer(each)
        if question and answer not in ("", {}):
            found.append({"question": question, "answer": answer})
    return found


def _answer(said: Observation | Component) -> Any:
    if said.value_codeable_concept is not None:
        concept = said.value_codeable_concept
        return _code(concept) or coded(concept).get("text", "")
    if said.value_boolean is not None:
        return said.value_boolean
    if said.value_integer is not None:
        return said.value_integer
    if said.value_quantity is not None and said.value_quantity.value is not None:
        return float(said.value_quantity.value)
    return said.value_string or said.value_date_time or ""


def _interpretation(observation: Observation) -> str:
    listed = observation.interpretation or ()
    return next((str(code) for each in listed if (code := coded(each).get("code"))), "")


def _performer(observation: Observation) -> str:
    """Return what whoever asked is called; the patient's name is no such thing."""
    for each in observation.performer or ():
        patient = (each.reference or "").startswith(
            "Patient/"
        ) or each.type == "Patient"
        if each.display and not patient:
            return each.display
    return ""
