"""Timers, and what belongs to a person."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Migrate one step forward."""
    op.create_table(
        "timer",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("message", SEQUENCE, nullable=False),
        sa.ForeignKeyConstraint(
            ["message"], ["message.seq"], name=op.f("fk_timer_message_message")
        ),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_timer")),
    )
    op.create_index("ix_timer_due", "timer", ["due"])
    op.create_index("ix_entity_person", "entity", ["person", "kind"])
