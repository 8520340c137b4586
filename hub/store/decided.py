"""Decisions as they are shown: those that have a row, and those that follow.

Where a subscription asks for an event and has nothing to do with the person, that is
not written down for each: it follows from the event and its ruleset.
"""

from typing import Any

import sqlalchemy as sa

from hub.store.policy_tables import asked
from hub.store.schema import decision, event

#: What is said of those who have nothing to do with the person.
UNRELATED = "relationship.none"
_RULES = '["relationship@1"]'
_SHOWN = (
    "event",
    "subscription",
    "destination",
    "permitted",
    "verdict",
    "reason",
    "purpose",
    "rules",
    "terms",
    "decided_at",
)


def _written() -> sa.Select[Any]:
    columns = [decision.c[name] for name in _SHOWN]
    return sa.select(*columns, event.c.seq).join_from(
        decision, event, event.c.id == decision.c.event
    )


def _following() -> sa.Select[Any]:
    values = {
        "event": event.c.id,
        "subscription": asked.c.subscription,
        "destination": asked.c.destination,
        "permitted": sa.false(),
        "verdict": sa.literal("deny"),
        "reason": sa.literal(UNRELATED),
        "purpose": asked.c.purpose,
        "rules": sa.literal(_RULES),
        "terms": sa.literal("{}"),
        "decided_at": event.c.emitted_at,
    }
    has_a_row = sa.exists().where(
        decision.c.event == event.c.id,
        decision.c.subscription == asked.c.subscription,
    )
    same = sa.and_(asked.c.ruleset == event.c.ruleset, asked.c.type == event.c.type)
    return (
        sa.select(*(values[name].label(name) for name in _SHOWN), event.c.seq)
        .join_from(event, asked, same)
        .where(event.c.unrelated > 0, ~has_a_row)
    )


#: Every decision, with `seq`, the number of its event.
decided = sa.union_all(_written(), _following()).subquery("decided")
