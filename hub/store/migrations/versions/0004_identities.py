"""Identities, the links between them, and the tokens by which they are found.

Until now the first number of a person stood for all: each of a sender's own numbers
becomes an identity, and links keep them one person.
"""

from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

from hub.coordination.ids import Keys
from hub.coordination.matching.numbers import own_numbers
from hub.coordination.people import Person

revision = "0004"
down_revision = "0003"

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Migrate one step forward."""
    _tables()
    op.execute("ALTER TABLE entity ADD COLUMN identity TEXT NOT NULL DEFAULT ''")
    op.execute("UPDATE entity SET identity = person")
    op.execute(
        "INSERT INTO identifier (system, value, identity)"
        " SELECT system, value, person FROM person_identifier"
    )
    _part_the_numbers()
    op.drop_index("ix_person_identifier_person", "person_identifier")
    op.drop_table("person_identifier")


def _tables() -> None:
    op.create_table(
        "link",
        sa.Column("one", sa.Text(), nullable=False),
        sa.Column("other", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("said", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("message", SEQUENCE, nullable=False),
        sa.Column("prior", sa.Text(), nullable=False),
        sa.Column("score", sa.Float()),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message"], ["message.seq"], name=op.f("fk_link_message_message")
        ),
        sa.PrimaryKeyConstraint("one", "other", "basis", name=op.f("pk_link")),
    )
    op.create_index("ix_link_other", "link", ["other"])
    op.create_index(
        "ix_link_matched", "link", ["one"], sqlite_where=sa.text("basis = 'matched'")
    )
    op.create_index(
        "ix_message_parked",
        "message",
        ["error_code"],
        sqlite_where=sa.text("state = 'parked'"),
    )
    _table_of_keys("token", token=sa.BigInteger(), identity=sa.Text())
    _table_of_keys("identifier", system=sa.Text(), value=sa.Text(), identity=sa.Text())


def _table_of_keys(name: str, **columns: sa.types.TypeEngine[Any]) -> None:
    op.create_table(
        name,
        *(sa.Column(each, kind, nullable=False) for each, kind in columns.items()),
        sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{name}")),
        sqlite_with_rowid=False,
    )


def _part_the_numbers() -> None:
    """Make an identity of each further number that a sender itself gave."""
    connection = op.get_bind()
    secret = connection.execute(
        sa.text("SELECT value FROM meta WHERE name = 'id_key'")
    ).scalar_one_or_none()
    people = connection.execute(
        sa.text("SELECT key, body FROM entity WHERE kind = 'person'")
    ).all()
    for key, body in people:
        person = msgspec.json.decode(body, type=Person)
        for number in own_numbers(person.identifiers):
            identity = Keys(bytes(secret or b"")).person(number)
            if identity == key:
                continue
            row = {
                "key": identity,
                "person": key,
                "body": msgspec.json.encode(Person((number,))),
                "system": number.system,
                "value": number.value,
                "one": min(identity, key),
                "other": max(identity, key),
            }
            for statement in _PARTED:
                connection.execute(sa.text(statement), row)


_PARTED = (
    """INSERT INTO entity (key, kind, person, version, body, identity)
    VALUES (:key, 'person', :person, 0, :body, :key) ON CONFLICT DO NOTHING""",
    """UPDATE identifier SET identity = :key
    WHERE system = :system AND value = :value AND identity = :person""",
    """INSERT INTO link (one, other, basis, state, rule, said, digest, message, prior,
    reasons) SELECT :one, :other, 'stated', 'auto', 'stated', 0, '', min(seq), '', '[]'
    FROM message HAVING count(*) > 0 ON CONFLICT DO NOTHING""",
)
