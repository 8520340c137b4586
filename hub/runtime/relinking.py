"""Relinking: numbers turn out to be of one person, or of two, and what follows.

Identities move from one person to another with all that is under them. Whoever was
told of somebody else's stay hears so, and an incident is recorded (R-ENC-07).
"""

from collections.abc import Iterable
from typing import NamedTuple

from hub.coordination.announcements import Announced, Occasion, announce_encounter
from hub.coordination.changes import Change
from hub.coordination.identity.links import Link
from hub.coordination.ids import event_id
from hub.coordination.incidents import announce_incident
from hub.coordination.rehoming import (
    SUBJECT,
    taken_back,
    told_anew,
    told_of_somebody_known_better,
)
from hub.model.events import CareEvent, Entity, EventSubject, Match, Quality, Trace
from hub.model.identifiers import Identifier
from hub.runtime.entities import Entities
from hub.runtime.index import Index
from hub.runtime.kept import EncounterRecord, PersonRecord
from hub.runtime.pictures import Pictures, Told, as_of
from hub.store.links import Moved

_EVENTS = {
    "merge": "merged",
    "change": "identifier_changed",
    "move": "identifier_moved",
    "unlink": "unlinked",
}


class Outcome(NamedTuple):
    """What follows from links: who moved, and who became whom.

    `people` are those at whose stays the hub must look again, `doubted` are pairs that
    a sender takes for one, and that look like two.
    """

    moved: tuple[Moved, ...] = ()
    joined: tuple[tuple[str, str], ...] = ()
    people: tuple[str, ...] = ()
    doubted: tuple[Link, ...] = ()


class Relinking:
    """Works out, for one message, what follows from the links that it changed.

    `fresh` are the identities of which nobody had heard before this message. What
    is to be told and stored goes to `pictures`.
    """

    def __init__(
        self,
        entities: Entities,
        index: Index,
        pictures: Pictures,
        occasion: Occasion,
        fresh: set[str],
    ) -> None:
        self._entities = entities
        self._index = index
        self._pictures = pictures
        self._occasion = occasion
        self._fresh = fresh

    def relink(self, changed: list[Link]) -> Outcome:
        """Let everybody belong to whom they belong now, and tell of it."""
        found = self._index.moved(changed)
        doubted = tuple(self._index.doubted(changed))
        joined = self._joined(found)
        moved = [each._replace(whole=(each.old, each.new) in joined) for each in found]
        named = {end for link in changed for end in link.pair}
        # Of all that go along with a number it is enough to tell of that number.
        told = [each for each in moved if each.identity in named] or moved
        for each in told:
            self._tell_of(each, moved, _cause(each, changed))
        for each in moved:
            if each.whole:
                self._entities.take_along(each)
            else:
                self._take_apart(each)
        for person in sorted({new for _, new in joined}):
            self._tell_together(person)
        people = {key for each in moved for key in (each.old, each.new)}
        return Outcome(
            tuple(moved),
            tuple(sorted(joined)),
            tuple(sorted(people)) if self._concern(moved) else (),
            doubted,
        )

    def _joined(self, moved: list[Moved]) -> set[tuple[str, str]]:
        """Return the people who became part of others as a whole, with whom."""
        targets: dict[str, set[str]] = {}
        for each in moved:
            targets.setdefault(each.old, set()).add(each.new)
        came = {each.identity for each in moved}
        return {
            (old, new)
            for old, news in targets.items()
            for new in news
            if len(news) == 1 and not set(self._entities.members(old)) - came
        }

    def _concern(self, moved: list[Moved]) -> bool:
        return any(each.identity not in self._fresh for each in moved)

    def _tell_of(self, each: Moved, moved: list[Moved], cause: Link) -> None:
        """Tell who somebody is now, with whom they were taken for one, and are now."""
        if each.identity in self._fresh and cause.rule == "stated":
            return  # nobody knew otherwise
        version = self._pictures.next_version(each.identity)
        before = {other.identity for other in moved if other.old == each.old}
        stayed = set(self._entities.members(each.old)) - {
            other.identity for other in moved if other.new == each.old
        }
        payload: dict[str, object] = {
            "identity": each.identity,
            "before": sorted(before | stayed),
            "after": list(self._entities.members(each.new)),
            "rule": cause.rule,
            "changed_fields": ["identity"],
        }
        self._pictures.events.append(self._event(each, version, cause, payload))

    def _event(
        self, each: Moved, version: int, cause: Link, payload: dict[str, object]
    ) -> CareEvent:
        occasion = self._occasion
        name = _EVENTS.get(cause.rule, "linked" if cause.holds else "unlinked")
        manual = cause.basis == "decided"
        if manual and not cause.holds:
            name = "unmerged"
        entity = Entity("person", each.identity, version)
        match = Match("manual" if manual else "auto", cause.score)
        return CareEvent(
            id=event_id(occasion.message, entity.key, version),
            type=f"person.{name}",
            schema="careevent/person/1.0",
            subject=EventSubject(each.new, self._identifiers(each.new), match),
            entity=entity,
            times=occasion.times,
            source=occasion.source,
            causes=(occasion.message,),
            labels=occasion.labels,
            payload=payload,
            quality=Quality(occasion.warnings),
            trace=Trace(correlation=entity.key),
        )

    def _identifiers(self, person: str) -> tuple[Identifier, ...]:
        return self._person(person).person.identifiers

    def _person(self, key: str) -> PersonRecord:
        known = self._entities.person(key)
        if known is None:
            raise LookupError(key)
        return known

    def _take_apart(self, each: Moved) -> None:
        """Tell whoever heard of a stay under the wrong person, then the right one's."""
        for record in self._encounters(each.identity):
            if any(record.announced.slots.values()):
                self.rehome(record, each.old, each.new)
        old, new = (
            as_of(self._occasion, self._person(one)) for one in (each.old, each.new)
        )
        self._pictures.needs.take_apart(old, new)

    def rehome(self, record: EncounterRecord, old: str, new: str) -> None:
        """Take back what was told of an encounter of one person; tell of it anew."""
        told = [event for slot in record.announced.slots.values() for event in slot]
        changes = taken_back(record.announced, "moved", SUBJECT)
        record = self._told(record, changes, old)
        version = record.announced.version + 1
        occasion = as_of(self._occasion, self._person(old))
        entity = Entity("encounter", record.key, version)
        # Whom it was told to is known to who keeps the deliveries.
        self._pictures.events.append(announce_incident(occasion, entity, told, ()))
        record = record._replace(announced=Announced(version, {}))
        self._told(record, told_anew(record.encounter), new)
        labels = self._pictures.labels_of(record.witnesses)
        theirs = as_of(self._occasion, self._person(new))._replace(labels=labels)
        self._pictures.needs.of_another(
            record, occasion._replace(labels=labels), theirs
        )

    def _tell_together(self, person: str) -> None:
        for identity in self._entities.members(person):
            for record in self._encounters(identity):
                changes = told_of_somebody_known_better(
                    record.encounter, record.announced
                )
                if changes:
                    self._told(record, changes, person)

    def _encounters(self, identity: str) -> Iterable[EncounterRecord]:
        if identity in self._fresh:
            return []
        return self._entities.encounters_under(identity)

    def _told(
        self, record: EncounterRecord, changes: list[Change], person: str
    ) -> EncounterRecord:
        """Announce changes of an encounter as somebody's, and keep what stands."""
        key = next((each.fact.encounter for each in record.witnesses), None)
        if key is None or record.encounter is None:
            return record
        whose = self._person(person)
        labels = self._pictures.labels_of(record.witnesses)
        subject = as_of(self._occasion, whose)._replace(labels=labels)
        told = Told(key, subject, whose.person)
        announced, events = announce_encounter(
            changes,
            record.announced,
            subject,
            record.key,
            told.payload(record.encounter),
            record.encounter.anomalies,
        )
        self._pictures.events += events
        record = record._replace(announced=announced)
        self._pictures.put(record)
        return record


def _cause(moved: Moved, changed: list[Link]) -> Link:
    """Return the link because of which an identity moved, the nearest one."""
    direct = [link for link in changed if moved.identity in link.pair]
    return (direct or changed)[-1]
