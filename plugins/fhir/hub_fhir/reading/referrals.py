"""Requests and tasks become what each side says of a referral.

A request is its requester's, a task its owner's: one fact for each side that says
something. What the requester says twice, by a request and by a task that nobody has
answered, is one fact. Source: domain 4.1 to 4.3; Gravity SDOH Clinical Care 2.3.
"""

from collections.abc import Iterator
from typing import Any

from hub.sdk import Fact, FactKind, Labels, RecordKey, Subject
from hub_fhir.reading.contents import (
    of_request,
    of_task,
    request_reason,
    safety_of,
    stated,
)
from hub_fhir.reading.errors import NoPatientError, UnknownModifierError
from hub_fhir.reading.numbers import coded, codings_of
from hub_fhir.reading.people import subject_of
from hub_fhir.reading.saying import (
    Word,
    said_by_request,
    said_by_task,
    state_beside,
    theirs_of,
)
from hub_fhir.reading.stating import (
    Context,
    When,
    request_key,
    request_of,
    task_key,
    when,
)
from hub_fhir.rendering.data.systems import ACT_CODES, CONFIDENTIALITY, TASK_CODES
from hub_fhir.resources.element import Resource
from hub_fhir.resources.messaging import Bundle
from hub_fhir.resources.people import Patient
from hub_fhir.resources.requests import Provenance, ServiceRequest, Task

#: What says that somebody is asked for the first time.
_OPENING = frozenset({"draft", "requested"})

#: Codes of v3 Confidentiality, from the least on.
_CONFIDENTIAL = ("U", "L", "M", "N", "R", "V")


def referral_facts(context: Context) -> Iterator[Fact]:
    """Yield what is said of referrals.

    Raises UnknownModifierError, NoPatientError, NoReferralNumberError and NoTimeError.
    """
    tasks = [each for each in context.gathered.all(Task) if is_referral(each, context)]
    requests = context.gathered.all(ServiceRequest)
    for request in requests:
        about = [each for each in tasks if request_of(each, context) is request]
        if fact := _of_request(request, about, context):
            yield fact
    for task in tasks:
        yield from _of_task(task, context)


def is_referral(task: Task, context: Context) -> bool:
    """Say whether a task asks an organisation to do what was requested.

    What a patient is to do, such as to fill in a form, is no referral.
    """
    owner = (task.owner.reference or "") if task.owner else ""
    person = context.gathered.find_as(Patient, task.owner, task)
    if person is not None or owner.startswith("Patient/"):
        return False
    codes = [each.code for each in codings_of(task.code) if each.system == TASK_CODES]
    return not codings_of(task.code) or "fulfill" in codes


def _of_request(
    request: ServiceRequest, tasks: list[Task], context: Context
) -> Fact | None:
    if request.do_not_perform:
        raise UnknownModifierError("ServiceRequest.doNotPerform")
    word = said_by_request(request)
    if _is_others_copy(request, tasks, context) or not _is_heard(word, context):
        return None
    details = of_request(request, context)
    asked = _asked_by(tasks)
    if asked is not None:
        # The performer is named in the task, and often there alone.
        details = _merged(of_task(asked, context), details)
    if word.says not in _OPENING and (why := request_reason(request)):
        details["status_reason"] = why
    opens = word.says in _OPENING
    # What is said later did not happen when the request was made.
    at = request.authored_on if opens else _happened(request, context)
    times = when(context, request, at, otherwise=request.authored_on)
    subject = subject_of(context.gathered, request.subject, request, context.profile)
    if opens and not subject.identifiers:
        raise NoPatientError("ServiceRequest")
    key = request_key(request, context)
    return _fact(context, key, word, times, subject, details, request)


def _is_others_copy(
    request: ServiceRequest, tasks: list[Task], context: Context
) -> bool:
    """Say whether a performer who answers only sends the request along."""
    answers = any(said_by_task(each).by == "performer" for each in tasks)
    return answers and _is_copy(request, context)


def _is_copy(resource: Resource, context: Context) -> bool:
    if context.gathered.is_copy(resource):
        context.warnings.add("copy.left_out")
        return True
    return False


def _happened(request: ServiceRequest, context: Context) -> str:
    """Return when what a request says happened, "" where no Provenance has it."""
    gathered = context.gathered
    for each in gathered.all(Provenance):
        targets = [gathered.find(target, each) for target in each.target or ()]
        if each.occurred_date_time and any(found is request for found in targets):
            return each.occurred_date_time
    return ""


def _asked_by(tasks: list[Task]) -> Task | None:
    """Return the task by which a performer is asked, None where it has answered."""
    return next((each for each in tasks if said_by_task(each).by == "requester"), None)


def _of_task(task: Task, context: Context) -> Iterator[Fact]:
    word = said_by_task(task)
    request = request_of(task, context)
    if request is not None and _is_said_by(request, word):
        return
    if word.by == "performer" and _is_copy(task, context):
        return
    if not _is_heard(word, context):
        return
    details = _told_by(task, word, request, context)
    yield _said(task, word, details, context)
    if not _is_told(context) and (state := state_beside(task, word)):
        # Who looks now and then may have missed when it came to that.
        yield _said(task, Word(state, "performer"), {}, context)


def _is_told(context: Context) -> bool:
    """Say whether resources came because something happened, each time that it did."""
    root = context.gathered.root
    return isinstance(root, Bundle) and root.type in {"transaction", "message"}


def _told_by(
    task: Task, word: Word, request: ServiceRequest | None, context: Context
) -> dict[str, Any]:
    """Return what a task says beside its word."""
    details = of_task(task, context)
    reason = coded(task.status_reason)
    if reason and word.by == "performer":
        details["status_reason"] = reason
    if theirs := theirs_of(task):
        details.setdefault("text", theirs)
    if word.by == "requester":
        details = {"authored": task.authored_on or "", **details}
    if request is not None and context.gathered.is_copy(request):
        # Whoever passes a request on passes on what keeps the person safe.
        details |= stated(safety=safety_of(request))
    return details


def _said(task: Task, word: Word, details: dict[str, Any], context: Context) -> Fact:
    """Return what a task says as a fact. Raises what `referral_facts` does."""
    changed = task.last_modified
    first = task.authored_on if word.says in _OPENING else changed
    times = when(context, task, first, changed, task.authored_on)
    subject = subject_of(context.gathered, task.for_, task, context.profile)
    if word.says in _OPENING and not subject.identifiers:
        raise NoPatientError("Task")
    return _fact(context, task_key(task, context), word, times, subject, details, task)


def _is_said_by(request: ServiceRequest, word: Word) -> bool:
    """Say whether a request says what its requester says by a task besides."""
    if word.by != "requester":
        return False
    return word.says in _OPENING or word.says == said_by_request(request).says


def _is_heard(word: Word, context: Context) -> bool:
    """Say whether the feed speaks for the side whose word it is."""
    wanted = context.profile.speaks_for
    if wanted not in ("both", word.by):
        context.warnings.add("side.left_out")
        return False
    if word.warning:
        context.warnings.add(word.warning)
    return True


def _merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    numbers = {**under.get("identifiers", {}), **over.get("identifiers", {})}
    found = {**under, **over}
    return found | {"identifiers": numbers} if numbers else found


def _fact(
    context: Context,
    key: RecordKey,
    word: Word,
    times: When,
    subject: Subject,
    details: dict[str, Any],
    resource: Resource,
) -> Fact:
    """Return the fact. A person who came along with a number is who it is about."""
    placer = {"system": key.system, "value": key.value}
    numbers = {"placer": placer, **details.get("identifiers", {})}
    said = {"by": word.by, "state": word.says, "party": context.party}
    own = {name: value for name, value in said.items() if value}
    kept = {name: value for name, value in details.items() if value not in ("", [], {})}
    return Fact(
        kind=FactKind.RECORD,
        subject=subject,
        recorded=times.recorded,
        occurred=times.occurred,
        record=key,
        details={**kept, **own, "identifiers": numbers},
        labels=_labels(resource),
    )


def _labels(resource: Resource) -> Labels | None:
    """Return how confidential a resource says that it is."""
    listed = (resource.meta.security if resource.meta else None) or ()
    codes = [
        (each.get("system"), each["code"])
        for each in listed
        if isinstance(each.get("code"), str)
    ]
    marks = [code for system, code in codes if system == CONFIDENTIALITY]
    sensitive = tuple(code for system, code in codes if system == ACT_CODES)
    if not marks and not sensitive:
        return None
    # What nobody knows is not normal (R-PRIV-02).
    known = [code if code in _CONFIDENTIAL else "R" for code in marks]
    worst = max(known, key=_CONFIDENTIAL.index, default="N")
    return Labels(worst, sensitive, (), ("meta.security",))
