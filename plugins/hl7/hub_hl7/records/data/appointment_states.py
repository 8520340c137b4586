"""States of an appointment by trigger event and filler status.

S23 and S24 block and unblock time in a schedule and are about nobody.
Source: HL7 v2.5.1, sections 10.4 and 10.5, and table 0278.
"""

#: What the trigger states. S18 to S22 are about a service or a resource of it.
BY_TRIGGER = {
    "S12": "booked",
    "S13": "rescheduled",
    "S14": "changed",
    "S15": "cancelled",
    "S16": "cancelled",
    "S17": "cancelled",
    "S18": "changed",
    "S19": "changed",
    "S20": "changed",
    "S21": "changed",
    "S22": "changed",
    "S26": "no_show",
}

#: What the filler status (SCH-25) states beyond a trigger that does not end it.
BY_STATUS = {
    "STARTED": "checked_in",
    "ARRIVED": "checked_in",
    "COMPLETE": "completed",
    "COMPLETED": "completed",
    "CANCELLED": "cancelled",
    "CANCELED": "cancelled",
    "DC": "cancelled",
    "DELETED": "cancelled",
    "NOSHOW": "no_show",
    "NO SHOW": "no_show",
    "NO-SHOW": "no_show",
}

#: An appointment in one of these is wished for, and not yet booked.
NOT_YET_BOOKED = frozenset({"PENDING", "WAITLIST"})

#: A trigger that states one of these is believed whatever the status says.
ENDS = frozenset({"cancelled", "no_show"})

#: Why it ended, where the trigger tells.
ENDED_BY = {"S15": "cancelled", "S16": "discontinued", "S17": "deleted"}
