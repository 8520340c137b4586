"""Rekeying: a visit gets another number, becomes part of another, or another's.

The facts stay under the number that they came with; the visit that they are of now
is folded from all of them. Source: HL7 v2.5.1, section 3.3.42 to 3.3.51.
"""

from collections.abc import Callable

from hub.coordination.announcements import Announced, announce_encounter
from hub.coordination.changes import Change
from hub.coordination.rehoming import taken_back
from hub.coordination.standing import said_at
from hub.model.encounters import Encounter
from hub.model.facts import Fact, IdentityChange
from hub.runtime.entities import Entities
from hub.runtime.index import Index
from hub.runtime.kept import EncounterRecord, Former
from hub.runtime.pictures import Draft, Pictures, Told, unknown
from hub.runtime.relinking import Relinking


class Rekeying:
    """Lets a repair of visits change the pictures of one message."""

    def __init__(self, entities: Entities, index: Index, pictures: Pictures) -> None:
        self._entities = entities
        self._index = index
        self._pictures = pictures

    def repair(
        self, draft: Draft, prior: str | None, told: Told, relinking: Relinking
    ) -> str:
        """Apply the repair that a fact states to the visit that it names.

        `prior` is the key of the visit's former number. Returns the key of the
        person who was told of before, "" where the visit stays with its person.
        """
        if draft.encounter is None or draft.fact.identity is None:
            return ""
        key, fact, identity = draft.encounter, draft.fact, draft.identity
        wrongly = ""
        if prior is not None and prior != key:
            former = self._entities.current_encounter(prior)
            if former is not None:
                wrongly = self._hand_over(former, fact, identity, relinking)
            self._absorb(key, prior, identity, told)
        record = self._entities.current_encounter(key) or unknown(key, identity)
        return self._hand_over(record, fact, identity, relinking) or wrongly

    def _absorb(self, key: str, former: str, identity: str, told: Told) -> None:
        """Let the visit that was known by `former` be part of that known by `key`."""
        record = self._entities.current_encounter(key) or unknown(key, identity)
        prior = self._entities.current_encounter(former) or unknown(former, identity)
        if prior.key == record.key:
            return
        known = {(each.digest, each.recorded) for each in record.witnesses}
        witnesses = (
            *record.witnesses,
            *(
                each
                for each in prior.witnesses
                if (each.digest, each.recorded) not in known
            ),
        )
        anew = record.encounter is None and prior.encounter is not None
        if record.encounter is None:
            slots = prior.announced.slots
            announced = Announced(record.announced.version, slots)
            record = record._replace(
                encounter=prior.encounter, announced=announced, identity=prior.identity
            )
        else:
            # What was told of it is told of the other now: it was one visit.
            changes = taken_back(prior.announced, "merged", "identifiers")
            prior = self._tell(prior, changes, told)
        absorbed = prior._replace(
            into=record.key,
            witnesses=(),
            includes=(),
            announced=Announced(prior.announced.version, {}),
        )
        self._pictures.put(absorbed)
        record = record._replace(
            includes=(*record.includes, prior.key, *prior.includes),
            former=(*record.former, *prior.former),
        )
        if anew:
            rekeyed = Change("rekeyed", fields=("identifiers",))
            record = self._tell(record, [rekeyed], told)
        if witnesses:
            self._pictures.picture(record, witnesses, told)
        else:
            self._pictures.put(record)

    def _tell(
        self, record: EncounterRecord, changes: list[Change], told: Told
    ) -> EncounterRecord:
        encounter = record.encounter or Encounter()
        told = told.labelled(self._pictures.labels_of(record.witnesses))
        announced, events = announce_encounter(
            changes,
            record.announced,
            told.occasion,
            record.key,
            told.payload(encounter),
            encounter.anomalies,
        )
        self._pictures.events += events
        return record._replace(announced=announced)

    def _hand_over(
        self, record: EncounterRecord, fact: Fact, identity: str, relinking: Relinking
    ) -> str:
        """Let a visit be under the number of somebody else from now on."""
        until = said_at(fact)
        change = fact.identity or IdentityChange("move", "visit")
        former = [
            Former(node.key, until)
            for node in self._index.nodes(change.prior_person)
            if node.key != identity
        ]
        if record.identity != identity:
            former.append(Former(record.identity, until))
        old, new = (self._entities.owner(each) for each in (record.identity, identity))
        record = record._replace(
            identity=identity, former=tuple(dict.fromkeys((*record.former, *former)))
        )
        self._pictures.put(record)
        if old == new:
            return ""
        if any(record.announced.slots.values()):
            relinking.rehome(record, old, new)
        return old


def was_theirs(
    record: EncounterRecord, fact: Fact, owns: Callable[[str], bool]
) -> bool:
    """Say whether a fact is about a visit that was the patient's when it was said."""
    said = said_at(fact)
    return any(said <= each.until and owns(each.identity) for each in record.former)
