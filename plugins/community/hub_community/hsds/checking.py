"""Where each record is checked before it leaves the reader."""

from collections.abc import Iterator, Mapping
from typing import Any

from hub.sdk import DirectoryRemark, ObjectType
from hub_community.hours.parts import children
from hub_community.hours.zones import offsets_of
from hub_community.hsds.profile import HsdsProfile
from hub_community.validation import (
    fresh,
    links,
    phones,
    places,
    plausible,
    profiles,
)
from hub_community.validation.findings import Findings
from hub_community.validation.nearby import Nearby
from hub_community.validation.reach import is_reachable
from hub_community.validation.structure import Examined, examine

Problems = Iterator[tuple[str, str]]


def remarks_for(
    kind: ObjectType,
    record: Mapping[str, Any],
    profile: HsdsProfile,
    nearby: Nearby | None = None,
) -> list[DirectoryRemark]:
    """Return what is wrong with one record, by the levels of domain 5.5.

    The record is finished and masked; what is secret is not missed. `nearby` knows the
    records before it, without which nobody can say whether a service is reached by its
    organisation.
    """
    found = Findings(kind, str(record.get("id", "")))
    nearby = nearby or Nearby(profile)
    examined = examine(kind, record)
    for field, problem in examined.faults:
        if nearby.is_news(problem):
            found.add(problem, field)
    for problem, field in _problems(kind, record, profile, nearby, examined):
        found.add(problem, field)
    return found.remarks()


def _problems(
    kind: ObjectType,
    record: Mapping[str, Any],
    profile: HsdsProfile,
    nearby: Nearby,
    examined: Examined,
) -> Problems:
    if profile.uk:
        yield from profiles.problems_of(profiles.UK, kind, record)
    yield from _of_contacts(examined, profile)
    if kind == "taxonomy_term":
        return
    yield from plausible.problems_of(record, nearby.today.year)
    if kind == "location":
        for problem in places.problems_of(record, profile.country):
            yield problem, "latitude"
    if kind != "organization":
        yield from _of_hours(record)
    if kind == "service":
        if not _is_reached(record, nearby):
            yield "no_contact", ""
        yield from fresh.problems_of(record, nearby.today)


def _of_contacts(examined: Examined, profile: HsdsProfile) -> Problems:
    for field, link in examined.links:
        if problem := links.problem_of(link):
            yield problem, field
    for field, number in examined.phones:
        if problem := phones.problem_of(number, profile.country):
            yield problem, field


def _is_reached(service: Mapping[str, Any], nearby: Nearby) -> bool:
    """Say whether a service can be reached, or might be by what is not here."""
    if is_reachable(service):
        return True
    owner = service.get("organization_id")
    near = [nearby.is_reachable("organization", owner)] if owner else []
    near += [
        nearby.is_reachable("location", each.get("location_id"))
        for each in children(service, "service_at_locations")
    ]
    return any(each is not False for each in near)


def _of_hours(record: Mapping[str, Any]) -> Problems:
    rules, text = record.get("hours") or (), record.get("hours_text")
    if text:
        yield ("hours_in_words" if rules else "hours_unreadable"), "schedules"
    for rule in rules:
        if "opens_at" in rule and "timezone" not in rule and "offset" not in rule:
            yield "zone_unknown", "schedules.timezone"
            return
    zone = next((rule["timezone"] for rule in rules if "timezone" in rule), "")
    for row in children(record, "schedules"):
        stated = row.get("timezone")
        if not zone or not isinstance(stated, int | float):
            continue
        if round(stated * 60) not in offsets_of(zone):
            yield "zone_differs", "schedules.timezone"
