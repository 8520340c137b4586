"""Visits: what happened once, though several sources may tell of it (R-ENC-05).

The same physical visit reaches the hub from the hospital and through a relay. It
stays one encounter for each source; here they are one visit, and the source that
is nearer to it speaks for all.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from msgspec import Struct

from hub.coordination.care_setting import (
    ACUTE,
    CareSetting,
    care_setting,
    setting_of,
    stated_code,
)
from hub.coordination.stay_rules import StayRules
from hub.model.encounters import Encounter
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


class Step(Struct, frozen=True):
    """A class of care at a facility, from a time on."""

    since: FuzzyTime
    setting: CareSetting
    code: str
    facility: str


class Visit(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One contact with one facility, as one or more sources tell of it.

    `encounters` has the one that speaks for the others first; `setting` is that of
    the class in force. `steps` are the acute ones, in order and never empty.
    Codes are as the rules write them. `disputed` says that the end is another
    source's word.
    """

    person: str
    encounters: tuple[str, ...]
    source: str
    facility: str
    setting: CareSetting
    steps: tuple[Step, ...]
    end: FuzzyTime | None = None
    disposition: str = ""
    admit_source: str = ""
    elective: bool = False
    disputed: bool = False

    @property
    def start(self) -> FuzzyTime:
        """When the first of its steps began."""
        return self.steps[0].since

    @property
    def level(self) -> int:
        """Say how far on in a stay the setting is."""
        return ACUTE.index(self.setting)


class Span(Protocol):
    """What begins at a time and reaches to another."""

    @property
    def since(self) -> datetime:
        """When it begins."""

    @property
    def reach(self) -> datetime:
        """Until when a later one may have to do with it, inclusive."""


class _Heard(NamedTuple):
    """A contact that is part of a stay, on its way to being a visit."""

    since: datetime
    key: str
    reach: datetime
    contact: Contact
    setting: CareSetting
    steps: tuple[Step, ...]


def visits(contacts: Iterable[Contact], rules: StayRules) -> tuple[Visit, ...]:
    """Return the visits that are parts of stays, by person and start.

    A contact that is handed in twice counts once.
    """
    places: dict[tuple[str, str], list[_Heard]] = {}
    for each in {each.key: each for each in contacts}.values():
        if heard := _heard(each, rules):
            places.setdefault((each.person, each.facility), []).append(heard)
    told = (group for heard in places.values() for group in _told_together(heard))
    return tuple(sorted((_visit(each, rules) for each in told), key=by_start))


def by_start(visit: Visit) -> tuple[str, datetime, tuple[str, ...]]:
    """Return what puts visits in order: the person, the start, the encounters."""
    return visit.person, visit.start.earliest, visit.encounters


def open_limit(setting: CareSetting, rules: StayRules) -> timedelta:
    """Return how far a visit reaches whose end was never told."""
    return timedelta(hours=rules.open_limit_hours[setting.value])


def meeting(ordered: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """Return the places of any two of which the first reaches to the second.

    `ordered` is in the order of the starts. What is far apart is not compared.
    """
    for place, earlier in enumerate(ordered):
        for other in range(place + 1, len(ordered)):
            if ordered[other].since > earlier.reach:
                break
            yield place, other


def _heard(contact: Contact, rules: StayRules) -> _Heard | None:
    encounter = contact.encounter
    setting = care_setting(encounter, rules)
    steps = tuple(
        Step(each.since, setting_of(each.value.code), each.value.code, contact.facility)
        for each in encounter.classes
        if setting_of(each.value.code) in ACUTE
    )
    if contact.newborn or setting not in ACUTE or not steps:
        return None
    since = steps[0].since.earliest
    limit = since + open_limit(setting, rules)
    # An end before the start is a mistake and taken for the start.
    reach = max(encounter.end.earliest, since) if encounter.end else limit
    return _Heard(since, contact.key, reach, contact, setting, steps)


def _told_together(heard: list[_Heard]) -> list[list[_Heard]]:
    """Return what is told of each visit to one facility, the nearest source first.

    Of two visits that a source may mean it is the one of the same setting. Where
    nobody says which facility it is, nobody can mean the same visit.
    """
    ordered = sorted(heard, key=lambda each: each[:2])
    sources = {each.contact.source for each in heard}
    if len(sources) == 1 or not heard[0].contact.facility:
        return [[each] for each in ordered]
    echoed: dict[int, set[int]] = {place: set() for place in range(len(ordered))}
    for first, second in meeting(ordered):
        if _echoes(ordered[first], ordered[second]):
            echoed[first].add(second)
            echoed[second].add(first)
    told: dict[int, list[_Heard]] = {}
    for place in sorted(echoed, key=lambda each: _nearness(ordered[each])):
        leads = sorted(echoed[place] & told.keys())  # by start
        alike = [lead for lead in leads if _alike(ordered[lead], ordered[place])]
        told.setdefault(next(iter(alike or leads), place), []).append(ordered[place])
    return list(told.values())


def _nearness(each: _Heard) -> tuple[int, str, int, datetime, str]:
    """Return what puts the source that knows best first."""
    level = ACUTE.index(each.setting)
    return each.contact.rank, each.contact.source, -level, each.since, each.key


def _alike(one: _Heard, other: _Heard) -> bool:
    return one.setting is other.setting


def _echoes(earlier: _Heard, later: _Heard) -> bool:
    """Say whether two sources tell of one visit: at one facility, at one time.

    The source that knows of more care knows of what the other saw, too. What
    begins when the other ends is not at one time.
    """
    if earlier.contact.source == later.contact.source:
        return False
    if later.since == earlier.reach and later.since != earlier.since:
        return False
    less, more = sorted((earlier, later), key=lambda each: ACUTE.index(each.setting))
    return any(step.setting is less.setting for step in more.steps)


def _visit(told: Sequence[_Heard], rules: StayRules) -> Visit:
    furthest = sorted(told, key=lambda each: -ACUTE.index(each.setting))
    lead = furthest[0]
    alike = [each for each in furthest if _alike(each, lead)]
    ended = next((each for each in alike if each.contact.encounter.end), lead)
    return Visit(
        person=lead.contact.person,
        encounters=tuple(each.key for each in furthest),
        source=lead.contact.source,
        facility=lead.contact.facility,
        setting=lead.setting,
        steps=lead.steps,
        end=ended.contact.encounter.end,
        disposition=rules.disposition(
            _stated([ended, *alike], "discharge", "disposition")
        ),
        admit_source=_stated(alike, "admission", "source"),
        elective=any(_is_elective(each, rules) for each in alike),
        disputed=ended is not lead,
    )


def _stated(told: Iterable[_Heard], group: str, name: str) -> str:
    codes = (stated_code(each.contact.encounter.details, group, name) for each in told)
    return next(filter(None, codes), "")


def _is_elective(each: _Heard, rules: StayRules) -> bool:
    encounter = each.contact.encounter
    code = stated_code(encounter.details, "admission", "type")
    return encounter.planned is not None or code in rules.admissions.elective_types
