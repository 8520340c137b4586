"""Questions about people, encounters, stays and records.

Lists are in the order of the keys, which tell nothing. What is asked for a time
(`known_at`) is as it could have been known then, from the messages that had been
received.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from hub.store import schema
from hub.store.belongings import Belongings, known_encounter, known_record
from hub.store.entity_shown import (
    encounter_detail,
    encounter_row_view,
    person_detail,
    person_view,
    record_detail,
    record_view,
    stay_detail,
    stay_view,
    transition_detail,
    transition_view,
)
from hub.store.entity_views import (
    EncounterDetail,
    EncounterView,
    PersonDetail,
    PersonView,
    RecordDetail,
    RecordView,
    StayDetail,
    StayView,
    Timeline,
    TransitionDetail,
    TransitionView,
)
from hub.store.known import (
    ENTITY,
    RECORD_KINDS,
    entity_row,
    keys_of,
    stored_record,
    stored_stay,
)
from hub.store.known_transitions import stored_transition
from hub.store.paging import (
    DEFAULT_LIMIT,
    decode_cursor,
    encode_cursor,
    require_limit,
)
from hub.store.reading import Looks, equal, unknown
from hub.store.said import events_about
from hub.store.timeline import timeline
from hub.store.views import Page

View = TypeVar("View")

_KEY = "[0-9A-Za-z_]{1,80}"
# All keys of a kind begin alike, so that they lie side by side in the store.
_PREFIXES = {
    "person": "p_",
    "encounter": "enc_",
    "stay": "stay_",
    "record": "rec_",
    "transition": "trn_",
}


class EntityReader:
    """Looks at what is known of people.

    Each method may be called from any thread, and raises StoreUnreadableError or
    SlowQueryError. Those that take a key raise UnknownIdError, and those that take
    `known_at` NothingKnownError.
    """

    def __init__(self, looks: Looks) -> None:
        self._looks = looks

    def persons(
        self, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None
    ) -> Page[PersonView]:
        """Return a page of people. Raises BadCursorError."""
        return self._page("person", _of_kind("person"), person_view, limit, cursor)

    def find_persons(self, system: str, value: str) -> Page[PersonView]:
        """Return whoever has this identifier: one person, or nobody."""
        identifier = schema.person_identifier.c
        owner = sa.select(identifier.person).where(
            identifier.system == system, identifier.value == value
        )
        query = ENTITY.where(
            schema.entity.c.key == owner.scalar_subquery(),
            schema.entity.c.kind == "person",
        )
        with self._looks.connection() as connection:
            rows = connection.execute(query).all()
        return Page([person_view(row) for row in rows], None)

    def person(self, key: str, known_at: datetime | None = None) -> PersonDetail:
        """Return a person with all that is theirs."""
        with self._looks.connection() as connection:
            return person_detail(Belongings(connection, key, known_at), known_at)

    def timeline(
        self,
        person: str,
        *,
        known_at: datetime | None = None,
        before: datetime | None = None,
        limit: int = DEFAULT_LIMIT,
    ) -> Timeline:
        """Return the latest things that happened to a person, oldest first."""
        require_limit(limit)
        with self._looks.connection() as connection:
            belongings = Belongings(connection, person, known_at)
            return timeline(belongings, known_at, limit, before)

    def encounters(
        self,
        *,
        person: str | None = None,
        status: str | None = None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page[EncounterView]:
        """Return a page of encounters. Raises BadCursorError."""
        query = _of_kind("encounter", person)
        if status is not None:
            query = query.where(_stated("encounter.status", "unknown") == status)
        return self._page("encounter", query, encounter_row_view, limit, cursor)

    def encounter(self, key: str, known_at: datetime | None = None) -> EncounterDetail:
        """Return an encounter with the facts and events behind it."""
        with self._looks.connection() as connection:
            known, events = known_encounter(connection, key, known_at)
        return encounter_detail(known, events, known_at)

    def stays(
        self,
        *,
        person: str | None = None,
        status: str | None = None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page[StayView]:
        """Return a page of stays. Raises BadCursorError."""
        query = _of_kind("stay", person)
        if status is not None:
            query = query.where(_stated("stay.status", "") == status)
        return self._page(
            "stay", query, lambda row: stay_view(stored_stay(row)), limit, cursor
        )

    def stay(self, key: str) -> StayDetail:
        """Return a stay with the messages and events behind it."""
        with self._looks.connection() as connection:
            row = entity_row(connection, key)
            if row is None or row.kind != "stay":
                raise unknown(key)
            known, events = stored_stay(row), events_about(connection, key)
            messages = [
                said.message
                for encounter in known.payload["encounters"]
                for said in known_encounter(connection, encounter, None)[0].said
            ]
        return stay_detail(known, dict.fromkeys(messages), events)

    def transitions(
        self,
        *,
        person: str | None = None,
        state: str | None = None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page[TransitionView]:
        """Return a page of transitions. Raises BadCursorError."""
        query = _of_kind("transition", person)
        if state is not None:
            query = query.where(_stated("transition.state", "closed") == state)
        with self._looks.connection() as connection:
            keys = keys_of(connection)
        return self._page(
            "transition",
            query,
            lambda row: transition_view(stored_transition(row), keys),
            limit,
            cursor,
        )

    def transition(self, key: str) -> TransitionDetail:
        """Return a transition with the events about it."""
        with self._looks.connection() as connection:
            row = entity_row(connection, key)
            if row is None or row.kind != "transition":
                raise unknown(key)
            events, keys = events_about(connection, key), keys_of(connection)
        return transition_detail(stored_transition(row), keys, events)

    def records(
        self,
        *,
        kind: str | None = None,
        person: str | None = None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page[RecordView]:
        """Return a page of records. Raises BadCursorError."""
        query = _of_kind("record", person)
        query = query.where(*equal(schema.entity.c.kind, kind))
        return self._page(
            "record",
            query,
            lambda row: record_view(stored_record(row, [])),
            limit,
            cursor,
        )

    def record(self, key: str, known_at: datetime | None = None) -> RecordDetail:
        """Return a record with the facts and events behind it."""
        with self._looks.connection() as connection:
            known, events = known_record(connection, key, known_at)
        return record_detail(known, events, known_at)

    def _page(
        self,
        name: str,
        query: sa.Select[Any],
        view: Callable[[sa.Row[Any]], View],
        limit: int,
        cursor: str | None,
    ) -> Page[View]:
        require_limit(limit)
        key = schema.entity.c.key
        if cursor is not None:
            query = query.where(key > decode_cursor(name, cursor, _KEY))
        with self._looks.connection() as connection:
            rows = connection.execute(query.order_by(key).limit(limit + 1)).all()
        more, rows = len(rows) > limit, rows[:limit]
        after = encode_cursor(name, rows[-1].key) if more else None
        return Page([view(row) for row in rows], after)


def _of_kind(name: str, person: str | None = None) -> sa.Select[Any]:
    table = schema.entity.c
    kinds = RECORD_KINDS if name == "record" else (name,)
    query = ENTITY.where(table.kind.in_(kinds))
    if person is not None:
        return query.where(table.person == person)
    first = _PREFIXES[name]
    # The character after the underscore ends the range.
    return query.where(table.key > first, table.key < first.replace("_", "`"))


def _stated(place: str, missing: str) -> sa.ColumnElement[str]:
    """Return a value in the body of an entity; what is left out is `missing`."""
    text = sa.cast(schema.entity.c.body, sa.Text)
    return sa.func.coalesce(sa.func.json_extract(text, f"$.{place}"), missing)
