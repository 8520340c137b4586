"""What the ledger says happened to files, as messages of the hub's own feed.

Written in the transaction that changes the ledger, or later: told again it is the same
message, which the journal keeps once.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from hub.model.files import ExchangeState
from hub.model.happenings import (
    EXCHANGES_FEED,
    Happening,
    HappeningType,
    message_of,
)
from hub.store import journal
from hub.store.exchanges.ledger import IN, ExchangeRow
from hub.store.journal import moment

#: What tells of a file in each state of those that it is told of. One that is held is
#: told of as received: its state says that it waits for somebody.
TYPES: Mapping[str, HappeningType] = {
    ExchangeState.RECEIVED: "file_received",
    ExchangeState.HELD: "file_received",
    ExchangeState.APPLIED: "file_accepted",
    ExchangeState.REJECTED: "file_rejected",
    ExchangeState.DUPLICATE: "file_duplicate",
    ExchangeState.ACKNOWLEDGED: "acknowledgement_received",
    ExchangeState.REFUSED: "acknowledgement_received",
    ExchangeState.OVERDUE: "overdue",
}
#: Why a file is overdue: a partner's did not come, or ours was not acknowledged.
FILE_MISSING, ACKNOWLEDGEMENT_MISSING = "file.missing", "acknowledgement.missing"

#: Of so many different codes is told.
MOST_CODES = 20

_counts = msgspec.json.Decoder(dict[str, Any]).decode
_problems = msgspec.json.Decoder(list[dict[str, Any]]).decode


def put(connection: sqlite3.Connection, happenings: Sequence[Happening]) -> None:
    """Put what happened into the journal, within the caller's transaction."""
    rows = [journal.row(EXCHANGES_FEED, message_of(each)) for each in happenings]
    if rows:
        journal.put(connection, [rows])


def missing(feed: str, partner: str, due: datetime) -> Happening:
    """Return that a file did not come: the same whenever it is found out."""
    return Happening(
        type="overdue",
        at=due,
        feed=feed,
        partner=partner,
        direction="in",
        state=ExchangeState.OVERDUE.value,
        reason=FILE_MISSING,
        due=due,
    )


def happening_of(row: ExchangeRow) -> Happening:
    """Return what the state of a file in the ledger says happened.

    Raises KeyError for a state of which nobody is told.
    """
    return Happening(
        type=TYPES[row.state],
        at=moment(_since(row)),
        feed=row.feed,
        partner=row.partner,
        direction="in" if row.direction == IN else "out",
        exchange=row.id,
        kind=row.kind,
        state=row.state,
        reason=row.reason,
        error_code=row.error_code,
        counts=_numbers(row.counts),
        codes=_codes(row.problems),
        number=row.number,
        due=None if row.due_at is None else moment(row.due_at),
    )


def _since(row: ExchangeRow) -> int:
    """Return since when a file is in its state: never the clock of who tells of it."""
    if row.state == ExchangeState.RECEIVED:
        return row.received_at
    if row.state == ExchangeState.OVERDUE and row.due_at is not None:
        return row.due_at
    if row.direction != IN and row.answered_at is not None:
        return row.answered_at
    return row.settled_at or row.checked_at or row.received_at


def _codes(problems: str) -> tuple[str, ...]:
    codes = dict.fromkeys(str(each.get("code", "")) for each in _problems(problems))
    return tuple(codes)[:MOST_CODES]


def _numbers(counts: str) -> dict[str, int]:
    return {
        name: value
        for name, value in _counts(counts).items()
        if isinstance(value, int) and not isinstance(value, bool)
    }
