"""Rehoming: what to tell where an encounter turns out to be somebody else's.

Who was told of it under the wrong person hears that it was not theirs, and the right
person's recipients hear of it as it stands. Where two people turn out to be one,
who is told of the one hears of what the other is in. Source: domain 3.4, R-ENC-07.
"""

from hub.coordination.announcements import Announced
from hub.coordination.changes import Change
from hub.coordination.differences import differences
from hub.model.encounters import Encounter, EncounterStatus

SUBJECT = "subject"
_PRESENT = frozenset({EncounterStatus.IN_PROGRESS, EncounterStatus.ON_LEAVE})
_BEGINNINGS = frozenset({"admission", "arrival"})


def taken_back(announced: Announced, kind: str, field: str) -> list[Change]:
    """Return the changes that take back all that stands, the newest first."""
    return [
        Change(kind, corrects=(slot,), correction="retraction", fields=(field,))
        for slot, events in reversed(announced.slots.items())
        for _ in events
    ]


def told_anew(encounter: Encounter | None) -> list[Change]:
    """Return the changes that tell of an encounter from its beginning."""
    return differences(None, encounter) if encounter else []


def told_of_somebody_known_better(
    encounter: Encounter | None, announced: Announced
) -> list[Change]:
    """Return the change that says whom an encounter in progress is of, if any.

    It amends what was told of its beginning: who heard of that learns under which
    other numbers the patient is known, and who did not hears of it now.
    """
    if encounter is None or encounter.status not in _PRESENT:
        return []
    return [
        change._replace(
            corrects=(change.fills,), correction="amendment", fields=(SUBJECT,)
        )
        for change in differences(None, encounter)
        if change.fills in _BEGINNINGS and announced.slots.get(change.fills)
    ][:1]
