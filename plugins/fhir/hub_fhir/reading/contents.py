"""What requests and tasks say of a referral beside its state (domain 9.3)."""

from collections.abc import Sequence
from typing import Any, get_args

from hub.sdk import ReferralOutcome
from hub_fhir.reading.gathered import kind_and_id
from hub_fhir.reading.needs import need_number
from hub_fhir.reading.numbers import (
    coded,
    codings_of,
    has_code,
    identifier_of,
    table_of,
    valued,
)
from hub_fhir.reading.people import party_of
from hub_fhir.reading.stating import Context, number_in
from hub_fhir.rendering.data.categories import (
    CATEGORIES,
    CONTACT_PROHIBITED,
    RESULTING_ACTIVITY,
)
from hub_fhir.rendering.data.systems import (
    APPOINTMENT,
    GRAVITY_CODES,
    OUTCOMES,
    SAFE_CONTACT,
    STATUS_REASON,
)
from hub_fhir.resources.clinical import Condition, Procedure
from hub_fhir.resources.datatypes import Annotation, CodeableConcept, Reference
from hub_fhir.resources.element import Element
from hub_fhir.resources.requests import ServiceRequest, Task, TaskValue
from hub_fhir.resources.visits import Appointment

_LONGEST_TEXT = 4000
_OUTCOME_CODES = frozenset(get_args(ReferralOutcome))


def stated(**values: Any) -> dict[str, Any]:
    """Return what is there."""
    return {
        name: value for name, value in values.items() if value not in (None, "", [], {})
    }


def of_request(request: ServiceRequest, context: Context) -> dict[str, Any]:
    """Return what a request says of a referral."""
    profile = context.profile
    gathered = context.gathered
    group = identifier_of(request.requisition, profile)
    performer = request.performer[0] if request.performer else None
    return stated(
        identifiers=stated(
            group=table_of(group) if group else {},
            filler=_numbered(number_in(request.identifier, "FILL"), context),
        ),
        priority=request.priority,
        category=_category(request.category),
        service_requested=coded(request.code),
        reason=_reason(request, context),
        need_refs=_needs(request, context),
        requester=party_of(gathered, request.requester, request, profile),
        performer=party_of(gathered, performer, request, profile),
        desired_by=_desired_by(request),
        authored=request.authored_on,
        authorization_ref=_first(request.insurance, "ClaimResponse", context),
        consent_ref=_first(request.supporting_info, "Consent", context),
        parent=_first(request.based_on, "ServiceRequest", context),
        replaces=_first(request.replaces, "ServiceRequest", context),
        safety=safety_of(request),
        text=_text(request.note),
    )


def request_reason(request: ServiceRequest) -> dict[str, Any]:
    """Return why a request has its status, {} where nobody said."""
    for each in request.extension or ():
        if each.url == STATUS_REASON:
            return coded(valued(CodeableConcept, each.value))
    return {}


def of_task(task: Task, context: Context) -> dict[str, Any]:
    """Return what a task says of a referral."""
    profile, gathered = context.profile, context.gathered
    until = task.restriction.period if task.restriction else None
    return stated(
        identifiers=stated(
            filler=_numbered(number_in(task.identifier, "FILL"), context),
            group=_numbered(task.group_identifier, context),
        ),
        priority=task.priority,
        requester=party_of(gathered, task.requester, task, profile),
        performer=party_of(gathered, task.owner, task, profile),
        desired_by=until.end if until else "",
        parent=_first(task.part_of, "Task", context),
        appointment=_appointment(task, context),
        outcome=_outcome(task, context),
        text=_text(task.note),
    )


def _numbered(number: Any, context: Context) -> dict[str, str]:
    found = identifier_of(number, context.profile)
    return {"system": found.system, "value": found.value} if found else {}


def _category(listed: Sequence[CodeableConcept] | None) -> Any:
    """Return the category: a code of Gravity's, else the last that is stated."""
    found = gravity_category(listed)
    concepts = [made for each in listed or () if (made := coded(each))]
    return found or (concepts[-1] if concepts else "")


def gravity_category(listed: Sequence[CodeableConcept] | None) -> str:
    """Return the first code of Gravity's among categories, "" where there is none."""
    codes = (
        each.code or ""
        for concept in listed or ()
        for each in codings_of(concept)
        if each.system == GRAVITY_CODES
    )
    return next((code for code in codes if code in CATEGORIES), "")


def _reason(request: ServiceRequest, context: Context) -> dict[str, Any]:
    for concept in request.reason_code or ():
        if found := coded(concept):
            return found
    for each in request.reason_reference or ():
        condition = context.gathered.find_as(Condition, each, request)
        if condition is not None and (found := coded(condition.code)):
            return found
    return {}


def _needs(request: ServiceRequest, context: Context) -> list[dict[str, str]]:
    """Return the needs that a request is for, as far as they are numbered."""
    found = []
    for each in request.reason_reference or ():
        condition = context.gathered.find_as(Condition, each, request)
        number = need_number(condition, context) if condition else None
        logical = identifier_of(each.identifier, context.profile)
        if number or logical:
            one = number or logical
            found.append({"system": one.system, "value": one.value} if one else {})
    return found


def _desired_by(request: ServiceRequest) -> str:
    period = request.occurrence_period
    wanted = period.end or period.start if period else ""
    return wanted or request.occurrence_date_time or ""


def _first(
    listed: Sequence[Reference] | None, kind: str, context: Context
) -> dict[str, str]:
    """Return the number of the first reference to a type, {} where there is none."""
    for each in listed or ():
        base, named, identity = kind_and_id(each.reference)
        if kind not in (each.type, named):
            continue
        if found := identifier_of(each.identifier, context.profile):
            return {"system": found.system, "value": found.value}
        server = base or context.profile.base_url
        if identity:
            return stated(system=f"{server}/{named}" if server else "", value=identity)
    return {}


def safety_of(request: ServiceRequest) -> dict[str, Any]:
    """Return what keeps the person safe. Only a prohibition is a statement."""
    marked = any(
        has_code(each, GRAVITY_CODES, CONTACT_PROHIBITED)
        for each in request.order_detail or ()
    )
    extensions = request.extension or ()
    marked |= any(
        (each.url or "").lower().endswith(CONTACT_PROHIBITED)
        and each.value is not False
        for each in extensions
    )
    methods = [
        each.value
        for each in extensions
        if each.url == SAFE_CONTACT and isinstance(each.value, str)
    ]
    return stated(contact_prohibited=marked or None, safe_contact_methods=methods)


def _text(notes: Sequence[Annotation] | None) -> str:
    """Return notes as one text; of more than fits the end is the newest."""
    texts = [each.text for each in notes or () if each.text]
    return "\n".join(texts)[-_LONGEST_TEXT:]


def _appointment(task: Task, context: Context) -> dict[str, str]:
    for each in task.extension or ():
        if each.url == APPOINTMENT and isinstance(each.value, str):
            return {"at": each.value}
    for found in context.gathered.all(Appointment):
        if found.start and _is_about(found, task, context):
            return {"at": found.start}
    return {}


def _is_about(appointment: Appointment, task: Task, context: Context) -> bool:
    gathered = context.gathered
    focus = gathered.find(task.focus, task)
    about = [gathered.find(each, appointment) for each in appointment.based_on or ()]
    return focus is not None and focus in about


def _outcome(task: Task, context: Context) -> dict[str, Any]:
    """Return how it ended and what was done.

    The guide has no code for how it ended: where only what was done is told of a task
    that is completed, the outcome is another one than those that the hub knows.
    """
    ended: dict[str, Any] = {}
    done: list[dict[str, Any]] = []
    for each in task.output or ():
        ended |= _ended(each)
        if has_code(each.type, GRAVITY_CODES, RESULTING_ACTIVITY):
            done += _done(each, task, context)
    if done and not ended and task.status == "completed":
        context.warnings.add("outcome.code_assumed")
        ended = {"code": "other"}
    return ended | ({"activity": done} if done else {})


def _ended(output: TaskValue) -> dict[str, Any]:
    concept = _concept(output)
    for each in codings_of(concept):
        if each.system == OUTCOMES:
            code = each.code if each.code in _OUTCOME_CODES else "other"
            text = concept.text if concept else ""
            # The code in words is nobody's words.
            shown = "" if text == (each.code or "").replace("_", " ") else text
            return stated(code=code, text=shown)
    return {}


def _done(output: TaskValue, task: Task, context: Context) -> list[dict[str, Any]]:
    concept = _concept(output)
    if concept is not None:
        return [found] if (found := coded(concept)) else []
    reference = valued(Reference, output.value)
    if reference is None or not reference.reference:
        return []
    procedure = context.gathered.find_as(Procedure, reference, task)
    if procedure is None:
        return [{"text": reference.display}] if reference.display else []
    at = procedure.performed_date_time
    return [coded(procedure.code) | stated(at=at)]


def _concept(output: Element) -> CodeableConcept | None:
    found = (output.model_extra or {}).get("valueCodeableConcept")
    return valued(CodeableConcept, found) if found is not None else None
