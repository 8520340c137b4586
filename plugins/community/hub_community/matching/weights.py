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
#: What is closed then opens at some other time.
_CLOSED = 0.6
#: Of a service with room all, of one that is full nothing.
_ROOM = {"available": 1.0, "waitlist": 0.25, "full": 0.0}
_SAYS = {
    "available": "it has room",
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
        default=6, ge=0, le=1000, description="That it is open then."
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
        yield self._roomy()
        yield self._fresh()
        yield self._accepted()
        yield self._cheap()

    def _part(
        self, name: str, most: float, share: float, reason: str, *, known: bool = True
    ) -> Reasoned:
        self.most += most
        return Reasoned(name, round(most * share, 3), reason, known)

    def _not_known(self, name: str, most: float, what: str, ask: str = "") -> Reasoned:
        """Return half of the points for `what` nobody knows; `ask` is to find out."""
        if ask:
            self.unknowns.append(ask)
        return self._part(name, most, _UNKNOWN, f"{what} not known", known=False)

    def _roomy(self) -> Reasoned:
        capacity, most = self._offer.capacity, self._own.capacity
        if not capacity:
            return self._not_known("capacity", most, "room", "whether it has room")
        return self._part("capacity", most, _ROOM[capacity], _SAYS[capacity])

    def _near(self) -> Reasoned:
        own, away = self._own, self._offer.distance_km
        if away is None:
            return self._not_known("distance", own.distance, "distance")
        car = self._wish.has_car
        factor = own.foot_factor if car is False else own.car_factor if car else 1.0
        share = power(0.5, away / (own.half_km * factor))
        how = {None: "", True: " by car", False: " without a car"}[car]
        far = f"{away:.0f} km" if away >= 1 else "less than a kilometre"
        reason = f"it is {far} away{how}"
        return self._part("distance", own.distance, share, reason)

    def _covered(self) -> Reasoned:
        covers, most = self._offer.covers, self._own.coverage
        if covers is None:
            return self._not_known("coverage", most, "whom it serves is")
        reason = "it serves the place" if covers else "it does not serve the place"
        return self._part("coverage", most, float(covers), reason)

    def _spoken(self) -> Iterator[Reasoned]:
        wanted, spoken = self._wish.languages, self._offer.languages
        name, most = "language", self._own.language
        if not wanted:
            return
        if not spoken:
            ask = "which languages are spoken"
            yield self._not_known(name, most, "languages", ask)
        elif shared := sorted(set(wanted) & set(spoken)):
            yield self._part(name, most, 1.0, f"spoken: {', '.join(shared)}")
        else:
            yield self._part(name, most, 0.0, "none of the languages is spoken")

    def _accessible(self) -> Iterator[Reasoned]:
        wanted, there = set(self._wish.accessibility), set(self._offer.accessibility)
        name, most = "accessibility", self._own.accessibility
        if not wanted:
            return
        if not there:
            yield self._not_known(name, most, name, "how accessible it is")
            return
        share = len(wanted & there) / len(wanted)
        yield self._part(name, most, share, "as accessible as is stated")

    def _open(self) -> Reasoned:
        offer, most = self._offer, self._own.opening
        if offer.open_at is None:
            ask = "when it is open"
            return self._not_known("opening", most, "opening hours", ask)
        sure = offer.hours_confidence
        if sure < 1:
            self.unknowns.append("whether the opening hours are right")
        share = 1.0 if offer.open_at else _CLOSED
        # What was only guessed at counts as half known.
        share = _UNKNOWN + (share - _UNKNOWN) * max(0.0, min(1.0, sure))
        reason = "it is open" if offer.open_at else "it is closed"
        return self._part("opening", most, share, reason)

    def _fresh(self) -> Reasoned:
        days, most = self._offer.assured_days, self._own.freshness
        if days is None:
            ask = "whether what it says is current"
            return self._not_known("freshness", most, "when it was assured is", ask)
        share = max(0.0, 1 - days / self._own.fresh_days)
        return self._part("freshness", most, share, f"assured {days} days ago")

    def _accepted(self) -> Reasoned:
        often, hours = self._offer.acceptance_rate, self._offer.hours_to_accept
        most = self._own.acceptance
        if often is None:
            return self._not_known("acceptance", most, "how often it accepts is")
        soon = 1.0 if hours is None else max(0.0, 1 - hours / (14 * _DAY))
        share = max(0.0, min(1.0, often)) * (0.7 + 0.3 * soon)
        reason = f"it accepted {often:.0%} before"
        return self._part("acceptance", most, share, reason)

    def _cheap(self) -> Reasoned:
        free, most = self._offer.free, self._own.cost
        if free is None:
            return self._not_known("cost", most, "cost", "what it costs")
        reason = "it is free" if free else "it costs something"
        return self._part("cost", most, float(free), reason)


#: What the hook declares.
WEIGHTS = MatcherSpec(
    name="weights",
    version="1.1",
    settings=WeightSettings,
    rate=rate,
    summary="Adds points for what makes a service fit, with a reason for each.",
)
