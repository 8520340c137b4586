"""Directories in a store, as if runs had come into force, and services found in them.

Everything in them is made up.
"""

import asyncio
import zlib
from contextlib import closing
from datetime import UTC, datetime
from hashlib import blake2b

import msgspec

from hub.config.matching import MatchingConfig, MatchingTable
from hub.coordination.directory.names import hub_key
from hub.model.directory import Wish
from hub.runtime.service_index import Indexing
from hub.runtime.service_matching import ServiceMatching
from hub.store.directory_tables import directory_feed, directory_object
from hub.store.queries import Reader
from hub.store.sqlite import DATABASE_NAME
from hub.store.statements import Insert
from hub.store.store import Store, call_at_once
from hub_community.matching.weights import WEIGHTS, WeightSettings

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
FEED = "city"
#: In the middle of San Francisco, which ZIP code 94103 is near to.
HERE = {"latitude": 37.7725, "longitude": -122.4147}
_COLUMNS = (
    *("feed", "type", "key", "since", "until", "id", "stable", "natural", "name"),
    *("owner", "places", "digest", "material", "record", "restricted", "status"),
    *("removed", "first_seen", "last_seen"),
)
_PUT = Insert(directory_object, _COLUMNS)
_IN_FORCE = Insert(
    directory_feed,
    ("feed", "current"),
    "ON CONFLICT (feed) DO UPDATE SET current = excluded.current",
)


def key(of, kind="service", feed=FEED):
    """Return the hub's key of an object."""
    return hub_key(feed, kind, of)


def obj(kind, own, *, owner="", places=(), restricted="[]", removed=0, **record):
    """Return an object of a directory."""
    record = {"id": own, **record}
    return (kind, own, owner, tuple(places), restricted, removed, record)


def service(own, *terms, **given):
    """Return a service with terms by their codes, at the location of the same id."""
    attributes = [
        {"id": f"{own}-{code}", "taxonomy_term": {"id": code, "code": code}}
        for code in terms or ("102-04",)
    ]
    told = {
        "name": f"Service {own}",
        "status": "active",
        "owner": "o1",
        "places": (own,),
        "attributes": attributes,
    }
    return obj("service", own, **(told | given))


def location(own, latitude=37.775, longitude=-122.415, **given):
    """Return a location, near to where everybody is."""
    place = {"latitude": latitude, "longitude": longitude, "location_type": "physical"}
    return obj("location", own, **(place | given))


def organization(own="o1"):
    """Return an organisation."""
    return obj("organization", own, name=f"Org {own}")


class Directory:
    """A store with directories. Use it as a context."""

    def __init__(self, path):
        self.path = path
        self._versions = {}

    def __enter__(self):
        self.store = Store(self.path, call_at_once)
        self.store.__enter__()
        return self

    def __exit__(self, *_):
        self.store.__exit__(None, None, None)

    def lay(self, *objects, feed=FEED):
        """Let objects come into force as a new version of a directory."""
        version = self._versions[feed] = self._versions.get(feed, 0) + 1
        rows = [self._row(feed, version, *each) for each in objects]

        def put(connection, _payloads):
            for row in rows:
                connection.execute(
                    "UPDATE directory_object SET until = ? WHERE key = ?"
                    " AND until IS NULL",
                    (version, row[2]),
                )
            _PUT.run(connection, rows)
            _IN_FORCE.run(connection, [(feed, version)])
            return [None]

        self.store.writer.call(put)
        return self

    def _row(self, feed, version, *given):
        kind, own, owner, places, restricted, removed, record = given
        body = msgspec.json.encode(record)
        digest = blake2b(body, digest_size=16).digest()
        there = [key(each, "location", feed) for each in places]
        return (
            *(feed, kind, key(own, kind, feed), version, None, own, own, own),
            record.get("name", ""),
            key(owner, "organization", feed) if owner else "",
            msgspec.json.encode(there).decode(),
            *(digest, digest, zlib.compress(body), restricted),
            record.get("status", ""),
            *(removed, 0, 0),
        )

    def index(self, feeds=None):
        """Let all be found that is in force, or what is of `feeds`; count the turns."""
        with closing(self.store.reader()) as reader:
            known = reader.execute("SELECT feed FROM directory_feed").fetchall()
            feeds = {feed for (feed,) in known} if feeds is None else feeds
            indexing = Indexing(reader, self.store.writer, feeds, rest=0)
            turns = 0
            while indexing.turn():
                turns += 1
        return turns

    def reader(self):
        """Return a reader of the store."""
        return Reader(self.path / DATABASE_NAME)

    def matching(self, inbox=None, country="US", **table):
        """Return what finds services."""
        made = MatchingTable(**table)
        config = MatchingConfig(made, WEIGHTS, WeightSettings())
        reader = self.reader().services
        return ServiceMatching(config, reader, country, inbox, lambda: NOW)

    def find(self, *, limit=None, country="US", table=None, **wish):
        """Return what is found for a wish; food, where it does not say what."""
        if not wish.keys() & {"categories", "terms"}:
            wish["categories"] = ("food-insecurity",)
        matching = self.matching(country=country, **(table or {}))
        return asyncio.run(matching.match(Wish(**wish), limit))

    def names(self, **wish):
        """Return the ids of the services that are found, best first."""
        return [each.name.removeprefix("Service ") for each in self.find(**wish).items]
