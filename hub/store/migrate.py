"""Bring the schema up to date. Only the owner of the data folder may."""

import sqlite3
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
    connection = open_writer(folder)
    if _is_current(connection):
        connection.close()
    else:
        _migrate(connection)


def _is_current(connection: sqlite3.Connection) -> bool:
    """Say whether the schema is this release's already."""
    newest = max(_SCRIPTS.glob("versions/[0-9]*.py")).name.partition("_")[0]
    try:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    except sqlite3.DatabaseError:
        return False
    marked = connection.execute("PRAGMA user_version").fetchone()
    return found == [(newest,)] and marked == (int(newest),)


def _migrate(opened: sqlite3.Connection) -> None:
    # Alembic takes most of a second to import, and is needed once for each release.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    settings = Config()
    settings.set_main_option("script_location", str(_SCRIPTS))
    engine = sa.create_engine(
        "sqlite://", creator=lambda: opened, poolclass=sa.NullPool
    )
    # A table that is written anew would take with it what refers to the old one.
    opened.execute("PRAGMA foreign_keys=0")
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
