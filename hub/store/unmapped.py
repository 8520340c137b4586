"""Codes that nobody mapped: what they are on is restricted until somebody does.

They are read from the labels of events: the queue of R-PRIV-02. Without content.
"""

import re
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from msgspec import Struct

from hub.coordination.labels.tables import UNKNOWN
from hub.store.journal import microseconds, moment
from hub.store.schema import event
from hub.store.views import Instant

#: What a code looks like; anything else may name somebody, and is not repeated.
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,15}|")
_FREE_TEXT = "(free text)"
_MARK = f":{UNKNOWN}"
#: What to do about a code, by where it comes from.
_REMEDIES = {
    "department": "List it below [policy.departments]: normal, or what it has to hide",
    "diagnosis": "Let the sender name the system of its codes, such as I10",
}
_ELSE = "Let the sender use a code of the table that its standard names"


class Unmapped(Struct, frozen=True, kw_only=True):
    """A code that is not mapped: where it stands, in which feed, on how many events.

    `kind` is ``department``, ``diagnosis``, or the field that the code stands in.
    """

    kind: str
    code: str
    feed: str
    events: int
    first: Instant
    last: Instant
    remedy: str


def unmapped(connection: sa.Connection, since: datetime) -> list[Unmapped]:
    """Return the codes on events since a time, the most frequent first."""
    text = sa.cast(event.c.body, sa.Text)
    marks = sa.func.json_each(text, "$.labels.derived_by").table_valued("value")
    feed = sa.func.json_extract(text, "$.source.feed")
    count = sa.func.count()
    rows = connection.execute(
        sa.select(
            marks.c.value,
            feed.label("feed"),
            count.label("events"),
            sa.func.min(event.c.emitted_at).label("first"),
            sa.func.max(event.c.emitted_at).label("last"),
        )
        .select_from(event)
        .join(marks, sa.true())
        .where(
            event.c.emitted_at >= microseconds(since),
            # Cheaper than to read each event as JSON.
            sa.func.instr(text, f'{_MARK}"') > 0,
            marks.c.value.endswith(_MARK, autoescape=True),
        )
        .group_by(marks.c.value, feed)
        .order_by(count.desc(), marks.c.value, feed)
    )
    return [_shown(row) for row in rows]


def _shown(row: sa.Row[Any]) -> Unmapped:
    kind, _, said = row.value.removesuffix(_MARK).partition(":")
    code = said if _CODE.fullmatch(said) else _FREE_TEXT
    return Unmapped(
        kind=kind,
        code=code,
        feed=row.feed,
        events=row.events,
        first=moment(row.first),
        last=moment(row.last),
        remedy=_REMEDIES.get(kind, _ELSE),
    )
