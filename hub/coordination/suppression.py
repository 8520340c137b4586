"""Suppression: what would only say again what somebody was told, or too often.

Two feeds may tell of one admission; a system may restate a patient every minute. The
first is told once, of the second a recipient gets the newest. A correction of what
was told is never suppressed. Source: domain 3.8, R-ENC-10.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from hub.model.events import CareEvent

#: The reasons, and the rules that give them.
DUPLICATE = "suppressed.duplicate"
STORM = "suppressed.storm"
DUPLICATE_RULE = "duplicate@1"
STORM_RULE = "storm@1"
#: After a subscription's name: a decision that was taken later, beside an earlier one
#: or where there was none. What was suppressed as a duplicate is told after all,
#: because what it repeats was taken back; or somebody asked for the past.
AGAIN = "@again"

_UPDATES = frozenset({"encounter.updated", "person.demographics_changed"})
#: Updates of these state only what changed; all others the whole.
_IN_PARTS = frozenset({"person.demographics_changed"})


class Storm(NamedTuple):
    """So many updates about one person within so long are told one by one."""

    most: int
    within: timedelta


class Past(NamedTuple):
    """An event before, as one destination knows it.

    `at` is when it was told or is to be, None where it was not told; `waits` says
    that it is put off by a storm and unsent, `queued` that there is a delivery,
    whatever became of it. `suppressed_for` is the subscription for which it was a
    duplicate and was not decided again, "" for none. `fields` are those that changed.
    """

    event: str
    type: str
    entity: str
    feed: str
    occurred: datetime | None
    at: datetime | None
    subscription: str = ""
    waits: bool = False
    queued: bool = False
    suppressed_for: str = ""
    fields: frozenset[str] = frozenset()
    retracts: str = ""
    amends: str = ""


class Deferral(NamedTuple):
    """Until when a storm puts an update off, and which earlier ones it stands for."""

    until: datetime
    stands_for: tuple[str, ...]


def is_update(event_type: str) -> bool:
    """Say whether events of a type come in storms: updates, not news."""
    return event_type in _UPDATES or event_type.endswith(".changed")


def occurred(event: CareEvent) -> datetime | None:
    """Return when an event happened, at the earliest; None where nobody said."""
    return event.times.occurred.earliest if event.times.occurred else None


def fields_of(event: CareEvent) -> frozenset[str]:
    """Return which fields an event says have changed."""
    changed = event.payload.get("changed_fields")
    return frozenset(changed if isinstance(changed, list | tuple) else ())


def taken_back(past: Iterable[Past]) -> frozenset[str]:
    """Return the events that do not stand: what is retracted, and what that amends."""
    known = {each.event: each for each in past}
    gone: set[str] = set()
    for each in known.values():
        key = each.retracts
        while key and key not in gone:
            gone.add(key)
            key = known[key].amends if key in known else ""
    return frozenset(gone)


def duplicate_of(event: Past, past: Sequence[Past], within: timedelta) -> str:
    """Return the event that told the same before, "" where none did.

    That is one of the same type that another feed told of another entity of the
    same person, that stands, that was told to this destination and that happened
    at most `within` before or after.
    """
    if event.occurred is None or event.retracts or event.amends:
        return ""
    gone = taken_back(past)
    told = (each for each in past if each.at is not None and each.event not in gone)
    return next((each.event for each in told if _alike(event, each, within)), "")


def _alike(one: Past, other: Past, within: timedelta) -> bool:
    return (
        one.event != other.event
        and one.type == other.type
        and one.feed != other.feed
        and one.entity != other.entity
        and one.occurred is not None
        and other.occurred is not None
        and abs(one.occurred - other.occurred) <= within
        and not (other.retracts or other.amends)
    )


def hushed(event: Past, past: Iterable[Past]) -> bool:
    """Say whether an event takes back what was suppressed, and told to nobody."""
    return bool(event.retracts) and any(
        each.event == event.retracts and each.suppressed_for and each.at is None
        for each in past
    )


def freed(past: Sequence[Past], withins: Mapping[str, timedelta]) -> list[Past]:
    """Return what was a duplicate, and stands alone now, in the order of `past`.

    That is what was suppressed, and nothing that stands tells the same to this
    destination any more; of several that say the same, the first. `withins` has how
    far apart two may be, by subscription.
    """
    gone = taken_back(past)
    standing = [each for each in past if each.event not in gone]
    found: list[Past] = []
    for place, each in enumerate(standing):
        within = withins.get(each.suppressed_for)
        if within is None or each.queued:
            continue
        if not duplicate_of(each, standing, within):
            found.append(each)
            standing[place] = each._replace(at=each.occurred)
    return found


def deferral(
    event: Past, past: Sequence[Past], subscription: str, storm: Storm, now: datetime
) -> Deferral | None:
    """Return until when an update is put off; None where it is told like any other.

    In no stretch of `storm.within` more than `storm.most` are told. One that is put
    off stands for the unsent ones of its kind before it that say nothing else.
    """
    if not is_update(event.type) or event.retracts or event.amends:
        return None
    mine = [
        each
        for each in past
        if each.subscription == subscription
        and is_update(each.type)
        and each.event != event.event
    ]
    replaced = tuple(each.event for each in mine if each.waits and _covers(event, each))
    times = sorted(
        each.at for each in mine if each.at is not None and each.event not in replaced
    )
    recent = [each for each in times if each > now - storm.within]
    if len(recent) < storm.most:
        return None
    return Deferral(recent[-storm.most] + storm.within, replaced)


def _covers(newer: Past, older: Past) -> bool:
    """Say whether whoever gets the newer update misses nothing of the older."""
    same = (newer.type, newer.entity) == (older.type, older.entity)
    return same and (newer.type not in _IN_PARTS or newer.fields >= older.fields)
