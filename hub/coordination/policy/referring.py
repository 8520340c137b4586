"""Who has to do with a referral, and which side is told what of it (domain 4.1).

The link is the referral's own, so that it is looked at again before each attempt: a
referral may go to somebody else, turn out to be a mistake, or be over by then.
"""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from hub.coordination.panels import Member
from hub.coordination.partners import HEARS, SERVICE_EVENTS, SIDES, look_of
from hub.coordination.policy.case import Case, Refusal, Weighing
from hub.model.events import CareEvent

_FAMILY = "referral."
_ESCALATED = "referral.escalated"
#: What each side says itself, and is not told back.
_OWN = frozenset({"requester", "performer"})
_LOOKS = frozenset(map(look_of, SIDES))
#: States after which nobody waits for the performer any more.
_ENDED = frozenset(
    {"completed", "failed", "rejected", "cancelled", "expired", "entered_in_error"}
)


def by_referral(case: Case, weighing: Weighing) -> Refusal | None:
    """Ask whether the referral names the recipient, and this is for its side."""
    day = case.now.astimezone(UTC).date()
    links = [link for link in case.links if link.active(day)]
    if not links:
        return Refusal("relationship.ended" if case.links else "relationship.none")
    if not any(_told(case.event, link) for link in links):
        return Refusal("relationship.other_side")
    weighing.reason = "relationship.referral"
    weighing.ends(case.now)
    return None


def forbids_contact(case: Case, weighing: Weighing) -> bool:
    """Say whether the recipient is a person who must not be contacted at all.

    An event says so, or an open referral does: then nothing whatever reaches them, or
    theirs, and whatever else would permit it. That can be so from one moment to the
    next, so that it is asked again before each attempt.
    """
    if case.recipient.sector != "patient":
        return False
    weighing.ends(case.now)
    safety = case.event.payload.get("safety")
    prohibited = isinstance(safety, Mapping) and safety.get("contact_prohibited")
    return bool(prohibited) or case.endangered()


def _told(event: CareEvent, link: Member) -> bool:
    """Say whether a side is told of an event; a link has it in place of a programme."""
    side = link.programme
    if event.type in SERVICE_EVENTS:
        return True
    if side in _LOOKS:
        return event.type.startswith(_FAMILY)
    if event.type not in HEARS.get(side, frozenset()):
        return False
    payload = event.payload
    if event.type == _ESCALATED:
        return side in escalated_to(payload)
    return not (side in _OWN and payload.get("by") == side)


def escalated_to(payload: Mapping[str, Any]) -> frozenset[str]:
    """Return the sides that a reminder or an escalation is for.

    A reminder is for whoever is waited for, an escalation for whoever asked. Whom the
    request itself does not reach no reminder of it does either.
    """
    if payload.get("level") != "reminder":
        return frozenset({"requester"})
    waiting = payload.get("waiting")
    if isinstance(waiting, Mapping) and waiting.get("for") == "unreceived":
        return frozenset()
    waits = "requester" if payload.get("state") in _ENDED else "performer"
    return frozenset({waits})
