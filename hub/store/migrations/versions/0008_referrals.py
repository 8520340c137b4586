"""Referrals, found by how they stand; what partners were told of them."""

import sqlalchemy as sa
from alembic import op

from hub.store.referral_rows import row_of

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Migrate one step forward."""
    op.create_table(
        "referral",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("loop", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_referral")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_referral_changed", "referral", ["changed_at", "key"])
    op.create_index(
        "ix_referral_level",
        "referral",
        ["level", "key"],
        sqlite_where=sa.text("level != ''"),
    )
    op.create_index("ix_referral_loop", "referral", ["loop", "state", "key"])
    op.create_index(
        "ix_referral_parent",
        "referral",
        ["parent", "key"],
        sqlite_where=sa.text("parent != ''"),
    )
    op.create_index(
        "ix_referral_service",
        "referral",
        ["service", "loop"],
        sqlite_where=sa.text("service != ''"),
    )
    op.create_index(
        "ix_delivery_partner",
        "delivery",
        ["settled_at"],
        sqlite_where=sa.text(
            "state = 'delivered' AND subscription >= 'partner-'"
            " AND subscription < 'partner.'"
        ),
    )
    _fill()


def _fill() -> None:
    """List the referrals that are known already, as changed at the beginning."""
    connection = op.get_bind()
    known = connection.execute(
        sa.text("SELECT key, body FROM entity WHERE kind = 'referral'")
    ).all()
    insert = sa.text(
        "INSERT INTO referral"
        " (key, loop, state, category, service, parent, level, changed_at) VALUES"
        " (:key, :loop, :state, :category, :service, :parent, :level, :changed_at)"
    )
    for key, body in known:
        connection.execute(insert, row_of(key, body, 0)._asdict())
