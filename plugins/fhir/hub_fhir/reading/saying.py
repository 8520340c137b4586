"""What a Task or a ServiceRequest says of a referral, and whose word that is.

What stands beside a status counts only as long as it agrees with it: a partner that
changes the status may leave behind what was beside the old one. Source: domain 4.3.
"""

from typing import NamedTuple

from hub_fhir.reading.numbers import codings_of
from hub_fhir.rendering.data.systems import (
    BSER_STATUSES,
    BUSINESS_STATUSES,
    REFERRAL_STATE,
)
from hub_fhir.rendering.data.task_statuses import (
    BSER_WORDS,
    BY_WORD,
    OF_REQUEST,
    OF_REQUEST_ONLY,
    OF_REQUESTER,
    OF_TASK,
)
from hub_fhir.resources.element import Resource
from hub_fhir.resources.requests import ServiceRequest, Task

#: Intents by which nobody is asked for anything yet.
_NO_ORDER = frozenset({"proposal", "plan", "option"})
#: Statuses with which a task can wait for an appointment, whatever it says of it.
_TAKEN_UP = frozenset({"accepted", "in-progress", "on-hold"})
#: What another hub decided for itself: not ours to apply, and worth a message.
OF_THEIR_HUB = {"expired": "It has expired at the other hub: nobody decided in time"}
CONTRADICTED = "status.beside_contradicts"


class Word(NamedTuple):
    """What is said, by which side, and what was odd about it ("" for nothing)."""

    says: str
    by: str
    warning: str = ""


def said_by_task(task: Task) -> Word:
    """Return what a task says."""
    status = task.status or ""
    own = "requester" if status in OF_REQUESTER else "performer"
    beside, told = _beside(task)
    if theirs_of(task):
        return Word("message_added", "performer")
    if beside and _agrees(beside, status):
        by = "requester" if beside in OF_REQUEST_ONLY else "performer"
        return Word(beside, by)
    if bser := _bser(task):
        if status in _TAKEN_UP:
            return Word(bser, "performer")
        told = True
    return Word(OF_TASK.get(status, ""), own, CONTRADICTED if told else "")


def theirs_of(task: Task) -> str:
    """Return in words what another hub decided for itself, "" for nothing."""
    beside, _ = _beside(task)
    agrees = beside in OF_THEIR_HUB and _agrees(beside, task.status or "")
    return OF_THEIR_HUB[beside] if agrees else ""


def state_beside(task: Task, word: Word) -> str:
    """Return the state of a task of which `word` is said beside it, "" for none."""
    row = BY_WORD.get(word.says)
    if word.by != "performer" or row is None or row.task or theirs_of(task):
        return ""
    status = task.status or ""
    state = _extension(task)
    if state in BY_WORD and BY_WORD[state].task == status:
        return state
    return "" if status in OF_REQUESTER else OF_TASK.get(status, "")


def _beside(task: Task) -> tuple[str, bool]:
    """Return the word of ours beside the status, and whether there is any."""
    found = _extension(task)
    for each in codings_of(task.business_status):
        if each.system == BUSINESS_STATUSES:
            found = each.code or ""
    return (found if found in BY_WORD else ""), bool(found)


def _bser(task: Task) -> str:
    codes = (
        each.code or ""
        for each in codings_of(task.business_status)
        if each.system == BSER_STATUSES
    )
    return next((BSER_WORDS[code] for code in codes if code in BSER_WORDS), "")


def _agrees(word: str, status: str) -> bool:
    """Say whether a word can stand beside a Task.status."""
    task = BY_WORD[word].task
    return not task or task == status


def said_by_request(request: ServiceRequest) -> Word:
    """Return what a request says: its status is the requester's."""
    status = request.status or ""
    word = OF_REQUEST.get(status, "")
    beside = _extension(request)
    if beside in BY_WORD:
        wanted = BY_WORD[beside].request
        if not wanted or wanted == status:
            return Word(beside, "requester")
    if word == "requested" and request.intent in _NO_ORDER:
        word = "draft"
    warning = CONTRADICTED if beside else ""
    return Word(word, "requester", warning or ("" if word else "status.not_its_own"))


def _extension(resource: Resource) -> str:
    for each in resource.extension or ():
        if each.url == REFERRAL_STATE and isinstance(each.value, str):
            return each.value
    return ""
