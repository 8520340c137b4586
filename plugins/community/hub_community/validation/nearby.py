"""What a record needs to know of those that came before it in the same package."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from hub.sdk import ObjectType
from hub_community.hours.building import NO_HOURS, Hours, Rule, hours_of, merged
from hub_community.hours.parts import children
from hub_community.hours.zones import zone_of, zone_of_country
from hub_community.hsds.profile import HsdsProfile
from hub_community.validation.reach import is_reachable

#: Of so many organisations and locations it is remembered; beyond, they are unknown.
_MOST: Final = 200_000
_MOST_LOCATIONS: Final = 50
#: Of so many records it is said that their ids are no UUIDs: it is so of all, or none.
_MOST_IDS: Final = 1000


class Nearby:
    """The locations and organisations of a package, as far as services need them.

    Locations and organisations come before services. `today` is the day by which
    freshness is judged.
    """

    def __init__(self, profile: HsdsProfile, today: date | None = None) -> None:
        self.profile = profile
        self.today = today or datetime.now(UTC).date()
        self._usual = profile.time_zone or zone_of_country(profile.country)
        self._zones: dict[str, str] = {}
        self._hours: dict[str, Hours] = {}
        self._ids = 0
        self._reachable: dict[tuple[str, str], bool] = {}

    def completed(self, kind: ObjectType, record: dict[str, Any]) -> dict[str, Any]:
        """Return a record with its `hours` and `hours_text`; remember what it says."""
        if kind == "taxonomy_term":
            return record
        found = NO_HOURS
        if kind == "location":
            found = self._of_location(record)
        elif kind == "service":
            found = self._of_service(record)
        if kind != "service" and len(self._reachable) < _MOST:
            self._reachable[kind, record["id"]] = is_reachable(record)
        if found.rules:
            record = record | {"hours": found.rules}
        if found.text and "hours_text" not in record:
            record = record | {"hours_text": found.text}
        return record

    def is_news(self, problem: str) -> bool:
        """Say whether a problem is still worth a remark on each record."""
        if problem != "uuid":
            return True
        self._ids += 1
        return self._ids <= _MOST_IDS

    def is_reachable(self, kind: ObjectType, key: object) -> bool | None:
        """Say whether one of those before can be reached, None where it is unknown."""
        return self._reachable.get((kind, key)) if isinstance(key, str) else None

    def _of_location(self, record: Mapping[str, Any]) -> Hours:
        zone = zone_of(record, self.profile.country)
        found = hours_of(children(record, "schedules"), zone or self._usual)
        if len(self._zones) < _MOST:
            self._zones[record["id"]] = zone
            if found.rules or found.text:
                self._hours[record["id"]] = found
        return found

    def _of_service(self, record: Mapping[str, Any]) -> Hours:
        """Return the hours of a service; where it states none, those of its places."""
        offered = children(record, "service_at_locations")[:_MOST_LOCATIONS]
        places = [_place(each) for each in offered]
        own = children(record, "schedules")
        found = [hours_of(own, self._zone(places))] if own else []
        for each in offered:
            if rows := children(each, "schedules"):
                key = _place(each)
                found.append(hours_of(rows, self._zone([key]), key))
        if not found:
            found = [self._hours_at(key) for key in places if key in self._hours]
        if len(found) == 1:
            return found[0]
        rules = merged(rule for each in found for rule in each.rules)
        texts = dict.fromkeys(each.text for each in found if each.text)
        return Hours(rules, "; ".join(texts))

    def _hours_at(self, key: str) -> Hours:
        found = self._hours[key]
        rules: list[Rule] = [rule | {"location": key} for rule in found.rules]
        return Hours(rules, found.text)

    def _zone(self, places: Iterable[str]) -> str:
        known = (self._zones.get(place, "") for place in places)
        return next((zone for zone in known if zone), self._usual)


def _place(offered: Mapping[str, Any]) -> str:
    key = offered.get("location_id")
    return key if isinstance(key, str) else ""
