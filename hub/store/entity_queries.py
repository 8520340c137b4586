"""Questions about people, encounters, stays and records.

Lists are in the order of the keys, which tell nothing. What is asked for a time
(`known_at`) is as it could have been known then, from the messages that had been
received.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from hub.store import schema
from hub.store.belongings import Belongings, known_encounter, known_record
from hub.store.context import gather, person_context
from hub.store.context_views import PersonContext
from hub.store.entity_shown import (
    encounter_detail,
    encounter_row_view,
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
from hub.store.person_shown import person_detail, person_view
from hub.store.reading import Looks, equal, unknown
from hub.store.said import events_about
from hub.store.scoring import ToScore, to_score
from hub.store.timeline import timeline
from hub.store.views import Page
from hub.store.whose import Whose, oldest_first, owner_of, whose

View = TypeVar("View")

_KEY = "[0-9A-Za-z_]{1,80}"
# All keys of a kind begin alike, so that they lie side by side in the store.
PREFIXES = {
    "person": "p_",
    "encounter": "enc_",
    "stay": "stay_",
    "record": "rec_",
    "transition": "trn_",
}


class EntityReader:
    """Looks at what is known of people.

    Where a person is asked for, the key of any of their identities will do. `trust`
    names the authorities whose word on people counts most, the best first.

    Each method may be called from any thread, and raises StoreUnreadableError or
    SlowQueryError. Those that take a key raise UnknownIdError, and those that take
    `known_at` NothingKnownError.
    """

    def __init__(self, looks: Looks, trust: Sequence[str] = ()) -> None:
        self._looks = looks
        self._trust = tuple(trust)

    def persons(
        self, *, limit: int = DEFAULT_LIMIT, cursor: str | None = None
    ) -> Page[PersonView]:
        """Return a page of people. Raises BadCursorError."""
        table = schema.entity.c
        query = _of_kind("person").where(table.person == table.key)
        with self._looks.connection() as connection:
            rows, after = self._rows(connection, "person", query, limit, cursor)
            found = self._people(connection, [row.key for row in rows])
        return Page(found, after)

    def find_persons(self, system: str, value: str) -> Page[PersonView]:
        """Return whoever has this identifier: several may, if somebody else gave it."""
        identifier, known = schema.identifier.c, schema.entity.alias("known")
        query = (
            sa.select(known.c.person)
            .join_from(schema.identifier, known, known.c.key == identifier.identity)
            .where(identifier.system == system, identifier.value == value)
            .distinct()
            .order_by(known.c.person)
        )
        with self._looks.connection() as connection:
            owners = connection.execute(query).scalars().all()
            return Page(self._people(connection, owners), None)

    def owners(self, identities: Iterable[str]) -> dict[str, str]:
        """Return by the keys of identities those of the people that they belong to.

        Raises UnknownIdError.
        """
        with self._looks.connection() as connection:
            return {each: owner_of(connection, each) for each in identities}

    def members(self, person: str) -> list[str]:
        """Return the keys of all identities of the person that one belongs to."""
        with self._looks.connection() as connection:
            return [each.key for each in whose(connection, person, None).identities]

    def person(self, key: str, known_at: datetime | None = None) -> PersonDetail:
        """Return a person with all that is theirs."""
        with self._looks.connection() as connection:
            belongings = Belongings(connection, key, known_at, self._trust)
            return person_detail(belongings, known_at)

    def context(self, key: str, at: datetime, days: int) -> PersonContext:
        """Return what is known of a person at one look, of so many days before `at`."""
        with self._looks.connection() as connection:
            return person_context(gather(connection, key, self._trust, at), days)

    def to_score(self, scorer: str, key: str, at: datetime) -> ToScore:
        """Return what a scorer is given of a person, and what it was given last."""
        with self._looks.connection() as connection:
            return to_score(connection, scorer, key, self._trust, at)

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
            belongings = Belongings(connection, person, known_at, self._trust)
            return timeline(belongings, known_at, limit, before)

    def encounters(
        self,
        *,
        person: str | None = None,
        status: str | None = None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> Page[EncounterView]:
        """Return a page of encounters. Raises BadCursorError.

        Those that became part of others are not in it.
        """
        query = _of_kind("encounter", person).where(_stated("into", "") == "")
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
        return self._page(
            "transition",
            query,
            lambda row: transition_view(stored_transition(row)),
            limit,
            cursor,
        )

    def transition(self, key: str) -> TransitionDetail:
        """Return a transition with the events about it."""
        with self._looks.connection() as connection:
            row = entity_row(connection, key)
            if row is None or row.kind != "transition":
                raise unknown(key)
            events = events_about(connection, key)
        return transition_detail(stored_transition(row), events)

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

    def _people(
        self, connection: sa.Connection, keys: Sequence[str]
    ) -> list[PersonView]:
        table = schema.entity.c
        query = ENTITY.where(table.person.in_(keys), table.kind == "person")
        members: dict[str, list[sa.Row[Any]]] = {key: [] for key in keys}
        for row in connection.execute(query):
            members[row.person].append(row)
        return [
            person_view(Whose(key, oldest_first(rows)), self._trust)
            for key, rows in members.items()
        ]

    def _page(
        self,
        name: str,
        query: sa.Select[Any],
        view: Callable[[sa.Row[Any]], View],
        limit: int,
        cursor: str | None,
    ) -> Page[View]:
        with self._looks.connection() as connection:
            rows, after = self._rows(connection, name, query, limit, cursor)
        return Page([view(row) for row in rows], after)

    def _rows(
        self,
        connection: sa.Connection,
        name: str,
        query: sa.Select[Any],
        limit: int,
        cursor: str | None,
    ) -> tuple[Sequence[sa.Row[Any]], str | None]:
        require_limit(limit)
        key = schema.entity.c.key
        if cursor is not None:
            query = query.where(key > decode_cursor(name, cursor, _KEY))
        rows = connection.execute(query.order_by(key).limit(limit + 1)).all()
        more, rows = len(rows) > limit, rows[:limit]
        return rows, encode_cursor(name, rows[-1].key) if more else None


def _of_kind(name: str, person: str | None = None) -> sa.Select[Any]:
    table = schema.entity.c
    kinds = RECORD_KINDS if name == "record" else (name,)
    query = ENTITY.where(table.kind.in_(kinds))
    if person is not None:
        known = schema.entity.alias("known").c
        owner = sa.select(known.person).where(known.key == person)
        return query.where(table.person == owner.scalar_subquery())
    first = PREFIXES[name]
    # The character after the underscore ends the range.
    return query.where(table.key > first, table.key < first.replace("_", "`"))


def _stated(place: str, missing: str) -> sa.ColumnElement[str]:
    """Return a value in the body of an entity; what is left out is `missing`."""
    text = sa.cast(schema.entity.c.body, sa.Text)
    return sa.func.coalesce(sa.func.json_extract(text, f"$.{place}"), missing)
