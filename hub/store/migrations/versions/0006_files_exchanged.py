"""Files as partners exchange them: the ledger, their rows, what is held of whom."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Migrate one step forward."""
    _exchange()
    _lease()
    _exchange_row()
    _exchange_reply()
    _exchange_notice()
    _control_number()
    _holding()
    _exchange_feed()
    _reconciliation()


def _exchange() -> None:
    op.create_table(
        "exchange",
        sa.Column("seq", SEQUENCE, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), server_default="", nullable=False),
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("modified", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "sha256", sa.LargeBinary(), server_default=sa.text("X''"), nullable=False
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("error_code", sa.Text(), server_default="", nullable=False),
        sa.Column("heading", sa.Text(), server_default="{}", nullable=False),
        sa.Column("counts", sa.Text(), server_default="{}", nullable=False),
        sa.Column("problems", sa.Text(), server_default="[]", nullable=False),
        sa.Column("control", sa.Text(), server_default="", nullable=False),
        sa.Column("number", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("of", sa.Text(), server_default="", nullable=False),
        sa.Column("rows", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("laid", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("actor", sa.Text(), server_default="", nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("kept", sa.Boolean(), server_default=sa.text("1"), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_exchange")),
        sa.UniqueConstraint("id", name=op.f("uq_exchange_id")),
    )
    op.create_index(
        "ix_exchange_due",
        "exchange",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL AND state IN ('sent', 'overdue')"),
    )
    op.create_index("ix_exchange_feed", "exchange", ["feed", "seq"])
    op.create_index("ix_exchange_name", "exchange", ["feed", "name"])
    op.create_index("ix_exchange_number", "exchange", ["partner", "number"])
    op.create_index(
        "ix_exchange_open",
        "exchange",
        ["state", "seq"],
        sqlite_where=sa.text(
            "state IN ('received', 'held', 'applying', 'sending', 'sent', 'overdue')"
        ),
    )
    op.create_index(
        "ix_exchange_owed",
        "exchange",
        ["feed", "seq"],
        sqlite_where=sa.text("answer != '' AND answered_at IS NULL"),
    )
    op.create_index("ix_exchange_path", "exchange", ["feed", "path"])
    op.create_index("ix_exchange_sha256", "exchange", ["feed", "sha256"])
    op.create_index(
        "ix_exchange_unfed",
        "exchange",
        ["feed", "seq"],
        sqlite_where=sa.text("state = 'applied' AND fed < rows"),
    )


def _lease() -> None:
    op.create_table(
        "lease",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified", sa.BigInteger(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "feed", "path", "size", "modified", name=op.f("pk_lease")
        ),
        sa.UniqueConstraint("ticket", name=op.f("uq_lease_ticket")),
        sqlite_with_rowid=False,
    )


def _exchange_row() -> None:
    op.create_table(
        "exchange_row",
        sa.Column("exchange", SEQUENCE, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("column", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange"], ["exchange.seq"], name=op.f("fk_exchange_row_exchange")
        ),
        sa.PrimaryKeyConstraint("exchange", "place", name=op.f("pk_exchange_row")),
        sqlite_with_rowid=False,
    )


def _exchange_reply() -> None:
    op.create_table(
        "exchange_reply",
        sa.Column("exchange", SEQUENCE, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["exchange"], ["exchange.seq"], name=op.f("fk_exchange_reply_exchange")
        ),
        sa.PrimaryKeyConstraint("exchange", "place", name=op.f("pk_exchange_reply")),
    )
    op.create_index(
        "ix_exchange_reply_number",
        "exchange_reply",
        ["number"],
        sqlite_where=sa.text("number > 0"),
    )


def _exchange_notice() -> None:
    op.create_table(
        "exchange_notice",
        sa.Column("exchange", SEQUENCE, nullable=False),
        sa.Column("delivery", SEQUENCE, nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange"], ["exchange.seq"], name=op.f("fk_exchange_notice_exchange")
        ),
        sa.ForeignKeyConstraint(
            ["delivery"], ["delivery.seq"], name=op.f("fk_exchange_notice_delivery")
        ),
        sa.PrimaryKeyConstraint(
            "exchange", "delivery", name=op.f("pk_exchange_notice")
        ),
        sqlite_with_rowid=False,
    )


def _control_number() -> None:
    op.create_table(
        "control_number",
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("partner", "kind", name=op.f("pk_control_number")),
        sqlite_with_rowid=False,
    )


def _holding() -> None:
    op.create_table(
        "holding",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("memberships", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "key", "since", name=op.f("pk_holding")),
        sqlite_with_rowid=False,
    )


def _exchange_feed() -> None:
    op.create_table(
        "exchange_feed",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("current", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("active", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("stated", sa.BigInteger(), nullable=True),
        sa.Column("said_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("overdue", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("feed", name=op.f("pk_exchange_feed")),
    )


def _reconciliation() -> None:
    op.create_table(
        "reconciliation",
        sa.Column("seq", SEQUENCE, nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_reconciliation")),
    )
    op.create_index("ix_reconciliation_feed", "reconciliation", ["feed", "seq"])
