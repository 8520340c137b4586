"""Questions about referrals: how they stand, and where nobody answers."""

from itertools import islice
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from hub.coordination.records import Record
from hub.store import schema
from hub.store.belongings import known_record
from hub.store.entity_rows import number_of
from hub.store.entity_shown import event_behind, facts_behind
from hub.store.journal import moment
from hub.store.paging import (
    DEFAULT_LIMIT,
    decode_cursor,
    encode_cursor,
    require_limit,
)
from hub.store.reading import Looks, equal, unknown
from hub.store.referral_asking import Asking
from hub.store.referral_notices import notices_of
from hub.store.referral_rows import OPEN_LOOPS
from hub.store.referral_tables import referral
from hub.store.referral_views import (
    EscalationView,
    ReferralDetail,
    ReferralView,
    ToldView,
    escalations_of,
    fields_of,
)
from hub.store.views import Page

#: What can be asked for of loops: those of one state, or all that nobody has closed.
LoopFilter = Literal[
    "unclosed",
    "open",
    "outcome_received",
    "closed_by_requester",
    "auto_closed",
    "closed_unresolved",
]
_record = msgspec.json.Decoder(Record | None).decode
_KEY = "[0-9A-Za-z_]{1,80}"
_entity, _event, _delivery = schema.entity.c, schema.event.c, schema.delivery.c
_ROWS: sa.Select[Any] = sa.select(
    referral.c.key,
    referral.c.changed_at,
    _entity.person,
    _entity.version,
    _entity.body,
).join_from(referral, schema.entity, _entity.key == referral.c.key)
# In so many words, as the index that covers only these needs it.
_OVERDUE: sa.ColumnElement[bool] = referral.c.level != sa.literal_column("''")


class ReferralReader:
    """Reads referrals by the looks of a `Reader`; see there for what it raises.

    What must be known before somebody says something of one is asked of `asking`.
    """

    def __init__(self, looks: Looks) -> None:
        self._looks = looks
        self.asking = Asking(looks)

    def referrals(
        self,
        *,
        state: str | None = None,
        loop: LoopFilter | None = None,
        party: str | None = None,
        category: str | None = None,
        person: str | None = None,
        overdue: bool = False,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page[ReferralView]:
        """Return a page of referrals, in the order of their keys.

        `party` is a partner, or an organisation by its name, on either side; `overdue`
        are those for which somebody waits too long. Raises BadCursorError.
        """
        require_limit(limit)
        query = _ROWS.where(
            *equal(referral.c.state, state),
            *equal(referral.c.category, category),
            *_of_loop(loop),
            *([_OVERDUE] if overdue else []),
            *_of_person(person),
            *_behind("referral", cursor),
        )
        with self._looks.connection() as connection:
            rows = connection.execute(query.order_by(referral.c.key))
            shown = (each for each in map(_view, rows) if _concerns(each, party))
            found = list(islice(shown, limit + 1))
        more, found = len(found) > limit, found[:limit]
        return Page(found, encode_cursor("referral", found[-1].key) if more else None)

    def referral(self, key: str) -> ReferralDetail:
        """Return one referral. Raises UnknownIdError."""
        with self._looks.connection() as connection:
            row = connection.execute(_ROWS.where(referral.c.key == key)).one_or_none()
            if row is None:
                raise unknown(key)
            known, events = known_record(connection, key, None)
            parts = sa.select(referral.c.key).where(referral.c.parent == key)
            found = connection.execute(parts.order_by(referral.c.key)).scalars()
            children = list(found)
            told = connection.execute(_told(key)).all()
            details = known.record.details
            shown = _view(row)
            return ReferralDetail(
                **{name: getattr(shown, name) for name in shown.__struct_fields__},
                details=details,
                history=details.get("history", []),
                children=children,
                told=[_told_view(each) for each in told],
                performers=notices_of(connection, [key, *children]),
                facts=facts_behind(known.said),
                events=[event_behind(each) for each in events],
            )

    def escalations(
        self, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None
    ) -> Page[EscalationView]:
        """Return for what somebody waits too long, by the keys of referrals.

        At most `limit` referrals; each may wait for several things.
        """
        require_limit(limit)
        query = _ROWS.where(_OVERDUE, *_behind("escalation", cursor))
        query = query.order_by(referral.c.key).limit(limit + 1)
        with self._looks.connection() as connection:
            rows = connection.execute(query).all()
        more, rows = len(rows) > limit, rows[:limit]
        found = [
            each
            for row in rows
            for each in escalations_of(row.key, row.person, _details(row.body))
        ]
        return Page(found, encode_cursor("escalation", rows[-1].key) if more else None)


def _of_loop(loop: LoopFilter | None) -> list[sa.ColumnElement[bool]]:
    if loop == "unclosed":
        return [referral.c.loop.in_(OPEN_LOOPS)]
    return equal(referral.c.loop, loop)


def _of_person(key: str | None) -> list[sa.ColumnElement[bool]]:
    """Return what holds for those of whoever is known by a key, or was once."""
    if key is None:
        return []
    owner = schema.entity.alias("owner").c
    of = sa.select(owner.person).where(owner.key == key)
    return [_entity.person == of.scalar_subquery()]


def _behind(what: str, cursor: str | None) -> list[sa.ColumnElement[bool]]:
    if cursor is None:
        return []
    return [referral.c.key > decode_cursor(what, cursor, _KEY)]


def _concerns(shown: ReferralView, party: str | None) -> bool:
    return party is None or party in {shown.requester, shown.performer}


def _view(row: sa.Row[Any]) -> ReferralView:
    return ReferralView(
        key=row.key,
        person=row.person,
        version=row.version,
        changed_at=moment(row.changed_at),
        **fields_of(_details(row.body)),
    )


def _details(body: bytes) -> dict[str, Any]:
    record = _record(bytes(body))
    return record.details if record else {}


def _told(key: str) -> sa.Select[Any]:
    return (
        sa.select(
            _delivery.id,
            _delivery.event,
            _event.type,
            _delivery.destination,
            _delivery.subscription,
            _delivery.state,
            _delivery.error_code,
            _delivery.created_at,
            _delivery.settled_at,
        )
        .join_from(schema.event, schema.delivery, _delivery.event == _event.id)
        .where(_event.entity == number_of(key))
        .order_by(_event.version, _delivery.seq)
    )


def _told_view(row: sa.Row[Any]) -> ToldView:
    return ToldView(
        id=row.id,
        event=row.event,
        type=row.type,
        destination=row.destination,
        subscription=row.subscription,
        state=row.state,
        error_code=row.error_code,
        created_at=moment(row.created_at),
        settled_at=moment(row.settled_at) if row.settled_at is not None else None,
    )
