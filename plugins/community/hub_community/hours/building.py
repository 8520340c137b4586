"""From the schedules of a record to rules of one kind.

A rule is an object of JSON: `freq`, `interval`, `byday`, `bymonthday`, `byweekno`,
`byyearday`, `wkst`, `dtstart`, `until` and `count` as in RFC 5545; `opens_at` and
`closes_at` as ``HH:MM``; `valid_from`, `valid_to`; `timezone`, an IANA zone, else
`offset` in minutes; `exception` and `closed` for holidays; `location`, `attending`; and
`confidence` where it was not stated as a rule. What is usual is left out.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from hub_community.hours import clock, free_text
from hub_community.hours.alike import said_by
from hub_community.hours.weekdays import DAYS, by_day
from hub_community.hours.zones import offsets_of

Rule = dict[str, Any]

#: How sure it is that hours without days are those of each day, and days in words.
_OF_EACH_DAY: Final = 0.6
_IN_WORDS: Final = 0.9
_MOST_ROWS: Final = 200
_LONGEST_TEXT: Final = 2000
_LONGEST_TIMES: Final = 80
_LARGEST: Final = 10**9
_FURTHEST: Final = 14 * 60
_NUMBERS: Final = ("bymonthday", "byweekno", "byyearday")
_DATES: Final = ("valid_from", "valid_to", "dtstart", "until")
_OFFSET: Final = re.compile(r"(Z)|([+-])(\d\d):?(\d\d)$", re.ASCII)


class Hours(NamedTuple):
    """Rules, and what people wrote where they stated none."""

    rules: list[Rule]
    text: str


NO_HOURS: Final = Hours([], "")
_decode = msgspec.json.Decoder(list[dict[str, Any]]).decode


def hours_of(
    schedules: Iterable[Mapping[str, Any]], zone: str, location: str = ""
) -> Hours:
    """Return the hours of schedules; `zone` is where they are, empty if unknown.

    What is returned belongs to others too, and must not be changed.
    """
    rows = list(schedules)[:_MOST_ROWS]
    if not rows:
        return NO_HOURS
    said = said_by(rows)
    return _known(said, zone, location) if said else _hours(rows, zone, location)


@lru_cache(maxsize=4096)
def _known(said: bytes, zone: str, location: str) -> Hours:
    return _hours(_decode(said), zone, location)


def _hours(rows: Iterable[Mapping[str, Any]], zone: str, location: str) -> Hours:
    rules: list[Rule] = []
    texts: list[str] = []
    for row in rows:
        for rule in _rules(row, texts):
            if location:
                rule["location"] = location
            rules.append(_placed(rule, zone))
    return Hours(merged(rules), "; ".join(dict.fromkeys(texts))[:_LONGEST_TEXT])


def _placed(rule: Rule, zone: str) -> Rule:
    """Say on whose clocks a rule is.

    A number knows no summer time, so that a place's own zone is believed where it is
    known; unless times have an offset that is never in force there.
    """
    own, stated = rule.pop("own", None), rule.pop("stated", None)
    if own is not None and own not in offsets_of(zone):
        rule["offset"] = own
    elif zone:
        rule["timezone"] = zone
    elif stated is not None:
        rule["offset"] = stated
    return rule


def merged(rules: Iterable[Rule]) -> list[Rule]:
    """Return rules with one for all weekdays that have the same hours."""
    found: dict[Any, Rule] = {}
    for rule in rules:
        weekly = rule.get("freq") == "WEEKLY" and "count" not in rule
        alike = tuple(
            (name, tuple(value) if isinstance(value, list) else value)
            for name, value in sorted(rule.items())
            if not (weekly and name == "byday")
        )
        before = found.setdefault(alike, rule)
        if before is not rule and weekly:
            days = {*before.get("byday", ()), *rule.get("byday", ())}
            if days and "byday" in before and "byday" in rule:
                found[alike] = before | {"byday": sorted(days, key=_order)}
    return list(found.values())


def _order(day: str) -> tuple[int, str]:
    return DAYS.index(day[-2:]), day


def _rules(row: Mapping[str, Any], texts: list[str]) -> list[Rule]:
    """Return the rules of one schedule; keep what was written instead of some."""
    told = _dates(row)
    if "closed" in row:
        return _exception(row, told)
    says_when = "opens_at" in row or "closes_at" in row
    description = row.get("description")
    if not says_when and isinstance(description, str) and description.strip():
        texts.append(description.strip())
        return [told | rule for rule in _of_text(description)] or _days(row, told)
    return _days(row, told | _times(row))


def _exception(row: Mapping[str, Any], told: Rule) -> list[Rule]:
    first, last = told.get("valid_from"), told.get("valid_to")
    if not first and not last:
        return []
    rule = {
        "freq": "DAILY",
        "exception": True,
        "valid_from": first or last,
        "valid_to": last or first,
    }
    if row["closed"]:
        return [rule | {"closed": True}]
    return [rule | _times(row)]


def _of_text(text: str) -> list[Rule]:
    found = free_text.read(text)
    return [
        {
            "freq": _freq({}, {"byday": rule.byday}),
            "byday": list(rule.byday),
            "opens_at": rule.opens,
            "closes_at": rule.closes,
            "confidence": found.confidence,
        }
        for rule in found.rules
    ]


def _days(row: Mapping[str, Any], told: Rule) -> list[Rule]:
    """Return a rule with its days; none where they cannot be told."""
    rule: Rule = {}
    said = row.get("byday")
    if isinstance(said, str) and said:
        days, exact = by_day(said)
        if not days:
            return []
        rule["byday"] = list(days)
        if not exact:
            rule["confidence"] = _IN_WORDS
    for name in _NUMBERS:
        if row.get(name):
            numbers = _numbers(row[name])
            if not numbers:
                return []
            rule[name] = numbers
    freq = _freq(row, rule)
    if not freq or (freq == "DAILY" and "opens_at" not in told):
        return []
    if freq == "DAILY" and not row.get("freq"):
        rule["confidence"] = _OF_EACH_DAY
    if not rule and freq != "DAILY" and "dtstart" not in told:
        return []
    return [{"freq": freq} | rule | told | _turns(row, told)]


def _freq(row: Mapping[str, Any], rule: Rule) -> str:
    said = row.get("freq")
    if isinstance(said, str) and said:
        told = said.strip().upper()
        return told if told in {"DAILY", "WEEKLY", "MONTHLY"} else ""
    if "byday" in rule:
        numbered = any(len(day) > len("MO") for day in rule["byday"])
        return "MONTHLY" if numbered else "WEEKLY"
    return "MONTHLY" if rule else "DAILY"


def _turns(row: Mapping[str, Any], told: Rule) -> Rule:
    """Return how often and how many times, and where counting begins."""
    rule: Rule = {}
    interval, count = row.get("interval"), row.get("count")
    if isinstance(interval, int) and 1 < interval < _LARGEST:
        rule["interval"] = interval
        if "dtstart" not in told and "valid_from" in told:
            rule["dtstart"] = told["valid_from"]
    if isinstance(count, int) and not isinstance(count, bool):
        rule["count"] = max(min(count, _LARGEST), 0)
    if row.get("wkst") in DAYS[1:]:
        rule["wkst"] = row["wkst"]
    attending = row.get("attending_type")
    if isinstance(attending, str) and attending:
        rule["attending"] = attending
    return rule


def _times(row: Mapping[str, Any]) -> Rule:
    """Return opening and closing where both are known and differ."""
    opens, closes = row.get("opens_at"), row.get("closes_at")
    if not isinstance(opens, str) or not isinstance(closes, str):
        return {}
    if len(opens) + len(closes) > _LONGEST_TIMES:
        return {}
    rule: Rule = dict(_both(opens, closes))
    if not rule:
        return rule
    stated = row.get("timezone")
    if isinstance(stated, int | float) and abs(stated * 60) <= _FURTHEST:
        rule["stated"] = round(stated * 60)
    return rule


@lru_cache(maxsize=4096)
def _both(opens: str, closes: str) -> Mapping[str, Any]:
    first, last = clock.minutes(opens), clock.minutes(closes)
    if first is None or last is None or (first == last and first):
        return {}
    told = {"opens_at": clock.written(first), "closes_at": clock.written(last)}
    own = _offset(opens) if clock.has_offset(opens) else None
    return told if own is None else {**told, "own": own}


def _offset(text: str) -> int | None:
    found = _OFFSET.search(text.strip())
    if found is None:
        return None
    if found[1]:
        return 0
    minutes = int(found[3]) * 60 + int(found[4])
    return -minutes if found[2] == "-" else minutes


def _dates(row: Mapping[str, Any]) -> Rule:
    found: Rule = {}
    for name in _DATES:
        value = row.get(name)
        if isinstance(value, str):
            try:
                found[name] = date.fromisoformat(value[:10]).isoformat()
            except ValueError:
                continue
    return found


def _numbers(value: Any) -> list[int]:
    try:
        return sorted({int(part) for part in str(value).split(",")})
    except ValueError:
        return []
