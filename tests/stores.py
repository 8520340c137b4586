"""Empty stores as files: a copy takes a hundredth of the time of making one."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from hub.store import schema
from hub.store.migrate import upgrade
from hub.store.sqlite import DATABASE_NAME


@cache
def migrated():
    """Return a store as a hub makes it on its first start."""
    with TemporaryDirectory() as folder:
        upgrade(Path(folder))
        return Path(folder, DATABASE_NAME).read_bytes()


def of_release(number, folder, monkeypatch):
    """Make a store in `folder` as a former release did; return its file."""
    from alembic import command  # noqa: PLC0415 - it takes most of a second to import

    whole = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda to, _: whole(to, number))
    upgrade(folder)
    monkeypatch.undo()
    return folder / DATABASE_NAME


def put_down(folder):
    """Put such a store into `folder`, unless there is one: a hub goes on with it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / DATABASE_NAME
    if not path.exists():
        path.write_bytes(migrated())


@cache
def created():
    """Return the tables as the schema has them; nothing says which release they are."""
    with TemporaryDirectory() as folder:
        path = Path(folder, DATABASE_NAME)
        schema.metadata.create_all(engine(path))
        return path.read_bytes()


def engine(path):
    """Return what writes to a store, and does not wait for the disk."""
    made = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    sa.event.listen(made, "connect", _hurry)
    return made


def _hurry(connection, _record):
    connection.execute("PRAGMA synchronous=0")


def shared(connection):
    """Return an engine on `connection`, with what was compiled for the others."""
    first, compiled = _first()
    pool = sa.StaticPool(lambda: connection)
    made = sa.Engine(pool, first.dialect, first.url)
    return made.execution_options(compiled_cache=compiled)


@cache
def _first():
    """Return an engine that knows its database, and a place for statements."""
    first = sa.create_engine("sqlite://", poolclass=sa.NullPool)
    first.connect().close()
    return first, {}
