"""``weights``: points for each thing that makes a service fit, and a reason for each.

What is not known gets half of its points: a small place that publishes little must not
come last because of that. How often an organisation accepted before counts little, and
no more than `acceptance`, or those that are chosen would be chosen ever more.
Source: domain 5.7, steps 3 and 4.
"""

from collections.abc import Iterator
from math import pow as power

from pydantic import Field

from hub.sdk import MatcherSpec, Offer, Rated, Reasoned, Settings, Wish

_UNKNOWN = 0.5
#: Of a service with room all, of one that is full nothing.
_ROOM = {"available": 1.0, "": _UNKNOWN, "waitlist": 0.25, "full": 0.0}
_SAYS = {
    "available": "it has room",
    "": "whether it has room is not known",
    "waitlist": "it has a waiting list",
    "full": "it is full",
}
_DAY, _YEAR = 24, 365


class WeightSettings(Settings):
    """How many points each thing gives at most, and how distance counts."""

    specificity: float = Field(
        default=30, ge=0, le=1000, description="That it is just what was asked for."
    )
    distance: float = Field(
        default=20, ge=0, le=1000, description="That it is near, or needs no way."
    )
    coverage: float = Field(
        default=10, ge=0, le=1000, description="That it serves the place."
    )
    language: float = Field(
        default=12, ge=0, le=1000, description="That a language is spoken there."
    )
    accessibility: float = Field(
        default=8, ge=0, le=1000, description="That it is as accessible as is needed."
    )
    opening: float = Field(
        default=6, ge=0, le=1000, description="That it is open then, or soon."
    )
    capacity: float = Field(default=8, ge=0, le=1000, description="That it has room.")
    freshness: float = Field(
        default=4, ge=0, le=1000, description="That somebody assured what it says."
    )
    acceptance: float = Field(
        default=4,
        ge=0,
        le=20,
        description="That the organisation accepted before, and how soon; a cap, so"
        " that small ones are not starved.",
    )
    cost: float = Field(default=4, ge=0, le=1000, description="That it is free.")
    half_km: float = Field(
        default=10,
        gt=0,
        le=500,
        description="At which distance half of the points are left where nobody knows"
        " whether there is a car.",
    )
    car_factor: float = Field(
        default=2.5, ge=1, le=20, description="How much farther a car takes one."
    )
    foot_factor: float = Field(
        default=0.4, gt=0, le=1, description="How far one comes without a car."
    )
    fresh_days: int = Field(
        default=_YEAR, ge=1, le=10_000, description="After how long nothing is fresh."
    )


def rate(offer: Offer, wish: Wish, settings: WeightSettings) -> Rated:
    """Return from 0 to 100 how well an offer fits a wish."""
    rating = _Rating(offer, wish, settings)
    parts = tuple(rating.parts())
    most = rating.most
    score = 100 * sum(part.points for part in parts) / most if most else 0.0
    return Rated(score=score, parts=parts, unknowns=tuple(rating.unknowns))


class _Rating:
    """One rating: gathers what is unknown, and what there was to get."""

    def __init__(self, offer: Offer, wish: Wish, settings: WeightSettings) -> None:
        self._offer = offer
        self._wish = wish
        self._own = settings
        self.unknowns: list[str] = []
        self.most = 0.0

    def parts(self) -> Iterator[Reasoned]:
        """Yield what each thing gives; what nobody asked for gives nothing."""
        own, offer = self._own, self._offer
        fits = "it is what was asked for" if offer.specificity >= 1 else "it is related"
        yield self._part("specificity", own.specificity, offer.specificity, fits)
        yield self._near()
        yield self._covered()
        yield from self._spoken()
        yield from self._accessible()
        yield self._open()
        room = _SAYS[offer.capacity]
        yield self._part("capacity", own.capacity, _ROOM[offer.capacity], room)
        yield self._fresh()
        yield self._accepted()
        yield self._cheap()

    def _part(self, name: str, most: float, share: float, reason: str) -> Reasoned:
        self.most += most
        return Reasoned(name, round(most * share, 3), reason)

    def _unknown(self, what: str) -> float:
        self.unknowns.append(what)
        return _UNKNOWN

    def _near(self) -> Reasoned:
        own, away = self._own, self._offer.distance_km
        if away is None:
            return self._part(
                "distance", own.distance, _UNKNOWN, "no distance is known"
            )
        car = self._wish.has_car
        factor = own.foot_factor if car is False else own.car_factor if car else 1.0
        share = power(0.5, away / (own.half_km * factor))
        how = {None: "", True: " by car", False: " without a car"}[car]
        far = f"{away:.0f} km" if away >= 1 else "less than a kilometre"
        reason = f"it is {far} away{how}"
        return self._part("distance", own.distance, share, reason)

    def _covered(self) -> Reasoned:
        covers = self._offer.covers
        share = _UNKNOWN if covers is None else float(covers)
        reason = {
            None: "whom it serves is not certain",
            True: "it serves the place",
            False: "it does not serve the place",
        }[covers]
        return self._part("coverage", self._own.coverage, share, reason)

    def _spoken(self) -> Iterator[Reasoned]:
        wanted, spoken = self._wish.languages, self._offer.languages
        if not wanted:
            return
        shared = sorted(set(wanted) & set(spoken))
        if shared:
            share, reason = 1.0, f"spoken: {', '.join(shared)}"
        elif spoken:
            share, reason = 0.0, "none of the languages is spoken"
        else:
            share = self._unknown("which languages are spoken")
            reason = "which languages are spoken is not known"
        yield self._part("language", self._own.language, share, reason)

    def _accessible(self) -> Iterator[Reasoned]:
        wanted, there = set(self._wish.accessibility), set(self._offer.accessibility)
        if not wanted:
            return
        if there:
            share, reason = len(wanted & there) / len(wanted), "as far as it is stated"
        else:
            share = self._unknown("how accessible it is")
            reason = "how accessible it is is not known"
        yield self._part("accessibility", self._own.accessibility, share, reason)

    def _open(self) -> Reasoned:
        offer = self._offer
        if offer.open_at is None:
            share = self._unknown("when it is open")
            return self._part("opening", self._own.opening, share, "not known")
        sure = offer.hours_confidence
        if sure < 1:
            self.unknowns.append("whether the opening hours are right")
        share = 1.0 if offer.open_at else (0.6 if offer.opens_next else 0.0)
        # What was only guessed at counts as half known.
        share = _UNKNOWN + (share - _UNKNOWN) * max(0.0, min(1.0, sure))
        reason = "it is open" if offer.open_at else "it is closed"
        return self._part("opening", self._own.opening, share, reason)

    def _fresh(self) -> Reasoned:
        days = self._offer.assured_days
        if days is None:
            share = self._unknown("whether what it says is current")
            return self._part("freshness", self._own.freshness, share, "not known")
        share = max(0.0, 1 - days / self._own.fresh_days)
        reason = f"assured {days} days ago"
        return self._part("freshness", self._own.freshness, share, reason)

    def _accepted(self) -> Reasoned:
        often, hours = self._offer.acceptance_rate, self._offer.hours_to_accept
        if often is None:
            share, reason = _UNKNOWN, "nobody was referred there before"
        else:
            soon = 1.0 if hours is None else max(0.0, 1 - hours / (14 * _DAY))
            share = max(0.0, min(1.0, often)) * (0.7 + 0.3 * soon)
            reason = f"it accepted {often:.0%} before"
        return self._part("acceptance", self._own.acceptance, share, reason)

    def _cheap(self) -> Reasoned:
        free = self._offer.free
        share = _UNKNOWN if free is None else float(free)
        if free is None:
            self.unknowns.append("what it costs")
        reason = {None: "not known", True: "it is free", False: "it costs something"}
        return self._part("cost", self._own.cost, share, reason[free])


#: What the hook declares.
WEIGHTS = MatcherSpec(
    name="weights",
    version="1.0",
    settings=WeightSettings,
    rate=rate,
    summary="Adds points for what makes a service fit, with a reason for each.",
)
