"""Referrals, found by how they stand; what partners were told of them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_DETAIL = "json_extract(CAST(body AS TEXT), '$.details."


def upgrade() -> None:
    """Migrate one step forward."""
    _by_detail(
        "ix_entity_referral",
        f"coalesce({_DETAIL}loop'), 'open')",
        f"{_DETAIL}state')",
    )
    _by_detail("ix_entity_referral_service", f"{_DETAIL}performer.service_id')")
    _by_detail("ix_entity_referral_parent", f"{_DETAIL}parent')")
    op.create_index(
        "ix_delivery_partner",
        "delivery",
        ["settled_at"],
        sqlite_where=sa.text(
            "state = 'delivered' AND subscription >= 'partner-'"
            " AND subscription < 'partner.'"
        ),
    )


def _by_detail(name: str, *details: str) -> None:
    op.create_index(
        name,
        "entity",
        [*map(sa.text, details), "key"],
        sqlite_where=sa.text("kind = 'referral'"),
    )
