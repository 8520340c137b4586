"""Questions for reasons: about a message, a person, and to each who may ask."""

from typing import Any

import sqlalchemy as sa

from hub.store import schema
from hub.store.entity_queries import PREFIXES
from hub.store.entity_rows import number_of
from hub.store.explaining.conclusions import conclude_event
from hub.store.explaining.events import explained_event, latest_events
from hub.store.explaining.identities import explained_identities
from hub.store.explaining.messages import Readers, explain_message
from hub.store.explaining.parties import recipients_view, senders_view
from hub.store.explaining.views import (
    ExplainedPerson,
    Explanation,
    RecipientsView,
    SendersView,
)
from hub.store.paging import require_limit
from hub.store.reading import Looks, one, unknown
from hub.store.views import MESSAGE_COLUMNS
from hub.store.whose import whose

#: So many of the latest events about a person are explained.
DEFAULT_EVENTS = 20


class ExplanationReader:
    """Explains, from what was written down.

    Where a message is asked for, the id of an event that it led to will do: it is
    what recipients know. Each method may be called from any thread, and raises
    StoreUnreadableError or SlowQueryError. `readers` says what reads the messages
    of each source today.
    """

    def __init__(self, looks: Looks, readers: Readers | None = None) -> None:
        self._looks = looks
        self._readers = readers or {}

    def message(self, key: str, destination: str | None = None) -> Explanation:
        """Return what became of a message, and why. Raises UnknownIdError.

        The key of a referral, or of another record, stands for the newest message
        that led to an event about it.
        """
        with self._looks.connection() as connection:
            row = _message(connection, _newest_about(connection, key))
            return explain_message(connection, row, destination, self._readers)

    def person(
        self, key: str, destination: str | None = None, limit: int = DEFAULT_EVENTS
    ) -> ExplainedPerson:
        """Return who a person is, and where the latest events about them went.

        Raises UnknownIdError.
        """
        require_limit(limit)
        with self._looks.connection() as connection:
            found = whose(connection, key, None)
            rows = latest_events(connection, found.keys, limit + 1)
            events = [
                explained_event(connection, row, destination)
                for row in reversed(rows[:limit])
            ]
            return ExplainedPerson(
                person=found.person,
                identities=explained_identities(connection, sorted(found.keys)),
                events=events,
                earlier=len(rows) > limit,
                conclusion=[
                    f"{each.emitted_at:%Y-%m-%d %H:%M:%S}Z "
                    f"{conclude_event(each, destination)}"
                    for each in events
                ],
            )

    def to_sender(self, key: str, source: str | None = None) -> SendersView:
        """Return what the sender of a message may know.

        Raises UnknownIdError, also for a message that did not come from `source`.
        """
        with self._looks.connection() as connection:
            row = _message(connection, key)
            if source is not None and row.source != source:
                raise unknown(key)
            return senders_view(connection, row)

    def to_recipient(self, key: str, destination: str) -> RecipientsView:
        """Return what a recipient may know of a message.

        One that is not there looks like one of which nothing was sent to them.
        """
        with self._looks.connection() as connection:
            return recipients_view(
                connection, _message_of(connection, key), destination
            )


def _message(connection: sa.Connection, key: str) -> sa.Row[Any]:
    message = _message_of(connection, key)
    query = sa.select(*MESSAGE_COLUMNS).where(schema.message.c.id == message)
    return one(connection, query, key)


def _newest_about(connection: sa.Connection, key: str) -> str:
    """Return the id of the newest event about a record; any other key as it is."""
    if not key.startswith(PREFIXES["record"]):
        return key
    event = schema.event.c
    query = sa.select(event.id).where(event.entity == number_of(key))
    query = query.order_by(event.seq.desc())
    return connection.execute(query.limit(1)).scalar() or key


def _message_of(connection: sa.Connection, key: str) -> str:
    """Return the id of the message behind an event; any other key as it is."""
    if not key.startswith("evt_"):
        return key
    query = (
        sa.select(schema.message.c.id)
        .join_from(schema.event, schema.message)
        .where(schema.event.c.id == key)
    )
    return connection.execute(query).scalar_one_or_none() or key
