"""What has to do with what, for who must stay secret: in a package, and in the hub."""

# ruff: noqa: S608 - every part of a statement stands in this module

import zlib
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from hub.coordination.directory.confidential_words import ELSEWHERE
from hub.store.directory.against import Other
from hub.store.directory.stage import Stage

_decode = msgspec.json.Decoder(list[str]).decode
#: What the hub has of a feed, as of a version.
_CURRENT = "o.feed = ? AND o.since <= ? AND (o.until IS NULL OR o.until > ?)"
#: What hides others: not what is secret only because they are. In these words, since
#: an index of what is restricted needs them.
_HIDING = (
    f"s.restricted != '[]' AND s.restricted != '[\"{ELSEWHERE}\"]' AND NOT s.removed"
)
_IN_FORCE = (
    "f.feed = s.feed AND s.since <= f.current"
    " AND (s.until IS NULL OR s.until > f.current)"
)


class Before(NamedTuple):
    """What was secret until now.

    `staged` where the package says it anew, `there` where it has it at all, `released`
    where a person approved that it is secret no more. `owner` is a name.
    """

    type: str
    id: str
    key: str
    restricted: str
    digest: bytes
    staged: bool
    released: bool
    there: bool
    name: str
    owner: str


class SecretReader:
    """Reads a staged package, and the feed in the hub as of `version`."""

    def __init__(self, stage: Stage, feed: str, version: int) -> None:
        self._stage = stage
        self._bound = (feed, version, version)

    def said(self) -> Iterator[tuple[str, str, str]]:
        """Yield type, id and reasons, as JSON, of what is secret by what it says."""
        found = "SELECT type, id, restricted FROM item WHERE restricted != '[]'"
        yield from self._stage.connection.execute(found).fetchall()

    def before(self) -> list[Before]:
        """Return what was secret until now."""
        found = self._stage.each(
            "SELECT o.type, o.id, o.key, o.restricted, o.digest, EXISTS (SELECT 1"
            " FROM item i WHERE i.type = o.type AND i.id = o.id), EXISTS (SELECT 1"
            " FROM hub.directory_held h WHERE h.key = o.key AND h.kind = 'restriction'"
            " AND h.state = 'approved' AND h.digest = o.digest), EXISTS (SELECT 1"
            " FROM there t WHERE t.type = o.type AND t.id = o.id), o.name,"
            " coalesce((SELECT g.name FROM hub.directory_object g WHERE g.key = o.owner"
            " AND g.until IS NULL), '')"
            f" FROM hub.directory_object o WHERE o.restricted != '[]' AND {_CURRENT}",
            *self._bound,
        )
        return [
            Before(*row[:5], *map(bool, row[5:8]), *row[8:])  # as they stand there
            for row in found
        ]

    def secret_elsewhere(self) -> Iterator[Other]:
        """Yield what other feeds keep secret that is compared; without its places."""
        found = self._stage.each(
            "SELECT s.feed, s.type, s.key, s.record FROM hub.directory_object s"
            f" JOIN hub.directory_feed f ON {_IN_FORCE}"
            " WHERE s.feed != ? AND s.type IN ('organization', 'service')"
            f" AND {_HIDING}",
            self._bound[0],
        )
        for feed, kind, key, record in found:
            yield Other(feed, kind, key, record, ())

    def linked(self) -> list[tuple[str, str]]:
        """Return type and id of what is not said anew and linked to a secret."""
        found = self._stage.each(
            "WITH pair AS (SELECT one AS mine, other AS theirs FROM hub.directory_link"
            " UNION ALL SELECT other, one FROM hub.directory_link)"
            " SELECT DISTINCT o.type, o.id FROM pair"
            " JOIN hub.directory_object s ON s.key = pair.theirs"
            f" JOIN hub.directory_feed f ON {_IN_FORCE}"
            " JOIN hub.directory_object o ON o.key = pair.mine"
            f" WHERE {_HIDING} AND o.restricted IN ('[]', '[\"{ELSEWHERE}\"]')"
            f" AND {_CURRENT} AND NOT EXISTS (SELECT 1 FROM item i"
            " WHERE i.type = o.type AND i.id = o.id)",
            *self._bound,
        )
        return [(kind, key) for kind, key in found]

    def compared(self) -> Iterator[tuple[str, str, bytes]]:
        """Yield type, id and record of what a package says anew that is compared."""
        yield from self._stage.each(
            "SELECT type, id, record FROM item"
            " WHERE type IN ('organization', 'service') ORDER BY n"
        )

    def names(self, kind: str) -> Iterator[tuple[str, str, str]]:
        """Yield id, name and owner's id of what is new in a package, of a type."""
        yield from self._stage.each(
            "SELECT i.id, coalesce(json_extract(CAST(i.record AS TEXT), '$.name'), ''),"
            " i.owner FROM item i WHERE i.type = ? AND NOT EXISTS (SELECT 1"
            " FROM hub.directory_object o WHERE o.type = i.type AND o.id = i.id"
            f" AND {_CURRENT})",
            *(kind, *self._bound),
        )

    def offices_of(self, organization: str) -> list[str]:
        """Return the locations that a package says to be of an organisation."""
        found = self._stage.each(
            "SELECT id FROM item WHERE type = 'location' AND"
            " json_extract(CAST(record AS TEXT), '$.organization_id') = ?",
            organization,
        )
        return [each for (each,) in found]

    def known_records(self) -> Iterator[tuple[str, str, bytes]]:
        """Yield type, id and record of what the hub has and the package says not."""
        found = self._stage.each(
            "SELECT o.type, o.id, o.record FROM hub.directory_object o"
            " WHERE o.type != 'taxonomy_term' AND NOT EXISTS (SELECT 1 FROM item i"
            f" WHERE i.type = o.type AND i.id = o.id) AND {_CURRENT}",
            *self._bound,
        )
        for kind, key, record in found:
            yield kind, key, zlib.decompress(record)

    def services_of(self, organization: str) -> list[str]:
        """Return the services of an organisation, by ids."""
        said = self._stage.each(
            "SELECT id FROM item WHERE type = 'service' AND owner = ?", organization
        )
        known = self._stage.each(
            "SELECT s.id FROM hub.directory_object o JOIN hub.directory_object s"
            " ON s.owner = o.key AND s.until IS NULL AND NOT EXISTS (SELECT 1"
            " FROM item i WHERE i.type = 'service' AND i.id = s.id)"
            f" WHERE o.type = 'organization' AND o.id = ? AND {_CURRENT}",
            *(organization, *self._bound),
        )
        return list(dict.fromkeys(each for (each,) in (*said, *known)))

    def owner_of(self, service: str) -> str:
        """Return the organisation of a service, by its id, "" where unknown."""
        said = self._stage.one(
            "SELECT owner FROM item WHERE type = 'service' AND id = ?", service
        )
        if said is not None:
            return str(said)
        found = self._stage.one(
            "SELECT g.id FROM hub.directory_object o JOIN hub.directory_object g"
            " ON g.key = o.owner AND g.until IS NULL"
            f" WHERE o.type = 'service' AND o.id = ? AND {_CURRENT}",
            *(service, *self._bound),
        )
        return str(found or "")

    def places_of(self, service: str) -> list[str]:
        """Return the locations of a service, by their ids."""
        said = self._stage.one(
            "SELECT places FROM item WHERE type = 'service' AND id = ?", service
        )
        if said is not None:
            return _decode(said)
        found = self._stage.each(
            "SELECT l.id FROM hub.directory_object o, json_each(o.places) p"
            " JOIN hub.directory_object l ON l.key = p.value AND l.until IS NULL"
            f" WHERE o.type = 'service' AND o.id = ? AND {_CURRENT}",
            *(service, *self._bound),
        )
        return [each for (each,) in found]

    def staged_at(self, locations: frozenset[str]) -> list[tuple[str, str]]:
        """Return services that the package says anew at these locations, with those."""
        if not locations:
            return []
        found = self._stage.each(
            "SELECT i.id, p.value FROM item i, json_each(i.places) p"
            " WHERE i.type = 'service' AND i.places != '[]'"
        )
        return [(key, place) for key, place in found if place in locations]

    def services_at(self, locations: frozenset[str]) -> list[tuple[str, str]]:
        """Return services that the hub has at these locations, with those, by ids."""
        named = msgspec.json.encode(sorted(locations)).decode()
        found = self._stage.each(
            "WITH wanted AS (SELECT o.key AS key, o.id AS id"
            " FROM hub.directory_object o"
            " JOIN json_each(?) n ON n.value = o.id WHERE o.type = 'location'"
            f" AND {_CURRENT})"
            " SELECT DISTINCT o.id, w.id FROM hub.directory_object o,"
            " json_each(o.places) p JOIN wanted w ON w.key = p.value"
            f" WHERE o.type = 'service' AND {_CURRENT}",
            *(named, *self._bound, *self._bound),
        )
        return [(service, place) for service, place in found]

    def staged(self, kind: str, key: str) -> bytes | None:
        """Return the record of an object that the package says anew."""
        found = self._stage.one(
            "SELECT record FROM item WHERE type = ? AND id = ?", kind, key
        )
        return None if found is None else bytes(found)

    def stage(self, kind: str, key: str, body: bytes) -> None:
        """Let an object be looked at as if the package said it anew."""
        record = msgspec.json.decode(body)
        owner = record.get("organization_id", "") if kind == "service" else ""
        places = msgspec.json.encode(self.places_of(key) if kind == "service" else [])
        row = (kind, key, b"", body, "[]", owner, places.decode())
        columns = "type, id, raw, record, restricted, owner, places"
        self._stage.put("item", [row], columns)
