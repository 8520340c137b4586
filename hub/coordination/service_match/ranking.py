"""Putting in order what passed the sieve: by the score of a matcher, then by name."""

from collections.abc import Callable, Iterable
from math import isfinite

from hub.coordination.service_match.facts import OfferFacts
from hub.coordination.service_match.results import Matched
from hub.coordination.service_match.sieve import Kept
from hub.model.directory import Offer, Rated, Wish

Rate = Callable[[Offer, Wish], Rated]


def ranked(
    kept: Iterable[tuple[OfferFacts, Kept]], wish: Wish, rate: Rate, limit: int
) -> list[Matched]:
    """Return the best, best first; the same whatever the order they come in.

    What a matcher cannot put a number on comes last.
    """
    found = [_matched(facts, each, rate(each.offer, wish)) for facts, each in kept]
    found.sort(key=lambda each: (-each.score, each.name.casefold(), each.service))
    return found[:limit]


def _matched(facts: OfferFacts, kept: Kept, rated: Rated) -> Matched:
    offer = kept.offer
    score = float(rated.score)
    return Matched(
        service=offer.service,
        name=offer.name,
        organization=offer.organization,
        organization_name="",
        feed=facts.feed,
        score=round(score, 3) if isfinite(score) else 0.0,
        parts=list(rated.parts),
        unknowns=list(dict.fromkeys((*kept.unknowns, *rated.unknowns))),
        restricted=kept.restricted,
        distance_km=None if kept.restricted else offer.distance_km,
        covers=None if kept.restricted else offer.covers,
        open_at=offer.open_at,
        opens_next=offer.opens_next,
        languages=list(offer.languages),
        accessibility=list(offer.accessibility),
        capacity=offer.capacity,
    )
