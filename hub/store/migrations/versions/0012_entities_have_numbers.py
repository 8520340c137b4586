"""Entities have numbers, by which facts and events refer to them.

Keys are digests: in a large store each new one touched a page of its own in every
index that had it. Whose an event is follows from what it is about. The three tables
are written anew, which takes as much room again while it lasts.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# A fact without an entity is not known of, and would be kept.
_UNKNOWN = """
    INSERT INTO entity (key, kind, person, version, body)
    SELECT entity, 'unknown', '', 0, x'7b7d' FROM (
        SELECT entity FROM fact UNION SELECT entity FROM event
    ) WHERE entity NOT IN (SELECT key FROM entity)
"""
_ENTITIES = "key, kind, person, version, body, identity"
_FACTS = "seq, message, place, {entity}, body, read_at, replaced_at"
_EVENTS = (
    "seq, id, message, type, {entity}, version, emitted_at, routes, body, unrelated,"
    " ruleset"
)
_NUMBER_OF = "(SELECT n.seq FROM entity n WHERE n.key = entity)"


def upgrade() -> None:
    """Migrate one step forward."""
    op.execute(_UNKNOWN)
    _entities()
    _facts()
    _events()


def _entities() -> None:
    op.create_table(
        "numbered",
        sa.Column("seq", _NUMBER, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_entity")),
        sa.UniqueConstraint("key", name=op.f("uq_entity_key")),
    )
    _replace("entity", _ENTITIES, f"{_ENTITIES} FROM entity ORDER BY rowid")
    op.create_index("ix_entity_person", "entity", ["person", "kind"])


def _facts() -> None:
    op.create_table(
        "numbered",
        sa.Column("seq", _NUMBER, nullable=False),
        sa.Column("message", _NUMBER, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("entity", _NUMBER, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("read_at", sa.BigInteger()),
        sa.Column("replaced_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_fact")),
        *_references("fact"),
        sa.UniqueConstraint("message", "place", name=op.f("uq_fact_message_place")),
    )
    _replace_numbered("fact", _FACTS)
    op.create_index("ix_fact_entity", "fact", ["entity"])


def _events() -> None:
    op.create_table(
        "numbered",
        sa.Column("seq", _NUMBER, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("message", _NUMBER, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("entity", _NUMBER, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("emitted_at", sa.BigInteger(), nullable=False),
        sa.Column("routes", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("unrelated", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("ruleset", sa.BigInteger(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event")),
        *_references("event"),
        sa.UniqueConstraint("entity", "version", name=op.f("uq_event_entity_version")),
        sa.UniqueConstraint("id", name=op.f("uq_event_id")),
    )
    _replace_numbered("event", _EVENTS)
    op.create_index("ix_event_message", "event", ["message"])


def _references(table: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [column], [f"{column}.seq"], name=op.f(f"fk_{table}_{column}")
        )
        for column in ("message", "entity")
    ]


def _replace_numbered(table: str, columns: str) -> None:
    found = f"{columns.format(entity=_NUMBER_OF)} FROM {table} ORDER BY seq"
    _replace(table, columns.format(entity="entity"), found)


def _replace(table: str, columns: str, found: str) -> None:
    """Fill the new table with what is `found`, and let it stand for the old one."""
    op.execute(f"INSERT INTO numbered ({columns}) SELECT {found}")
    op.execute(f"DROP TABLE {table}")
    op.execute(f"ALTER TABLE numbered RENAME TO {table}")
