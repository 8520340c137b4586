"""The hard filters: what is known not to fit is left out, what is unknown is named.

Source: domain 5.7, step 2. Nothing here is a judgement of a person's rights: what the
text of a service says of who is entitled, nobody can decide by a program.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from hub.coordination.service_match import hours
from hub.coordination.service_match.areas import is_within
from hub.coordination.service_match.facts import OfferFacts
from hub.coordination.service_match.geometry import Point, distance_km
from hub.coordination.service_match.places import Gazetteer, Place, serves
from hub.model.directory import Offer, Wish

_NO = frozenset({"no", "false", "nein", "0"})
_YES = frozenset({"yes", "true", "ja", "1"})


class Left(NamedTuple):
    """That a service is left out, and why: one of `REASONS`."""

    reason: str


class Kept(NamedTuple):
    """A service that could meet the wish, and what of it is not known."""

    offer: Offer
    unknowns: tuple[str, ...]
    restricted: bool


class Sieve(NamedTuple):
    """What services are looked at by.

    `shape` returns the shape of an area by its digest, as WKB. `usual_radius_km` counts
    where the wish names none; who serves a place is kept from farther away then.
    """

    wish: Wish
    place: Place
    gazetteer: Gazetteer
    now: datetime
    shape: Callable[[str], bytes | None] = lambda _digest: None
    usual_radius_km: float = 50.0

    def sift(self, facts: OfferFacts, fit: float) -> Kept | Left:
        """Return a service as an offer, or why not; `fit` is that of its terms."""
        reason = self._against(facts)
        if reason:
            return Left(reason)
        away, covers = self._away(facts), self._covers(facts)
        if covers is False:
            return Left("area")
        if self._is_too_far(facts, away, covers=covers):
            return Left("distance")
        offer = self._offer(facts, fit, away, covers=covers)
        return Kept(offer, self._unknown(facts, offer), facts.restricted)

    def opens_next(self, facts: OfferFacts) -> datetime | None:
        """Return when a service opens that is closed then: a search of its own."""
        at = self.wish.at or self.now
        return hours.next_opening(facts.hours, at) if facts.hours else None

    def _against(self, facts: OfferFacts) -> str:
        """Return what is known to speak against a service, "" for nothing."""
        if facts.status != "active":
            return "status"
        age = self.wish.age
        youngest, oldest = facts.minimum_age, facts.maximum_age
        if age is not None and (
            (youngest is not None and age < youngest)
            or (oldest is not None and age > oldest)
        ):
            return "age"
        if self.wish.mode == "in_person" and facts.remote and not facts.in_person:
            return "mode"
        if any(self._fact(each) in _NO for each in facts.requires):
            return "condition"
        return ""

    def _fact(self, name: str) -> str:
        told = {key.casefold(): value for key, value in self.wish.facts.items()}
        return told.get(name, "").strip().casefold()

    def _away(self, facts: OfferFacts) -> float | None:
        place = self.place.point
        if place is None or facts.restricted or not facts.points:
            return None
        return min(distance_km(place, Point(*each)) for each in facts.points)

    def _covers(self, facts: OfferFacts) -> bool | None:
        """Say whether a service serves where somebody is, None where nobody knows."""
        told = [self._is_in(each) for each in facts.areas]
        if facts.restricted or not told:
            return None
        if True in told:
            return True
        # Who lives nowhere may well be of there: that is for people to find out.
        if None in told or self.wish.no_fixed_address:
            return None
        return False

    def _is_in(self, area: object) -> bool | None:
        digest, names = getattr(area, "shape", ""), getattr(area, "names", ())
        if not digest:
            return serves(names, self.place, self.gazetteer)
        drawn = self.shape(digest)
        if drawn is None or self.place.point is None:
            return None
        return is_within(drawn, self.place.point, self.place.uncertain_km)

    def _is_too_far(
        self, facts: OfferFacts, away: float | None, *, covers: bool | None
    ) -> bool:
        if away is None or facts.remote or self.wish.mode in {"phone", "virtual"}:
            return False
        limit = self.wish.radius_km
        if limit is None:
            return covers is not True and away > self.usual_radius_km
        return away - self.place.uncertain_km > limit

    def _offer(
        self, facts: OfferFacts, fit: float, away: float | None, *, covers: bool | None
    ) -> Offer:
        at = self.wish.at or self.now
        rules = facts.hours
        opened = hours.open_at(rules, at) if rules else None
        return Offer(
            service=facts.key,
            name=facts.name,
            organization=facts.owner,
            specificity=min(1.0, max(0.0, fit)),
            distance_km=None if away is None else round(away, 1),
            covers=covers,
            languages=facts.languages,
            accessibility=facts.access,
            open_at=opened,
            hours_confidence=hours.confidence_of(rules) if rules else 1.0,
            capacity=facts.capacity,
            assured_days=_days_since(facts.assured, self.now),
            free=facts.free,
            eligibility_stated=facts.eligibility,
        )

    def _unknown(self, facts: OfferFacts, offer: Offer) -> tuple[str, ...]:
        """Return what only a person can find out, in a few words each."""
        found = []
        if facts.restricted:
            found.append("its place is secret: ask by telephone")
        elif self.place.problem:
            found.append(_OF_PLACE[self.place.problem])
        elif offer.distance_km is None and facts.in_person:
            found.append("where it is")
        if offer.covers is None and not facts.restricted:
            found.append("whether it serves the place")
        met = all(self._fact(each) in _YES for each in facts.requires)
        if facts.eligibility or not met:
            found.append("whether its conditions are met")
        elif not facts.requires:
            found.append("who is eligible: not stated")
        if self.wish.age is None and (facts.minimum_age or facts.maximum_age):
            found.append("whether the age is right")
        if self.wish.mode == "phone" and not facts.phone:
            found.append("whether it can be used by telephone")
        if self.wish.mode == "virtual" and not facts.remote:
            found.append("whether it can be used from afar")
        return tuple(found)


_OF_PLACE: Mapping[str, str] = {
    "postcode.unknown": "where the postcode is",
    "place.none": "how far it is",
}


def _days_since(day: str, now: datetime) -> int | None:
    if not day:
        return None
    assured = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return max(0, (now - assured).days)
