"""Visits: what happened once, though several sources may tell of it (R-ENC-05).

The same physical visit reaches the hub from the hospital and through a relay. It
stays one encounter for each source; here they are one visit, and the source that
is nearer to it speaks for all.
"""

from collections.abc import Sequence

from msgspec import Struct

from hub.coordination.care_setting import ACUTE, CareSetting, setting_of, stated_code
from hub.coordination.stay_links import Heard, disposition_of, overlap
from hub.coordination.stay_rules import StayRules
from hub.model.times import FuzzyTime


class Step(Struct, frozen=True):
    """A class of care at a facility, from a time on."""

    since: FuzzyTime
    setting: CareSetting
    code: str
    facility: str


class Visit(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One contact with one facility, as one or more sources tell of it.

    `encounters` has the one that speaks for the others first; `setting` is that of
    the class in force. `steps` are in order and never empty. `disposition` is as
    the rules write it. `disputed` says that the end is another source's word.
    """

    encounters: tuple[str, ...]
    facility: str
    setting: CareSetting
    steps: tuple[Step, ...]
    end: FuzzyTime | None = None
    disposition: str = ""
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


def visits(group: Sequence[Heard], rules: StayRules) -> tuple[Visit, ...]:
    """Return the visits that the contacts of a stay are, in order of their starts."""
    told: list[list[Heard]] = []
    for each in sorted(group, key=_nearness):
        same = [visit for visit in told if _echoes(each, visit[0])]
        if not same:
            told.append([each])
            continue
        alike = [visit for visit in same if visit[0].setting is each.setting]
        (alike or same)[0].append(each)
    found = [_visit(each, rules) for each in told]
    return tuple(sorted(found, key=lambda each: (each.start.earliest, each.encounters)))


def _nearness(each: Heard) -> tuple[int, str, int, object]:
    """Return what puts the source that knows best first."""
    return each.contact.rank, each.contact.source, -each.level, each[:2]


def _echoes(each: Heard, lead: Heard) -> bool:
    """Say whether another source tells of the same visit.

    It happened at one facility at one time, and the source that knows of more care
    knows of what the other saw, too.
    """
    one, other = each.contact, lead.contact
    if one.source == other.source or one.facility != other.facility:
        return False
    first, second = sorted((each, lead), key=lambda either: either[:2])
    less, more = sorted((each, lead), key=lambda either: either.level)
    known = bool(one.facility) and less.setting in more.settings
    return known and overlap(first, second)


def _visit(told: Sequence[Heard], rules: StayRules) -> Visit:
    lead, *others = sorted(told, key=lambda each: (-each.level, _nearness(each)))
    sources = [lead, *(each for each in others if each.setting is lead.setting)]
    ended = next((each for each in sources if each.over is not None), lead)
    stated = (disposition_of(each.contact, rules) for each in (ended, *sources))
    return Visit(
        encounters=tuple(each.key for each in (lead, *others)),
        facility=lead.contact.facility,
        setting=lead.setting,
        steps=_steps(lead),
        end=ended.contact.encounter.end,
        disposition=next(filter(None, stated), ""),
        elective=any(_is_elective(each, rules) for each in sources),
        disputed=ended is not lead,
    )


def _steps(lead: Heard) -> tuple[Step, ...]:
    return tuple(
        Step(step.since, setting_of(code), code, lead.contact.facility)
        for step in lead.steps
        for code in (step.value.code,)
    )


def _is_elective(each: Heard, rules: StayRules) -> bool:
    encounter = each.contact.encounter
    code = stated_code(encounter.details, "admission", "type")
    return encounter.planned is not None or code in rules.admissions.elective_types
