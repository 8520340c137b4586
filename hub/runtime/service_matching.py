"""Matching services: from what somebody needs to the services that could meet it.

Blocking work is done on threads. What is found is advice; it is kept only where it was
asked for a person.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice

import structlog
from msgspec.structs import replace

from hub.config.matching import MatchingConfig
from hub.contract import Inbox
from hub.coordination.service_match.errors import (
    MatcherFailedError,
    NoMatcherError,
    NothingWantedError,
)
from hub.coordination.service_match.facts import OfferFacts
from hub.coordination.service_match.geometry import (
    Span,
    areas_around,
    cell_named,
    spans_around,
)
from hub.coordination.service_match.places import Place, names_around, place_of
from hub.coordination.service_match.ranking import ranked
from hub.coordination.service_match.results import Matched, Matching, Proposal
from hub.coordination.service_match.sieve import Kept, Left, Sieve
from hub.coordination.service_match.terms import asked_for
from hub.coordination.service_match.words import access_wanted, language
from hub.model.directory import Offer, Rated, Wish
from hub.runtime import matches
from hub.runtime.deciding import put_through
from hub.runtime.gazetteer import StoredGazetteer, own_mapping, own_places
from hub.store.reading import unknown
from hub.store.services import search
from hub.store.services.reading import Known, ServiceReader
from hub.store.services.search import Candidates, InForce
from hub.threads import in_thread

log = structlog.get_logger()

#: So many services are looked at closely at a time, and so many times at most.
_CLOSELY, _TURNS = 150, 8
#: Where there are so many services so near, nobody has to look farther.
_ENOUGH, _NEAR_KM = 600, 10.0


class ServiceMatching:
    """Finds services for one hub."""

    def __init__(
        self,
        config: MatchingConfig,
        reader: ServiceReader,
        country: str,
        inbox: Inbox | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Read what a site has of its own. Raises PlacesUnreadableError."""
        self._config = config
        self._reader = reader
        self._country = config.table.country or country
        self._inbox = inbox
        self._clock = clock
        self._own_places = own_places(config.table)
        self._own_mapping = own_mapping(config.table)

    async def match(self, wish: Wish, limit: int | None = None) -> Matching:
        """Return the services that could meet a wish, best first.

        Raises NoMatcherError, NothingWantedError and MatcherFailedError.
        """
        return await in_thread(self.find, wish, limit)

    async def propose(
        self, person: str, needs: Sequence[str], wish: Wish, limit: int | None, by: str
    ) -> Proposal:
        """Find services for somebody, and keep what is found as advice.

        `needs` are keys of theirs, all that are open where none is named; what `wish`
        says beside counts, and their own picture where it says nothing.
        Raises UnknownIdError, what `match` raises, and what `Inbox.put` raises.
        """
        known = await in_thread(self._reader.known, person, self._clock())
        chosen = _chosen(known, needs)
        wish = _of_person(known, wish, chosen.values())
        found = await self.match(wish, limit)
        if self._inbox is None:
            raise NoMatcherError
        message = matches.message_of(
            known.number,
            list(chosen),
            wish.categories,
            wish.terms,
            found,
            by=by,
            at=self._clock(),
        )
        stored, _ = await put_through(self._inbox, message)
        return Proposal(
            person=known.person, needs=list(chosen), message=stored.id, matching=found
        )

    def find(self, wish: Wish, limit: int | None = None) -> Matching:
        """Do what `match` does, on this thread."""
        spec = self._config.spec
        if spec is None:
            raise NoMatcherError
        wish = _plain(wish)
        asked = asked_for(wish.categories, wish.terms, self._own_mapping)
        if not asked:
            raise NothingWantedError
        below = self._reader.terms().below(asked)
        with self._reader.look() as connection:
            look = _Look(self, StoredGazetteer(connection, self._own_places), wish)
            return look.found(below, limit or self._config.table.limit)

    def rate(self, offer: Offer, wish: Wish) -> Rated:
        """Return how well an offer fits. Raises MatcherFailedError."""
        spec = self._config.spec
        if spec is None:
            raise NoMatcherError
        try:
            return spec.rate(offer, wish, self._config.settings)
        except (
            Exception
        ) as error:  # a plugin's mistake must not look like an empty list
            log.exception("matcher.failed", kind=self._config.table.matcher)
            raise MatcherFailedError(type(error).__name__) from None

    @property
    def config(self) -> MatchingConfig:
        """By what services are found."""
        return self._config

    def place(self, wish: Wish, gazetteer: StoredGazetteer) -> Place:
        """Return where somebody is."""
        return place_of(wish, gazetteer, self._country)

    def now(self) -> datetime:
        """Return the time by which services are open."""
        return self._clock()


class _Look:
    """One question, on one connection."""

    def __init__(
        self, matching: ServiceMatching, gazetteer: StoredGazetteer, wish: Wish
    ) -> None:
        self._matching = matching
        self._connection = gazetteer.connection
        self._wish = wish
        self._table = matching.config.table
        self._place = matching.place(wish, gazetteer)
        self._sieve = Sieve(
            wish,
            self._place,
            gazetteer,
            matching.now(),
            partial(search.shape, self._connection),
            self._table.radius_km,
        )
        self._left: dict[str, int] = {}

    def found(self, terms: Mapping[str, float], limit: int) -> Matching:
        """Return what terms lead to, best first."""
        found = self._candidates(terms)
        kept = self._kept(found, limit)
        # Some more than are asked for: what went meanwhile is left out.
        rated = ranked(kept, self._wish, self._matching.rate, 2 * limit)
        spec = self._matching.config.spec
        return Matching(
            matcher=spec.name if spec else "",
            version=spec.version if spec else "",
            place=self._place.problem or "known",
            looked_at=len(found.order),
            left_out=dict(sorted(self._left.items())),
            items=self._with_openings(self._as_of_now(rated)[:limit]),
        )

    def _candidates(self, terms: Mapping[str, float]) -> Candidates:
        """Return what terms lead to; what is farther only where little is near."""
        point, radius = self._place.point, self._wish.radius_km
        find = partial(search.candidates, self._connection, terms)
        if point is None or self._wish.mode in {"phone", "virtual"}:
            return find((), point)  # no way is too far
        holding = self._holding()
        most = (radius or self._table.radius_km) + self._place.uncertain_km
        if most > _NEAR_KM:
            near = find(spans_around(point, _NEAR_KM), point)
            if len(near.order) >= _ENOUGH:
                return near
        return find([*spans_around(point, most), *holding], point)

    def _holding(self) -> list[Span]:
        """Return where those are found who serve the place from farther away."""
        point, place = self._place.point, self._place
        around = areas_around(point, place.uncertain_km) if point else []
        named = map(cell_named, sorted(names_around(place)))
        return [*around, *((each, each) for each in named)]

    def _kept(self, found: Candidates, limit: int) -> list[tuple[OfferFacts, Kept]]:
        """Return what passes the sieve of those that look best from afar."""
        order = iter(found.order)
        kept: list[tuple[OfferFacts, Kept]] = []
        for _ in range(_TURNS):
            keys = list(islice(order, _CLOSELY))
            if not keys or len(kept) >= 2 * limit:
                break
            often = search.acceptance(self._connection, keys)
            for facts in search.facts_about(self._connection, keys):
                one = self._sieve.sift(facts, found.fits[facts.key])
                if isinstance(one, Left):
                    self._left[one.reason] = self._left.get(one.reason, 0) + 1
                    continue
                offer = replace(one.offer, acceptance_rate=often.get(facts.key))
                kept.append((facts, one._replace(offer=offer)))
        return kept

    def _with_openings(self, shown: Sequence[Matched]) -> list[Matched]:
        """Return what is shown with when it opens, of what is closed then."""
        closed = [each.service for each in shown if each.open_at is False]
        opens = {
            facts.key: self._sieve.opens_next(facts)
            for facts in search.facts_about(self._connection, closed)
        }
        return [replace(each, opens_next=opens.get(each.service)) for each in shown]

    def _as_of_now(self, rated: Sequence[Matched]) -> list[Matched]:
        """Return what is still so: the index can be behind its directory."""
        now = search.as_of_now(self._connection, [each.service for each in rated])
        return [
            _as_of(each, current)
            for each in rated
            if (current := now.get(each.service)) and current.status == "active"
        ]


def _as_of(each: Matched, current: InForce) -> Matched:
    """Return a service with its organisation, and without a place that is secret."""
    each = replace(each, organization_name=current.organization)
    if not current.restricted or each.restricted:
        return each
    return replace(each, restricted=True, distance_km=None, covers=None, parts=[])


def _plain(wish: Wish) -> Wish:
    """Return a wish with languages and accessibility as services have them."""
    return replace(
        wish,
        languages=tuple(language(each) for each in wish.languages),
        accessibility=tuple(access_wanted(each) for each in wish.accessibility),
    )


def _chosen(known: Known, needs: Sequence[str]) -> dict[str, str]:
    """Return the needs that are meant. Raises UnknownIdError."""
    if not needs:
        return known.needs
    for each in needs:
        if each not in known.needs:
            raise unknown(each)
    return {each: known.needs[each] for each in needs}


def _of_person(known: Known, wish: Wish, categories: Iterable[str]) -> Wish:
    """Return a wish with what is known of somebody, where it does not say."""
    named = dict.fromkeys((*wish.categories, *(each for each in categories if each)))
    placed = bool(wish.postcode) or wish.latitude is not None or wish.no_fixed_address
    return replace(
        wish,
        categories=tuple(named),
        postcode=wish.postcode if placed else known.postcode,
        country=wish.country or ("" if placed else known.country),
        age=known.age if wish.age is None else wish.age,
        languages=wish.languages or known.languages,
    )
