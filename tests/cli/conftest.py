"""Commands are run in this process, on the store of the seeded data folder."""

import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner

from hub.cli import main
from hub.store.migrate import upgrade


@pytest.fixture
def config(seeded):
    """The configuration of a hub without connectors, whose data is seeded."""
    path = seeded.folder.parent / "hub.toml"
    path.write_text(
        '# A synthetic configuration\n[hub]\nname = "sample"\ndata_dir = "data"\n'
        "[admin]\nport = 0\n"
    )
    return path


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """Run `hub` with arguments; no plugins, no configuration but by option."""
    monkeypatch.setenv("HUB_LOAD_PLUGINS", "")
    monkeypatch.delenv("HUB_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        return CliRunner().invoke(main, [str(each) for each in arguments])

    return run


@pytest.fixture
def migrated(seeded, tmp_path):
    """The seeded store, which says what schema it has, as one of a hub does."""
    (tmp_path / "fresh").mkdir()
    upgrade(tmp_path / "fresh")
    with closing(sqlite3.connect(tmp_path / "fresh" / seeded.path.name)) as fresh:
        (version,) = fresh.execute("SELECT version_num FROM alembic_version").fetchone()
    with closing(sqlite3.connect(seeded.path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES (?)", [version])
    return seeded
