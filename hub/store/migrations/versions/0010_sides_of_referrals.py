"""By what the sides of referrals are named, so that those of a party are found."""

import msgspec
import sqlalchemy as sa
from alembic import op

from hub.store.referral_sides import name_of_feed, names_in

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Migrate one step forward."""
    op.create_table(
        "referral_side",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("named", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", "named", name=op.f("pk_referral_side")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_referral_side_changed", "referral_side", ["named", "changed_at", "key"]
    )
    op.drop_index("ix_referral_changed", "referral")
    _fill()


def _fill() -> None:
    """List by what those are named that are known already."""
    connection = op.get_bind()
    known = connection.execute(
        sa.text(
            "SELECT referral.key, changed_at, body FROM referral"
            " JOIN entity ON entity.key = referral.key"
        )
    ).all()
    said = sa.text("SELECT body FROM fact WHERE entity = :key")
    insert = sa.text(
        "INSERT INTO referral_side (key, named, changed_at)"
        " VALUES (:key, :named, :changed_at)"
    )
    for key, changed_at, body in known:
        record = msgspec.json.decode(bytes(body)) or {}
        names = names_in(record.get("details") or {})
        for fact in connection.execute(said, {"key": key}).scalars():
            names |= name_of_feed(fact)
        for named in sorted(names):
            row = {"key": key, "named": named, "changed_at": changed_at}
            connection.execute(insert, row)
