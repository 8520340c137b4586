"""Reading again: a stored message says something else now, and that is amended.

What the message was taken to say no longer stands, and what stands about the same
people, stays and records is folded anew. What differs is told as any correction is:
nobody hears of an admission as though it were a new one.
"""

from collections.abc import Iterable, Sequence

import msgspec

from hub.coordination.contacts import contacts
from hub.coordination.people import Person, learn
from hub.coordination.standing import Witness, said_at, witness
from hub.model.facts import Fact, FactKind
from hub.runtime.kept import EncounterRecord
from hub.runtime.pictures import Draft
from hub.runtime.shadow_errors import ElsewhereError, RepairError
from hub.runtime.work import Work
from hub.store import shadow_amending
from hub.store.journal import microseconds
from hub.store.shadow_amending import Again, Stated
from hub.store.state import FactRow, Settlement

_fact = msgspec.json.Decoder(Fact).decode
_plain = msgspec.json.decode
_encode = msgspec.json.Encoder().encode


class Rereading(Work):
    """The reading again of one message, gathering what is to be stored."""

    def run_again(self, amendment: int, warnings: tuple[str, ...]) -> Settlement | None:
        """Return all that comes of what the message says now, None where nothing does.

        Raises ElsewhereError, RepairError and ForeignVisitError, before anything is
        remembered.
        """
        self._warnings += warnings
        seq = self._waiting.seq
        stated = shadow_amending.of_message(self._entities.connection, seq)
        drafts = self._drafts()
        if _same(stated, drafts):
            return None
        former = [self._draft(_fact(each.body)) for each in stated]
        self._refuse_elsewhere(former, drafts)
        for draft in drafts:
            self._refuse_foreign(draft)
        for of, said in self._by_entity(drafts).items():
            self._refuse_renamed(of, said)
        occasion = self._occasion(drafts[0])
        for identity in dict.fromkeys(each.identity for each in drafts):
            self._pictures.relearn(identity, self._known_of(identity, drafts), occasion)
        self._find()
        self._relink(drafts[0])
        for of, said in self._by_entity(drafts).items():
            self._refold(of, said)
        return self._amended(amendment, drafts)

    def _refuse_elsewhere(self, former: list[Draft], drafts: list[Draft]) -> None:
        """Raise where what is said now cannot take the place of what was said."""
        if any(each.fact.kind is FactKind.IDENTITY for each in (*former, *drafts)):
            raise RepairError
        before, now = _numbers(former), _numbers(drafts)
        if before != now:
            raise ElsewhereError
        for name in ("encounter", "record"):
            gone = {getattr(each, name) for each in former} - {None}
            come = {getattr(each, name) for each in drafts} - {None}
            if gone - come:
                raise ElsewhereError

    def _refuse_renamed(self, key: str, drafts: Sequence[Draft]) -> None:
        """Raise where a contact of a case would be another one.

        It is known by what was said first of its beginning, and recipients know it by
        that: it would be taken back, and told of as a new one.
        """
        case = self._entities.case(key) if _of_a_case(drafts[0]) else None
        if case is None:
            return
        after = contacts(self._said_of((key,), drafts))
        if contacts(case.witnesses).keys() - after.keys():
            raise ElsewhereError

    def _known_of(self, identity: str, drafts: Sequence[Draft]) -> Person:
        """Return what is known of somebody from all that stands, with what is new."""
        known = self._entities.identity(identity)
        owner = self._entities.owner(identity)
        connection = self._entities.connection
        facts = [
            _fact(each.body)
            for each in shadow_amending.of_person(connection, owner)
            if each.message != self._waiting.seq
        ]
        facts += [each.fact for each in drafts]
        person = Person(known.person.identifiers if known else ())
        for fact in facts:
            decided = fact.identity is not None and fact.identity.decided_by
            if not decided and self._index.first(fact.subject.identifiers) == identity:
                person, _ = learn(person, fact.subject, said_at(fact).timestamp())
        return person

    def _by_entity(self, drafts: Iterable[Draft]) -> dict[str, list[Draft]]:
        """Return what is said by what it is about: a visit may be part of another."""
        found: dict[str, list[Draft]] = {}
        for each in drafts:
            if each.encounter or each.record:
                found.setdefault(self._current(each), []).append(each)
        return found

    def _current(self, draft: Draft) -> str:
        record = self._visit(draft)
        return record.key if record else draft.entity

    def _visit(self, draft: Draft) -> EncounterRecord | None:
        """Return the encounter that a fact is about, or that it became part of."""
        if draft.encounter is None or _of_a_case(draft):
            return None
        return self._entities.current_encounter(draft.encounter)

    def _refold(self, key: str, drafts: Sequence[Draft]) -> None:
        record = self._visit(drafts[0])
        keys = (key, *record.includes) if record else (key,)
        said = self._said_of(keys, drafts)
        self._pictures.refold(drafts[0], said, self._occasion(drafts[0]))

    def _said_of(
        self, keys: Sequence[str], drafts: Sequence[Draft]
    ) -> tuple[Witness, ...]:
        """Return what stands about entities, with what the message says now."""
        others = [
            witness(_fact(each.body))
            for each in shadow_amending.about(self._entities.connection, keys)
            if each.message != self._waiting.seq
        ]
        return (*others, *(witness(each.fact) for each in drafts))

    def _amended(self, amendment: int, drafts: list[Draft]) -> Settlement:
        seq, at = self._waiting.seq, microseconds(self._now)
        first = shadow_amending.next_place(self._entities.connection, seq)
        return self._settlement(drafts)._replace(
            facts=tuple(
                FactRow(seq, place, each.entity, _encode(each.fact), at)
                for place, each in enumerate(drafts, first)
            ),
            again=Again(amendment, "amended"),
        )


def _same(stated: Sequence[Stated], drafts: Sequence[Draft]) -> bool:
    """Say whether a message says what it said: written the same or not."""
    before = [(each.entity, _plain(each.body)) for each in stated]
    return before == [(each.entity, _plain(_encode(each.fact))) for each in drafts]


def _of_a_case(draft: Draft) -> bool:
    named = draft.fact.encounter
    return draft.encounter is not None and named is not None and named.basis == "case"


def _numbers(drafts: Iterable[Draft]) -> set[object]:
    return {number for each in drafts for number in each.fact.subject.identifiers}
