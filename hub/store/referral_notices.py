"""Whether whoever shall act was told of a referral, and why not where they were not."""

from collections.abc import Iterable, Iterator

import msgspec
import sqlalchemy as sa

from hub.coordination.partners import subscription_of
from hub.coordination.records import Record
from hub.model.delivery import DeliveryState
from hub.store import schema
from hub.store.entity_rows import number_of
from hub.store.explaining.deliveries import decisions_for
from hub.store.explaining.reasons import ReasonView
from hub.store.explaining.views import ExplainedDecision
from hub.store.referral_views import NoticeOutcome, PerformerNotice, party

#: Their own words come back to nobody: that is no news which is kept from them.
_OWN_WORDS = "relationship.other_side"
_OUTCOMES: dict[str, NoticeOutcome] = {
    DeliveryState.READY: "waiting",
    DeliveryState.CLAIMED: "waiting",
    DeliveryState.DELIVERED: "told",
    DeliveryState.DEAD: "failed",
    DeliveryState.WITHDRAWN: "withdrawn",
    DeliveryState.WITHHELD: "withheld",
    DeliveryState.HELD: "held",
}
_record = msgspec.json.Decoder(Record | None).decode
_entity, _event = schema.entity.c, schema.event.c


def notices_of(connection: sa.Connection, keys: Iterable[str]) -> list[PerformerNotice]:
    """Return what was decided for whoever shall act in each of these referrals.

    In the order of the keys, and then of what happened. Where there is a performer
    for whom nothing was decided one says so.
    """
    return [notice for key in keys for notice in _of_referral(connection, key)]


def _of_referral(connection: sa.Connection, key: str) -> list[PerformerNotice]:
    body = connection.execute(
        sa.select(_entity.body).where(_entity.key == key)
    ).scalar_one()
    record = _record(bytes(body))
    stated = record.details.get("performer") if record else None
    performer = party(stated)
    if not performer:
        return []
    named = stated.get("party") if isinstance(stated, dict) else ""
    found = _decided(connection, key, performer, str(named)) if named else ()
    return list(found) or [_nothing(key, performer)]


def _decided(
    connection: sa.Connection, key: str, performer: str, partner: str
) -> Iterator[PerformerNotice]:
    events = sa.select(_event.id, _event.type).where(_event.entity == number_of(key))
    types = {row.id: row.type for row in connection.execute(events)}
    for each in decisions_for(connection, subscription_of(partner), types):
        if each.decision.reason != _OWN_WORDS:
            yield PerformerNotice(
                referral=key,
                performer=performer,
                event=each.decision.event,
                type=types[each.decision.event],
                destination=each.decision.destination,
                told=_outcome(each),
                why=each.rechecks[-1].reason if each.rechecks else each.reason,
            )


def _outcome(explained: ExplainedDecision) -> NoticeOutcome:
    if explained.delivery is not None:
        return _OUTCOMES[explained.delivery.state]
    return "held" if explained.decision.verdict == "hold" else "withheld"


def _nothing(key: str, performer: str) -> PerformerNotice:
    return PerformerNotice(
        referral=key,
        performer=performer,
        event="",
        type="",
        destination="",
        told="no_notice",
        why=ReasonView("", "", ""),
    )
