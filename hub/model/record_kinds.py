"""What a record of each kind can be, and the event that says so. Source: domain 9.2."""

from hub.model.facts import RecordKind

#: The status of a record of each kind, and the event that says so.
STATUSES: dict[RecordKind, dict[str, str]] = {
    "appointment": {
        "booked": "appointment.booked",
        "rescheduled": "appointment.rescheduled",
        "changed": "appointment.changed",
        "cancelled": "appointment.cancelled",
        "no_show": "appointment.no_show",
        "checked_in": "appointment.checked_in",
        "completed": "appointment.completed",
    },
    "document": {
        "available": "document.available",
        "amended": "document.amended",
        "replaced": "document.replaced",
        "retracted": "document.retracted",
    },
    "need": {
        "identified": "need.identified",
        "changed": "need.changed",
        "resolved": "need.resolved",
        "withdrawn": "need.changed",
    },
    "caregap": {
        "opened": "caregap.opened",
        "closed": "caregap.closed",
        "disputed": "caregap.disputed",
    },
    "plan": {"shared": "plan.shared"},
    "task": {
        "created": "task.created",
        "due": "task.due",
        "overdue": "task.overdue",
        "completed": "task.completed",
        "cancelled": "task.cancelled",
    },
    "contact": {"attempted": "contact.attempted", "completed": "contact.completed"},
    "issue": {"opened": "issue.opened", "resolved": "issue.resolved"},
    "medrec": {"completed": "medrec.completed"},
    "alert": {"raised": "alert.raised"},
    "program": {
        "enrolled": "program.enrolled",
        "changed": "program.changed",
        "disenrolled": "program.disenrolled",
    },
    "coverage": {
        "enrolled": "coverage.member_enrolled",
        "changed": "coverage.changed",
        "terminated": "coverage.terminated",
        "reinstated": "coverage.reinstated",
        "never_effective": "coverage.never_effective",
        "verified": "coverage.verified",
        "attribution_added": "coverage.attribution_added",
        "attribution_changed": "coverage.attribution_changed",
        "attribution_removed": "coverage.attribution_removed",
    },
    "authorization": {
        "requested": "authorization.requested",
        "pended": "authorization.pended",
        "approved": "authorization.approved",
        "modified": "authorization.modified",
        "denied": "authorization.denied",
        "cancelled": "authorization.cancelled",
        "expired": "authorization.expired",
    },
    "match": {"proposed": "match.proposed"},
    "claim": {
        "observed": "claim.observed",
        "retracted": "claim.retracted",
    },
    "consent": {
        "active": "consent.recorded",
        "revoked": "consent.revoked",
        "expired": "consent.expired",
    },
    "proxy": {
        "active": "consent.proxy_granted",
        "revoked": "consent.proxy_revoked",
        "expired": "consent.expired",
    },
}
#: What says that a record of each kind is there, where no status does.
FIRST: dict[RecordKind, str] = {
    "assessment": "assessment.recorded",
    "need": "need.identified",
    "risk": "risk.stratified",
    "caregap": "caregap.opened",
    "match": "match.proposed",
    "plan": "plan.shared",
    "goal": "plan.goal_changed",
    "task": "task.created",
    "issue": "issue.opened",
    "outcome": "outcome.recorded",
    "program": "program.enrolled",
    "careteam": "careteam.changed",
    "alert": "alert.raised",
    "coverage": "coverage.member_enrolled",
    "consent": "consent.recorded",
    "proxy": "consent.proxy_granted",
}
#: What says that something else of it changed. A kind that is not here has no such
#: event: what changes is known, and told with the next status.
LATER: dict[RecordKind, str] = {
    "appointment": "appointment.changed",
    "document": "document.amended",
    "assessment": "assessment.recorded",
    "need": "need.changed",
    "risk": "risk.stratified",
    "plan": "plan.shared",
    "goal": "plan.goal_changed",
    "outcome": "outcome.recorded",
    "program": "program.changed",
    "careteam": "careteam.changed",
    "coverage": "coverage.changed",
    "consent": "consent.recorded",
    "proxy": "consent.proxy_granted",
}
#: The kinds of which any status is told alike.
_OF_ANY_STATUS = frozenset({"assessment", "risk", "goal", "outcome", "careteam"})
#: The status of a permission that holds.
ACTIVE = "active"


def is_known(kind: RecordKind, status: str) -> bool:
    """Say whether a record of this kind can have a status, "" being none."""
    return not status or kind in _OF_ANY_STATUS or status in STATUSES.get(kind, {})


def first_event(kind: RecordKind, status: str, before: str = "") -> str | None:
    """Return what tells of a record that has come to a status, None for nothing.

    What nobody knows is kept, and told to nobody: it might mean the contrary. What
    was over `before` has not come for the first time.
    """
    told = _AGAIN.get((kind, before, status)) or STATUSES.get(kind, {}).get(status)
    if told is not None or not is_known(kind, status):
        return told
    return FIRST.get(kind)


def later_event(kind: RecordKind, status: str) -> str | None:
    """Return what tells that a record changed in all but its status, if anything."""
    if kind in _PERMISSIONS and status not in _HOLDS:
        return None
    if kind == "coverage" and status.startswith(_ATTRIBUTION):
        return _LATER_OF_ATTRIBUTION.get(status)
    return LATER.get(kind)


_PERMISSIONS = frozenset({"consent", "proxy"})
_HOLDS = frozenset({"", ACTIVE})
# A payer lists somebody anew whom it had left out.
_AGAIN: dict[tuple[RecordKind, str, str], str] = {
    ("coverage", "terminated", "enrolled"): "coverage.reinstated",
    ("coverage", "never_effective", "enrolled"): "coverage.reinstated",
}
# Whom a member is attributed to is a record beside the coverage itself.
_ATTRIBUTION = "attribution_"
_LATER_OF_ATTRIBUTION = {
    "attribution_added": "coverage.attribution_changed",
    "attribution_changed": "coverage.attribution_changed",
}
