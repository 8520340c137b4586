"""The staged changes of a file by their keys: as the index of holdings has them.

So a chunk of them touches a few pages of the store, not one for each change.
"""

import sqlite3
from array import array
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import msgspec
import sqlalchemy as sa

from hub.store.exchanges.staged import Change, change, row, select_changes
from hub.store.statements import Statement

_ORDER = Statement(
    sa.select(change.c.n)
    .where(change.c.op != sa.literal_column("'once'"))
    .order_by(change.c.key, change.c.n)
)
_ns = sa.func.json_each(sa.bindparam("ns")).table_valued("value")
_THESE = Statement(
    select_changes(sa.func.coalesce(row.c.memberships, "[]"))
    .where(change.c.n.in_(sa.select(_ns.c.value)))
    .order_by(change.c.key, change.c.n)
)


def by_key(path: Path, most: int, skip: int = 0) -> Generator[list[Change]]:
    """Yield the changes of records in a staging file, up to `most` at a time.

    The first `skip` of them are left out. Raises sqlite3.Error where the file is not
    what it was.
    """
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as opened:
        opened.execute("PRAGMA temp_store=MEMORY")
        order = array("q", (n for (n,) in _ORDER(opened)))
        for start in range(skip, len(order), most):
            ns = msgspec.json.encode(order[start : start + most].tolist()).decode()
            yield [Change._make(each) for each in _THESE(opened, ns=ns)]
