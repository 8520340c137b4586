"""Directories: what a reader makes of one, in the shape of HSDS 3.x.

Source: Open Referral Human Services Data Specification 3.0 and 3.1; domain 5.
"""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct, field

#: What stands by itself in a directory; all else hangs off one of these.
ObjectType = Literal["organization", "service", "location", "taxonomy_term"]
Severity = Literal["error", "warning", "info"]


class DirectoryHeading(
    Struct, frozen=True, kw_only=True, tag_field="item", tag="heading"
):
    """What a package says of itself, or shows; it comes first.

    `version` is that of the specification (``1.x``, ``2.0``, ``3.0``, ``3.1``,
    ``ohana``, ``csv``), found by `evidence` (R-DIR-01), and `profile` a profile of it
    (``uk``). A `full` package lists all there is, a `delta` what changed since
    `since`; `unchanged` says that all is as it was. What is not `complete` ends
    nothing. `fetched_at` is when it was asked for.
    """

    version: str
    evidence: tuple[str, ...] = ()
    profile: str = ""
    mode: Literal["full", "delta", "unchanged"] = "full"
    complete: bool = True
    since: datetime | None = None
    fetched_at: datetime | None = None


class DirectoryObject(
    Struct, frozen=True, kw_only=True, tag_field="item", tag="object"
):
    """One organisation, service, location or term.

    `record` is in the shape of HSDS 3.x, its children nested: a service has its
    `phones`, `schedules`, `service_areas`, `attributes` … and `service_at_locations`,
    each with `location_id`; unknown optional fields are left out. `id` is the feed's
    own. `restricted` says why its place must stay secret (R-DIR-02), as codes
    (``flag.private``, ``category.domestic_violence``); empty where it need not.
    """

    type: ObjectType
    id: str
    record: dict[str, Any]
    restricted: tuple[str, ...] = ()


class DirectoryGone(Struct, frozen=True, kw_only=True, tag_field="item", tag="gone"):
    """That a feed says itself that it has an object no longer."""

    type: ObjectType
    id: str


class DirectorySeen(Struct, frozen=True, kw_only=True, tag_field="item", tag="seen"):
    """That a sweep found an object, without what it holds."""

    type: ObjectType
    id: str


class DirectoryRemark(
    Struct, frozen=True, kw_only=True, tag_field="item", tag="remark"
):
    """What is wrong with an object, at a level from 0 to 4 (domain 5.5).

    `code` is one of the plugin's `row_codes`, `field` where it stands. Only errors at
    the levels 0 and 1 keep an object out.
    """

    level: int
    severity: Severity
    code: str
    type: str = ""
    id: str = ""
    field: str = ""


class Unmapped(Struct, frozen=True, kw_only=True, tag_field="item", tag="unmapped"):
    """A column, or a field, that has no place in the internal shape."""

    table: str
    column: str
    count: int


DirectoryItem = (
    DirectoryHeading
    | DirectoryObject
    | DirectoryGone
    | DirectorySeen
    | DirectoryRemark
    | Unmapped
)


class Wish(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What somebody needs of a service, as far as it is known (domain 5.7).

    `categories` are needs by Gravity's names, `terms` codes of a taxonomy. A place is
    a `postcode`, or `latitude` and `longitude`, or `no_fixed_address`; `radius_km`
    limits how far. `at` is when the service should be open.
    """

    categories: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    country: str = ""
    postcode: str = ""
    latitude: float | None = None
    longitude: float | None = None
    no_fixed_address: bool = False
    radius_km: float | None = None
    has_car: bool | None = None
    age: int | None = None
    household: int | None = None
    languages: tuple[str, ...] = ()
    accessibility: tuple[str, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)
    mode: Literal["", "phone", "in_person", "virtual"] = ""
    urgency: Literal["", "routine", "urgent"] = ""
    at: datetime | None = None


class Offer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A service that passed the hard filters, with what is known of it for a wish.

    None, and an empty value, mean that nobody said. `specificity` is from 0 to 1:
    how closely its terms are what was asked for. `hours_confidence` is below 1 where
    the hours were read from free text. When a service that is closed opens again is
    looked for only where it is shown: no matcher is told `opens_next`.
    """

    service: str
    name: str
    organization: str
    specificity: float
    distance_km: float | None = None
    covers: bool | None = None
    languages: tuple[str, ...] = ()
    accessibility: tuple[str, ...] = ()
    open_at: bool | None = None
    opens_next: datetime | None = None
    hours_confidence: float = 1.0
    capacity: Literal["", "available", "waitlist", "full"] = ""
    assured_days: int | None = None
    acceptance_rate: float | None = None
    hours_to_accept: float | None = None
    free: bool | None = None
    eligibility_stated: bool = False


class Reasoned(Struct, frozen=True):
    """One part of a match's score: what it looks at, the points, and why.

    Where `known` is false the reason is that nobody knows: that speaks for no service.
    """

    input: str
    points: float
    reason: str
    known: bool = True


class Rated(Struct, frozen=True, kw_only=True):
    """How well an offer fits a wish, and why; `unknowns` is what nobody knows."""

    score: float
    parts: tuple[Reasoned, ...] = ()
    unknowns: tuple[str, ...] = ()
