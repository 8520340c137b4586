"""Looks: what all events share that one ringing of a person's timer gives rise to.

Such an event has no fact of a sender behind it: the hub worked it out, from all it
knows of the person.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.coordination.ids import event_id
from hub.model.events import (
    CareEvent,
    Correction,
    Entity,
    EventSource,
    EventSubject,
    EventTimes,
    Trace,
)
from hub.model.facts import Basis
from hub.model.labels import Labels
from hub.model.times import FuzzyTime
from hub.runtime.entities import Entities
from hub.store.timers import Ringing

#: What is older than this, and was never told, is no news to anybody.
LONG_PAST = timedelta(days=45)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a person: why, when, of whom, and how confidential it all is."""

    ringing: Ringing
    now: datetime
    subject: EventSubject
    labels: Labels

    def is_long_past(self, time: datetime) -> bool:
        """Whether `time` is too long ago to be news."""
        return time < self.now - LONG_PAST

    def event(
        self,
        kind: str,
        entity: Entity,
        occurred: FuzzyTime | None,
        *,
        basis: Basis,
        payload: dict[str, Any],
        correction: Correction | None = None,
        parents: tuple[str, ...] = (),
    ) -> CareEvent:
        """Return the event by which `entity` came to its version, in its stream."""
        return CareEvent(
            id=event_id(self.ringing.message, entity.key, entity.version),
            type=kind,
            schema=f"careevent/{entity.kind}/1.0",
            subject=self.subject,
            entity=entity,
            times=EventTimes(
                received=self.ringing.received_at, emitted=self.now, occurred=occurred
            ),
            source=EventSource(feed=self.ringing.source),
            causes=(self.ringing.message,),
            parents=parents,
            basis=basis,
            correction=correction,
            labels=self.labels,
            payload=payload,
            trace=Trace(correlation=entity.key),
        )


def subject_of(entities: Entities, person: str) -> EventSubject:
    """Return whom events about a person are about, under all numbers that are known."""
    known = entities.person(person)
    return EventSubject(person, known.person.identifiers if known else ())


def instant(time: datetime) -> FuzzyTime:
    """Return a time that the hub itself worked out, as events hold times."""
    text = time.isoformat()
    return FuzzyTime(
        raw=text,
        precision="fraction",
        earliest=time,
        latest=time,
        local=text,
        zone="UTC",
        zone_source="assumed",
    )
