"""The desk: where a source that works referrals sees what its partners may see.

Each look is decided by the policy of that moment, as a notice is before it goes out,
and recorded in the audit before anything is shown. A source sees for the partners
for which it speaks, and for nobody else.
"""

import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from threading import RLock
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from hub.coordination.partners import LOOK, Partners, subscription_of
from hub.coordination.policy import Regime, project
from hub.coordination.recipients import Recipient
from hub.coordination.routes import Subscription
from hub.model.delivery import Notice, Terms
from hub.model.events import CareEvent
from hub.model.facts import RecordKey
from hub.runtime.entities import Entities
from hub.runtime.rechecking import Rechecker
from hub.runtime.referrals.linking import links_of, looks_of, parties_of
from hub.runtime.relations import Relations
from hub.runtime.routing import Router
from hub.runtime.whose import Whose, whose_of
from hub.store.audit import Entry
from hub.store.journal import microseconds, moment
from hub.store.outbox import Claimed
from hub.store.rechecks import Rechecked
from hub.store.referral_looks import newest_of
from hub.store.referral_receipts import record_key
from hub.store.referral_sides import Change, changed_of
from hub.threads import in_thread

_event = msgspec.json.Decoder(CareEvent).decode
_terms = msgspec.json.Decoder(Terms).decode

Record = Callable[..., Awaitable[None]]


class Seen(NamedTuple):
    """What came of a look at one referral: the notice, None where nothing is shown."""

    referral: str
    person: str
    reason: str
    purpose: str
    notice: Notice | None = None

    def changed(self, at: datetime) -> "Seen":
        """Return the same of a referral that changed last at a moment."""
        if self.notice is None:
            return self
        return self._replace(notice=replace(self.notice, changed_at=at))

    def entry(self, feed: str, party: str) -> Entry:
        """Return what is recorded of it."""
        shown = self.notice is not None
        event = self.notice.event.id if self.notice else ""
        return Entry(
            actor=feed,
            role="feed",
            action="referral.viewed",
            object=self.referral,
            subject=self.person,
            recipient=party,
            purpose=self.purpose,
            outcome="success" if shown else "denied",
            detail={"reason": self.reason, "event": event},
        )


class Gallery:
    """Decides what partners see. One look at a time; blocks.

    `asked` is what each partner asks for by being one, `recipients` their contracts.
    """

    def __init__(
        self,
        hub: str,
        connection: sqlite3.Connection,
        entities: Entities,
        relations: Relations,
        asked: Sequence[Subscription],
        recipients: dict[str, Recipient],
        regime: Regime,
    ) -> None:
        self._hub = hub
        self._one_at_a_time = RLock()
        self._closed = False
        self._connection = connection
        self._entities = entities
        self.partners: Partners = relations.partners
        # Each looks from a place of its own, whoever else is told at the same one.
        own = [each._replace(destination=each.name) for each in asked]
        contracts = {
            each.name: recipients[each.destination]
            for each in asked
            if each.destination in recipients
        }
        self._purposes = {each.name: each.purpose for each in asked}
        router = Router(own, contracts, regime)
        self._rechecker = Rechecker(
            connection, entities, router, relations, whose=_whose_looks
        )

    def newest(self, party: str, referral: str, now: datetime) -> Seen | None:
        """Return what a party sees of a referral; None where there is none for it."""
        with self._one_at_a_time:
            return None if self._closed else self._newest(party, referral, now)

    def close(self) -> None:
        """Show no more, once a look that is under way has ended."""
        with self._one_at_a_time:
            self._closed = True

    def _newest(self, party: str, referral: str, now: datetime) -> Seen | None:
        self._entities.forget()
        if not self._concerns(party, referral):
            return None
        found = newest_of(self._connection, referral)
        if found is None:
            return None
        event = self._with_title(self._with_notes(_event(found.body)))
        name = subscription_of(party)
        claimed = _claimed(event, found.body, name, self._purposes[name])
        (checked,) = self._rechecker.recheck(name, [claimed], now)
        return self._seen(checked, event, found.person)

    def changed(
        self, party: str, since: datetime | None, limit: int, now: datetime, after: str
    ) -> list[Seen]:
        """Return what a party sees of its referrals that changed, in that order.

        At most `limit` of them are shown; those that are not shown do not count.
        """
        found: list[Seen] = []
        shown = 0
        changes = self._changed(party, microseconds(since) if since else 0, after)
        while shown < limit and (change := self._next(changes)):
            seen = self.newest(party, change.key, now)
            if seen is None:
                continue
            found.append(seen.changed(moment(change.at)))
            shown += seen.notice is not None
        return found

    def record(self, parties: frozenset[str], referral: str) -> RecordKey | None:
        """Return how a referral of any of `parties` is numbered."""
        with self._one_at_a_time:
            if self._closed:
                return None
            self._entities.forget()
            if not any(self._concerns(each, referral) for each in parties):
                return None
            return record_key(self._connection, referral)

    def _changed(self, party: str, since: int, after: str) -> Iterator[Change]:
        partner = self.partners.by_name[party]
        return changed_of(self._connection, partner, since, after)

    def _next(self, changes: Iterator[Change]) -> Change | None:
        with self._one_at_a_time:
            return None if self._closed else next(changes, None)

    def _with_notes(self, event: CareEvent) -> CareEvent:
        """Return an event with what each side wrote last for the other one to read."""
        kept = self._entities.record(event.entity.key)
        notes = kept.record.details.get("notes") if kept and kept.record else None
        if not notes:
            return event
        return replace(event, payload={**event.payload, "notes": notes})

    def _with_title(self, event: CareEvent) -> CareEvent:
        """Return an event in which a partner who asks is called as people call it."""
        stated = event.payload.get("requester")
        party = stated.get("party") if isinstance(stated, dict) else None
        partner = self.partners.by_name.get(party) if isinstance(party, str) else None
        if partner is None or partner.title in {"", partner.name}:
            return event
        told = dict(stated or {})
        org = told.get("org")
        named = org if isinstance(org, dict) else {"name": org} if org else {}
        told["org"] = {**named, "display": partner.title}
        return replace(event, payload={**event.payload, "requester": told})

    def _concerns(self, party: str, referral: str) -> bool:
        kept = self._entities.record(referral)
        if kept is None or kept.record is None or kept.record.kind != "referral":
            return False
        return any(each.partner == party for each in parties_of(kept, self.partners))

    def _seen(self, checked: Rechecked, event: CareEvent, person: str) -> Seen:
        key, purpose = event.entity.key, checked.claimed.purpose
        if not checked.permitted:
            return Seen(key, person, checked.reason, purpose)
        name = checked.claimed.subscription
        notice = Notice(
            event=project(event, _terms(checked.terms)),
            hub=self._hub,
            delivery="",
            destination=name,
            subscription=name,
            purpose=purpose,
            patient_id=checked.known_as,
        )
        return Seen(key, person, checked.reason, purpose, notice)


class HubReferralDesk:
    """The desk of one source. Implements `hub.contract.ReferralDesk`.

    `audit` records entries, and raises HubError where it cannot: nothing is shown then.
    """

    def __init__(
        self,
        feed: str,
        gallery: Gallery,
        audit: Record,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._feed = feed
        self._gallery = gallery
        self._parties = gallery.partners.speaking(feed)
        self._audit = audit
        self._clock = clock

    async def newest(self, party: str, referral: str) -> Notice | None:
        """Return the newest event of a referral; see `ReferralDesk.newest`."""
        if party not in self._parties:
            return None
        look = self._gallery.newest
        seen = await in_thread(look, party, referral, self._clock())
        if seen is None:
            return None
        await self._audit(seen.entry(self._feed, party))
        return seen.notice

    async def changed(
        self,
        party: str,
        since: datetime | None = None,
        limit: int = 100,
        after: str = "",
    ) -> Sequence[Notice]:
        """Return the newest events of a party's referrals; see `ReferralDesk`."""
        if party not in self._parties:
            return []
        look = self._gallery.changed
        found = await in_thread(look, party, since, limit, self._clock(), after)
        if found:
            await self._audit(*(each.entry(self._feed, party) for each in found))
        return [each.notice for each in found if each.notice is not None]

    async def record(self, referral: str) -> RecordKey | None:
        """Return how the requester of a referral numbers it; see `ReferralDesk`."""
        return await in_thread(self._gallery.record, self._parties, referral)


def _whose_looks(
    event: CareEvent, person: str, entities: Entities, relations: Relations
) -> Whose:
    """Return whose an event is, with the links of those who may look at it."""
    whose = whose_of(event, person, entities, relations)
    told = links_of(event, entities, relations.partners)
    links = {name: each for name, each in whose.links.items() if name not in told}
    seen = looks_of(event, entities, relations.partners, relations.labeller)
    return whose._replace(links={**links, **seen})


def _claimed(event: CareEvent, body: bytes, name: str, purpose: str) -> Claimed:
    """Return an event as a sender would have it that is to be decided on."""
    return Claimed(
        seq=0,
        id=LOOK,
        epoch=0,
        attempts=0,
        counted=0,
        batch="",
        event=event.id,
        event_body=body,
        subscription=name,
        purpose=purpose,
        patient_id="",
        terms="{}",
        stale=1,
    )
