"""What matching looks at of a service: taken from its record, once for each version.

Whatever a directory writes in a field, nothing here fails by it: what cannot be
understood is not known. Source: HSDS 3.0 and 3.1; domain 5.1.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal

from msgspec import Struct

from hub.coordination.directory.names import children, folded
from hub.coordination.service_match.geometry import Point, is_point
from hub.coordination.service_match.terms import Term, keys_of
from hub.coordination.service_match.words import access_in, languages_in

Capacity = Literal["", "available", "waitlist", "full"]
#: More of each kind is not looked at: nobody has so many.
_MOST = 200
_OLDEST = 150
_WAITS = re.compile(r"wait(?:ing)?[ -]?list|warteliste", re.IGNORECASE)
#: Attributes that are terms by their values where they name none; see `folded`.
_VALUES_OF_TERMS = frozenset(
    folded(each) for each in ("taxonomy_term", "taxonomy_code", "category")
)
_FREE = re.compile(
    r"^\W*(?:free|none|no (?:fees?|charge|cost)|kostenlos|kostenfrei|keine|gratis)\b",
    re.IGNORECASE,
)


class Site(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A location of a service, as far as it is known; a secret one is not."""

    type: str = ""
    latitude: float | None = None
    longitude: float | None = None
    country: str = ""
    postcode: str = ""
    city: str = ""
    access: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    @property
    def point(self) -> Point | None:
        """Where it is, None where nobody said."""
        if self.latitude is None or self.longitude is None:
            return None
        return Point(self.latitude, self.longitude)


class Area(Struct, frozen=True, omit_defaults=True):
    """Whom a service serves: a `shape` by its digest, or the names of places."""

    shape: str = ""
    names: tuple[str, ...] = ()


class OfferFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a service; what is empty or None, nobody said.

    `terms` are keys of `terms.keys_of`, ages in years, `assured` a day. `restricted`
    services have no place here, whatever their record says. `requires` are conditions
    of which a person can be known to fail one.
    """

    key: str
    feed: str
    name: str
    owner: str = ""
    status: str = ""
    restricted: bool = False
    minimum_age: float | None = None
    maximum_age: float | None = None
    terms: tuple[str, ...] = ()
    points: tuple[Point, ...] = ()
    in_person: bool = False
    remote: bool = False
    phone: bool = False
    areas: tuple[Area, ...] = ()
    languages: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    capacity: Capacity = ""
    assured: str = ""
    free: bool | None = None
    eligibility: bool = False
    requires: tuple[str, ...] = ()
    hours: Any = None


class Named(Struct, frozen=True, kw_only=True):
    """How a service is known: the hub's key, its feed, its organisation's key."""

    key: str
    feed: str
    owner: str = ""
    restricted: bool = False


def site_of(record: Mapping[str, Any]) -> Site:
    """Return what matching looks at of a location."""
    latitude, longitude = record.get("latitude"), record.get("longitude")
    known = is_point(latitude, longitude)
    address = next(iter(children(record, "addresses")), {})
    return Site(
        type=_text(record.get("location_type")),
        latitude=float(latitude) if known and latitude is not None else None,
        longitude=float(longitude) if known and longitude is not None else None,
        country=_text(address.get("country")).upper(),
        postcode=_text(address.get("postal_code")).upper(),
        city=folded(address.get("city")),
        access=tuple(sorted(set(access_in(record)))),
        languages=tuple(sorted(set(languages_in(record)))),
    )


def facts_of(
    named: Named,
    record: Mapping[str, Any],
    sites: Sequence[Site],
    areas: Iterable[Area],
    terms: Mapping[str, Term],
) -> OfferFacts:
    """Return what matching looks at of a service.

    `sites` are its locations, `areas` whom it serves, `terms` the terms of its
    directory by their ids.
    """
    own, conditions = _terms(record, terms)
    secret = named.restricted
    located = [] if secret else sites
    return OfferFacts(
        key=named.key,
        feed=named.feed,
        owner=named.owner,
        restricted=secret,
        name=_text(record.get("name")),
        status=_text(record.get("status")).casefold(),
        minimum_age=_age(record.get("minimum_age")),
        maximum_age=_age(record.get("maximum_age")),
        terms=own,
        requires=conditions,
        points=tuple(point for each in located[:_MOST] if (point := each.point)),
        in_person=secret or any(each.type in {"", "physical"} for each in sites),
        remote=not sites or any(each.type == "virtual" for each in sites),
        phone=_has_phone(record),
        areas=() if secret else tuple(areas)[:_MOST],
        languages=_all(languages_in(record), *(each.languages for each in sites)),
        access=_all(*(each.access for each in sites)),
        capacity=capacity_of(record),
        assured=_day(record.get("assured_date")),
        free=is_free(record),
        eligibility=bool(_text(record.get("eligibility_description"))),
        hours=record.get("hours") or None,
    )


def capacity_of(record: Mapping[str, Any]) -> Capacity:
    """Return whether a service has room, by what HSDS 3.1 says of its units."""
    rooms = [
        room
        for name in ("capacities", "service_capacities", "capacity")
        for each in children(record, name)
        if isinstance(room := each.get("available"), (int, float))
    ]
    waits = _WAITS.search(_text(record.get("wait_time")))
    if any(room > 0 for room in rooms):
        return "available"
    if waits:
        return "waitlist"
    return "full" if rooms else ""


def is_free(record: Mapping[str, Any]) -> bool | None:
    """Return whether a service costs nothing, None where that is not said."""
    amounts = [
        amount
        for each in children(record, "cost_options")
        if isinstance(amount := each.get("amount"), (int, float))
    ]
    if amounts:
        return not any(amounts)
    said = _text(record.get("fees_description")) or _text(record.get("fees"))
    return True if _FREE.search(said) else None


def _terms(
    record: Mapping[str, Any], terms: Mapping[str, Term]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the keys of what a service is, and the conditions that it has.

    A directory in one table names terms only by their words or codes, in ``value``.
    """
    found: dict[str, None] = {}
    conditions: dict[str, None] = {}
    for each in children(record, "attributes")[:_MOST]:
        inner = each.get("taxonomy_term")
        known = terms.get(_text(each.get("taxonomy_term_id")))
        code, name = (known.code, known.name) if known else ("", "")
        if isinstance(inner, Mapping):
            code = _text(inner.get("code")) or code
            name = _text(inner.get("name")) or name
        link = folded(each.get("link_type"))
        if not (code or name) and link in _VALUES_OF_TERMS:
            code = name = _text(each.get("value"))
        if link in {"eligibility", "eligible", "target"}:
            conditions[folded(name or each.get("value"))] = None
            continue
        found.update(dict.fromkeys(keys_of(code, name)))
    conditions.pop("", None)
    return tuple(found), tuple(conditions)


def _has_phone(record: Mapping[str, Any]) -> bool:
    held = [record, *children(record, "contacts")]
    held += children(record, "service_at_locations")
    return any(children(each, "phones") for each in held)


def _age(value: object) -> float | None:
    try:
        age = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return age if 0 <= age <= _OLDEST else None


def _day(value: object) -> str:
    try:
        return date.fromisoformat(_text(value)[:10]).isoformat()
    except ValueError:
        return ""


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _all(*groups: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({each for group in groups for each in group if each}))
