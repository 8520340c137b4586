"""What matching answers: services in order, each with why, and what nobody knows."""

from datetime import datetime

from msgspec import Struct

from hub.model.directory import Reasoned


class Matched(Struct, frozen=True, kw_only=True):
    """A service that could meet the need; it is advice, and a person decides.

    `score` is the matcher's, `parts` what it is made of. What is null, or empty, nobody
    said; `unknowns` is what to ask. Of one that is `restricted` there is no place.
    """

    service: str
    name: str
    organization: str
    organization_name: str
    feed: str
    score: float
    parts: list[Reasoned]
    unknowns: list[str]
    restricted: bool
    distance_km: float | None
    covers: bool | None
    open_at: bool | None
    opens_next: datetime | None
    languages: list[str]
    accessibility: list[str]
    capacity: str


class Matching(Struct, frozen=True, kw_only=True):
    """What was found. `matcher` put it in order, and `looked_at` candidates there were.

    `left_out` counts by reason what is known not to fit. `place` says how well it is
    known where somebody is: ``known``, ``postcode.unknown`` or ``place.none``.
    """

    matcher: str
    version: str
    place: str
    looked_at: int
    left_out: dict[str, int]
    items: list[Matched]


class Proposal(Struct, frozen=True, kw_only=True):
    """What was found for a person, and the message that keeps it as advice."""

    person: str
    needs: list[str]
    message: str
    matching: Matching
