"""What the hub itself does, as entries of the audit.

One entry for each event that was decided on, for each person in each artifact that
was tried, for each decision that was taken anew, each change of consent, and each
decision of somebody about who is who.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa

from hub.model.delivery import Terms
from hub.store.audit import HUB, SERVICE, Entry, append
from hub.store.audit_digests import decided_values, digest_of, recheck_digest
from hub.store.decided import UNRELATED
from hub.store.schema import delivery, entity, event
from hub.store.statements import Statement

if TYPE_CHECKING:  # they write the audit, and so import this
    from hub.store.outbox import Settled
    from hub.store.rechecks import Rechecked
    from hub.store.state import DecisionRow, EventRow, Settlement

DECIDED_ON = "event.decided"
TRIED = "notice.sent"
RECHECKED = "delivery.rechecked"
LINKED = "persons.linked"
UNLINKED = "persons.separated"
#: The role of somebody who decided who is who: their name is in the message.
OPERATOR = "operator"

_CONSENT = "consent."
_by_subscription = attrgetter("subscription")
_terms = msgspec.json.Decoder(Terms).decode
_encode = msgspec.json.Encoder().encode
_seqs = sa.func.json_each(sa.bindparam("seqs")).table_valued("value")
_ABOUT = Statement(
    sa.select(
        delivery.c.seq,
        delivery.c.destination,
        entity.c.identity,
    )
    .join_from(delivery, event, event.c.id == delivery.c.event)
    .join(entity, entity.c.seq == event.c.entity)
    .where(delivery.c.seq.in_(sa.select(_seqs.c.value)))
)


def settled(
    connection: sqlite3.Connection, settlements: Sequence["Settlement"]
) -> None:
    """Record what was decided with these settlements, and what consents changed."""
    append(connection, [entry for each in settlements for entry in _of(each)])


def _of(settlement: "Settlement") -> Iterator[Entry]:
    yield from _decided_links(settlement)
    decisions: dict[str, list[DecisionRow]] = {}
    for row in settlement.decisions:
        decisions.setdefault(row.event, []).append(row)
    identities = {row.key: row.identity for row in settlement.entities}
    for each in settlement.events:
        subject = identities.get(each.entity, "")
        if each.type.startswith(_CONSENT):
            yield _consent(each, subject)
        rows = decisions.pop(each.id, [])
        if rows or each.unrelated:
            follows = (each.unrelated, each.ruleset)
            yield _decided_on(each.id, rows, subject, follows)
    for key, rows in decisions.items():  # on events that were there before
        yield _decided_on(key, rows, "", (0, 0), later=True)


def _decided_on(
    key: str,
    rows: list["DecisionRow"],
    subject: str,
    follows: tuple[int, int],
    *,
    later: bool = False,
) -> Entry:
    """Return the entry on decisions on an event.

    `follows` has how many have nothing to do with the person, and by which ruleset.
    """
    if len(rows) > 1:
        rows.sort(key=_by_subscription)
    permitted: list[str] = []
    held: list[str] = []
    denied = {UNRELATED: follows[0]} if follows[0] else {}
    for row in rows:
        if row.permitted:
            permitted.append(row.destination)
        elif row.verdict == "hold":
            held.append(row.destination)
        else:
            denied[row.reason] = denied.get(row.reason, 0) + 1
    detail: dict[str, Any] = {
        "decisions": digest_of(key, *follows, map(decided_values, rows)),
        "of": [row.subscription for row in rows],
    }
    if permitted:
        detail["permitted"] = permitted
    if held:
        detail["held"] = held
    if denied:
        detail["denied"] = denied
    if later:
        detail["later"] = True
    outcome = "permit" if permitted else "hold" if held else "deny"
    return Entry(HUB, SERVICE, DECIDED_ON, key, subject, outcome=outcome, detail=detail)


def _consent(each: "EventRow", subject: str) -> Entry:
    detail = {"event": each.id, "version": each.version}
    return Entry(HUB, SERVICE, each.type, each.entity, subject, detail=detail)


def _decided_links(settlement: "Settlement") -> Iterator[Entry]:
    for link in settlement.relinked.links:
        if link.basis == "decided":
            action = LINKED if link.holds else UNLINKED
            detail = {"message": link.message}
            for key in link.pair:
                yield Entry(HUB, OPERATOR, action, key, key, detail=detail)


def tried(connection: sqlite3.Connection, attempts: Sequence["Settled"]) -> None:
    """Record what became of attempts to send, for each artifact and each person.

    A person is named once for each artifact, as an accounting asks for each. Source:
    IHE BALP 1.1.3, one record for each patient.
    """
    if not attempts:
        return
    seqs = _encode([each.claimed.seq for each in attempts]).decode()
    about = {row[0]: row[1:] for row in _ABOUT(connection, seqs=seqs)}
    groups: dict[tuple[str, str, str], list[Settled]] = {}
    for each in attempts:
        recipient, subject = about[each.claimed.seq]
        artifact = each.claimed.batch or each.claimed.event
        groups.setdefault((artifact, recipient, subject), []).append(each)
    append(connection, [_tried(*key, group) for key, group in groups.items()])


def _tried(
    artifact: str, recipient: str, subject: str, group: list["Settled"]
) -> Entry:
    first = group[0]
    terms = [_terms(each.claimed.terms) for each in group]
    detail: dict[str, Any] = {
        "deliveries": [each.claimed.id for each in group],
        "events": [each.claimed.event for each in group],
        "digest": first.digest,
        "attempt": first.claimed.attempts,
        "state": first.state.value,
    }
    more = {
        "receipt": first.evidence,
        "error": first.error_code,
        "templates": sorted({each.template for each in terms if each.template}),
        "obligations": sorted({one for each in terms for one in each.obligations}),
        "consents": sorted({one for each in terms for one in each.consents}),
        "redacted": any(each.redacted or each.masks_facility for each in terms),
    }
    return Entry(
        HUB,
        SERVICE,
        TRIED,
        artifact,
        subject,
        recipient,
        first.claimed.purpose,
        outcome=first.outcome.value,
        detail=detail | {name: value for name, value in more.items() if value},
    )


def rechecked(connection: sqlite3.Connection, decided: Sequence["Rechecked"]) -> None:
    """Record decisions that were taken anew before an attempt."""
    if not decided:
        return
    seqs = _encode([each.claimed.seq for each in decided]).decode()
    about = {row[0]: row[1:] for row in _ABOUT(connection, seqs=seqs)}
    append(connection, [_rechecked(each, *about[each.claimed.seq]) for each in decided])


def _rechecked(each: "Rechecked", recipient: str, subject: str) -> Entry:
    return Entry(
        HUB,
        SERVICE,
        RECHECKED,
        each.claimed.id,
        subject,
        recipient,
        each.claimed.purpose,
        outcome=each.verdict,
        detail={
            "event": each.claimed.event,
            "why": each.reason,
            "decision": recheck_digest(*each.row),
        },
    )
