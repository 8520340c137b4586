"""Links: which visits of a person are parts of one stay.

Two visits belong together where they overlap, or where a rule says that the second
goes on with the first. What is linked to the same visit is one stay, so that no
order of arrival matters. Source: domain 3.7.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from hub.coordination.care_setting import CareSetting
from hub.coordination.stay_rules import LinkRule, StayRules
from hub.coordination.visits import Visit, meeting, open_limit


class _Side(NamedTuple):
    """What a rule asks of the end or of the start of a visit."""

    setting: CareSetting
    code: str
    facility: str
    source: str


class _Cluster:
    """Visits that overlap, one with the next, and so are one stay in any case.

    A rule looks only at what is the same for many visits: of those that end alike
    the last counts, of those that begin alike the first. That keeps a person with
    thousands of visits cheap.
    """

    def __init__(self, visit: Visit, rules: StayRules) -> None:
        self.since = visit.start.earliest
        self.reach = self._until = self.since
        self.visits: list[Visit] = []
        self._ends: dict[_Side, datetime] = {}
        self._starts: dict[_Side, datetime] = {}
        self.add(visit, rules)

    def overlaps(self, visit: Visit) -> bool:
        """Say whether a visit that began no earlier than these overlaps them."""
        return visit.start.earliest <= self._until

    def add(self, visit: Visit, rules: StayRules) -> None:
        """Take in a visit that began no earlier than these."""
        self.visits.append(visit)
        since, end = visit.start.earliest, visit.end
        self._starts.setdefault(_side(visit, visit.admit_source), since)
        if end is None:
            self._until = max(self._until, since + open_limit(visit.setting, rules))
            return
        # An end before the start is a mistake and taken for the start.
        self._until = max(self._until, end.earliest)
        over = max(end.earliest if end.exact else end.latest, since)
        side = _side(visit, visit.disposition)
        self._ends[side] = max(self._ends.get(side, over), over)
        self.reach = max(self.reach, over + _longest_gap(rules))

    def leads_to(self, later: "_Cluster", rules: StayRules) -> bool:
        """Say whether one of the visits in `later` goes on with one of these."""
        return any(
            since - over <= timedelta(hours=link.within_hours)
            and _goes_on(link, end, start, rules)
            for end, over in self._ends.items()
            for start, since in later._starts.items()  # noqa: SLF001 - its like
            for link in rules.links
        )


def linked(ordered: Sequence[Visit], rules: StayRules) -> list[list[Visit]]:
    """Return the visits that are one stay each; all are of one person.

    `ordered` is in the order of the starts, and so is every group.
    """
    clusters: list[_Cluster] = []
    for visit in ordered:
        if clusters and clusters[-1].overlaps(visit):
            clusters[-1].add(visit, rules)
        else:
            clusters.append(_Cluster(visit, rules))
    roots = list(range(len(clusters)))
    for earlier, later in meeting(clusters):
        if clusters[earlier].leads_to(clusters[later], rules):
            roots[_root(roots, later)] = _root(roots, earlier)
    groups: dict[int, list[Visit]] = {}
    for place, cluster in enumerate(clusters):
        groups.setdefault(_root(roots, place), []).extend(cluster.visits)
    return list(groups.values())


def _side(visit: Visit, code: str) -> _Side:
    return _Side(visit.setting, code, visit.facility, visit.source)


def _longest_gap(rules: StayRules) -> timedelta:
    return timedelta(hours=max((link.within_hours for link in rules.links), default=0))


def _goes_on(link: LinkRule, end: _Side, start: _Side, rules: StayRules) -> bool:
    return (
        end.setting in link.before
        and start.setting in link.after
        and (link.campus == "any" or _same_campus(end, start, rules))
        and _among(end.code, link.dispositions)
        and _among(start.code, link.admit_sources)
    )


def _same_campus(one: _Side, other: _Side, rules: StayRules) -> bool:
    """Say whether two are on one campus; a source without facilities is one."""
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
