"""Latency: how long it took until recipients were told."""

from array import array
from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from msgspec import Struct

from hub.store import schema
from hub.store.evidence.asked import Asked, fetch, received_at

_event, _delivery = schema.event.c, schema.delivery.c
#: What the passing of time led to began when it was told of, not when a message came.
_OF_TIMERS = ("stay.", "transition.")
_MICROSECONDS = 1_000_000


class LatencyRow(Struct, frozen=True, kw_only=True):
    """How long a subscription's notices took, in seconds, delivered in the period.

    From when the message came that an event comes from, or, for what a clock led to,
    from when the hub told of it; until the recipient answered that it has the
    notice. `cadence` is that of today's configuration, "" where it has none: a
    digest waits for its hour. Of the quantiles each is a value that occurred.
    """

    destination: str
    subscription: str
    cadence: str
    notices: int
    p50_seconds: float
    p95_seconds: float
    p99_seconds: float
    longest_seconds: float


def latency(connection: sa.Connection, asked: Asked) -> Iterator[LatencyRow]:
    """Yield how long notices took, by destination and subscription."""
    settled = _delivery.settled_at
    query = (
        sa.select(
            _delivery.destination,
            _delivery.subscription,
            _event.id,
            _event.type,
            _event.emitted_at,
            settled,
        )
        .select_from(schema.delivery)
        .join(schema.event, _event.id == _delivery.event)
        .where(
            _delivery.state == sa.literal_column("'delivered'"),
            *asked.within(settled),
            *asked.by_then(settled),
        )
    )
    waits: dict[tuple[str, str], array[int]] = {}
    for destination, subscription, event, kind, emitted, end in fetch(
        connection, query
    ):
        begin = emitted if kind.startswith(_OF_TIMERS) else received_at(event)
        waits.setdefault((destination, subscription), array("q")).append(end - begin)
    for (destination, subscription), found in sorted(waits.items()):
        cadence = asked.cadences.get(subscription, "")
        yield _row(destination, subscription, cadence, sorted(found))


def _row(
    destination: str, subscription: str, cadence: str, waits: Sequence[int]
) -> LatencyRow:
    return LatencyRow(
        destination=destination,
        subscription=subscription,
        cadence=cadence,
        notices=len(waits),
        p50_seconds=quantile(waits, 50),
        p95_seconds=quantile(waits, 95),
        p99_seconds=quantile(waits, 99),
        longest_seconds=quantile(waits, 100),
    )


def quantile(waits: Sequence[int], percent: int) -> float:
    """Return the value below or at which so many percent of sorted `waits` are.

    In seconds to the millisecond, of microseconds.
    """
    rank = max(1, -(-len(waits) * percent // 100))
    return round(waits[rank - 1] / _MICROSECONDS, 3)
