"""Links between identities, and the tokens by which identities are found."""

import sqlite3
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from hub.coordination.identity.links import Link
from hub.store import schema
from hub.store.statements import Insert, Statement

#: The code of a message about a visit of somebody else; its reason is the key.
FOREIGN_VISIT = "PIPE-003"
#: A number that more identities have is not one person's, and asks nothing by itself.
MOST_WITH_A_NUMBER = 10
#: A token that so many identities share says nothing, and is not followed.
MOST_SHARING = 500

_encode = msgspec.json.Encoder().encode

LINK_COLUMNS = Link.__struct_fields__
_LINKS = Insert(
    schema.link,
    LINK_COLUMNS,
    "ON CONFLICT (one, other, basis) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in LINK_COLUMNS[3:]),
)
_TOKENS = Insert(schema.token, ("token", "identity"), "ON CONFLICT DO NOTHING")
_IDENTIFIERS = Insert(
    schema.identifier, ("system", "value", "identity"), "ON CONFLICT DO NOTHING"
)
_DROP_TOKEN = Statement(
    sa.delete(schema.token).where(
        schema.token.c.token == sa.bindparam("token"),
        schema.token.c.identity == sa.bindparam("identity"),
    )
)
_asked = sa.func.json_each(sa.bindparam("asked")).table_valued("value")
_columns = [schema.link.c[name] for name in LINK_COLUMNS]
_LINKS_OF = Statement(
    sa.union(
        sa.select(*_columns).where(schema.link.c.one.in_(sa.select(_asked.c.value))),
        sa.select(*_columns).where(schema.link.c.other.in_(sa.select(_asked.c.value))),
    )
)
_MEMBERS = Statement(
    sa.select(schema.entity.c.key)
    .where(
        schema.entity.c.person == sa.bindparam("person"),
        schema.entity.c.kind == sa.literal_column("'person'"),
    )
    .order_by(schema.entity.c.key)
)
# Whoever has `enough` in common has something of it beside the longest lists, and
# whether that list has them, too, is one look each: going through the list itself
# took most of the time.
_SHARING = Statement(
    sa.text(f"""
    WITH sized AS (
        SELECT asked.value AS token, (
            SELECT count(*) FROM (
                SELECT 1 FROM token AS t WHERE t.token = asked.value
                LIMIT {MOST_SHARING + 1}
            )
        ) AS size
        FROM json_each(:asked) AS asked
    ),
    personal AS (
        SELECT token FROM sized WHERE size <= {MOST_WITH_A_NUMBER}
        AND token IN (SELECT value FROM json_each(:numbers))
    ),
    longest AS (
        SELECT token FROM sized
        WHERE size > {MOST_WITH_A_NUMBER} AND size <= {MOST_SHARING}
        ORDER BY size DESC LIMIT :enough - 1
    ),
    near AS (
        SELECT t.identity, count(*) AS shared,
            max(t.token IN (SELECT token FROM personal)) AS has_number
        FROM sized CROSS JOIN token AS t ON t.token = sized.token
        WHERE sized.size <= {MOST_SHARING}
        AND sized.token NOT IN (SELECT token FROM longest)
        GROUP BY t.identity
    )
    SELECT identity FROM near
    WHERE has_number OR shared + (
        SELECT count(*) FROM longest CROSS JOIN token AS t
        ON t.token = longest.token AND t.identity = near.identity
    ) >= :enough
    LIMIT :most
    """)  # noqa: S608 - numbers of our own
)
_of_identity = (
    schema.entity.c.person == sa.bindparam("old"),
    schema.entity.c.identity == sa.bindparam("identity"),
)
_MOVE_ALL = Statement(
    sa.update(schema.entity).where(*_of_identity).values(person=sa.bindparam("new"))
)
# A stay that two people had together is nobody's: it is worked out anew.
_MOVE_BUT_STAYS = Statement(
    sa.update(schema.entity)
    .where(
        *_of_identity,
        schema.entity.c.kind.not_in(
            sa.literal_column(f"'{kind}'") for kind in ("stay", "transition")
        ),
    )
    .values(person=sa.bindparam("new"))
)
_whose = schema.entity.alias("whose")
_DEPENDENTS = Statement(
    sa.select(schema.entity.c.key).where(
        # Whose it is in the store: that it becomes another's may be under way.
        schema.entity.c.person
        == sa.select(_whose.c.person)
        .where(_whose.c.key == sa.bindparam("identity"))
        .scalar_subquery(),
        schema.entity.c.kind == sa.literal_column("'encounter'"),
        schema.entity.c.identity == sa.bindparam("identity"),
    )
)
_OPEN_DELIVERIES = Statement(
    sa.update(schema.delivery)
    .where(
        schema.delivery.c.okey == sa.bindparam("old"),
        # In so many words, as the index that covers only these needs it.
        schema.delivery.c.state.in_(
            sa.literal_column(f"'{state}'") for state in ("ready", "claimed", "dead")
        ),
    )
    .values(okey=sa.bindparam("new"))
)
_RELEASE = Statement(
    sa.update(schema.message)
    .where(
        schema.message.c.state == sa.literal_column("'parked'"),
        schema.message.c.error_code == FOREIGN_VISIT,
        schema.message.c.reason.in_(
            sa.select(schema.entity.c.key).where(
                schema.entity.c.person == sa.bindparam("person")
            )
        ),
    )
    .values(state=sa.literal_column("'received'"))
)
_RELEASE_VISIT = Statement(
    sa.update(schema.message)
    .where(
        schema.message.c.state == sa.literal_column("'parked'"),
        schema.message.c.error_code == FOREIGN_VISIT,
        schema.message.c.reason == sa.bindparam("visit"),
    )
    .values(state=sa.literal_column("'received'"))
)


class Moved(NamedTuple):
    """An identity that belongs to another person now, with all that is under it.

    `whole` says that nothing is left of the old person.
    """

    identity: str
    old: str
    new: str
    whole: bool = False


class Relinked(NamedTuple):
    """What of a message changes who is who, in the order in which it is stored.

    `rehomed` are entities that are under another identity now, each with its person;
    `joined` are people that became part of others, each with whom. What was parked
    as about somebody else's visit may belong there now, and waits again.
    """

    identifiers: tuple[tuple[str, str, str], ...] = ()
    tokens: tuple[tuple[int, str], ...] = ()
    dropped: tuple[tuple[int, str], ...] = ()
    links: tuple[Link, ...] = ()
    moved: tuple[Moved, ...] = ()
    rehomed: tuple[tuple[str, str], ...] = ()
    joined: tuple[tuple[str, str], ...] = ()


def links_of(connection: sqlite3.Connection, identities: Collection[str]) -> list[Link]:
    """Return all links of these identities, each once."""
    asked = _encode(sorted(identities)).decode()
    found = _LINKS_OF(connection, asked=asked)
    return [link_of(dict(zip(LINK_COLUMNS, row, strict=True))) for row in found]


def members(connection: sqlite3.Connection, person: str) -> list[str]:
    """Return the keys of the identities of a person."""
    return [key for (key,) in _MEMBERS(connection, person=person)]


def dependents(connection: sqlite3.Connection, identity: str) -> list[str]:
    """Return the keys of the encounters that were told of under one number."""
    return [key for (key,) in _DEPENDENTS(connection, identity=identity)]


def sharing(
    connection: sqlite3.Connection,
    tokens: Collection[int],
    numbers: Collection[int],
    enough: int,
    most: int,
) -> list[str]:
    """Return the identities that have `enough` of the `tokens`, or one of `numbers`.

    At most so many of them. A token that too many have says nothing.
    """
    asked, wanted = (_encode(sorted(each)).decode() for each in (tokens, numbers))
    found = _SHARING(connection, asked=asked, numbers=wanted, enough=enough, most=most)
    return [identity for (identity,) in found]


def write(connection: sqlite3.Connection, changes: Sequence[Relinked]) -> None:
    """Store links as they are now, and by what identities are found."""
    _IDENTIFIERS.run(connection, _all(changes, "identifiers"))
    for token, identity in _all(changes, "dropped"):
        _DROP_TOKEN(connection, token=token, identity=identity)
    _TOKENS.run(connection, _all(changes, "tokens"))
    latest = {(link.pair, link.basis): link for link in _all(changes, "links")}
    _LINKS.run(connection, [_row(link) for link in latest.values()])


def move(connection: sqlite3.Connection, changes: Sequence[Relinked]) -> None:
    """Let what is under an identity belong to another person, and its events with it.

    After entities are stored as each message of a round left them.
    """
    for change in changes:
        for each in change.moved:
            who = {"identity": each.identity, "old": each.old, "new": each.new}
            (_MOVE_ALL if each.whole else _MOVE_BUT_STAYS)(connection, **who)
        for old, new in change.joined:
            _OPEN_DELIVERIES(connection, old=old, new=new)


def release(connection: sqlite3.Connection, changes: Sequence[Relinked]) -> None:
    """Let messages wait again that were parked as about somebody else's visit.

    After the messages of a round are marked, of which some may be among them.
    """
    for change in changes:
        for person in {each.new for each in change.moved}:
            _RELEASE(connection, person=person)
        for key, _ in change.rehomed:
            _RELEASE_VISIT(connection, visit=key)


def _all(changes: Sequence[Relinked], name: str) -> list[Any]:
    return [row for each in changes for row in getattr(each, name)]


def _row(link: Link) -> tuple[object, ...]:
    *values, reasons = msgspec.structs.astuple(link)
    return *values, _encode(reasons).decode()


def link_of(values: dict[str, Any]) -> Link:
    """Return the link of a row, by the names of its columns."""
    reasons = tuple(msgspec.json.decode(values["reasons"]))
    return Link(**values | {"reasons": reasons})
