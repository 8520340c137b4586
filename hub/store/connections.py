"""The kind of connection that a store is opened with."""

import sqlite3
from typing import Any


class StoreConnection(sqlite3.Connection):
    """A connection to a store on disk, with what the hub keeps in mind for it.

    `chain` is the end of the audit, None where it must be looked up first.
    """

    chain: Any = None
