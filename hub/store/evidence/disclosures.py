"""Disclosures: how much went to whom, for what, and on which terms, by month."""

from collections.abc import Iterator

import sqlalchemy as sa
from msgspec import Struct

from hub.store import schema
from hub.store.evidence.asked import Asked, fetch

_decision, _delivery = schema.decision.c, schema.delivery.c
_month = sa.func.strftime("%Y-%m", _delivery.settled_at / 1_000_000, "unixepoch")
_template = sa.func.coalesce(sa.func.json_extract(_delivery.terms, "$.template"), "")
_redacted = sa.func.json_extract(_delivery.terms, "$.redacted").is_not(None)


class DisclosureRow(Struct, frozen=True, kw_only=True):
    """What a destination was told in a month (UTC, of the delivery).

    `template` is "" where notices go out whole, `redacted` says that something
    sensitive was taken out. `notices` counts notices, `people` whom they are about.
    """

    month: str
    destination: str
    purpose: str
    template: str
    redacted: bool
    notices: int
    people: int


def disclosures(connection: sa.Connection, asked: Asked) -> Iterator[DisclosureRow]:
    """Yield what was delivered in the period, in order of month and destination."""
    settled = _delivery.settled_at
    by = (
        _month.label("month"),
        _delivery.destination,
        _decision.purpose,
        _template.label("template"),
        _redacted.label("redacted"),
    )
    query = (
        sa.select(*by, sa.func.count(), sa.func.count(_delivery.okey.distinct()))
        .select_from(schema.delivery)
        .join(
            schema.decision,
            sa.and_(
                _decision.event == _delivery.event,
                _decision.subscription == _delivery.subscription,
            ),
        )
        .where(
            _delivery.state == sa.literal_column("'delivered'"),
            *asked.within(settled),
            *asked.by_then(settled),
        )
        .group_by(*(sa.literal_column(str(place)) for place in range(1, 6)))
        .order_by(*(sa.literal_column(str(place)) for place in range(1, 6)))
    )
    for month, destination, purpose, template, redacted, notices, people in fetch(
        connection, query
    ):
        yield DisclosureRow(
            month=month,
            destination=destination,
            purpose=purpose,
            template=template,
            redacted=bool(redacted),
            notices=notices,
            people=people,
        )
