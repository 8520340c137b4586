"""Numbers for each partner, without a gap: given in the transaction that uses them."""

import sqlite3

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from hub.model.files import NUMBER_MARK
from hub.store.exchange_tables import control_number
from hub.store.statements import Statement

#: What is numbered where nothing else is said: files and answers that go to a partner.
FILES = "file"
#: After the largest number of nine digits comes 1 again.
LARGEST = 999_999_999

_first = insert(control_number).values(
    partner=sa.bindparam("partner"), kind=sa.bindparam("kind"), last=1
)
_last = control_number.c.last
_TAKE = Statement(
    _first.on_conflict_do_update(
        index_elements=["partner", "kind"],
        set_={"last": sa.case((_last >= LARGEST, 1), else_=_last + 1)},
    ).returning(_last)
)


def take(connection: sqlite3.Connection, partner: str, kind: str = FILES) -> int:
    """Return the next number for a partner, from 1 on.

    It is used up once the caller's transaction is committed, and not before.
    """
    cursor = _TAKE(connection, partner=partner, kind=kind)
    [(number,)] = cursor.fetchall()
    return int(number)


def stamped(body: bytes, number: int) -> bytes:
    """Return `body` with the number where it is due."""
    return body.replace(NUMBER_MARK, b"%09d" % number)
