"""The rows by which referrals are found, made from what is known of them."""

import sqlite3
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct, field

from hub.store.referral_tables import referral
from hub.store.statements import Insert

REFERRAL = "referral"
#: Loops that nobody has closed.
OPEN_LOOPS = ("open", "outcome_received")
_LEVELS = ("escalation", "reminder")


class ReferralRow(NamedTuple):
    """A row of the table `referral`, whose columns it has."""

    key: str
    loop: str
    state: str
    category: str
    service: str
    parent: str
    level: str
    changed_at: int


class _Details(Struct):
    loop: Any = ""
    state: Any = ""
    category: Any = ""
    performer: Any = None
    service_id: Any = ""
    parent: Any = ""
    waiting: Any = ()


class _Body(Struct):
    details: _Details = field(default_factory=_Details)


_body = msgspec.json.Decoder(_Body | None).decode
_KEEP = Insert(
    referral,
    ReferralRow._fields,
    "ON CONFLICT (key) DO UPDATE SET"
    " loop = excluded.loop, state = excluded.state, category = excluded.category,"
    " service = excluded.service, parent = excluded.parent,"
    " level = excluded.level,"
    " changed_at = excluded.changed_at",
)


def keep(connection: sqlite3.Connection, rows: Iterable[ReferralRow]) -> None:
    """List referrals as they are now."""
    _KEEP.run(connection, list(rows))


def row_of(key: str, body: bytes, changed_at: int) -> ReferralRow:
    """Return the row of a referral, by the body of its entity."""
    known = _body(bytes(body)) or _Body()
    details = known.details
    performer = details.performer if isinstance(details.performer, dict) else {}
    return ReferralRow(
        key,
        _text(details.loop) or "open",
        _text(details.state),
        _code(details.category),
        _text(performer.get("service_id")) or _text(details.service_id),
        _text(details.parent),
        level_of(details.waiting),
        changed_at,
    )


def level_of(waiting: Any) -> str:
    """Return how far somebody was told of silence: the highest level, "" for none."""
    told = {
        level
        for each in (waiting if isinstance(waiting, list | tuple) else ())
        if isinstance(each, dict)
        for level in each.get("told") or ()
    }
    return next((level for level in _LEVELS if level in told), "")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _code(value: Any) -> str:
    return _text(value.get("code")) if isinstance(value, dict) else _text(value)
