"""By what each side of a referral is known, so that those of a party are found.

Which partner that is follows from the configuration, and can be another one tomorrow.
So it is listed how a side is named, and by which feeds something was said; whoever
looks asks the referral itself who its sides are.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from msgspec import Struct, field

from hub.coordination.partners import SIDES, Partner, organizations
from hub.store.referral_tables import referral_side
from hub.store.statements import Insert, Statement

#: So many are read at once.
PAGE = 200

_key, _named = referral_side.c.key, referral_side.c.named
_at = referral_side.c.changed_at
_KEEP = Insert(
    referral_side,
    ("key", "named", "changed_at"),
    "ON CONFLICT (key, named) DO UPDATE SET changed_at = excluded.changed_at",
)
_CHANGE = Statement(
    sa.update(referral_side)
    .where(_key == sa.bindparam("of"), _at != sa.bindparam("at"))
    .values(changed_at=sa.bindparam("at"))
)
_CHANGED = Statement(
    sa.select(_at, _key)
    .where(
        _named == sa.bindparam("name"),
        sa.tuple_(_at, _key) > sa.tuple_(sa.bindparam("since"), sa.bindparam("after")),
    )
    .order_by(_at, _key)
    .limit(sa.bindparam("most"))
)


class Change(NamedTuple):
    """When a referral changed last, in microseconds since 1970, and its key."""

    at: int
    key: str


class _Details(Struct):
    via: Any = ""


class _Fact(Struct):
    details: _Details = field(default_factory=_Details)


_fact = msgspec.json.Decoder(_Fact).decode


def names_in(details: Mapping[str, Any]) -> set[str]:
    """Return how the sides of a referral are named: partners, and organisations."""
    found: set[str] = set()
    for side in SIDES:
        stated = details.get(side)
        if isinstance(stated, Mapping):
            party = stated.get("party")
            found |= {_party(party)} if isinstance(party, str) and party else set()
            found |= set(map(_organization, organizations(stated)))
    return found


def name_of_feed(fact: bytes) -> set[str]:
    """Return the feed by which a fact came, as it is listed; none where unknown."""
    via = _fact(bytes(fact)).details.via
    return {_feed(via)} if isinstance(via, str) and via else set()


def keep(
    connection: sqlite3.Connection, changes: Iterable[tuple[Change, Iterable[str]]]
) -> None:
    """List referrals that changed under more names, and under those of before.

    Under a name that is not its own any more one stays: that misleads nobody.
    """
    changed = [(change, sorted(names)) for change, names in changes]
    rows = [(key, name, at) for (at, key), names in changed for name in names]
    _KEEP.run(connection, rows)
    for (at, key), _ in changed:
        _CHANGE(connection, of=key, at=at)


def changed_of(
    connection: sqlite3.Connection, partner: Partner, since: int, after: str = ""
) -> Iterator[Change]:
    """Yield the referrals that may be a partner's, in the order in which they changed.

    From `since` on; of those of that very moment only those with keys behind `after`.
    One that changes meanwhile may come twice.
    """
    before: Change | None = None
    found = (_of_name(connection, each, since, after) for each in _names_of(partner))
    for each in merge(*found):
        if each != before:
            before = each
            yield each


def _of_name(
    connection: sqlite3.Connection, name: str, since: int, after: str
) -> Iterator[Change]:
    page = [Change(since, after)]
    while page:
        last = page[-1]
        rows = _CHANGED(
            connection, name=name, since=last.at, after=last.key, most=PAGE
        ).fetchall()
        page = [Change(*row) for row in rows]
        yield from page


def _names_of(partner: Partner) -> list[str]:
    named = map(_organization, partner.organizations)
    return sorted({_party(partner.name), *named, *map(_feed, partner.sources)})


def _party(name: str) -> str:
    return f"party {name}"


def _feed(name: str) -> str:
    return f"feed {name}"


def _organization(written: str) -> str:
    """Return an id as it is listed: it may be written with either mark between."""
    return f"org {written.replace('|', ':')}"
