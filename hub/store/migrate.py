"""Bring the schema up to date. Only the owner of the data folder may."""

from pathlib import Path

import sqlalchemy as sa

from hub.store.errors import SchemaError
from hub.store.sqlite import open_writer

_SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(folder: Path) -> None:
    """Migrate the database in `folder` to this release's schema.

    Raises SchemaError where a newer release wrote it.
    """
    # Alembic takes most of a second to import, and commands that read need none.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    settings = Config()
    settings.set_main_option("script_location", str(_SCRIPTS))
    engine = sa.create_engine(
        "sqlite://", creator=lambda: open_writer(folder), poolclass=sa.NullPool
    )
    with engine.connect() as connection:
        settings.attributes["connection"] = connection
        try:
            command.upgrade(settings, "head")
        except CommandError as error:
            raise SchemaError from error
        version = len(list(ScriptDirectory.from_config(settings).walk_revisions()))
        connection.exec_driver_sql(f"PRAGMA user_version={version}")
        connection.commit()
