"""Stated: what is so sensitive that a recipient said itself, of its own referral.

To tell somebody their own words discloses nothing. What the other side adds does.
"""

from datetime import UTC

from hub.coordination.policy.case import Case
from hub.coordination.policy.marks import marks_of
from hub.coordination.policy.templates import code
from hub.model.labels import Labels

_NOTHING = Labels()


def stated_codes(case: Case) -> frozenset[str]:
    """Return the codes of sensitivity that follow only from the recipient's own words.

    A mark that names its code, of something that the recipient did not say, shows
    that it follows from elsewhere as well. One that names none, as the security label
    of an answer, says no more than the code.
    """
    day = case.now.astimezone(UTC).date()
    found: frozenset[str] = frozenset()
    for link in case.links:
        if link.stated != _NOTHING and link.active(day):
            found |= _only_from(link.stated, case.event.labels)
    return found


def _only_from(stated: Labels, labels: Labels) -> frozenset[str]:
    own = set(stated.derived_by)
    marks = zip(labels.derived_by, marks_of(labels), strict=True)
    elsewhere = {mark.label for entry, mark in marks if entry not in own}
    return frozenset(map(code, stated.sensitivity)) - elsewhere
