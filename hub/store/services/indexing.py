"""Keeping the index of services in step with directories. Work for the writer.

It follows the versions in force: `behind` says which feeds have a newer one, and what
of them changed is made anew. Doing it again changes nothing.
"""

import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from hub.coordination.service_match.terms import Term
from hub.store.directory_tables import directory_feed, directory_object
from hub.store.offer_tables import (
    directory_index,
    directory_offer,
    directory_offer_term,
    directory_shape,
    directory_site,
)
from hub.store.statements import Insert, Statement

#: So many services are written in one transaction.
CHUNK = 200


class Behind(NamedTuple):
    """A feed whose index is of the version `indexed` and not of that in force."""

    feed: str
    indexed: int
    current: int


class ObjectRow(NamedTuple):
    """An object in force, as it is indexed; `record` is JSON packed by zlib."""

    key: str
    id: str
    name: str
    owner: str
    places: str
    record: bytes
    restricted: str
    removed: int


class SiteRow(NamedTuple):
    """Where a location is; `site` is a `Site` as MessagePack."""

    key: str
    feed: str
    country: str
    postcode: str
    city: str
    latitude: float | None
    longitude: float | None
    site: bytes


class TermRow(NamedTuple):
    """That a service is found by a term, in a cell."""

    term: str
    cell: int
    key: str
    latitude: float | None
    longitude: float | None


class Indexed(NamedTuple):
    """Some services, or locations, with all that they are found by.

    Of each key in `keys` and `places` what was indexed before goes.
    """

    keys: Sequence[str] = ()
    offers: Sequence[tuple[str, str, bytes]] = ()
    terms: Sequence[TermRow] = ()
    shapes: Sequence[tuple[str, bytes]] = ()
    places: Sequence[str] = ()
    sites: Sequence[SiteRow] = ()


_object = directory_object.c
_feed = _object.feed == sa.bindparam("feed")
_version: sa.BindParameter[int] = sa.bindparam("version")
# Those of a feed are not looked for by their keys, nor keys by their feed: there is an
# index for each way, and SQLite would take the wrong one.
_then = sa.and_(
    _object.since <= _version,
    sa.or_(_object.until.is_(None), _object.until > _version),
)
_in_force = sa.and_(_feed, _then)
_columns = tuple(_object[name] for name in ObjectRow._fields)
_BEHIND = Statement(
    sa.select(
        directory_feed.c.feed,
        sa.func.coalesce(directory_index.c.version, 0),
        directory_feed.c.current,
    )
    .select_from(
        directory_feed.outerjoin(
            directory_index, directory_index.c.feed == directory_feed.c.feed
        )
    )
    .where(
        directory_feed.c.current > sa.func.coalesce(directory_index.c.version, 0),
    )
    .order_by(directory_feed.c.feed)
)
_CHANGED = Statement(
    sa.select(_object.key)
    .where(_in_force, _object.type == sa.bindparam("kind"))
    .where(_object.since > sa.bindparam("indexed"))
    .order_by(_object.key)
)
_ALL = Statement(
    sa.select(_object.key)
    .where(_in_force, _object.type == sa.bindparam("kind"))
    .order_by(_object.key)
)
_places = sa.func.json_each(_object.places).table_valued("value")
_given = sa.func.json_each(sa.bindparam("keys")).table_valued("value")
_wanted = sa.select(_given.c.value)
_AT = Statement(
    sa.select(_object.key)
    .distinct()
    .select_from(directory_object.join(_places, sa.true()))
    .where(_in_force, _object.type == sa.literal_column("'service'"))
    .where(_places.c.value.in_(_wanted))
)
_OBJECTS = Statement(
    sa.select(*_columns).where(_then, _object.key.in_(_wanted)).order_by(_object.key)
)
_TERMS = Statement(
    sa.select(_object.id, _object.record)
    .where(_in_force, _object.type == sa.literal_column("'taxonomy_term'"))
    .where(_object.removed.is_(sa.false()))
)
_SITES = Statement(
    sa.select(directory_site.c.key, directory_site.c.site).where(
        directory_site.c.key.in_(_wanted)
    )
)
_INDEXED = Statement(sa.select(directory_index.c.feed).order_by(directory_index.c.feed))
_OFFERED = Statement(
    sa.select(directory_offer.c.key).where(
        directory_offer.c.feed == sa.bindparam("feed")
    )
)
_SITED = Statement(
    sa.select(directory_site.c.key).where(directory_site.c.feed == sa.bindparam("feed"))
)
_UNINDEX = Statement(
    sa.delete(directory_index).where(directory_index.c.feed == sa.bindparam("feed"))
)
_UNOFFER = Statement(
    sa.delete(directory_offer).where(directory_offer.c.key.in_(_wanted))
)
_UNTERM = Statement(
    sa.delete(directory_offer_term).where(directory_offer_term.c.key.in_(_wanted))
)
_UNSITE = Statement(sa.delete(directory_site).where(directory_site.c.key.in_(_wanted)))
_OFFERS = Insert(directory_offer, ("key", "feed", "facts"))
_PUT_TERMS = Insert(
    directory_offer_term, TermRow._fields, "ON CONFLICT (term, cell, key) DO NOTHING"
)
_SHAPES = Insert(
    directory_shape, ("digest", "shape"), "ON CONFLICT (digest) DO NOTHING"
)
_PUT_SITES = Insert(directory_site, SiteRow._fields)
_DONE = Insert(
    directory_index,
    ("feed", "version"),
    "ON CONFLICT (feed) DO UPDATE SET version = excluded.version",
)
_record = msgspec.json.Decoder(dict[str, Any]).decode


def behind(connection: sqlite3.Connection) -> list[Behind]:
    """Return the feeds whose services are not yet found as they are in force."""
    return [Behind(*row) for row in _BEHIND(connection)]


def indexed_feeds(connection: sqlite3.Connection) -> list[str]:
    """Return the feeds of which anything can be found."""
    return [feed for (feed,) in _INDEXED(connection)]


def indexed_of(
    connection: sqlite3.Connection, feed: str
) -> tuple[list[str], list[str]]:
    """Return the services, and the locations, that are indexed of a feed."""
    offers, sites = (each(connection, feed=feed) for each in (_OFFERED, _SITED))
    return [key for (key,) in offers], [key for (key,) in sites]


def changed(
    connection: sqlite3.Connection, of: Behind, kind: str, *, whole: bool = False
) -> list[str]:
    """Return the keys of objects of a type that changed since the index, or all."""
    bound = {"feed": of.feed, "version": of.current, "kind": kind}
    found = (
        _ALL(connection, **bound)
        if whole
        else _CHANGED(connection, **bound, indexed=of.indexed)
    )
    return [key for (key,) in found]


def services_at(
    connection: sqlite3.Connection, of: Behind, places: Sequence[str]
) -> list[str]:
    """Return the services that are at some locations."""
    keys = msgspec.json.encode(places).decode()
    bound = {"feed": of.feed, "version": of.current, "keys": keys}
    return [key for (key,) in _AT(connection, **bound)]


def objects(
    connection: sqlite3.Connection, of: Behind, keys: Sequence[str]
) -> list[ObjectRow]:
    """Return objects as they are in force."""
    named = msgspec.json.encode(keys).decode()
    bound = {"version": of.current, "keys": named}
    return [ObjectRow(*row) for row in _OBJECTS(connection, **bound)]


def terms_of(connection: sqlite3.Connection, feed: str, version: int) -> Iterator[Term]:
    """Yield the terms of a directory."""
    for key, body in _TERMS(connection, feed=feed, version=version):
        told = record_of(body)
        texts = (told.get(name) for name in ("parent_id", "code", "name"))
        parent, code, name = (each if isinstance(each, str) else "" for each in texts)
        yield Term(key, parent, code, name)


def sites_of(
    connection: sqlite3.Connection, keys: Sequence[str]
) -> Iterator[tuple[str, bytes]]:
    """Yield of locations that are known where they are."""
    yield from _SITES(connection, keys=msgspec.json.encode(keys).decode())


def record_of(body: bytes) -> dict[str, Any]:
    """Return the record of an object."""
    return _record(zlib.decompress(body))


def rebuild(connection: sqlite3.Connection, parts: Sequence[Indexed]) -> list[None]:
    """Let services be found as they are now."""
    for part in parts:
        if part.places:
            _UNSITE(connection, keys=_named(part.places))
            _PUT_SITES.run(connection, part.sites)
        if part.keys:
            named = _named(part.keys)
            _UNTERM(connection, keys=named)
            _UNOFFER(connection, keys=named)
            _SHAPES.run(connection, part.shapes)
            _OFFERS.run(connection, part.offers)
            _PUT_TERMS.run(connection, part.terms)
    return [None] * len(parts)


def settle(connection: sqlite3.Connection, done: Sequence[Behind]) -> list[None]:
    """Take note up to which versions services are found."""
    _DONE.run(connection, [(each.feed, each.current) for each in done])
    return [None] * len(done)


def forget(connection: sqlite3.Connection, feeds: Sequence[str]) -> list[None]:
    """Take note that nothing of feeds is indexed any more."""
    for feed in feeds:
        _UNINDEX(connection, feed=feed)
    return [None] * len(feeds)


def _named(keys: Iterable[str]) -> str:
    return msgspec.json.encode(list(keys)).decode()
