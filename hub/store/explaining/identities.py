"""Who somebody is to the hub, and why: identities, links, open questions."""

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa
from msgspec.structs import replace

from hub.coordination.identity.decisions import review_id
from hub.coordination.identity.links import Link
from hub.store import schema
from hub.store.explaining.views import ExplainedIdentity
from hub.store.person_shown import link_view
from hub.store.whose import HeardLink, links_heard

#: States in which a likeness asks somebody, unless somebody said who they are.
_ASKS = frozenset({"candidate", "auto"})
_FIRM = frozenset({"decided", "repaired"})


def identities_of(connection: sa.Connection, entities: Iterable[str]) -> list[str]:
    """Return under which identities these entities are told of, each once."""
    table = schema.entity.c
    query = (
        sa.select(table.identity, table.person)
        .where(table.key.in_(set(entities)))
        .order_by(table.key)
    )
    rows = connection.execute(query)
    return list(dict.fromkeys(str(row.identity or row.person) for row in rows))


def explained_identities(
    connection: sa.Connection, keys: Sequence[str]
) -> list[ExplainedIdentity]:
    """Return who these identities are; those that the store does not have, not."""
    owners = _owners(connection, keys)
    together = _together(connection, set(owners.values()))
    return [
        _explained(connection, key, owners[key], together[owners[key]])
        for key in keys
        if key in owners
    ]


def _explained(
    connection: sa.Connection, key: str, person: str, together: list[str]
) -> ExplainedIdentity:
    links = links_heard(connection, {key}, None)
    return ExplainedIdentity(
        identity=key,
        person=person,
        together=together,
        # Why somebody decided is in their words, which may name people.
        links=[replace(link_view(each), reason="") for each in links],
        reviews=_open_reviews(connection, links),
    )


def _owners(connection: sa.Connection, keys: Iterable[str]) -> dict[str, str]:
    table = schema.entity.c
    query = sa.select(table.key, table.person).where(
        table.key.in_(set(keys)), table.kind == "person"
    )
    return {row.key: row.person for row in connection.execute(query)}


def _together(connection: sa.Connection, people: set[str]) -> dict[str, list[str]]:
    table = schema.entity.c
    query = (
        sa.select(table.key, table.person)
        .where(table.person.in_(people), table.kind == "person")
        .order_by(table.key)
    )
    found: dict[str, list[str]] = {person: [] for person in people}
    for row in connection.execute(query):
        found[row.person].append(row.key)
    return found


def _open_reviews(connection: sa.Connection, links: Sequence[HeardLink]) -> list[str]:
    firm = {each.link.pair for each in links if each.link.basis in _FIRM}
    asking = [
        each.link
        for each in links
        if each.link.basis == "matched"
        and each.link.state in _ASKS
        and each.link.pair not in firm
    ]
    owners = _owners(connection, {key for link in asking for key in link.pair})
    return [review_id(*link.pair) for link in asking if _apart(link, owners)]


def _apart(link: Link, owners: Mapping[str, str]) -> bool:
    one, other = (owners.get(key) for key in link.pair)
    return one is not None and other is not None and one != other
