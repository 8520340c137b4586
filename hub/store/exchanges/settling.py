"""Settling: what becomes of a partner's file, stored all at once at each step.

Each function is work for the writer. What was done is not done again: a file that
is not where the step begins is left as it is.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from hub.model.files import Acknowledged, ExchangeState
from hub.store import audit, panels
from hub.store.acting import Actor
from hub.store.audit import HUB, SERVICE
from hub.store.exchange_tables import exchange, exchange_feed
from hub.store.exchanges import ledger, replies, telling
from hub.store.exchanges.errors import NotHeldError, UnknownExchangeError
from hub.store.exchanges.ledger import ExchangeRow
from hub.store.exchanges.replies import ReplyFile
from hub.store.exchanges.sent_answers import match
from hub.store.journal import moment
from hub.store.statements import Statement

_ITSELF = Actor(HUB, SERVICE)


class _Series(msgspec.Struct, frozen=True):
    """What a heading says of the place of its file in a series."""

    sequence: int | None = None


_series = msgspec.json.Decoder(_Series).decode
#: Where the file of a partner is put once it is answered, by what became of it.
PLACES: dict[str, Literal["processing", "archive", "error"]] = {
    ExchangeState.HELD.value: "processing",
    ExchangeState.APPLIED.value: "archive",
    ExchangeState.DUPLICATE.value: "archive",
    ExchangeState.REJECTED.value: "error",
}
#: Why a file ends that waited for somebody (see `hub.coordination.exchanges.reasons`):
#: a person said so, or a later file has all that there is.
REFUSED, SUPERSEDED = "decided.rejected", "decided.superseded"


class Verdict(NamedTuple):
    """What the check of a file came to.

    `rows` is how many changes it makes, and `acknowledgements` are what it says of
    our files: both count where it is to be applied.
    """

    id: str
    state: str
    reason: str
    error_code: str
    sha256: bytes
    size: int
    kind: str
    control: str
    heading: str
    counts: str
    problems: str
    rows: int
    at: int
    replies: tuple[ReplyFile, ...] = ()
    acknowledgements: tuple[Acknowledged, ...] = ()


class InForce(NamedTuple):
    """A file all of whose changes are laid, and what takes effect with it.

    `panel` is a version of a panel, or a small change of one, and `confirmed` a panel
    of which the file says again what it has. `whole` says that the file is about all
    records there are: those that wait since before it are out of date. `stated` is
    how many records its partner says there are.
    """

    id: str
    at: int
    active: int
    stated: int | None = None
    whole: bool = False
    panel: panels.Settled | panels.Changes | None = None
    confirmed: str = ""
    replies: tuple[tuple[str, tuple[ReplyFile, ...]], ...] = ()


class Decided(NamedTuple):
    """What somebody decided about a file that is held."""

    id: str
    acting: Actor
    reason: str
    at: int
    approved: bool
    replies: tuple[ReplyFile, ...] = ()


_key = exchange.c.seq == sa.bindparam("key")
_VERDICT = Statement(
    sa.update(exchange)
    .where(_key)
    .values(
        {
            name: sa.bindparam(name)
            for name in (
                *("state", "reason", "error_code", "sha256", "size", "kind"),
                *("control", "heading", "counts", "problems", "rows", "version"),
                *("answer", "checked_at", "settled_at", "answered_at"),
            )
        }
        | {"laid": 0, "fed": 0}
    )
)
_APPLIED = Statement(
    sa.update(exchange)
    .where(_key)
    .values(
        state=ExchangeState.APPLIED.value,
        answer=PLACES[ExchangeState.APPLIED.value],
        answered_at=None,
        settled_at=sa.bindparam("at"),
    )
)
_new = insert(exchange_feed).values(
    {name: sa.bindparam(name) for name in ("feed", "current", "active")}
    | {name: sa.bindparam(name) for name in ("stated", "said_at")}
)
_old = exchange_feed.c
_IN_FORCE = Statement(
    _new.on_conflict_do_update(
        index_elements=["feed"],
        set_={
            "current": _new.excluded.current,
            "active": _new.excluded.active,
            "stated": sa.func.coalesce(_new.excluded.stated, _old.stated),
            "said_at": sa.func.coalesce(_new.excluded.said_at, _old.said_at),
        },
    )
)
_DECIDE = Statement(
    sa.update(exchange)
    .where(_key)
    .values(
        {
            name: sa.bindparam(name)
            for name in ("state", "reason", "actor", "answer", "settled_at")
        }
        | {"answered_at": None}
    )
)
_PARK = Statement(
    sa.update(exchange)
    .where(_key)
    .values(
        state=ExchangeState.RECEIVED.value,
        laid=0,
        version=0,
        rows=0,
    )
)


def record(connection: sqlite3.Connection, verdicts: Sequence[Verdict]) -> list[bool]:
    """Store what checks came to; say of which files that is what is stored now."""
    return [_record(connection, each) for each in verdicts]


def _record(connection: sqlite3.Connection, each: Verdict) -> bool:
    row = ledger.exchange_of(connection, each.id)
    if row is None or row.state != ExchangeState.RECEIVED:
        return False
    applying = each.state == ExchangeState.APPLYING
    settles = not applying and each.state != ExchangeState.HELD
    current = ledger.feed_of(connection, row.feed).current
    values = each._asdict()
    for name in ("id", "at", "replies", "acknowledgements"):
        del values[name]
    values |= {
        "rows": each.rows if applying else 0,
        "version": current + 1 if applying else 0,
        "answer": "" if applying else PLACES[each.state],
        "checked_at": each.at,
        "settled_at": each.at if settles else None,
        "answered_at": None,
    }
    _VERDICT(connection, key=row.seq, **values)
    replies.add(connection, row.seq, row.partner, each.replies)
    if applying:
        said = each.acknowledgements
        match(connection, row.partner, said, moment(each.at), row.seq)
        return True
    _tell(connection, row.seq)
    _audit(connection, row, each.state, _ITSELF, each.reason)
    return True


def put_in_force(
    connection: sqlite3.Connection, files: Sequence[InForce]
) -> list[list[str]]:
    """Let files take effect: their records, the panel, and that they are to be told.

    Returns for each the ids of files that waited and are out of date by it. Raises
    what the panel's machinery raises.
    """
    return [_put_in_force(connection, each) for each in files]


def _put_in_force(connection: sqlite3.Connection, each: InForce) -> list[str]:
    row = ledger.exchange_of(connection, each.id)
    if row is None or row.state != ExchangeState.APPLYING:
        return []
    _IN_FORCE(
        connection,
        feed=row.feed,
        current=row.version,
        active=each.active,
        stated=each.stated,
        said_at=None if each.stated is None else each.at,
    )
    _APPLIED(connection, key=row.seq, at=each.at)
    if isinstance(each.panel, panels.Settled):
        panels.settle(connection, [each.panel])
    elif each.panel is not None:
        panels.change(connection, [each.panel])
    if each.confirmed:
        panels.confirm(connection, [(each.confirmed, row.received_at, _ITSELF)])
    _tell(connection, row.seq)
    _audit(connection, row, ExchangeState.APPLIED, _ITSELF, row.reason)
    return _supersede(connection, row, each) if each.whole else []


def _supersede(
    connection: sqlite3.Connection, row: ExchangeRow, each: InForce
) -> list[str]:
    """Reject what waits since before a file that says all there is.

    What came before it and is later in its series is not out of date by it.
    """
    ready = dict(each.replies)
    waiting = ledger.waiting_before(connection, row.feed, row.seq)
    past = [held for held in waiting if not _is_later(held, row)]
    for held in past:
        _reject(connection, held, SUPERSEDED, "", each.at)
        replies.add(connection, held.seq, held.partner, ready.get(held.id, ()))
        _audit(connection, held, ExchangeState.REJECTED, _ITSELF, SUPERSEDED)
    return [held.id for held in past]


def _is_later(one: ExchangeRow, other: ExchangeRow) -> bool:
    """Say whether the number of a file in its series is above that of another."""
    numbers = [_series(each.heading).sequence for each in (one, other)]
    first, second = numbers
    return first is not None and second is not None and first > second


def decide(connection: sqlite3.Connection, made: Sequence[Decided]) -> list[None]:
    """Let held files go on, or end.

    One that is approved is checked again, because others were applied since: what
    was found wrong with it then holds it no more. Raises UnknownExchangeError and
    NotHeldError.
    """
    for each in made:
        _decide(connection, each)
    return [None] * len(made)


def _decide(connection: sqlite3.Connection, each: Decided) -> None:
    row = ledger.exchange_of(connection, each.id)
    if row is None:
        raise UnknownExchangeError
    if row.state != ExchangeState.HELD:
        raise NotHeldError(row.state)
    if each.approved:
        values = {"state": ExchangeState.RECEIVED.value, "settled_at": None}
        kept = {"reason": row.reason, "actor": each.acting.name, "answer": ""}
        _DECIDE(connection, key=row.seq, **values, **kept)
    else:
        _reject(connection, row, REFUSED, each.acting.name, each.at)
        replies.add(connection, row.seq, row.partner, each.replies)
    entry = audit.Entry(
        actor=each.acting.name,
        role=each.acting.role,
        action="exchange.approved" if each.approved else "exchange.refused",
        object=row.id,
        reason=each.reason,
        detail=_detail(row) | {"held": row.reason},
    )
    audit.append(connection, [entry])


def _reject(
    connection: sqlite3.Connection, row: ExchangeRow, reason: str, actor: str, at: int
) -> None:
    _DECIDE(
        connection,
        key=row.seq,
        state=ExchangeState.REJECTED.value,
        reason=reason,
        actor=actor,
        answer=PLACES[ExchangeState.REJECTED.value],
        settled_at=at,
    )
    _tell(connection, row.seq)


def check_again(connection: sqlite3.Connection, ids: Sequence[str]) -> list[None]:
    """Let files be checked again whose staged changes are lost, or not to be used.

    What their partners were to be told of the check goes: they hear of the next one.
    """
    for key in ids:
        row = ledger.exchange_of(connection, key)
        if row is not None and row.state == ExchangeState.APPLYING:
            _PARK(connection, key=row.seq)
            replies.take_back(connection, row.seq)
    return [None] * len(ids)


def _tell(connection: sqlite3.Connection, seq: int) -> None:
    """Tell of a file as it is now."""
    row = ledger.exchange_at(connection, seq)
    if row is not None:
        telling.put(connection, [telling.happening_of(row)])


def _audit(
    connection: sqlite3.Connection,
    row: ExchangeRow,
    state: str,
    acting: Actor,
    reason: str,
) -> None:
    entry = audit.Entry(
        actor=acting.name,
        role=acting.role,
        action=_ACTS[state],
        object=row.id,
        detail=_detail(row) | ({"reason": reason} if reason else {}),
    )
    audit.append(connection, [entry])


#: What is written down of a file that comes to be in a state.
_ACTS: dict[str, str] = {
    ExchangeState.APPLIED: "exchange.applied",
    ExchangeState.HELD: "exchange.held",
    ExchangeState.REJECTED: "exchange.rejected",
    ExchangeState.DUPLICATE: "exchange.repeated",
}


def _detail(row: ExchangeRow) -> dict[str, Any]:
    return {"feed": row.feed, "partner": row.partner}
