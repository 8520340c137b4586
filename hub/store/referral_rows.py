"""The rows by which referrals are found, made from what is known of them."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct, field

from hub.store import referral_sides
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
    requester: Any = None
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


class Listing(NamedTuple):
    """What a referral is listed by: its row, and by what its sides are named."""

    row: ReferralRow
    names: frozenset[str]


def keep(connection: sqlite3.Connection, listings: Sequence[Listing]) -> None:
    """List referrals as they are now."""
    _KEEP.run(connection, [each.row for each in listings])
    referral_sides.keep(
        connection,
        [
            (referral_sides.Change(row.changed_at, row.key), names)
            for row, names in listings
        ],
    )


def listing(key: str, body: bytes, facts: Iterable[bytes], changed_at: int) -> Listing:
    """Return what a referral is listed by, of whom these facts were said just now."""
    details = _details(body)
    sides = {"requester": details.requester, "performer": details.performer}
    names = referral_sides.names_in(sides)
    names |= {name for each in facts for name in referral_sides.name_of_feed(each)}
    return Listing(_row(key, details, changed_at), frozenset(names))


def row_of(key: str, body: bytes, changed_at: int) -> ReferralRow:
    """Return the row of a referral, by the body of its entity."""
    return _row(key, _details(body), changed_at)


def _details(body: bytes) -> _Details:
    known = _body(bytes(body)) or _Body()
    return known.details


def _row(key: str, details: _Details, changed_at: int) -> ReferralRow:
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
