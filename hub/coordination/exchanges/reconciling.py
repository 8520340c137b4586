"""Reconciling: our records of a feed against what its partner says there are.

Sources: domain 6.4, R-PAY-03: monthly, our active members against the payer's count.
"""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

#: Against what is compared: a number that somebody was told by the partner, or the
#: last file that lists all there is.
Basis = Literal["count", "file"]
Status = Literal["clean", "differs"]

#: Why a record is in question, besides what is said of rows (see `row_codes`).
NOT_ON_PANEL, NOT_IN_FEED = "panel.missing", "panel.extra"
#: Of so many records is said that they are in question; the others are counted.
MOST_QUESTIONS = 1000


class Question(Struct, frozen=True):
    """A record in question: the sender's key, or a number on the panel, and why.

    `number` is the row of the file, 0 where it is none.
    """

    key: str
    code: str
    number: int = 0


class Ours(Struct, frozen=True, kw_only=True):
    """What we have of a feed on a day.

    Of the `records` in force, `active` have a membership on that day, or need none;
    `later` begin to, and `past` no longer have one. `on_panel` counts the entries of
    the `panel` for the day, of which `extra` are of nobody active, while `missing`
    records have a number that is not there. `waiting` counts files that are held.
    """

    records: int = 0
    active: int = 0
    later: int = 0
    past: int = 0
    panel: str = ""
    on_panel: int = 0
    missing: int = 0
    extra: int = 0
    waiting: int = 0


class Said(Struct, frozen=True, kw_only=True):
    """What the partner's files say.

    The file `exchange`, which lists all there is, says that there are `stated`
    records, and later ones add `since_then` to it. `listed` counts the rows of these
    files that somebody should look at.
    """

    exchange: str
    at: datetime
    stated: int
    since_then: int = 0
    listed: int = 0


class Reconciliation(Struct, frozen=True, kw_only=True):
    """Our records of a feed compared with what its partner says, on `day`.

    `basis` is against what: ``count``, a number that was given, is compared with the
    records that are `active` on the day; ``file``, what the file `exchange` says at
    `said_at` and later ones since, with all `records` in force. `difference` is how
    many more we have. It is ``clean`` where there is none, and the panel agrees with
    the feed. `in_question` are the first of what may explain a difference, of
    `questions` in all. For the other fields see `Ours` and `Said`.
    """

    feed: str
    partner: str
    status: Status
    day: date
    at: datetime
    by: str
    basis: Basis
    exchange: str
    stated: int
    said_at: datetime | None
    since_then: int
    listed: int
    difference: int
    records: int
    active: int
    later: int
    past: int
    panel: str
    on_panel: int
    missing: int
    extra: int
    waiting: int
    questions: int = 0
    in_question: list[Question] = []


class Comparison(Struct, frozen=True, kw_only=True):
    """Whose feed is compared, when, as of which day and by whom."""

    feed: str
    partner: str
    day: date
    at: datetime
    by: str


def reconcile(
    of: Comparison, ours: Ours, said: Said | None, count: int | None
) -> Reconciliation:
    """Compare what we have with what the partner says: `count`, else the files.

    Raises ValueError where neither says anything.
    """
    if count is None and said is None:
        raise ValueError("nothing to compare with")
    files = said or Said(exchange="", at=of.at, stated=0)
    stated = files.stated if count is None else count
    expected = stated + files.since_then if count is None else count
    difference = (ours.records if count is None else ours.active) - expected
    agrees = not (difference or ours.missing or ours.extra)
    return Reconciliation(
        feed=of.feed,
        partner=of.partner,
        status="clean" if agrees else "differs",
        day=of.day,
        at=of.at,
        by=of.by,
        basis="file" if count is None else "count",
        exchange=files.exchange,
        stated=stated,
        said_at=files.at if count is None else None,
        since_then=files.since_then if count is None else 0,
        listed=files.listed,
        difference=difference,
        records=ours.records,
        active=ours.active,
        later=ours.later,
        past=ours.past,
        panel=ours.panel,
        on_panel=ours.on_panel,
        missing=ours.missing,
        extra=ours.extra,
        waiting=ours.waiting,
    )
