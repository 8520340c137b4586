"""Every type of care event. Source: domain 9.2."""

#: Event names of each family, separated by blanks; the type is ``family.name``.
TAXONOMY: dict[str, str] = {
    "encounter": (
        "preadmitted preadmit_cancelled registered ed_arrived admitted "
        "admit_cancelled transferred transfer_cancelled class_changed "
        "admission_reversed leave_started leave_ended leave_start_cancelled "
        "leave_end_cancelled admit_pending transfer_pending discharge_pending "
        "admit_pending_cancelled transfer_pending_cancelled "
        "discharge_pending_cancelled discharged ended discharge_cancelled "
        "start_corrected end_corrected history_corrected updated rekeyed merged "
        "moved observed source_purged tracking"
    ),
    "stay": "opened closed readmission_detected high_use_detected",
    "transition": "opened milestone_reached milestone_missed closed reopened",
    "person": (
        "registered demographics_changed identifier_added identifier_changed "
        "identifier_moved merged unmerged linked unlinked contact_changed "
        "deceased deceased_retracted source_deleted erased"
    ),
    "account": "opened merged moved closed",
    "careteam": "changed",
    "referral": (
        "drafted requested received accepted rejected on_hold resumed scheduled "
        "no_show appointment_cancelled started completed failed "
        "cancel_requested cancel_declined cancelled expired reopened "
        "information_requested information_provided outcome_reported "
        "outcome_amended loop_closed escalated conflict redirected "
        "entered_in_error history_added"
    ),
    "appointment": "booked rescheduled changed cancelled no_show checked_in completed",
    "assessment": "recorded",
    "need": "identified changed resolved",
    "risk": "stratified level_changed",
    "caregap": "opened closed disputed",
    "plan": "shared goal_changed",
    "task": "created due overdue completed cancelled",
    "contact": "attempted completed",
    "issue": "opened resolved",
    "medrec": "completed",
    "alert": "raised",
    "outcome": "recorded",
    "measure": "computed",
    "program": "enrolled changed disenrolled",
    "document": "available amended replaced retracted",
    "coverage": (
        "member_enrolled changed terminated reinstated never_effective verified "
        "attribution_added attribution_changed attribution_removed"
    ),
    "authorization": "requested pended approved modified denied cancelled expired",
    "claim": "observed retracted",
    "directory": (
        "organization_added organization_updated organization_removed "
        "service_added service_updated service_closed service_reopened "
        "service_removed location_added location_updated location_removed "
        "capacity_changed feed_refreshed feed_stale"
    ),
    "match": "proposed",
    "consent": "recorded revoked expired proxy_granted proxy_revoked",
    "privacy": "incident_opened",
    "exchange": (
        "message_received message_quarantined message_released file_received "
        "file_accepted file_rejected file_duplicate overdue "
        "acknowledgement_received delivery_succeeded delivery_failed "
        "delivery_suppressed feed_down feed_recovered"
    ),
}

#: Types for the hub's own history, of which nobody is told unasked. Claims are the
#: history of what was used, restricted to those who ask for it by its name.
INTERNAL_TYPES = frozenset(
    {
        "claim.observed",
        "claim.retracted",
        "encounter.source_purged",
        "encounter.tracking",
        "privacy.incident_opened",
    }
)

EVENT_TYPES = frozenset(
    f"{family}.{name}" for family, names in TAXONOMY.items() for name in names.split()
)
