"""Whose an identity is: which numbers are one person, now or as known at a time.

What holds now stands with the identities. What held at a time is worked out from the
links of the messages that had been received by then, by the rules of today. Of a pair
only the newest link of each basis is kept: one that was replaced since is not known
any more, and counts as if it had come when the newest did.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from msgspec.structs import replace

from hub.coordination.identity.clusters import Known, people
from hub.coordination.identity.decisions import FEED, OWN_KEYS, Decision, key_of, read
from hub.coordination.identity.links import Link
from hub.coordination.identity.looks import looks_of
from hub.coordination.ids import Keys
from hub.coordination.matching.numbers import own_numbers
from hub.coordination.people import Person
from hub.model.facts import Fact
from hub.store import schema
from hub.store.journal import microseconds
from hub.store.known import ENTITY, entity_row, person_body, rows_of_person
from hub.store.links import LINK_COLUMNS, link_of
from hub.store.query_errors import NothingKnownError
from hub.store.reading import unknown

#: A link with the message behind it, for `heard_link`.
LINKS: sa.Select[Any] = sa.select(
    *(schema.link.c[name] for name in LINK_COLUMNS),
    schema.message.c.id,
    schema.message.c.source,
    schema.message.c.received_at,
    sa.case(
        (schema.link.c.basis == "decided", schema.message.c.body), else_=None
    ).label("body"),
).join_from(schema.link, schema.message)


class _Since(Struct):
    since: int = 0


_since = msgspec.json.Decoder(_Since).decode


class HeardLink(NamedTuple):
    """A link, the id of the message behind it, and the decision if it was one."""

    link: Link
    message: str
    decision: Decision | None = None


class KnownIdentity(NamedTuple):
    """One number that an authority gave, and what its sender says of the person.

    `since` is when it was first heard of, in microseconds since 1970; 0 where that
    is not known.
    """

    key: str
    owner: str
    since: int
    version: int
    person: Person


class Whose(NamedTuple):
    """Who somebody is: the key of the person, and their identities, oldest first."""

    person: str
    identities: tuple[KnownIdentity, ...]

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the identities."""
        return frozenset(each.key for each in self.identities)

    @property
    def owners(self) -> frozenset[str]:
        """The people to whom the identities belong today."""
        return frozenset(each.owner for each in self.identities)


def stored_identity(row: sa.Row[Any]) -> KnownIdentity:
    """Return the identity in the body of an entity."""
    body = person_body(row.body)
    shown = tuple(each for each in body.identifiers if each.system != OWN_KEYS)
    person, since = replace(body, identifiers=shown), _since(row.body).since
    return KnownIdentity(row.key, row.person, since, row.version, person)


def oldest_first(rows: Iterable[sa.Row[Any]]) -> tuple[KnownIdentity, ...]:
    """Return the identities of entities in the order of their age."""
    found = map(stored_identity, rows)
    return tuple(sorted(found, key=lambda each: (each.since, each.key)))


def owner_of(connection: sa.Connection, key: str) -> str:
    """Return the key of the person that an identity belongs to.

    Raises UnknownIdError.
    """
    row = entity_row(connection, key)
    if row is None or row.kind != "person":
        raise unknown(key)
    return str(row.person)


def whose(connection: sa.Connection, key: str, known_at: datetime | None) -> Whose:
    """Return the person that an identity belongs to, or did as known at a time.

    Raises UnknownIdError, and NothingKnownError.
    """
    owner = owner_of(connection, key)
    if known_at is not None:
        return _as_known(connection, key, known_at)
    return Whose(owner, oldest_first(rows_of_person(connection, owner, "person")))


def links_heard(
    connection: sa.Connection, identities: Collection[str], known_at: datetime | None
) -> list[HeardLink]:
    """Return the links of identities, of messages that had been received by then."""
    link = schema.link.c
    query = LINKS.where(
        sa.or_(link.one.in_(identities), link.other.in_(identities))
    ).order_by(link.one, link.other, link.basis)
    if known_at is not None:
        received = schema.message.c.received_at
        query = query.where(received <= microseconds(known_at))
    return [heard_link(row) for row in connection.execute(query)]


def heard_link(row: sa.Row[Any]) -> HeardLink:
    """Return the link of a row that has also its message's id, source and body."""
    link = link_of({name: getattr(row, name) for name in LINK_COLUMNS})
    decided = read(row.body) if row.body and row.source == FEED else None
    return HeardLink(link, row.id, decided)


def told_under(fact: Fact, keys: Keys) -> str:
    """Return the key of the identity under which a sender tells of a patient."""
    return key_of(own_numbers(fact.subject.identifiers)[0], keys)


def _as_known(connection: sa.Connection, key: str, known_at: datetime) -> Whose:
    found: dict[str, KnownIdentity] = {}
    links: dict[tuple[str, str, str], Link] = {}
    reached = {key}
    while reached:
        found |= _known_by(connection, reached, known_at)
        for each in links_heard(connection, reached, known_at):
            links[(*each.link.pair, each.link.basis)] = each.link
        near = {end for link in links.values() if link.holds for end in link.pair}
        reached = near - found.keys() - reached
    if key not in found:
        raise NothingKnownError
    known = {each.key: _compared(each) for each in found.values()}
    owners = people(known, links.values())
    members = [each for each in found.values() if owners[each.key] == owners[key]]
    members.sort(key=lambda each: (each.since, each.key))
    return Whose(owners[key], tuple(members))


def _known_by(
    connection: sa.Connection, keys: Collection[str], known_at: datetime
) -> dict[str, KnownIdentity]:
    table = schema.entity.c
    query = ENTITY.where(table.key.in_(keys), table.kind == "person")
    found = map(stored_identity, connection.execute(query))
    latest = microseconds(known_at)
    return {each.key: each for each in found if each.since <= latest}


def _compared(each: KnownIdentity) -> Known:
    looks = looks_of(each.person)
    return Known(each.since, looks.numbers.single, looks)
