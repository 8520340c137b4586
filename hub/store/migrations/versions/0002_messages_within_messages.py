"""Messages that came inside others, documents, and reports on messages."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Migrate one step forward."""
    # In plain SQL: SQLite adds a column without copying the table, and alembic
    # would copy it for the sake of the foreign key's name.
    op.execute(
        "ALTER TABLE message ADD COLUMN parent INTEGER"
        " CONSTRAINT fk_message_parent_message REFERENCES message (seq)"
    )
    op.create_index(
        "ix_message_parent",
        "message",
        ["parent"],
        sqlite_where=sa.text("parent IS NOT NULL"),
    )
    op.create_table(
        "document",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("message", SEQUENCE, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message"], ["message.seq"], name=op.f("fk_document_message_message")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_document")),
    )
    op.create_table(
        "report",
        sa.Column("message", SEQUENCE, nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("remarks", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message"], ["message.seq"], name=op.f("fk_report_message_message")
        ),
        sa.PrimaryKeyConstraint("message", name=op.f("pk_report")),
    )
