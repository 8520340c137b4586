"""Who counts as active: what the guards against mass terminations count."""

from collections.abc import Sequence
from datetime import date

from hub.model.files import Membership


def is_active(memberships: Sequence[Membership], day: date) -> bool:
    """Say whether a record is active on `day` or will be later.

    One without memberships is as long as it is held, such as an open gap in care.
    """
    return not memberships or any(_lasts(each, day) for each in memberships)


def _lasts(each: Membership, day: date) -> bool:
    if each.until is None:
        return True
    return each.until >= day and (each.since is None or each.since <= each.until)
