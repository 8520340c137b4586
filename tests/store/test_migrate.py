import sqlite3
from contextlib import closing

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from hub.errors import Recovery
from hub.store import migrate
from hub.store.errors import DataFolderError, SchemaError
from hub.store.migrate import upgrade
from hub.store.schema import metadata
from hub.store.sqlite import APPLICATION_ID, DATABASE_NAME, open_writer


@pytest.fixture
def migrated(tmp_path):
    upgrade(tmp_path)
    return tmp_path / DATABASE_NAME


def asked(path, statement):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(statement).fetchall()


def picture(path):
    return asked(path, "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 2")


def test_the_migrations_lead_to_the_schema(migrated):
    engine = sa.create_engine(f"sqlite:///{migrated}", poolclass=sa.NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)

        assert compare_metadata(context, metadata) == []


def layout(connection):
    """Return columns with their defaults, foreign keys, and indexes in full."""
    execute = connection.execute
    names = sorted(metadata.tables)
    return {
        "columns": [
            execute(f"PRAGMA table_xinfo({each})").fetchall() for each in names
        ],
        "keys": [
            execute(f"PRAGMA foreign_key_list({each})").fetchall() for each in names
        ],
        "indexes": sorted(
            execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql <> ''"
            ).fetchall()
        ),
    }


def test_what_alembic_does_not_compare_is_that_of_the_schema_too(migrated, memory):
    """Defaults, and the conditions of partial indexes."""
    with closing(sqlite3.connect(migrated)) as connection:
        assert layout(connection) == layout(memory)


def test_the_file_says_what_it_is(migrated):
    assert asked(migrated, "PRAGMA user_version") == [(4,)]
    assert asked(migrated, "PRAGMA application_id") == [(APPLICATION_ID,)]


def test_migrating_what_is_up_to_date_changes_nothing(migrated):
    asked(migrated, "INSERT INTO meta VALUES ('kept', 'value')")
    before = picture(migrated)

    upgrade(migrated.parent)

    assert picture(migrated) == before
    assert asked(migrated, "SELECT name FROM meta") == [("kept",)]


def test_a_database_of_a_newer_release_is_refused_and_left_alone(migrated):
    asked(migrated, "UPDATE alembic_version SET version_num = '9999'")
    before = picture(migrated)

    with pytest.raises(SchemaError) as caught:
        upgrade(migrated.parent)

    assert caught.value.recovery is Recovery.STOP
    assert picture(migrated) == before


def nth_table_fails(count):
    """Return an authoriser that allows no table from number `count` on."""
    made = []

    def authorise(action, name, *_where):
        if action != sqlite3.SQLITE_CREATE_TABLE:
            return sqlite3.SQLITE_OK
        made.append(name)
        return sqlite3.SQLITE_DENY if len(made) >= count else sqlite3.SQLITE_OK

    return authorise


@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_a_migration_that_is_cut_short_is_done_again_from_the_start(
    tmp_path, monkeypatch, count
):
    def open_failing(folder):
        connection = open_writer(folder)
        connection.set_authorizer(nth_table_fails(count))
        return connection

    monkeypatch.setattr(migrate, "open_writer", open_failing)
    with pytest.raises(DataFolderError):
        upgrade(tmp_path)
    monkeypatch.undo()

    assert picture(tmp_path / DATABASE_NAME) == []
    upgrade(tmp_path)
    assert asked(tmp_path / DATABASE_NAME, "PRAGMA user_version") == [(4,)]


def test_a_disk_without_room_for_the_schema_is_reported(tmp_path, monkeypatch):
    def open_small(folder):
        connection = open_writer(folder)
        connection.execute("PRAGMA max_page_count=3")
        return connection

    monkeypatch.setattr(migrate, "open_writer", open_small)

    with pytest.raises(DataFolderError, match="SQLITE_FULL"):
        upgrade(tmp_path)
