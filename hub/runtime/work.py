"""Work: what one message means, gathered until all of it is stored at once.

First who is who, by what the message says of its patients and their numbers, then
what it says of their stays.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from hub.coordination.announcements import Occasion
from hub.coordination.identity.links import Link
from hub.coordination.identity.repairs import Said
from hub.coordination.ids import Keys
from hub.coordination.labels.labeller import Labeller
from hub.coordination.people import Person
from hub.coordination.standing import said_at
from hub.model.events import CareEvent, EventSource, EventTimes
from hub.model.facts import Fact, FactKind, Normalised, Provenance
from hub.model.identifiers import Identifier
from hub.model.labels import Labels
from hub.model.message import MessageState
from hub.model.times import FuzzyTime
from hub.runtime.entities import Entities
from hub.runtime.errors import ForeignVisitError, UnknownReferralError
from hub.runtime.index import Index, comparable, digest_of
from hub.runtime.pictures import Draft, Pictures, Told
from hub.runtime.referring import Referring, stamped
from hub.runtime.rekeying import Rekeying, was_theirs
from hub.runtime.relinking import Outcome, Relinking
from hub.store.journal import Waiting, microseconds
from hub.store.links import Relinked
from hub.store.state import DocumentRow, FactRow, Settlement

#: What is about a person or a record, also where it names an encounter.
_NOT_OF_A_STAY = frozenset({FactKind.PERSON, FactKind.IDENTITY, FactKind.RECORD})
#: A sender's clock may be this much ahead before its times are not believed.
CLOCK_TOLERANCE = timedelta(minutes=5)
#: Within so long a sender may say two things.
COARSE = timedelta(seconds=1)

_encode = msgspec.json.Encoder().encode


class Work:
    """The processing of one message, gathering what is to be stored."""

    def __init__(
        self,
        entities: Entities,
        index: Index,
        keys: Keys,
        waiting: Waiting,
        normalised: Normalised,
        now: datetime,
        labeller: Labeller,
        referring: Referring,
    ) -> None:
        self._entities = entities
        self._labeller = labeller
        self._index = index
        self._keys = keys
        self._waiting = waiting
        self._normalised = normalised
        self._source = _source(waiting, normalised.provenance)
        self._now = now
        self._warnings = list(normalised.warnings)
        self._pictures = Pictures(entities, index, keys, labeller, referring)
        self._fresh: dict[str, tuple[str, str]] = {}
        self._changed: list[Link] = []
        self._reconsidered: list[Link] = []
        self._tokens: list[tuple[int, str]] = []
        self._dropped: list[tuple[int, str]] = []
        self._outcome = Outcome()
        self._rehomed: list[tuple[str, str]] = []

    @property
    def events(self) -> list[CareEvent]:
        """What is told, in order."""
        return self._pictures.events

    @property
    def moved(self) -> list[str]:
        """The people at whose stays the hub must look again."""
        return list(dict.fromkeys((*self._pictures.moved, *self._outcome.people)))

    @property
    def followed(self) -> list[str]:
        """The people of whom something was told that can meet a clock."""
        return list(self._pictures.followed)

    @property
    def due(self) -> dict[str, datetime]:
        """When to look again at records, by their keys."""
        return self._pictures.due

    def run(self, warnings: tuple[str, ...]) -> Settlement:
        """Return all that comes of the facts of a message.

        Raises ForeignVisitError and UnknownReferralError, before anything is
        remembered.
        """
        self._warnings += warnings
        drafts = self._drafts()
        if not any(each.fact.kind is FactKind.IDENTITY for each in drafts):
            for draft in drafts:
                self._refuse_foreign(draft)
        for draft in drafts:
            self._hear(draft)
        self._find()
        self._relink(drafts[0])
        for draft in drafts:
            self._fold(draft, self._occasion(draft))
        return self._settlement(drafts)

    def _drafts(self) -> list[Draft]:
        """Return what the message says, with whom and what each of it is about."""
        sent = self._normalised.provenance.sent
        drafts: list[Draft] = []
        for stated in self._normalised.facts:
            fact = self._about_somebody(stamped(stated, self._waiting.source), drafts)
            fact = self._believable(_with_sending(self._as_sent(fact), sent))
            drafts.append(self._draft(fact))
        return drafts

    def _about_somebody(self, fact: Fact, drafts: Iterable[Draft]) -> Fact:
        """Let a statement about a referral be about whom the referral is about.

        Raises UnknownReferralError where nobody told of it.
        """
        if fact.subject.identifiers or fact.record is None:
            return fact
        key = self._keys.record(self._waiting.source, fact.record)
        kept = self._entities.record(key)
        if kept is not None:
            known = self._entities.identity(kept.identity)
            numbers = known.person.identifiers if known else ()
            number = [each for each in numbers if self._names(each, kept.identity)]
        else:
            before = [each for each in drafts if each.record == key]
            number = [*before[0].fact.subject.identifiers[:1]] if before else []
        if not number:
            raise UnknownReferralError
        return replace(fact, subject=replace(fact.subject, identifiers=(number[0],)))

    def _names(self, number: Identifier, identity: str) -> bool:
        return any(each.key == identity for each in self._index.nodes((number,)))

    def _draft(self, fact: Fact) -> Draft:
        """Find whom and what `fact` is about."""
        identity = self._index.first(fact.subject.identifiers)
        if fact.record is not None:
            record = self._keys.record(self._waiting.source, fact.record)
            return Draft(fact, identity, record=record)
        if fact.encounter is None or fact.kind in _NOT_OF_A_STAY:
            return Draft(fact, identity)
        encounter = self._keys.encounter(self._waiting.source, fact.encounter)
        return Draft(fact, identity, encounter)

    def _refuse_foreign(self, draft: Draft) -> None:
        """Raise ForeignVisitError for what somebody else has the number of."""
        if draft.record is not None:
            kept = self._entities.record(draft.record)
            if kept is not None and not self._is(draft.identity, kept.identity):
                raise ForeignVisitError(kept.key)
        if draft.encounter is None or draft.fact.encounter is None:
            return
        if draft.fact.encounter.basis == "case":
            case = self._entities.case(draft.encounter)
            if case is not None and not self._is(draft.identity, case.identity):
                raise ForeignVisitError(case.key)
            return
        known = self._entities.current_encounter(draft.encounter)
        if known is None or self._is(draft.identity, known.identity):
            return
        if not was_theirs(known, draft.fact, lambda of: self._is(draft.identity, of)):
            raise ForeignVisitError(known.key)

    def _is(self, identity: str, other: str) -> bool:
        owner = self._entities.owner
        return identity == other or owner(identity) == owner(other)

    def _as_sent(self, fact: Fact) -> Fact:
        return self._labeller.as_sent(fact, self._waiting.source)

    def _believable(self, fact: Fact) -> Fact:
        """Hold a sender's clock that is ahead to the time at which we heard.

        What is said of a referral has happened: if later, it would hide what comes
        after it. When an appointment is to be stands elsewhere.
        """
        heard = self._waiting.received_at
        recorded = self._held(fact.recorded, heard)
        occurred = fact.occurred
        if occurred and fact.record is not None and fact.record.kind == "referral":
            occurred = self._held(occurred, heard)
        if recorded is fact.recorded and occurred is fact.occurred:
            return fact
        return replace(fact, recorded=recorded, occurred=occurred)

    def _held(self, said: FuzzyTime, heard: datetime) -> FuzzyTime:
        if said.earliest <= heard + CLOCK_TOLERANCE:
            return said
        self._warn("clock.ahead")
        flags = (*said.flags, "clock_ahead")
        return replace(said, earliest=heard, latest=heard, flags=flags)

    def _warn(self, warning: str) -> None:
        if warning not in self._warnings:
            self._warnings.append(warning)

    def _hear(self, draft: Draft) -> None:
        """Take in what a fact says of the patient, and of numbers."""
        nodes = self._index.nodes(draft.fact.subject.identifiers)
        change = draft.fact.identity
        since = microseconds(self._waiting.received_at)
        for node in (*nodes, *(self._index.named(change) if change else ())):
            known = self._index.know(node, since)
            if known is not None:
                self._fresh[known.key] = (node.number.system, node.number.value)
                self._pictures.rows[known.key] = known.row()
        if change is not None or len(nodes) > 1:
            at = microseconds(said_at(draft.fact))
            said = Said(at, digest_of(draft.fact), self._waiting.seq)
            self._changed += self._index.said(draft.fact, nodes, said)
        self._pictures.learn(draft, self._occasion(draft))
        if self._pictures.overlaid:
            self._warn("identity.overlaid")

    def _find(self) -> None:
        """Look for others who are like those of whom more is known now."""
        nobody = Person()
        before_of = self._pictures.learnt | dict.fromkeys(self._fresh, nobody)
        for identity, before in before_of.items():
            record = self._entities.identity(identity)
            if record is None or not comparable(before, record.person):
                continue
            tokens = self._index.tokens(identity, before, record.person)
            self._tokens += [(token, identity) for token in tokens.added]
            self._dropped += [(token, identity) for token in tokens.dropped]
            self._changed += self._index.find(identity, self._waiting.seq)
            # Whether a sender's two numbers are of one person may look different now.
            self._reconsidered += self._index.stated_around(identity)

    def _relink(self, draft: Draft) -> None:
        links = [*self._reconsidered, *self._changed]
        if links:
            occasion = self._occasion(draft)
            self._outcome = self._relinking(occasion).relink(links)

    def _relinking(self, occasion: Occasion) -> Relinking:
        return Relinking(
            self._entities, self._index, self._pictures, occasion, set(self._fresh)
        )

    def _fold(self, draft: Draft, occasion: Occasion) -> None:
        change = draft.fact.identity
        if change is None:
            self._pictures.fold(draft, occasion)
        elif change.operation == "delete":
            self._pictures.mark_deleted(draft, occasion)
        elif change.level != "person":
            self._repair(draft, occasion)

    def _repair(self, draft: Draft, occasion: Occasion) -> None:
        """Let a visit have another number, or be another's, where it is named."""
        fact, change = draft.fact, draft.fact.identity
        if fact.encounter is None or change is None or _of_a_case(fact):
            self._warn("identity.not_applied")
            return
        key = self._keys.encounter(self._waiting.source, fact.encounter)
        prior = change.prior_encounter
        former = self._keys.encounter(self._waiting.source, prior) if prior else None
        whose = self._entities.person(draft.identity)
        if whose is None:
            return
        told = Told(fact.encounter, occasion, whose.person)
        relinking = self._relinking(occasion)
        rekeying = Rekeying(self._entities, self._index, self._pictures)
        old = rekeying.repair(draft._replace(encounter=key), former, told, relinking)
        person = self._entities.owner(draft.identity)
        if former:
            self._rehomed.append((former, person))
        self._rehomed.append((key, person))
        self._pictures.moved |= dict.fromkeys(filter(None, (person, old)))

    def _occasion(self, draft: Draft) -> Occasion:
        fact = draft.fact
        return Occasion(
            message=self._waiting.id,
            person=self._entities.owner(draft.identity),
            subject=fact.subject,
            source=self._source,
            times=EventTimes(
                received=self._waiting.received_at,
                emitted=self._now,
                occurred=fact.occurred,
                recorded=fact.recorded,
                sent=self._normalised.provenance.sent,
            ),
            warnings=tuple(self._warnings),
            labels=self._labeller.of(fact) or Labels(),
        )

    def _settlement(self, drafts: list[Draft]) -> Settlement:
        seq = self._waiting.seq
        documents = [
            DocumentRow(each.digest, each.media_type, seq, each.content)
            for each in self._normalised.documents
        ]
        return Settlement(
            seq,
            MessageState.PROCESSED,
            microseconds(self._now),
            warnings=tuple(self._warnings),
            relinked=self._relinked(),
            documents=tuple(documents),
            facts=tuple(
                FactRow(seq, place, each.entity, _encode(each.fact))
                for place, each in enumerate(drafts)
            ),
            entities=tuple(self._pictures.rows.values()),
        )

    def _relinked(self) -> Relinked:
        named = [(*number, key) for key, number in self._fresh.items()]
        return Relinked(
            identifiers=(*named, *self._pictures.identifiers),
            tokens=tuple(self._tokens),
            dropped=tuple(self._dropped),
            links=(*self._changed, *self._outcome.doubted),
            moved=self._outcome.moved,
            rehomed=tuple(self._rehomed),
            joined=self._outcome.joined,
        )


def _of_a_case(fact: Fact) -> bool:
    prior = fact.identity.prior_encounter if fact.identity else None
    return any(key and key.basis == "case" for key in (fact.encounter, prior))


def _with_sending(fact: Fact, sent: FuzzyTime | None) -> Fact:
    """Keep the time of sending where that of recording does not put in order."""
    coarse = fact.recorded.latest - fact.recorded.earliest > COARSE
    return replace(fact, sent=sent) if sent and coarse else fact


def _source(waiting: Waiting, provenance: Provenance) -> EventSource:
    return EventSource(
        feed=waiting.source,
        system=provenance.system,
        facility=provenance.facility,
        message_id=provenance.message_id,
        trigger=provenance.trigger,
        sequence=provenance.sequence,
    )
