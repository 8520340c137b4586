"""The few objects of directories that are restricted, found without a look at all."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Migrate one step forward."""
    op.create_index(
        "ix_directory_object_restricted",
        "directory_object",
        ["feed", "type", "id"],
        sqlite_where=sa.text("restricted != '[]'"),
    )
