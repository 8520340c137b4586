"""Who counts as active: what the guards against mass terminations count."""

from collections.abc import Sequence
from datetime import date

from hub.model.files import Membership


def is_active(memberships: Sequence[Membership], day: date) -> bool:
    """Say whether a record is active on `day` or will be later.

    One without memberships is as long as it is held, such as an open gap in care.
    """
    return not memberships or any(_lasts(each, day) for each in memberships)


def ever_holds(each: Membership) -> bool:
    """Say whether a membership holds on any day: one that ends before it begins not."""
    return each.since is None or each.until is None or each.since <= each.until


def _lasts(each: Membership, day: date) -> bool:
    return (each.until is None or each.until >= day) and ever_holds(each)
