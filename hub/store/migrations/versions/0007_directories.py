"""Directories of services: their runs, their objects, what waits for a person."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Migrate one step forward."""
    _directory_feed()
    _directory_run()
    _directory_object()
    _directory_remark()
    _directory_unmapped()
    _directory_link()
    _directory_held()


def _directory_feed() -> None:
    op.create_table(
        "directory_feed",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("current", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("run", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refreshed_at", sa.BigInteger(), nullable=True),
        sa.Column("hsds_version", sa.Text(), server_default="", nullable=False),
        sa.Column("profile", sa.Text(), server_default="", nullable=False),
        sa.Column("counts", sa.Text(), server_default="{}", nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column(
            "churning", sa.Boolean(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("stale_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("feed", name=op.f("pk_directory_feed")),
        sqlite_with_rowid=False,
    )


def _directory_run() -> None:
    op.create_table(
        "directory_run",
        sa.Column("seq", SEQUENCE, nullable=False),
        sa.Column("message", SEQUENCE, nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("error_code", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "sha256", sa.LargeBinary(), server_default=sa.text("X''"), nullable=False
        ),
        sa.Column(
            "reading", sa.LargeBinary(), server_default=sa.text("X''"), nullable=False
        ),
        sa.Column("version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("heading", sa.Text(), server_default="{}", nullable=False),
        sa.Column("counts", sa.Text(), server_default="{}", nullable=False),
        sa.Column("remarks", sa.Text(), server_default="{}", nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("rows", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("laid", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("changes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("told", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "approved", sa.Boolean(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("actor", sa.Text(), server_default="", nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message"], ["message.seq"], name=op.f("fk_directory_run_message")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_directory_run")),
        sa.UniqueConstraint("message", name=op.f("uq_directory_run_message")),
    )
    op.create_index("ix_directory_run_feed", "directory_run", ["feed", "seq"])
    op.create_index(
        "ix_directory_run_open",
        "directory_run",
        ["state", "seq"],
        sqlite_where=sa.text("state IN ('waiting', 'applying', 'held')"),
    )
    op.create_index(
        "ix_directory_run_untold",
        "directory_run",
        ["seq"],
        sqlite_where=sa.text("state = 'applied' AND told < changes"),
    )


def _directory_object() -> None:
    op.create_table(
        "directory_object",
        sa.Column("seq", SEQUENCE, nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("stable", sa.Text(), nullable=False),
        sa.Column("natural", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("places", sa.Text(), server_default="[]", nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("material", sa.LargeBinary(), nullable=False),
        sa.Column(
            "raw", sa.LargeBinary(), server_default=sa.text("X''"), nullable=False
        ),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("restricted", sa.Text(), server_default="[]", nullable=False),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("missing", sa.Integer(), server_default="0", nullable=False),
        sa.Column("removed", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.Column("assured_at", sa.BigInteger(), nullable=True),
        sa.Column("said", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_directory_object")),
    )
    op.create_index(
        "ix_directory_object_ended",
        "directory_object",
        ["feed", "until"],
        sqlite_where=sa.text("until IS NOT NULL"),
    )
    op.create_index(
        "ix_directory_object_feed",
        "directory_object",
        [
            "feed",
            "type",
            "id",
            "since",
            "until",
            "raw",
            "digest",
            "key",
            "missing",
            "removed",
            "natural",
        ],
    )
    op.create_index(
        "ix_directory_object_key", "directory_object", ["key", "since"], unique=True
    )
    op.create_index(
        "ix_directory_object_name", "directory_object", ["type", "name", "key"]
    )
    op.create_index(
        "ix_directory_object_natural", "directory_object", ["feed", "type", "natural"]
    )
    op.create_index(
        "ix_directory_object_owner",
        "directory_object",
        ["owner"],
        sqlite_where=sa.text("owner != ''"),
    )
    op.create_index(
        "ix_directory_object_said",
        "directory_object",
        ["feed", "since", "seq"],
        sqlite_where=sa.text("said != ''"),
    )


def _directory_remark() -> None:
    op.create_table(
        "directory_remark",
        sa.Column("run", SEQUENCE, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), server_default="", nullable=False),
        sa.Column("id", sa.Text(), server_default="", nullable=False),
        sa.Column("field", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["run"], ["directory_run.seq"], name=op.f("fk_directory_remark_run")
        ),
        sa.PrimaryKeyConstraint("run", "place", name=op.f("pk_directory_remark")),
        sqlite_with_rowid=False,
    )


def _directory_unmapped() -> None:
    op.create_table(
        "directory_unmapped",
        sa.Column("run", SEQUENCE, nullable=False),
        sa.Column("table", sa.Text(), nullable=False),
        sa.Column("column", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run"], ["directory_run.seq"], name=op.f("fk_directory_unmapped_run")
        ),
        sa.PrimaryKeyConstraint(
            "run", "table", "column", name=op.f("pk_directory_unmapped")
        ),
        sqlite_with_rowid=False,
    )


def _directory_link() -> None:
    op.create_table(
        "directory_link",
        sa.Column("one", sa.Text(), nullable=False),
        sa.Column("other", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("why", sa.Text(), server_default="{}", nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("one", "other", name=op.f("pk_directory_link")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_directory_link_other", "directory_link", ["other"])


def _directory_held() -> None:
    op.create_table(
        "directory_held",
        sa.Column("seq", SEQUENCE, nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("run", SEQUENCE, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("change", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("actor", sa.Text(), server_default="", nullable=False),
        sa.Column("held_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run"], ["directory_run.seq"], name=op.f("fk_directory_held_run")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_directory_held")),
    )
    op.create_index("ix_directory_held_key", "directory_held", ["key", "kind", "seq"])
    op.create_index(
        "ix_directory_held_open",
        "directory_held",
        ["feed", "seq"],
        sqlite_where=sa.text("state = 'waiting'"),
    )
