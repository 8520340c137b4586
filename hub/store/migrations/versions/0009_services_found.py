"""What services are found by that could meet a need: made from directories anew."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Migrate one step forward."""
    _directory_index()
    _directory_offer()
    _directory_offer_term()
    _directory_shape()
    _directory_site()


def _directory_index() -> None:
    op.create_table(
        "directory_index",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("feed", name=op.f("pk_directory_index")),
        sqlite_with_rowid=False,
    )


def _directory_offer() -> None:
    op.create_table(
        "directory_offer",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_directory_offer")),
    )
    op.create_index("ix_directory_offer_feed", "directory_offer", ["feed", "key"])


def _directory_offer_term() -> None:
    op.create_table(
        "directory_offer_term",
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint(
            "term", "cell", "key", name=op.f("pk_directory_offer_term")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_directory_offer_term_key", "directory_offer_term", ["key"])


def _directory_shape() -> None:
    op.create_table(
        "directory_shape",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("shape", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_directory_shape")),
        sqlite_with_rowid=False,
    )


def _directory_site() -> None:
    op.create_table(
        "directory_site",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), server_default="", nullable=False),
        sa.Column("postcode", sa.Text(), server_default="", nullable=False),
        sa.Column("city", sa.Text(), server_default="", nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("site", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_directory_site")),
    )
    op.create_index("ix_directory_site_city", "directory_site", ["city"])
    op.create_index("ix_directory_site_feed", "directory_site", ["feed", "key"])
    op.create_index(
        "ix_directory_site_postcode", "directory_site", ["postcode", "country"]
    )
