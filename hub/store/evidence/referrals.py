"""Referrals: how many were answered, and whether the loops were closed."""

from collections.abc import Iterator
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from hub.store import schema
from hub.store.evidence.asked import Asked, fetch
from hub.store.journal import microseconds, moment

#: What becomes of a request without anybody's answer.
_UNANSWERED = frozenset({"", "draft", "requested", "received", "expired"})
#: A request that was a mistake is no referral.
_MISTAKE = "entered_in_error"
_FELL_THROUGH = frozenset({"rejected", "expired", "failed", "cancelled"})
_COMPLETED = "completed"
_CLOSED = ("closed", "auto_closed")

_entity, _fact, _message = schema.entity.c, schema.fact.c, schema.message.c


class ReferralRow(Struct, frozen=True, kw_only=True):
    """How the referrals went that a source told of first, in a month (UTC).

    Of all `referrals` so many were `answered` by who shall act, as a system's receipt
    is no answer; `completed` and `fell_through` are
    by their state of now (rejected, expired, failed, cancelled). `closed` are those
    whose loop is closed by the requester, or by itself; `rate` is their part.
    Mistakes are left out, and what was sent to several counts for each of them.
    """

    month: str
    source: str
    referrals: int
    answered: int
    completed: int
    fell_through: int
    closed: int
    rate: float


class _Details(Struct):
    state: Any = ""
    status: Any = ""
    loop: Any = ""
    children: Any = None
    history: Any = None


class _Body(Struct):
    details: _Details = msgspec.field(default_factory=_Details)


class _Counts:
    def __init__(self) -> None:
        self.referrals = self.answered = self.completed = 0
        self.fell_through = self.closed = 0

    def add(self, state: str, loop: str, *, answered: bool) -> None:
        """Count a referral."""
        self.referrals += 1
        self.answered += answered
        self.completed += state == _COMPLETED
        self.fell_through += state in _FELL_THROUGH
        self.closed += loop.startswith(_CLOSED)


_body = msgspec.json.Decoder(_Body | None).decode


def _first(column: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
    """Return something of the first message that told of a referral."""
    return (
        sa.select(column)
        .join_from(schema.fact, schema.message)
        .where(_fact.entity == _entity.seq)
        .order_by(_fact.seq)
        .limit(sa.literal_column("1"))
        .correlate(schema.entity)
        .scalar_subquery()
    )


# All keys of a kind begin alike, so that they lie side by side in the store.
_QUERY: sa.Select[Any] = sa.select(
    _entity.body, _first(_message.received_at), _first(_message.source)
).where(_entity.key > "rec_", _entity.key < "rec`", _entity.kind == "referral")


def referrals(connection: sa.Connection, asked: Asked) -> Iterator[ReferralRow]:
    """Yield how the referrals went that were first heard of in the period."""
    counts: dict[tuple[str, str], _Counts] = {}
    for body, received, source in fetch(connection, _QUERY):
        known = _body(body)
        if known is None or received is None or not _within(received, asked):
            continue
        details = known.details
        state, loop = str(details.state or details.status), str(details.loop or "")
        # Where several were asked, each of them was asked by a referral of its own.
        if state != _MISTAKE and not details.children:
            month = f"{moment(received):%Y-%m}"
            counted = counts.setdefault((month, source), _Counts())
            counted.add(state, loop, answered=_answered(details, state))
    for (month, source), found in sorted(counts.items()):
        yield _row(month, source, found)


def _answered(details: _Details, state: str) -> bool:
    """Say whether whoever shall act said anything that counts."""
    history = details.history if isinstance(details.history, list) else None
    if history is None:
        return state not in _UNANSWERED
    said = [each for each in history if isinstance(each, dict)]
    return any(
        each.get("by") == "performer" and each.get("says") and not each.get("conflict")
        for each in said
    )


def _within(received: int, asked: Asked) -> bool:
    since, until = asked.since, asked.until
    begun = since is None or received >= microseconds(since)
    return begun and (until is None or received < microseconds(until))


def _row(month: str, source: str, counts: _Counts) -> ReferralRow:
    return ReferralRow(
        month=month,
        source=source,
        referrals=counts.referrals,
        answered=counts.answered,
        completed=counts.completed,
        fell_through=counts.fell_through,
        closed=counts.closed,
        rate=round(counts.closed / counts.referrals, 4),
    )
