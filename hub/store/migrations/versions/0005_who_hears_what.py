"""Who hears what, and why: panels, terms of decisions, worklists, audit, access."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_COLUMNS = (
    "fact ADD COLUMN read_at BIGINT",
    "fact ADD COLUMN replaced_at BIGINT",
    "event ADD COLUMN unrelated INTEGER NOT NULL DEFAULT '0'",
    "event ADD COLUMN ruleset BIGINT NOT NULL DEFAULT '0'",
    "decision ADD COLUMN verdict TEXT NOT NULL DEFAULT ''",
    "decision ADD COLUMN terms TEXT NOT NULL DEFAULT '{}'",
    "delivery ADD COLUMN terms TEXT NOT NULL DEFAULT '{}'",
    "delivery ADD COLUMN until BIGINT",
    "delivery ADD COLUMN generation BIGINT NOT NULL DEFAULT '0'",
    "delivery ADD COLUMN patient_id TEXT",
)


def upgrade() -> None:
    """Migrate one step forward."""
    for column in _COLUMNS:
        op.execute(f"ALTER TABLE {column}")
    op.execute(
        "UPDATE decision"
        " SET verdict = CASE WHEN permitted THEN 'permit' ELSE 'deny' END"
    )
    # A retraction that is owed goes out in the fewest words, as it did before.
    op.execute(
        'UPDATE delivery SET terms = \'{"template":"retraction"}\''
        " WHERE (event, subscription) IN (SELECT event, subscription FROM decision"
        " WHERE reason = 'correction.owed')"
    )
    _decisions()
    _panels()
    _worklists()
    _evidence()
    _amendments()


def _decisions() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.create_table(
        "asked",
        sa.Column("ruleset", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "ruleset", "type", "subscription", name=op.f("pk_asked")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "recheck",
        sa.Column("seq", SEQUENCE, nullable=False),
        sa.Column("delivery", SEQUENCE, nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("subscription", sa.Text(), server_default="", nullable=False),
        sa.Column("patient_id", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery"], ["delivery.seq"], name=op.f("fk_recheck_delivery")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_recheck")),
    )
    op.create_index("ix_recheck_delivery", "recheck", ["delivery"])


def _panels() -> None:
    op.create_table(
        "panel",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("members", sa.Integer(), server_default="0", nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_panel")),
    )
    op.create_table(
        "panel_load",
        sa.Column("seq", SEQUENCE, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("panel", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), server_default="0", nullable=False),
        sa.Column("removed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("actor", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_panel_load")),
        sa.UniqueConstraint("id", name=op.f("uq_panel_load_id")),
    )
    op.create_index("ix_panel_load_panel", "panel_load", ["panel"])
    op.create_table(
        "panel_member",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("panel", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Integer(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("valid_to", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.Text(), server_default="", nullable=False),
        sa.Column("legal_basis", sa.Text(), server_default="", nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=False),
        sa.Column("days_after", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint(
            "system",
            "value",
            "panel",
            "version",
            "patient_id",
            "valid_from",
            "programme",
            name=op.f("pk_panel_member"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_panel_member_panel", "panel_member", ["panel", "version", "system", "value"]
    )


def _worklists() -> None:
    op.create_table(
        "worklist_item",
        sa.Column("delivery", SEQUENCE, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), server_default="", nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery"], ["delivery.seq"], name=op.f("fk_worklist_item_delivery")
        ),
        sa.PrimaryKeyConstraint("delivery", name=op.f("pk_worklist_item")),
    )


def _evidence() -> None:
    op.create_table(
        "audit",
        sa.Column("n", SEQUENCE, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("monotonic", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_object", "audit", ["object"])
    op.create_index(
        "ix_audit_subject",
        "audit",
        ["subject"],
        sqlite_where=sa.text("action <> 'event.decided'"),
    )
    op.create_table(
        "access",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access")),
    )


def _amendments() -> None:
    op.create_table(
        "amendment",
        sa.Column("seq", SEQUENCE, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("before", sa.BigInteger(), nullable=True),
        sa.Column("profiles", sa.LargeBinary(), nullable=False),
        sa.Column("messages", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_amendment")),
        sa.UniqueConstraint("id", name=op.f("uq_amendment_id")),
    )
    op.create_table(
        "amended",
        sa.Column("amendment", SEQUENCE, nullable=False),
        sa.Column("message", SEQUENCE, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["amendment"], ["amendment.seq"], name=op.f("fk_amended_amendment")
        ),
        sa.ForeignKeyConstraint(
            ["message"], ["message.seq"], name=op.f("fk_amended_message")
        ),
        sa.PrimaryKeyConstraint("amendment", "message", name=op.f("pk_amended")),
        sqlite_with_rowid=False,
    )
