import sqlite3
from contextlib import closing

import msgspec
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from hub.coordination.ids import Keys
from hub.coordination.people import Person
from hub.errors import Recovery
from hub.model.identifiers import Identifier
from hub.store import migrate
from hub.store.errors import DataFolderError, SchemaError
from hub.store.migrate import upgrade
from hub.store.schema import metadata
from hub.store.sqlite import APPLICATION_ID, DATABASE_NAME, open_writer
from tests.stores import of_release


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
    assert asked(migrated, "PRAGMA user_version") == [(12,)]
    assert asked(migrated, "PRAGMA application_id") == [(APPLICATION_ID,)]


def test_migrating_what_is_up_to_date_changes_nothing(migrated):
    asked(migrated, "INSERT INTO meta VALUES ('kept', 'value')")
    before = picture(migrated)

    upgrade(migrated.parent)

    assert picture(migrated) == before
    assert asked(migrated, "SELECT name FROM meta") == [("kept",)]


def test_what_is_up_to_date_is_not_migrated_again(migrated, monkeypatch):
    """The names of the migrations' files tell what the newest one is."""
    asked_for = []
    monkeypatch.setattr(command, "upgrade", lambda *_: asked_for.append("upgrade"))

    upgrade(migrated.parent)

    assert asked_for == []


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
    assert asked(tmp_path / DATABASE_NAME, "PRAGMA user_version") == [(12,)]


def test_a_disk_without_room_for_the_schema_is_reported(tmp_path, monkeypatch):
    def open_small(folder):
        connection = open_writer(folder)
        connection.execute("PRAGMA max_page_count=3")
        return connection

    monkeypatch.setattr(migrate, "open_writer", open_small)

    with pytest.raises(DataFolderError, match="SQLITE_FULL"):
        upgrade(tmp_path)


MESSAGE = (
    "INSERT INTO message (id, source, control_id, message_type, media_type, sha256,"
    " size, body, received_at, peer, state)"
    " VALUES ('msg_1', 'nord', '1', '', '', x'', 0, x'', 0, '', 'processed')"
)


def test_each_number_of_a_person_becomes_an_identity(tmp_path, monkeypatch):
    """Synthetic: a person whom a former release knew by two numbers of a hospital."""
    file = of_release("0003", tmp_path, monkeypatch)
    keys = Keys(b"synthetic")
    numbers = (Identifier("NORD", "P1", "MR"), Identifier("NORD", "P2", "MR"))
    first, second = (keys.person(each) for each in numbers)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("INSERT INTO meta VALUES ('id_key', ?)", [b"synthetic"])
        connection.execute(MESSAGE)
        body = msgspec.json.encode(Person(numbers))
        rows = [
            (first, "person", first, 1, body),
            ("enc_1", "encounter", first, 1, b"{}"),
        ]
        connection.executemany("INSERT INTO entity VALUES (?, ?, ?, ?, ?)", rows)
        connection.executemany(
            "INSERT INTO person_identifier VALUES (?, ?, ?)",
            [(each.system, each.value, first) for each in numbers],
        )

    upgrade(tmp_path)

    entities = asked(
        file, "SELECT key, person, identity FROM entity ORDER BY kind, version"
    )
    assert entities == [
        ("enc_1", first, first),
        (second, first, second),
        (first, first, first),
    ]
    named = asked(file, "SELECT value, identity FROM identifier ORDER BY value")
    assert named == [("P1", first), ("P2", second)]
    pair = tuple(sorted((first, second)))
    assert asked(file, "SELECT one, other, basis, state FROM link") == [
        (*pair, "stated", "auto")
    ]


def test_facts_and_events_refer_to_entities_by_number(tmp_path, monkeypatch):
    """Synthetic: what a former release kept by keys, and a fact of nothing it knew."""
    file = of_release("0011", tmp_path, monkeypatch)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("PRAGMA foreign_keys=1")
        connection.execute(MESSAGE)
        connection.executemany(
            "INSERT INTO entity VALUES (?, ?, 'p_1', ?, ?, 'p_1')",
            [("p_1", "person", 0, b"{}"), ("enc_1", "encounter", 2, b'{"a":1}')],
        )
        connection.executemany(
            "INSERT INTO fact VALUES (?, 1, ?, ?, ?, ?, ?)",
            [(1, 0, "enc_1", b"old", 5, 6), (4, 1, "enc_0", b"of nothing", None, None)],
        )
        connection.executemany(
            "INSERT INTO event VALUES"
            " (?, ?, 1, 'encounter.admitted', 'enc_1', ?, 'p_1', 7, 1, x'00', 2, 3)",
            [(1, "evt_1", 1), (3, "evt_2", 2)],
        )
        connection.execute(
            "INSERT INTO decision (event, subscription, destination, permitted, reason,"
            " purpose, patient_id, rules, decided_at)"
            " VALUES ('evt_1', 's', 'd', 1, '', '', '', '[]', 0)"
        )

    upgrade(tmp_path)

    entities = asked(file, "SELECT key, kind, version, body FROM entity ORDER BY seq")
    assert entities == [
        ("p_1", "person", 0, b"{}"),
        ("enc_1", "encounter", 2, b'{"a":1}'),
        ("enc_0", "unknown", 0, b"{}"),
    ]
    facts = "SELECT f.seq, place, key, f.body, read_at, replaced_at FROM fact f"
    assert asked(file, f"{facts} JOIN entity n ON n.seq = entity ORDER BY f.seq") == [
        (1, 0, "enc_1", b"old", 5, 6),
        (4, 1, "enc_0", b"of nothing", None, None),
    ]
    assert asked(file, "SELECT * FROM event ORDER BY seq") == [
        (1, "evt_1", 1, "encounter.admitted", 2, 1, 7, 1, b"\0", 2, 3),
        (3, "evt_2", 1, "encounter.admitted", 2, 2, 7, 1, b"\0", 2, 3),
    ]
    assert asked(file, "SELECT event FROM decision") == [("evt_1",)]
    assert asked(file, "PRAGMA foreign_key_check") == []
    assert asked(file, "PRAGMA integrity_check") == [("ok",)]
