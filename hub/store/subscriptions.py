"""Subscriptions as they are shown: as configured, and what waits for them."""

from typing import Any

import sqlalchemy as sa
from msgspec import Struct

from hub.store.journal import moment
from hub.store.reading import Looks
from hub.store.schema import delivery
from hub.store.views import Instant


class SubscriptionView(Struct, frozen=True, kw_only=True):
    """One subscription: its settings, and where its notices are.

    `waiting` are ready to go out, `next_due` is when the first of them is; `dead`
    were given up. `doubts` is what there is to ask about it. `partner` is who has it
    by being a partner, "" for one that is configured.
    """

    name: str
    destination: str
    panel: str
    events: list[str]
    purpose: str
    cadence: str
    quiet_hours: str
    where: dict[str, Any]
    suppress_within: str
    storm: str
    waiting: int
    next_due: Instant | None
    dead: int
    doubts: list[str]
    partner: str = ""


class Waiting(Struct, frozen=True):
    """How many notices wait for a subscription, until when, and how many are dead."""

    ready: int = 0
    next_due: Instant | None = None
    dead: int = 0


def waiting_of(looks: Looks) -> dict[str, Waiting]:
    """Return by subscription what is in line and what was given up."""
    table = delivery.c
    # In so many words: the partial index is used only then.
    open_ = table.state.in_(
        [sa.literal_column(f"'{state}'") for state in ("ready", "claimed", "dead")]
    )
    dead = sa.func.sum(sa.cast(table.state == "dead", sa.Integer))
    due = sa.func.min(sa.case((table.state == "ready", table.due)))
    query = (
        sa.select(table.subscription, sa.func.count(), dead, due)
        .where(open_)
        .group_by(table.subscription)
    )
    with looks.connection() as connection:
        rows = connection.execute(query).all()
    return {
        name: Waiting(
            count - given_up, None if first is None else moment(first), given_up
        )
        for name, count, given_up, first in rows
    }
