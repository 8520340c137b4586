"""State: what the hub made of messages. The second of the three transactions.

Facts, the entities folded from them, events, decisions and deliveries of a
message are stored together with the message's new state, or not at all.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from hub.model.message import MessageState
from hub.store import (
    audit_records,
    entity_rows,
    held,
    links,
    referral_rows,
    shadow_amending,
    timers,
)
from hub.store.directory import arrivals
from hub.store.directory.arrivals import DirectoryArrival
from hub.store.entity_rows import NUMBER, EntityRow, number_of
from hub.store.journal import PartRow
from hub.store.links import Relinked
from hub.store.pasts import hasten, supersede
from hub.store.referral_rows import REFERRAL, Listing, listing
from hub.store.schema import (
    decision,
    delivery,
    document,
    entity,
    event,
    fact,
    message,
)
from hub.store.shadow_amending import Again
from hub.store.statements import Insert, Statement
from hub.store.timers import TimerRow
from hub.store.withdrawing import withdraw

_UNCHANGED = Relinked()


class FactRow(NamedTuple):
    """A fact of message `message`, the `place`-th in it, about `entity`.

    `read_at` is when it was read again, None where it was read once.
    """

    message: int
    place: int
    entity: str
    body: bytes
    read_at: int | None = None


class DocumentRow(NamedTuple):
    """Content that facts of message `message` refer to by `digest`."""

    digest: str
    media_type: str
    message: int
    body: bytes


class EventRow(NamedTuple):
    """A care event. `routes` counts the subscriptions that asked for it.

    `unrelated` of them have no decision, because they have nothing to do with the
    person; which ones they are follows from the `ruleset`.
    """

    id: str
    message: int
    type: str
    entity: str
    version: int
    emitted_at: int
    routes: int
    body: bytes
    unrelated: int = 0
    ruleset: int = 0


class DecisionRow(NamedTuple):
    """A decision; `rules` is a JSON list of rule ids, `terms` a JSON object."""

    event: str
    subscription: str
    destination: str
    permitted: bool
    reason: str
    purpose: str
    patient_id: str
    rules: str
    decided_at: int
    verdict: str
    terms: str = "{}"


class DeliveryRow(NamedTuple):
    """A delivery that waits until `due`, in line with others of `okey`.

    It goes on `terms` as they were decided in `generation`, and hold `until` then.
    """

    id: str
    event: str
    subscription: str
    destination: str
    okey: str
    state: str
    due: int
    created_at: int
    terms: str = "{}"
    until: int | None = None
    generation: int = 0


class Settlement(NamedTuple):
    """All that comes of one message, in the order in which it is stored.

    Where `state` is None it comes of a timer: the message was settled before.
    `retracted` are events, each with the one that takes it back, `superseded`
    deliveries that a newer one stands for, by event and destination, and `hastened`
    those that were put off and must go out by a time, because something follows them.
    `again` says that the message was read again: its facts are replaced. A message
    that is a whole `directory` waits for its keeper.
    """

    seq: int
    state: MessageState | None
    settled_at: int
    reason: str = ""
    error_code: str = ""
    warnings: tuple[str, ...] = ()
    parts: tuple[PartRow, ...] = ()
    documents: tuple[DocumentRow, ...] = ()
    relinked: Relinked = Relinked()
    facts: tuple[FactRow, ...] = ()
    entities: tuple[EntityRow, ...] = ()
    events: tuple[EventRow, ...] = ()
    decisions: tuple[DecisionRow, ...] = ()
    deliveries: tuple[DeliveryRow, ...] = ()
    retracted: tuple[tuple[str, str], ...] = ()
    superseded: tuple[tuple[str, str], ...] = ()
    hastened: tuple[tuple[str, str, int], ...] = ()
    cleared: tuple[tuple[str, str], ...] = ()
    timers: tuple[TimerRow, ...] = ()
    again: Again | None = None
    directory: DirectoryArrival | None = None


# A part that was there before counts as a repeat, as a whole message does (G7).
_PARTS = Insert(
    message,
    PartRow._fields,
    "ON CONFLICT (source, control_id, sha256) DO UPDATE SET"
    " repeats = repeats + 1, repeated_at = excluded.received_at,"
    # What was refused when it came alone is taken now.
    " state = CASE reason WHEN 'refused' THEN 'received' ELSE state END,"
    " error_code = CASE reason WHEN 'refused' THEN '' ELSE error_code END,"
    " reason = CASE reason WHEN 'refused' THEN '' ELSE reason END",
)
_DOCUMENTS = Insert(document, DocumentRow._fields, "ON CONFLICT DO NOTHING")
_FACTS = Insert(fact, FactRow._fields, looked_up={"entity": NUMBER})
_EVENTS = Insert(event, EventRow._fields, looked_up={"entity": NUMBER})
_DECISIONS = Insert(decision, DecisionRow._fields)
_DELIVERIES = Insert(delivery, DeliveryRow._fields)
_seqs = sa.func.json_each(sa.bindparam("seqs")).table_valued("value")
_SETTLE_PLAIN = Statement(
    sa.update(message)
    .where(message.c.seq.in_(sa.select(_seqs.c.value)))
    .values(
        state=MessageState.PROCESSED.value,
        settled_at=sa.bindparam("at"),
        reason="",
        error_code="",
        warnings="[]",
    )
)
_SETTLE = Statement(
    sa.update(message)
    .where(message.c.seq == sa.bindparam("key"))
    .values(
        state=sa.bindparam("state"),
        settled_at=sa.bindparam("at"),
        reason=sa.bindparam("reason"),
        error_code=sa.bindparam("error_code"),
        warnings=sa.bindparam("warnings"),
    )
)
_EVENTS_OF = Statement(
    sa.select(event.c.body)
    .join_from(event, entity)
    .where(entity.c.person == sa.bindparam("person"))
    .order_by(event.c.seq)
)
_people = sa.func.json_each(sa.bindparam("people")).table_valued("value")
_DOUBT = Statement(
    sa.update(delivery)
    .where(
        delivery.c.okey.in_(sa.select(_people.c.value)),
        # In so many words, as the index that covers only these needs it.
        delivery.c.state.in_(
            sa.literal_column(f"'{state}'") for state in ("ready", "claimed", "dead")
        ),
    )
    # Each doubt is another one: what is being decided anew is doubted again.
    .values(generation=sa.func.min(delivery.c.generation, 0) - 1)
)
_DOUBT_ABOUT = Statement(
    sa.update(delivery)
    .where(
        delivery.c.event.in_(
            sa.select(event.c.id).where(
                event.c.entity == number_of(sa.bindparam("key"))
            )
        ),
        delivery.c.state.in_(
            sa.literal_column(f"'{state}'") for state in ("ready", "claimed", "dead")
        ),
    )
    .values(generation=sa.func.min(delivery.c.generation, 0) - 1)
)
_FACTS_OF = Statement(
    sa.select(fact.c.body)
    .where(
        fact.c.entity == number_of(sa.bindparam("key")), fact.c.replaced_at.is_(None)
    )
    .order_by(fact.c.seq)
)


def events_of(connection: sqlite3.Connection, person: str) -> list[bytes]:
    """Return the bodies of all events about a person, in order."""
    return [body for (body,) in _EVENTS_OF(connection, person=person)]


def facts_of(connection: sqlite3.Connection, key: str) -> list[bytes]:
    """Return the bodies of the facts that stand about an entity, as they arrived."""
    return [body for (body,) in _FACTS_OF(connection, key=key)]


def settle(
    connection: sqlite3.Connection, batches: Sequence[Sequence[Settlement]]
) -> list[int]:
    """Store what came of messages; return for each batch how many there were."""
    settlements = [each for batch in batches for each in batch]
    _PARTS.run(connection, _all(settlements, "parts"))
    _DOCUMENTS.run(connection, _all(settlements, "documents"))
    relinked = [each.relinked for each in settlements if each.relinked != _UNCHANGED]
    links.write(connection, relinked)
    for each in settlements:
        if each.again:
            shadow_amending.settle(connection, each.seq, each.again, each.settled_at)
    entity_rows.keep(connection, _all(settlements, "entities"))
    _FACTS.run(connection, _all(settlements, "facts"))
    referral_rows.keep(connection, _referrals(settlements))
    _EVENTS.run(connection, _all(settlements, "events"))
    _DECISIONS.run(connection, _all(settlements, "decisions"))
    _DELIVERIES.run(connection, _all(settlements, "deliveries"))
    links.move(connection, relinked)
    timers.change(connection, _all(settlements, "cleared"), _all(settlements, "timers"))
    for each in settlements:
        for taken_back, retraction in each.retracted:
            withdraw(connection, taken_back, retraction, each.settled_at)
        supersede(connection, each.superseded, each.settled_at)
        hasten(connection, each.hastened)
    _mark(connection, [each for each in settlements if each.state is not None])
    links.release(connection, relinked)
    _doubt(connection, settlements)
    arrivals.put(connection, [each.directory for each in settlements if each.directory])
    audit_records.settled(connection, settlements)
    return [len(batch) for batch in batches]


def _referrals(settlements: Sequence[Settlement]) -> list[Listing]:
    """Return by what the referrals of these settlements are listed.

    What an earlier one said of a referral counts beside what the last one made of it.
    """
    found: dict[str, Listing] = {}
    for each in settlements:
        for row in each.entities:
            if row.kind == REFERRAL:
                facts = [said.body for said in each.facts if said.entity == row.key]
                listed = listing(row.key, row.body, facts, each.settled_at)
                if before := found.get(row.key):
                    listed = listed._replace(names=listed.names | before.names)
                found[row.key] = listed
    return list(found.values())


def _doubt(connection: sqlite3.Connection, settlements: Sequence[Settlement]) -> None:
    """Have what waits to be sent decided anew where it may not hold any more.

    People may be known by other numbers than before, or have decided otherwise.
    """
    people = {
        row.person
        for row in _all(settlements, "entities")
        if row.kind in held.CONSENT_KINDS
    }
    for each in settlements:
        people |= {
            key for moved in each.relinked.moved for key in (moved.old, moved.new)
        }
        people |= {person for _, person in each.relinked.rehomed}
        for key, _ in each.relinked.rehomed:
            _DOUBT_ABOUT(connection, key=key)  # in the line of whose it was
    if people:
        _DOUBT(connection, people=msgspec.json.encode(sorted(people)).decode())


def _all(settlements: Sequence[Settlement], name: str) -> list[Any]:
    return [row for each in settlements for row in getattr(each, name)]


def _mark(connection: sqlite3.Connection, settlements: list[Settlement]) -> None:
    plain = [each for each in settlements if _plain(each)]
    if plain:
        seqs = msgspec.json.encode([each.seq for each in plain]).decode()
        _SETTLE_PLAIN(connection, seqs=seqs, at=plain[0].settled_at)
    for each in settlements:
        if not _plain(each):
            _SETTLE(
                connection,
                key=each.seq,
                state=each.state and each.state.value,
                at=each.settled_at,
                reason=each.reason,
                error_code=each.error_code,
                warnings=msgspec.json.encode(each.warnings).decode(),
            )


def _plain(each: Settlement) -> bool:
    return each.state is MessageState.PROCESSED and not (each.warnings or each.reason)
