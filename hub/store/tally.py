"""How much of everything there is: people, stays, transitions, in numbers."""

import sqlite3
from collections.abc import Mapping

from msgspec import Struct, field

from hub.store.decided import UNRELATED


class Tally(Struct, frozen=True, kw_only=True):
    """What is known now. People are counted, and not their numbers.

    `stays` that stand by their status, `transitions` by their state, `readmissions`
    those that were told of and stand.
    """

    persons: int = 0
    stays: Mapping[str, int] = field(default_factory=dict)
    transitions: Mapping[str, int] = field(default_factory=dict)
    readmissions: int = 0


# Plain SQL: these are questions about the tables, as those of the books are.
_PERSONS = "SELECT count(*) FROM entity WHERE kind = 'person' AND person = key"
_STAYS = """
    SELECT json_extract(CAST(body AS TEXT), '$.stay.status'), count(*),
        sum(json_array_length(CAST(body AS TEXT), '$.slots.readmission') > 0)
    FROM entity WHERE kind = 'stay' AND json_extract(CAST(body AS TEXT), '$.stands')
    GROUP BY 1
"""
_TRANSITIONS = """
    SELECT json_extract(CAST(body AS TEXT), '$.transition.state') AS state, count(*)
    FROM entity WHERE kind = 'transition' AND state IS NOT NULL GROUP BY 1
"""
_DENIALS = """
    SELECT reason, count(*) FROM decision WHERE verdict = 'deny' GROUP BY reason
"""
_UNRELATED = "SELECT coalesce(sum(unrelated), 0) FROM event"


def denials(connection: sqlite3.Connection) -> dict[str, int]:
    """Count by reason how often the policy said no, also where it follows."""
    connection.execute("BEGIN")
    try:
        found: dict[str, int] = dict(connection.execute(_DENIALS).fetchall())
        [(unrelated,)] = connection.execute(_UNRELATED)
    finally:
        connection.execute("ROLLBACK")
    if unrelated:
        found[UNRELATED] = found.get(UNRELATED, 0) + unrelated
    return found


def tally(connection: sqlite3.Connection) -> Tally:
    """Count in one snapshot of the store."""
    connection.execute("BEGIN")
    try:
        [(persons,)] = connection.execute(_PERSONS)
        stays = connection.execute(_STAYS).fetchall()
        transitions = connection.execute(_TRANSITIONS).fetchall()
    finally:
        connection.execute("ROLLBACK")
    return Tally(
        persons=persons,
        stays={status: count for status, count, _ in stays},
        transitions=dict(transitions),
        readmissions=sum(again or 0 for _, _, again in stays),
    )
