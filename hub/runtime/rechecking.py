"""Rechecking: before an attempt a decision is taken anew, where it may be another.

Between the decision and the attempt a consent may be revoked, a panel replaced, two
people parted. Nothing leaves on a decision that does not hold (domain 8.3).
"""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Lock

import msgspec
import structlog
from msgspec.structs import replace

from hub.coordination.people import was_known_as
from hub.coordination.policy import RETRACTION, fewest_words, unheard
from hub.model.delivery import Decision, Terms
from hub.model.events import CareEvent
from hub.runtime.entities import Entities
from hub.runtime.relations import Relations
from hub.runtime.routing import Router
from hub.runtime.whose import Whose, whose_of
from hub.store.journal import microseconds
from hub.store.outbox import Claimed
from hub.store.rechecks import Rechecked
from hub.store.recipients import heard_in, permitted_by, person_of

log = structlog.get_logger()

#: Says whose an event is; see `whose_of`.
WhoseOf = Callable[[CareEvent, str, Entities, Relations], Whose]

_event = msgspec.json.Decoder(CareEvent).decode
_terms = msgspec.json.Decoder(Terms).decode
_encode = msgspec.json.Encoder().encode


class Rechecker:
    """Decides anew, from what is committed. May be asked by several threads.

    `whose` says who has to do with an event: by what is told, or by who looks.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        entities: Entities,
        router: Router,
        relations: Relations,
        whose: WhoseOf = whose_of,
    ) -> None:
        self._whose = whose
        self._connection = connection
        self._entities = entities
        self._router = router
        self._relations = relations
        self._one_at_a_time = Lock()

    def recheck(
        self, destination: str, claimed: Sequence[Claimed], now: datetime
    ) -> list[Rechecked]:
        """Return what holds now of deliveries to a destination, in their order."""
        with self._one_at_a_time:
            self._entities.forget()
            self._relations.refresh()
            return [self._recheck(destination, each, now) for each in claimed]

    def _recheck(self, destination: str, claimed: Claimed, now: datetime) -> Rechecked:
        decision = self._decide(destination, claimed, now)
        return Rechecked(
            claimed,
            decision.verdict,
            decision.reason,
            _encode(decision.rules).decode(),
            _encode(decision.terms).decode(),
            microseconds(decision.until) if decision.until else None,
            self._relations.generation,
            microseconds(now),
            decision.subscription,
            decision.patient_id if decision.permitted else None,
            decision.purpose if decision.permitted else None,
        )

    def _decide(self, destination: str, claimed: Claimed, now: datetime) -> Decision:
        before = Decision(
            event=claimed.event,
            subscription=claimed.subscription,
            destination=destination,
            verdict="hold",
            reason="rule.failed",
            purpose=claimed.purpose,
            patient_id=claimed.patient_id,
        )
        terms = _terms(claimed.terms)
        try:
            event = _event(claimed.event_body)
            correction = event.correction
            if correction and correction.kind == "retraction":
                before = replace(before, terms=terms)
                return self._of_retraction(event, correction.of, before, now)
            return self._of_event(event, before, now)
        except Exception:  # whatever breaks in here must not disclose
            log.exception("recheck.failed", delivery_id=claimed.id)
            return before

    def _of_event(self, event: CareEvent, before: Decision, now: datetime) -> Decision:
        person = person_of(self._connection, event.id)
        said = event.subject.person
        if said and self._entities.owner(said) != person:
            # It is taken back, and told anew of whom it is about.
            return replace(
                before, verdict="deny", reason="identity.moved", patient_id=""
            )
        if self._describes_somebody_else(event, person):
            return replace(
                before, verdict="hold", reason="identity.parted", patient_id=""
            )
        return self._decided(event, person, before, now)

    def _describes_somebody_else(self, event: CareEvent, person: str) -> bool:
        """Say whether an event was worked out while its person was taken for two.

        It names another person's number, or describes somebody whom nobody calls or
        ever called so who tells of this person.
        """
        known = self._entities.person(person)
        if known is None:
            return False
        if not set(event.subject.identifiers) <= set(known.person.identifiers):
            return True
        said = event.payload.get("person") or {}
        if event.type.startswith("person."):
            said = event.payload
        return not was_known_as(known.person, said)

    def _of_retraction(
        self, event: CareEvent, of: str, before: Decision, now: datetime
    ) -> Decision:
        """Return the decision, in fewest words where the retraction is owed.

        Who was told of what is taken back hears so, though they may know no more;
        nobody else does. It is about the person whom it names, and not about whose
        that is by now.
        """
        heard = heard_in(self._connection, of)
        known = [each for each in heard if each.destination == before.destination]
        if not known:
            return unheard(before)
        if before.terms.template == RETRACTION:
            return fewest_words(before, known[0].patient_id)
        said = event.subject.person
        owner = self._entities.owner(said) if said else ""
        decision = self._decided(event, owner, before, now)
        if self._describes_somebody_else(event, owner):
            return fewest_words(before, known[0].patient_id)
        if decision.permitted and decision.patient_id == known[0].patient_id:
            return decision
        before = replace(before, rules=decision.rules)
        return fewest_words(before, known[0].patient_id)

    def _decided(
        self, event: CareEvent, person: str, before: Decision, now: datetime
    ) -> Decision:
        """Ask for all subscriptions that stand behind a delivery, its own first.

        Two subscriptions of a destination share a delivery, and each may permit it.
        """
        to, own = before.destination, before.subscription
        whose = self._whose(event, person, self._entities, self._relations)
        found = self._router.decide_anew(event, own, to, whose, now)
        for other in permitted_by(self._connection, event.id, to):
            if found.permitted:
                break
            again = self._router.decide_anew(event, other, to, whose, now)
            if again.permitted:
                own, found = other, again
        return replace(found, subscription=own)
