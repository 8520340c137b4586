"""The panels of a stage: those that the store has, and the files of a configuration."""

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from hub.config.panels import PanelTable
from hub.coordination.panel_lists import entries
from hub.runtime import panel_files
from hub.store import panels
from hub.store.acting import LOCAL
from hub.store.journal import microseconds
from hub.store.panel_rows import row_of
from hub.store.panels import APPLIED, CHUNK, Begun, Counted, Settled

#: A file is there whenever the stage plays: what it lists is confirmed until then.
CONFIRMED = microseconds(datetime(9000, 1, 1, tzinfo=UTC))
_WHO = "shadow"


def load_panels(
    connection: sqlite3.Connection, tables: Mapping[str, PanelTable]
) -> None:
    """Put the lists that the configuration names in force, whatever they lose.

    Raises PanelError.
    """
    for name, table in tables.items():
        if table.file:
            _load(connection, name, table.file)


def _load(connection: sqlite3.Connection, name: str, file: Path) -> None:
    key = f"{_WHO}_{name}"
    digest = panel_files.digest_of(name, file)
    begun = Begun(key, name, "full", digest, _WHO, CONFIRMED)
    connection.execute("BEGIN")
    [version] = panels.begin(connection, [begun])
    with panel_files.opened(name, file) as lines:
        rows = (row_of(each, name, version, CONFIRMED) for each in entries(name, lines))
        members = _stage(connection, rows)
    panels.count(connection, [Counted(key, members, members, 0)])
    panels.settle(connection, [Settled(key, APPLIED, CONFIRMED, LOCAL)])
    connection.execute("COMMIT")


def _stage(connection: sqlite3.Connection, rows: Iterable[tuple[object, ...]]) -> int:
    rest, members = iter(rows), 0
    while chunk := list(islice(rest, CHUNK)):
        panels.stage(connection, [chunk])
        members += len(chunk)
    return members
