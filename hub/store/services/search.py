"""Searching the index of services: quickly, by terms and near a place."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import cos, hypot, inf, radians
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from hub.coordination.service_match.facts import OfferFacts
from hub.coordination.service_match.geometry import (
    ANYWHERE,
    KM_OF_A_DEGREE,
    Point,
    Span,
)
from hub.coordination.service_match.places import Spot
from hub.store.directory_tables import directory_feed, directory_object
from hub.store.offer_tables import (
    directory_offer,
    directory_offer_term,
    directory_shape,
    directory_site,
)
from hub.store.referral_tables import referral
from hub.store.statements import Statement

#: Of how many candidates it is looked where they are.
MOST_CANDIDATES = 20_000
#: How many kilometres count as much as a term that does not fit.
ROUGH_KM = 100.0
#: Fewer decisions than this say nothing of how often an organisation accepts.
_FEWEST_DECISIONS = 3


class Candidates(NamedTuple):
    """What terms lead to: `fits` says how well by key, `order` has the best first.

    From afar that is: by how well they fit, and how near they are.
    """

    fits: Mapping[str, float]
    order: Sequence[str]


class InForce(NamedTuple):
    """A service as its directory has it now."""

    status: str
    restricted: bool
    organization: str


_term = directory_offer_term.c
_found = (_term.key, _term.latitude, _term.longitude)
# One question for each span and term: SQLite finds no way through both at once.
_WITHIN = Statement(
    sa.select(*_found)
    .where(
        _term.term == sa.bindparam("term"),
        _term.cell.between(sa.bindparam("first"), sa.bindparam("last")),
    )
    .limit(MOST_CANDIDATES)
)
_IN_ANY = Statement(
    sa.select(*_found).where(_term.term == sa.bindparam("term")).limit(MOST_CANDIDATES)
)
_USED = Statement(sa.select(_term.term).distinct())
_keys = sa.func.json_each(sa.bindparam("keys")).table_valued("value")
_wanted = sa.select(_keys.c.value)
_FACTS = Statement(
    sa.select(directory_offer.c.facts).where(directory_offer.c.key.in_(_wanted))
)
_SHAPE = Statement(
    sa.select(directory_shape.c.shape).where(
        directory_shape.c.digest == sa.bindparam("digest")
    )
)
_object = directory_object.c
_owner = directory_object.alias("owner")
_current = sa.and_(
    directory_feed.c.feed == _object.feed,
    _object.since <= directory_feed.c.current,
    sa.or_(_object.until.is_(None), _object.until > directory_feed.c.current),
)
_NOW = Statement(
    sa.select(
        _object.key,
        _object.status,
        _object.restricted,
        sa.func.coalesce(_owner.c.name, ""),
    )
    .select_from(
        directory_object.join(directory_feed, _current).outerjoin(
            _owner,
            sa.and_(
                _owner.c.key == _object.owner,
                _owner.c.since <= directory_feed.c.current,
                sa.or_(
                    _owner.c.until.is_(None),
                    _owner.c.until > directory_feed.c.current,
                ),
            ),
        )
    )
    .where(_object.key.in_(_wanted), _object.removed.is_(sa.false()))
)
_DECIDED = Statement(
    sa.select(
        referral.c.service,
        sa.func.count(),
        sa.func.sum(
            sa.case((referral.c.state == sa.literal_column("'rejected'"), 0), else_=1)
        ),
    )
    .where(
        referral.c.service.in_(_wanted),
        referral.c.service != sa.literal_column("''"),
        referral.c.state.in_(
            sa.literal_column(f"'{state}'")
            for state in (
                *("accepted", "scheduled", "in_progress", "completed", "rejected"),
            )
        ),
    )
    .group_by(referral.c.service)
)
_site = directory_site.c
_SPOT = Statement(
    sa.select(
        sa.func.avg(_site.latitude),
        sa.func.avg(_site.longitude),
        sa.func.max(_site.city),
    ).where(
        _site.postcode == sa.bindparam("postcode"),
        _site.country.in_((sa.bindparam("country"), sa.literal_column("''"))),
        _site.latitude.is_not(None),
    )
)
_CITY = Statement(
    sa.select(sa.literal_column("1"))
    .where(_site.city == sa.bindparam("city"))
    .select_from(directory_site)
    .limit(1)
)
_facts = msgspec.msgpack.Decoder(OfferFacts).decode


def candidates(
    connection: sqlite3.Connection,
    asked: Mapping[str, float],
    spans: Sequence[Span] = (),
    origin: Point | None = None,
) -> Candidates:
    """Return what terms lead to, within spans of cells or reached from anywhere.

    Without `spans` it is looked everywhere. Each `ROUGH_KM` from `origin` count as
    much as a term that does not fit at all.
    """
    fits: dict[str, float] = {}
    best: dict[str, float] = {}
    north, east = origin or (0.0, 0.0)
    flat = cos(radians(north))
    # The best first, so that what fits better is there where there is too much.
    for term, fit in sorted(asked.items(), key=lambda pair: (-pair[1], pair[0])):
        if len(fits) >= MOST_CANDIDATES:
            break
        for key, latitude, longitude in _rows(connection, term, spans):
            looks = fit
            if origin and latitude is not None and longitude is not None:
                # On a map that is flat: exact enough to choose what to look at.
                away = hypot(latitude - north, (longitude - east) * flat)
                looks -= away * KM_OF_A_DEGREE / ROUGH_KM
            fits.setdefault(key, fit)
            if looks > best.get(key, -inf):
                best[key] = looks
    return Candidates(fits, sorted(best, key=lambda key: (-best[key], key)))


def _rows(
    connection: sqlite3.Connection, term: str, spans: Sequence[Span]
) -> Iterator[tuple[str, float | None, float | None]]:
    if not spans:
        yield from _IN_ANY(connection, term=term)
        return
    for first, last in (*spans, (ANYWHERE, ANYWHERE)):
        yield from _WITHIN(connection, term=term, first=first, last=last)


def used_terms(connection: sqlite3.Connection) -> list[str]:
    """Return the keys of all terms that any service has."""
    return [term for (term,) in _USED(connection)]


def facts_about(
    connection: sqlite3.Connection, keys: Sequence[str]
) -> list[OfferFacts]:
    """Return what is known of services, in no order."""
    return [_facts(body) for (body,) in _FACTS(connection, keys=_named(keys))]


def shape(connection: sqlite3.Connection, digest: str) -> bytes | None:
    """Return the shape of an area as WKB, None where it is not there."""
    found = _SHAPE(connection, digest=digest).fetchone()
    return bytes(found[0]) if found else None


def as_of_now(
    connection: sqlite3.Connection, keys: Sequence[str]
) -> dict[str, InForce]:
    """Return services as their directories have them now; what is gone is not there.

    The index can be seconds behind: what became secret meanwhile must be known.
    """
    return {
        key: InForce(status.casefold(), restricted != "[]", organization)
        for key, status, restricted, organization in _NOW(connection, keys=_named(keys))
    }


def acceptance(connection: sqlite3.Connection, keys: Sequence[str]) -> dict[str, float]:
    """Return how often services accepted, where they decided often enough."""
    return {
        service: accepted / decided
        for service, decided, accepted in _DECIDED(connection, keys=_named(keys))
        if decided >= _FEWEST_DECISIONS
    }


def spot(connection: sqlite3.Connection, country: str, postcode: str) -> Spot | None:
    """Return the middle of what directories have at a postcode, None for nothing."""
    row = _SPOT(connection, postcode=postcode, country=country).fetchone()
    if row is None or row[0] is None:
        return None
    return Spot(Point(row[0], row[1]), "PLZ", row[2] or "")


def is_city(connection: sqlite3.Connection, name: str) -> bool:
    """Say whether any location of a directory is in a town of this name."""
    return _CITY(connection, city=name).fetchone() is not None


def _named(keys: Iterable[str]) -> str:
    return msgspec.json.encode(list(keys)).decode()
