"""Packages of directories that came: from the pipeline to the keeper."""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from hub.store.directory_tables import directory_run
from hub.store.statements import Insert


class DirectoryArrival(NamedTuple):
    """The message `message` of a feed is a whole directory."""

    message: int
    feed: str
    sha256: bytes
    received_at: int


_PUT = Insert(
    directory_run,
    ("message", "feed", "sha256", "received_at", "state"),
    "ON CONFLICT DO NOTHING",
)


def put(connection: sqlite3.Connection, arrived: Sequence[DirectoryArrival]) -> None:
    """Let packages wait for the keeper, within the caller's transaction."""
    _PUT.run(connection, [(*each, "waiting") for each in arrived])
