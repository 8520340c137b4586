"""Processing: what one message means, from its facts to the deliveries it causes.

Everything here is decided by the message, the state before it and the clock's
value that is handed in, so that doing it again after a crash gives the same ids.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from hub.coordination.ids import Keys
from hub.coordination.labels.labeller import Labeller
from hub.errors import HubError
from hub.model.facts import Fact, FactKind, Normalised
from hub.model.message import MessageState
from hub.runtime import falling_due, happenings
from hub.runtime.directory import happenings as directories
from hub.runtime.entities import Entities
from hub.runtime.index import Index
from hub.runtime.journeys import Journeys, Told
from hub.runtime.referring import Referring
from hub.runtime.relations import Relations
from hub.runtime.routing import Router
from hub.runtime.shadow_rereading import Rereading
from hub.runtime.telling import Telling
from hub.runtime.work import Work
from hub.store import shadow_amending
from hub.store.journal import Waiting, microseconds
from hub.store.shadow_amending import Wanted
from hub.store.state import Settlement
from hub.store.timers import Ringing, TimerRow

#: What is about a person or a record, also where it names an encounter.
_NOT_OF_A_STAY = frozenset({FactKind.PERSON, FactKind.IDENTITY, FactKind.RECORD})


def parked(waiting: Waiting, error: HubError, now: datetime) -> Settlement:
    """Return the settlement of a message that a person must look at."""
    return Settlement(
        waiting.seq,
        MessageState.PARKED,
        microseconds(now),
        reason=error.detail or error.summary,
        error_code=error.code,
    )


class Processor:
    """Turns normalised messages into settlements. One at a time, in order."""

    def __init__(
        self,
        entities: Entities,
        index: Index,
        keys: Keys,
        router: Router,
        relations: Relations,
        journeys: Journeys,
        labeller: Labeller,
        referring: Referring,
    ) -> None:
        self._labeller = labeller
        self._referring = referring
        self._entities = entities
        self._index = index
        self._keys = keys
        self._relations = relations
        self._telling = Telling(entities, router, relations)
        self._journeys = journeys

    def forget(self) -> None:
        """Drop what is remembered of people: the store is right, memory may not be."""
        self._index.forget()
        self._telling.forget()

    def expect(self, read: Iterable[tuple[Waiting, Normalised]]) -> None:
        """Read at once what is known of all that these messages are about."""
        self._relations.refresh()
        stated = _stated(read)
        encounters = self._encounters(stated)
        self._entities.expect(self._identities(stated), encounters)
        self._relations.expect(
            (each for _, fact in stated for each in fact.subject.identifiers),
            encounters,
        )

    def concerns(
        self, read: Iterable[tuple[Waiting, Normalised]], people: Collection[str]
    ) -> bool:
        """Say whether these messages name any of `people`, or what is theirs, by key.

        A statement that names nobody may be about anybody.
        """
        if not people:
            return False
        stated = _stated(read)
        if not all(fact.subject.identifiers for _, fact in stated):
            return True
        named = self._identities(stated)
        self._entities.expect(named, ())
        owners = map(self._entities.owner, named)
        return not named.union(owners, self._encounters(stated)).isdisjoint(people)

    def _identities(self, stated: Iterable[tuple[Waiting, Fact]]) -> set[str]:
        return {
            node.key
            for _, fact in stated
            for node in (
                *self._index.nodes(fact.subject.identifiers),
                *(self._index.named(fact.identity) if fact.identity else ()),
            )
        }

    def _encounters(self, stated: Iterable[tuple[Waiting, Fact]]) -> set[str]:
        return {
            self._keys.encounter(waiting.source, fact.encounter)
            for waiting, fact in stated
            if fact.encounter is not None
            and fact.encounter.basis != "case"
            and fact.kind not in _NOT_OF_A_STAY
        }

    def process(
        self,
        waiting: Waiting,
        normalised: Normalised,
        warnings: tuple[str, ...],
        now: datetime,
    ) -> Settlement:
        """Return all that comes of a message that has facts.

        Raises ForeignVisitError and UnknownReferralError, before anything is
        remembered.
        """
        for own in (happenings, directories):
            if own.told_of(normalised):
                told = own.settle(self._entities, self._keys, waiting, normalised, now)
                return self._telling.tell(told[0], told[1:], now)
        work = Work(
            self._entities,
            self._index,
            self._keys,
            waiting,
            normalised,
            now,
            self._labeller,
            self._referring,
        )
        return self._told(work, work.run(warnings), now)

    def wanted(self, ringing: Ringing) -> Wanted | None:
        """Return which message a timer says is to be read again, if it is there."""
        connection = self._entities.connection
        return shadow_amending.wanted(connection, ringing.key, ringing.seq)

    def read_again(
        self,
        wanted: Wanted,
        normalised: Normalised,
        warnings: tuple[str, ...],
        now: datetime,
    ) -> Settlement | None:
        """Return all that comes of what a message says now; None: it says the same.

        Raises ElsewhereError, RepairError and ForeignVisitError, before anything is
        remembered.
        """
        if happenings.told_of(normalised) or directories.told_of(normalised):
            return None  # no profile says how the hub reads what it said itself
        self._relations.refresh()
        work = Rereading(
            self._entities,
            self._index,
            self._keys,
            wanted.waiting,
            normalised,
            now,
            self._labeller,
            self._referring,
        )
        settlement = work.run_again(wanted.amendment, warnings)
        return settlement and self._told(work, settlement, now)

    def _told(self, work: Work, settlement: Settlement, now: datetime) -> Settlement:
        """Return what comes of a message with when to look again, and who is told."""
        people = dict.fromkeys(work.moved)
        if self._journeys.follows:
            people |= dict.fromkeys(work.followed)
        seq = settlement.seq
        looks = [self._journeys.look_at(each, seq, now) for each in people]
        due = falling_due.timers(work.due, seq)
        told = settlement._replace(timers=(*looks, *due))
        return self._telling.tell(told, work.events, now)

    def ring(self, ringing: Ringing, now: datetime) -> Settlement:
        """Return all that comes of a timer that is due."""
        told = self._rung(ringing, now)
        settlement = Settlement(
            ringing.seq,
            None,
            microseconds(now),
            entities=told.rows,
            cleared=((ringing.kind, ringing.key),),
            timers=told.timers,
        )
        return self._telling.tell(settlement, told.events, now)

    def _rung(self, ringing: Ringing, now: datetime) -> Told:
        if ringing.kind != falling_due.RECORDS:
            return self._journeys.ring(ringing, now)
        fell = falling_due.ring(
            self._entities, ringing, now, self._labeller, self._referring
        )
        looks: tuple[TimerRow, ...] = ()
        if fell.events and self._journeys.follows:
            looks = (self._journeys.look_at(fell.person, ringing.seq, now),)
        return Told(fell.events, fell.rows, (*fell.timers, *looks))


def _stated(read: Iterable[tuple[Waiting, Normalised]]) -> list[tuple[Waiting, Fact]]:
    return [
        (waiting, fact) for waiting, normalised in read for fact in normalised.facts
    ]
