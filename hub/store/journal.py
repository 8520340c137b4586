"""The journal: every message that was ever acknowledged, and where it is.

`put` is the first of the three transactions in the life of a message; a source
acknowledges when it has committed, and not before.
"""

import hashlib
import itertools
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from hub.coordination.ids import part_id
from hub.model.facts import Part
from hub.model.message import MessageState, Processed, RawMessage, Stored
from hub.store.errors import IntakeFullError, RowRefusedError
from hub.store.schema import message
from hub.store.sqlite import UNFIT
from hub.store.statements import Insert, Statement

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

#: What a message is when it arrives, in the order of a row.
COLUMNS = (
    "id",
    "source",
    "control_id",
    "message_type",
    "media_type",
    "sha256",
    "size",
    "body",
    "received_at",
    "peer",
    "state",
    "error_code",
    "reason",
)
# Looking up the value of an enumeration costs more than all else in a row but its id.
_RECEIVED, _PARKED = MessageState.RECEIVED.value, MessageState.PARKED.value
#: The reason of a message that its source refused.
REFUSED = "refused"
#: Where in a row the body is, and the code with which it was refused.
BODY, REFUSAL = COLUMNS.index("body"), COLUMNS.index("error_code")
_INSERT = Insert(message, COLUMNS, suffix="ON CONFLICT DO NOTHING")

_FIRST = Statement(
    sa.select(message.c.id).where(
        message.c.source == sa.bindparam("source"),
        message.c.control_id == sa.bindparam("control_id"),
        message.c.sha256 == sa.bindparam("sha256"),
    )
)
_COUNT_REPEAT = Statement(
    sa.update(message)
    .where(message.c.id == sa.bindparam("key"))
    .values(repeats=message.c.repeats + 1, repeated_at=sa.bindparam("at"))
)
_earlier = message.alias("earlier")
# An index that covers only waiting messages needs the state in so many words.
_WAITING = message.c.state == sa.literal_column("'received'")
#: Whether an earlier message of its sender has the control id of a message.
CONTROL_ID_REUSED = sa.and_(
    message.c.control_id != "",
    sa.exists().where(
        _earlier.c.source == message.c.source,
        _earlier.c.control_id == message.c.control_id,
        _earlier.c.seq < message.c.seq,
    ),
)
_CLAIM = Statement(
    sa.select(
        message.c.seq,
        message.c.id,
        message.c.source,
        message.c.control_id,
        message.c.body,
        message.c.sha256,
        message.c.received_at,
        message.c.parent.is_not(None),
        CONTROL_ID_REUSED,
    )
    .where(_WAITING, message.c.seq > sa.bindparam("after"))
    .order_by(message.c.seq)
    .limit(sa.bindparam("most"))
)
_COUNT_WAITING = Statement(
    sa.select(sa.func.count()).select_from(message).where(_WAITING)
)
_TAKE = Statement(
    sa.update(message)
    .where(message.c.id == sa.bindparam("key"), message.c.reason == REFUSED)
    .values(state=sa.literal_column("'received'"), reason="", error_code="")
)
_OUTCOME = Statement(
    sa.select(message.c.state, message.c.error_code, message.c.reason).where(
        message.c.id == sa.bindparam("key")
    )
)
_REPLAY = Statement(
    sa.update(message)
    .where(
        message.c.id == sa.bindparam("key"),
        message.c.state.in_(
            sa.literal_column(f"'{state}'")
            for state in (MessageState.UNMAPPED, MessageState.PARKED)
        ),
    )
    .values(state=sa.literal_column("'received'"))
)


_arrivals = itertools.count()

#: What is claimed at once is held in memory, several times over.
MOST_BYTES = 32 * 1024 * 1024


class Waiting(NamedTuple):
    """A stored message that waits to be processed.

    `part` says that it came inside another message; `reused`, that its sender used
    this control id before, for other bytes; `damaged`, that its bytes are not those
    that were stored (S44).
    """

    seq: int
    id: str
    source: str
    control_id: str
    body: bytes
    received_at: datetime
    part: bool = False
    reused: bool = False
    damaged: bool = False


class PartRow(NamedTuple):
    """A message that came inside another one, as the store keeps it."""

    id: str
    source: str
    control_id: str
    message_type: str
    media_type: str
    sha256: bytes
    size: int
    body: bytes
    received_at: int
    peer: str
    state: str
    parent: int


def microseconds(moment: datetime) -> int:
    """Return an aware time as the store keeps it."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(microseconds: int) -> datetime:
    """Return a stored time as an aware time in UTC."""
    return _EPOCH + microseconds * _MICROSECOND


def row(source: str, raw: RawMessage) -> tuple[Any, ...]:
    """Return what `put` stores for `raw`. The first value is the message's id.

    The id is given once, for this arrival: its time, so that ids sort, a counter,
    so that no two are the same, and a digest. All other ids derive from it.
    """
    digest = hashlib.sha256(raw.body).digest()
    received_at = microseconds(raw.received_at)
    arrival = next(_arrivals) & 0xFFFF
    return (
        f"msg_{received_at // 1000:012x}{arrival:04x}{digest[:8].hex()}",
        source,
        raw.control_id,
        raw.message_type,
        raw.media_type,
        digest,
        len(raw.body),
        raw.body,
        received_at,
        raw.peer,
        _PARKED if raw.refused else _RECEIVED,
        raw.refused,
        REFUSED if raw.refused else "",
    )


def put(
    connection: sqlite3.Connection, batches: Sequence[Sequence[tuple[Any, ...]]]
) -> list[list[Stored | RowRefusedError]]:
    """Store messages, each once; count those that were there before.

    Of the same bytes under the same control id from the same source only the
    first are stored. Storing is one statement, and so whole without a transaction
    around it; counting what is there already can only follow. A message that no
    database takes is refused alone, in its place.
    """
    rows = [row for batch in batches for row in batch]
    try:
        if _INSERT.run(connection, rows) == len(rows):
            return [[Stored(row[0]) for row in batch] for batch in batches]
    except UNFIT:
        return [[_put_alone(connection, row) for row in batch] for batch in batches]
    connection.execute("SAVEPOINT repeats")
    stored: list[list[Stored | RowRefusedError]] = [
        [_stored(connection, row) for row in batch] for batch in batches
    ]
    connection.execute("RELEASE repeats")
    return stored


def refuse(
    connection: sqlite3.Connection,  # noqa: ARG001 - work for the writer has one
    batches: Sequence[Sequence[tuple[Any, ...]]],
) -> list[list[IntakeFullError]]:
    """Store nothing, and say so when all that came before is stored."""
    return [[IntakeFullError() for _ in batch] for batch in batches]


def _put_alone(
    connection: sqlite3.Connection, row: tuple[Any, ...]
) -> Stored | RowRefusedError:
    try:
        _INSERT.run(connection, [row])
    except UNFIT as error:
        return RowRefusedError(type(error).__name__)
    return _stored(connection, row)


def _stored(connection: sqlite3.Connection, row: tuple[Any, ...]) -> Stored:
    values = dict(zip(COLUMNS, row, strict=True))
    key = {name: values[name] for name in ("source", "control_id", "sha256")}
    (first,) = _FIRST(connection, **key).fetchone()
    if first == values["id"]:
        return Stored(first)
    _COUNT_REPEAT(connection, at=values["received_at"], key=first)
    taken = not values["error_code"] and _TAKE(connection, key=first).rowcount
    return Stored(first, duplicate=not taken)


def part_row(waiting: Waiting, place: int, media_type: str, part: Part) -> PartRow:
    """Return what is stored for the `place`-th message inside `waiting`."""
    return PartRow(
        part_id(waiting.id, place),
        waiting.source,
        part.control_id,
        part.message_type,
        media_type,
        hashlib.sha256(part.body).digest(),
        len(part.body),
        part.body,
        microseconds(waiting.received_at),
        "",
        MessageState.RECEIVED.value,
        waiting.seq,
    )


def claim(
    connection: sqlite3.Connection,
    most: int,
    most_bytes: int = MOST_BYTES,
    after: int = 0,
) -> list[Waiting]:
    """Return up to `most` waiting messages, oldest first; those after seq `after`.

    Of large ones fewer: only the first may bring the bodies above `most_bytes`.

    Nothing is marked: processing has no effect outside its own transaction, so
    a message is simply claimed again after a crash.
    """
    claimed: list[Waiting] = []
    size = 0
    for (
        seq, key, source, control_id, body, digest, received_at, part, reused,
    ) in _CLAIM(connection, most=most, after=after):  # fmt: skip
        size += len(body)
        if claimed and size > most_bytes:
            break
        claimed.append(
            Waiting(
                seq,
                key,
                source,
                control_id,
                body,
                moment(received_at),
                part=bool(part),
                reused=bool(reused),
                damaged=hashlib.sha256(body).digest() != digest,
            )
        )
    return claimed


def outcome(
    connection: sqlite3.Connection, ids: Sequence[str]
) -> list[Processed | None]:
    """Return for each message what became of it, None while it waits."""
    return [_outcome(connection, key) for key in ids]


def _outcome(connection: sqlite3.Connection, key: str) -> Processed | None:
    state, error_code, reason = _OUTCOME(connection, key=key).fetchone()
    if state == MessageState.RECEIVED:
        return None
    return Processed(state=MessageState(state), error_code=error_code, reason=reason)


def count_waiting(connection: sqlite3.Connection) -> int:
    """Return how many messages wait to be processed."""
    return int(_COUNT_WAITING(connection).fetchone()[0])


def replay(connection: sqlite3.Connection, ids: Sequence[str]) -> list[bool]:
    """Let unmapped or parked messages be processed again; say which were."""
    return [_REPLAY(connection, key=key).rowcount == 1 for key in ids]
