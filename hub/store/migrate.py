"""Bring the schema up to date. Only the owner of the data folder may."""

from pathlib import Path

import sqlalchemy as sa

from hub.store.errors import SchemaError
from hub.store.sqlite import open_writer, unusable

_SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(folder: Path) -> None:
    """Migrate the database in `folder` to this release's schema.

    A migration is done as a whole or not at all, whatever ends the process.
    Raises DataFolderError, and SchemaError where a newer release wrote it.
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
    # The driver would otherwise commit each statement by itself.
    sa.event.listen(engine, "begin", _begin)
    with engine.connect() as connection:
        settings.attributes["connection"] = connection
        try:
            command.upgrade(settings, "head")
            version = len(list(ScriptDirectory.from_config(settings).walk_revisions()))
            connection.exec_driver_sql(f"PRAGMA user_version={version}")
            connection.commit()
        except CommandError as error:
            raise SchemaError from error
        except sa.exc.DBAPIError as error:
            raise unusable(error.orig) from error


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
