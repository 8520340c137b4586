"""Links: which contacts of a person are parts of one stay.

Two contacts belong together where they overlap, or where a rule says that the
second goes on with the first. What is linked to the same contact is one stay, so
that no order of arrival matters. Source: domain 3.7 and R-ENC-05.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec import Struct

from hub.coordination.care_setting import (
    ACUTE,
    CareSetting,
    care_setting,
    setting_of,
    stated_code,
)
from hub.coordination.stay_rules import LinkRule, StayRules
from hub.model.encounters import ClassSegment, Encounter
from hub.model.times import FuzzyTime


class Contact(Struct, frozen=True, kw_only=True):
    """An encounter with what the hub knows beside it.

    `key` and `person` are the hub's own keys, `facility` the identifier under which
    all sources know it, "" where none is known. `rank` is 0 of a source that speaks
    for itself, more of one that relays. `newborn` is true where the person's record
    shows a birth (`is_birth`); what the encounter itself says counts anyway.
    """

    key: str
    person: str
    source: str
    facility: str
    encounter: Encounter
    rank: int = 0
    newborn: bool = False


class Heard(NamedTuple):
    """A contact that is part of a stay, ready to be linked.

    `until` is when it surely was not over yet and `over` when it surely was, both
    None as long as no end is known. `steps` are the acute ones of its classes.
    """

    since: datetime
    key: str
    contact: Contact
    setting: CareSetting
    steps: tuple[ClassSegment, ...]
    until: datetime | None
    over: datetime | None
    reach: datetime

    @property
    def level(self) -> int:
        """Say how far on in a stay the setting is."""
        return ACUTE.index(self.setting)

    @property
    def settings(self) -> frozenset[CareSetting]:
        """The settings that the contact has passed through."""
        return frozenset(setting_of(step.value.code) for step in self.steps)


def heard(contacts: Iterable[Contact], rules: StayRules) -> list[Heard]:
    """Return what of `contacts` can be part of a stay, in the order of their starts.

    A contact that is handed in twice counts once.
    """
    found = (
        _heard(each, rules) for each in {each.key: each for each in contacts}.values()
    )
    return sorted((each for each in found if each), key=lambda each: each[:2])


def linked(ordered: Sequence[Heard], rules: StayRules) -> list[list[Heard]]:
    """Return the contacts that are one stay each; all are of one person.

    `ordered` is in the order of the starts, and so is every group.
    """
    roots = list(range(len(ordered)))
    for earlier, later in _pairs(ordered, rules):
        roots[_root(roots, later)] = _root(roots, earlier)
    groups: dict[int, list[Heard]] = {}
    for place, each in enumerate(ordered):
        groups.setdefault(_root(roots, place), []).append(each)
    return list(groups.values())


def overlap(earlier: Heard, later: Heard) -> bool:
    """Say whether `later` began before the end of `earlier`, not at it."""
    if earlier.since == later.since:
        return True
    return later.since < (earlier.reach if earlier.until is None else earlier.until)


def _heard(contact: Contact, rules: StayRules) -> Heard | None:
    encounter = contact.encounter
    setting = care_setting(encounter, rules)
    steps = tuple(
        step for step in encounter.classes if setting_of(step.value.code) in ACUTE
    )
    if contact.newborn or setting not in ACUTE or not steps:
        return None
    since = steps[0].since.earliest
    until, over = _end(encounter.end, since)
    limit = timedelta(hours=rules.open_limit_hours[setting.value])
    reach = since + limit if over is None else over + _longest_gap(rules)
    return Heard(since, contact.key, contact, setting, steps, until, over, reach)


def _end(
    end: FuzzyTime | None, since: datetime
) -> tuple[datetime | None, datetime | None]:
    """Return the bounds of an end; one before the start is a mistake and at it."""
    if end is None:
        return None, None
    over = end.earliest if end.exact else end.latest
    return max(end.earliest, since), max(over, since)


def _longest_gap(rules: StayRules) -> timedelta:
    hours = max((link.within_hours for link in rules.links), default=0)
    return timedelta(hours=hours)


def _pairs(ordered: Sequence[Heard], rules: StayRules) -> Iterator[tuple[int, int]]:
    for place, earlier in enumerate(ordered):
        for other in range(place + 1, len(ordered)):
            later = ordered[other]
            if later.since > earlier.reach:
                break
            if _one_stay(earlier, later, rules):
                yield place, other


def _one_stay(earlier: Heard, later: Heard, rules: StayRules) -> bool:
    if earlier.until is None or earlier.over is None:
        return later.since <= earlier.reach
    if later.since <= earlier.until:
        return True
    gap = later.since - earlier.over
    return any(_goes_on(link, gap, earlier, later, rules) for link in rules.links)


def _goes_on(
    link: LinkRule, gap: timedelta, earlier: Heard, later: Heard, rules: StayRules
) -> bool:
    return (
        earlier.setting in link.before
        and later.setting in link.after
        and gap <= timedelta(hours=link.within_hours)
        and (link.campus == "any" or _same_campus(earlier, later, rules))
        and _among(disposition_of(earlier.contact, rules), link.dispositions)
        and _among(admit_source_of(later.contact), link.admit_sources)
    )


def disposition_of(contact: Contact, rules: StayRules) -> str:
    """Return where the patient went, as the rules write it, "" where not stated."""
    details = contact.encounter.details
    code = stated_code(details, "discharge", "disposition")
    return rules.disposition(code) if code else ""


def admit_source_of(contact: Contact) -> str:
    """Return where the patient came from, "" where not stated."""
    return stated_code(contact.encounter.details, "admission", "source")


def _same_campus(earlier: Heard, later: Heard, rules: StayRules) -> bool:
    """Say whether two are on one campus; a source without facilities is one."""
    one, other = earlier.contact, later.contact
    if one.facility and other.facility:
        return rules.campus(one.facility) == rules.campus(other.facility)
    return one.source == other.source and one.facility == other.facility


def _among(code: str, wanted: frozenset[str]) -> bool:
    return not wanted or code in wanted


def _root(roots: list[int], place: int) -> int:
    while roots[place] != place:
        roots[place] = roots[roots[place]]
        place = roots[place]
    return place
