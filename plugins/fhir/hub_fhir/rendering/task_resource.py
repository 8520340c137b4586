"""A referral as Task: what becomes of it.

Source: Gravity SDOH Clinical Care 2.3, profile SDOHCC-TaskForReferralManagement, which
wants the reason in words where a task is rejected, cancelled, on hold or failed.
"""

from hub_fhir.rendering.data.categories import RESULTING_ACTIVITY
from hub_fhir.rendering.data.systems import (
    APPOINTMENT,
    ENTITIES,
    GRAVITY_CODES,
    OUTCOMES,
    OWN_CODES,
    REFERRAL_STATE,
    TASK_CODES,
    TASK_PROFILE,
)
from hub_fhir.rendering.parties import typed
from hub_fhir.rendering.payloads import coded, stated, tables, words
from hub_fhir.rendering.pieces import Piece, concept, concept_of, identifier, narrative
from hub_fhir.rendering.request_resource import (
    authored_on,
    logical_each,
    losses_of,
    lost,
    placer,
    priority,
    spoken,
)
from hub_fhir.rendering.statuses import LOST_IN_EXTENSION, Said, business_status
from hub_fhir.rendering.telling import Telling

_WITH_REASON = frozenset({"rejected", "cancelled", "on-hold", "failed"})
#: An honest text, where R4's guide wants one and nobody gave any.
NO_REASON = "No reason was stated"
_FULFIL = concept_of(TASK_CODES, "fulfill", "Fulfill the focal request")


def task(telling: Telling, said: Said, focus: str, parties: dict[str, str]) -> str:
    """Add the task; return the reference. `parties` has for, requester and owner."""
    key = telling.event.entity.key
    number = {"system": ENTITIES, "value": key}
    filler = identifier(telling.said("identifiers", "filler"), telling.systems)
    owner = parties["owner"]
    resource = stated(
        meta=telling.meta(TASK_PROFILE),
        text=narrative(f"Referral {said.says.replace('_', ' ')}"),
        extension=_extensions(telling, said),
        identifier=[number, *([typed(filler, "FILL")] if filler else [])],
        basedOn=[{"reference": focus}],
        groupIdentifier=identifier(
            telling.said("identifiers", "group"), telling.systems
        ),
        partOf=logical_each("Task", telling.said("parent"), telling),
        status=said.task,
        statusReason=_reason(telling, said),
        businessStatus=business_status(said),
        intent="order",
        priority=priority(telling),
        code=_FULFIL,
        focus={"reference": focus, "type": "ServiceRequest"}
        | {"identifier": placer(telling)},
        **{"for": {"reference": parties["for"]}},
        authoredOn=authored_on(telling),
        lastModified=telling.occurred,
        requester={"reference": parties["requester"]},
        owner={"reference": owner} if owner else {},
        note=_notes(telling, said),
        output=_outputs(telling),
    )
    return telling.add("Task", key, resource)


def _extensions(telling: Telling, said: Said) -> list[Piece]:
    found: list[Piece] = []
    when = telling.moment(telling.said("appointment", "at"))
    if when:
        found.append({"url": APPOINTMENT, "valueDateTime": when})
    if said.carrier == "task":
        found.append({"url": REFERRAL_STATE, "valueCode": said.says})
    if said.standing:
        found.append({"url": REFERRAL_STATE, "valueCode": said.standing})
    if said.speaker != "requester":
        found += lost(losses_of(telling, said))
    elif said.standing:
        found += lost([LOST_IN_EXTENSION])
    return found


def _reason(telling: Telling, said: Said) -> Piece:
    why = telling.said("status_reason") if said.speaker != "requester" else ""
    found = concept(why, telling.systems)
    if isinstance(why, dict) and (text := words(why.get("text"))):
        found["text"] = text
    if not found and said.task in _WITH_REASON:
        return {"text": NO_REASON}
    return found


def _notes(telling: Telling, said: Said) -> list[Piece]:
    if said.speaker == "requester":
        return []
    return [stated(text=text, time=telling.occurred) for text in spoken(telling)]


def _outputs(telling: Telling) -> list[Piece]:
    """Return what was done, and how it ended, each as one output."""
    outcome = telling.said("outcome")
    done = outcome.get("activity") if isinstance(outcome, dict) else ()
    activity = concept_of(GRAVITY_CODES, RESULTING_ACTIVITY, "Resulting Activity")
    found = [
        {"type": activity, "valueCodeableConcept": made}
        for each in tables(done)
        if (made := concept(each, telling.systems))
    ]
    code = coded(outcome)
    if code:
        ended = concept_of(OUTCOMES, code)
        said = words(outcome.get("text")) if isinstance(outcome, dict) else ""
        ended |= {"text": said or code.replace("_", " ")}
        kind = concept_of(OWN_CODES, "outcome", "Outcome")
        found.append({"type": kind, "valueCodeableConcept": ended})
    return found
