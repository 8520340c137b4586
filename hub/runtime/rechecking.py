"""Rechecking: before an attempt a decision is taken anew, where it may be another.

Between the decision and the attempt a consent may be revoked, a panel replaced, two
people parted. Nothing leaves on a decision that does not hold (domain 8.3).
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from threading import Lock

import msgspec
import structlog
from msgspec.structs import replace

from hub.coordination.policy import CORRECTION_RULE, RETRACTION
from hub.model.delivery import Decision, Terms
from hub.model.events import CareEvent
from hub.runtime.entities import Entities
from hub.runtime.relations import Relations
from hub.runtime.routing import Router
from hub.runtime.whose import whose_of
from hub.store.journal import microseconds
from hub.store.outbox import Claimed
from hub.store.rechecks import Rechecked
from hub.store.recipients import person_of

log = structlog.get_logger()

_event = msgspec.json.Decoder(CareEvent).decode
_terms = msgspec.json.Decoder(Terms).decode
_encode = msgspec.json.Encoder().encode


class Rechecker:
    """Decides anew, from what is committed. May be asked by several threads."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        entities: Entities,
        router: Router,
        relations: Relations,
    ) -> None:
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
        )

    def _decide(self, destination: str, claimed: Claimed, now: datetime) -> Decision:
        terms = _terms(claimed.terms)
        answer = Decision(
            event=claimed.event,
            subscription=claimed.subscription,
            destination=destination,
            verdict="hold",
            reason="rule.failed",
        )
        if terms.template == RETRACTION:
            # Who was told of an event hears that it is taken back, whatever holds.
            rules = (CORRECTION_RULE,)
            return replace(
                answer,
                verdict="permit",
                reason="correction.owed",
                rules=rules,
                terms=terms,
            )
        try:
            event = _event(claimed.event_body)
            person = person_of(self._connection, event.id)
            whose = whose_of(event, person, self._entities, self._relations)
            name = claimed.subscription
            return self._router.decide_anew(event, name, destination, whose, now)
        except Exception:  # whatever breaks in here must not disclose
            log.exception("recheck.failed", delivery_id=claimed.id)
            return answer
