"""Referring: what a statement changes in a referral, and what a timer makes of it.

What the hub does by itself is kept in the marks of the record and folded as a
statement of its own, so that both ways lead through the same fold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from msgspec.structs import replace

from hub.coordination.announcements import Occasion
from hub.coordination.labels.labeller import Labeller
from hub.coordination.records import Record
from hub.coordination.referrals.acting import hearing, marked
from hub.coordination.referrals.bindings import Bindings
from hub.coordination.referrals.fold import fold_referral
from hub.coordination.referrals.news import (
    announce,
    changed,
    known,
    news_of,
    record_of,
    remembered,
    reminded,
    silently,
    told_as,
)
from hub.coordination.referrals.picture import Referral
from hub.coordination.referrals.rules import ACTS, ReferralRules
from hub.coordination.referrals.timers import (
    Stage,
    ahead,
    done,
    next_look,
    stages,
    to_tell,
)
from hub.coordination.standing import Witness
from hub.model.events import CareEvent, EventSource, EventTimes
from hub.model.facts import Fact, FactKind, Subject
from hub.runtime.entities import Entities
from hub.runtime.kept import KeptRecord
from hub.runtime.looks import LONG_PAST, instant
from hub.store.timers import Ringing

#: What the hub asks somebody to do where an accepted referral has no appointment.
_TASK = {"code": "schedule_appointment", "status": "created"}
Marks = Mapping[str, tuple[str, ...]]


class Referred(NamedTuple):
    """What one statement, or one look, leads to; `look` is when to look again."""

    kept: KeptRecord
    events: list[CareEvent]
    look: datetime | None


@dataclass(frozen=True, slots=True)
class Referring:
    """The rules by which referrals are followed."""

    rules: ReferralRules = field(default_factory=ReferralRules)
    bindings: Bindings = field(default_factory=Bindings)

    def file(
        self,
        entities: Entities,
        kept: KeptRecord,
        witnesses: tuple[Witness, ...],
        occasion: Occasion,
    ) -> Referred:
        """Keep a referral with these statements behind it; tell what is new of it."""
        marks = self._marks(kept)
        if kept.record is None:
            marks = {**marks, **hearing(occasion.times.received)}
        kept = kept._replace(witnesses=witnesses)
        occasion = _of_owner(entities, kept, occasion)
        return self._tell(entities, kept, marks, occasion)

    def ring(
        self,
        entities: Entities,
        kept: KeptRecord,
        ringing: Ringing,
        now: datetime,
        labeller: Labeller,
    ) -> Referred:
        """Do what a referral has come to by silence, and tell of it.

        What the hub does by itself changes what is waited for; it looks again then.
        """
        marks = self._marks(kept)
        record = self._record(kept, marks)
        referral = remembered(record)
        found = stages(referral, self.rules)
        reached = [each for each in ahead(found, marks) if each.at <= now]
        if not reached:
            return Referred(kept, [], next_look(found, now, marks))
        occasion = _of_timer(entities, kept, ringing, now, labeller)
        act = next((each for each in reached if each.level in ACTS), None)
        if act is None:
            kept = kept._replace(record=record)
            kept, events = self._alert(entities, kept, referral, reached, occasion)
            told = kept.record.marks if kept.record else {}
            return Referred(kept, events, next_look(found, now, told))
        marks = {**marks, **marked(act.act)}
        if now - act.at > LONG_PAST:
            marks = silently(self._fold(kept.witnesses, marks), marks)
        return self._tell(entities, kept, marks, occasion)

    def _alert(
        self,
        entities: Entities,
        kept: KeptRecord,
        referral: Referral,
        reached: list[Stage],
        occasion: Occasion,
    ) -> tuple[KeptRecord, list[CareEvent]]:
        """Remind, or escalate, and remember that."""
        now = occasion.times.emitted
        marks = dict(kept.record.marks) if kept.record else {}
        news = [
            each
            for each in to_tell(reached, self.rules, marks)
            if now - each.at <= LONG_PAST
        ]
        person = _demographics(entities, kept)
        events = [
            _alert(each, referral, occasion, kept, place, person)
            for place, each in enumerate(news, 1)
        ]
        for each in reached:
            marks |= done(each, now, told=each in news)
        version = kept.version + len(events)
        record = reminded(kept.record, referral, marks) if kept.record else None
        return kept._replace(record=record, version=version), events

    def _record(self, kept: KeptRecord, marks: Marks) -> Record:
        """Return the record of a referral, as this hub keeps them."""
        if kept.record is not None and "loop" in kept.record.details:
            return kept.record
        return record_of(self._fold(kept.witnesses, marks), marks)

    def _tell(
        self, entities: Entities, kept: KeptRecord, marks: Marks, occasion: Occasion
    ) -> Referred:
        """Fold a referral, and tell all of it that was not told."""
        referral = self._fold(kept.witnesses, marks)
        fields = changed(kept.record, record_of(referral, marks))
        events, marks = announce(
            news_of(referral, marks),
            referral,
            marks,
            occasion,
            kept.key,
            kept.version,
            _demographics(entities, kept),
            fields,
        )
        version = kept.version + len(events)
        record = record_of(referral, marks)
        kept = kept._replace(record=record, version=version)
        found = stages(referral, self.rules)
        look = next_look(found, occasion.times.emitted, record.marks)
        return Referred(kept, events, look)

    def _marks(self, kept: KeptRecord) -> Marks:
        """Return what was told of a referral.

        One that was kept before the hub told of referrals has told nothing, and what
        was said of it until now is no news.
        """
        record = kept.record
        if record is None or "loop" in record.details:
            return record.marks if record else {}
        return silently(self._fold(kept.witnesses, {}), {})

    def _fold(self, witnesses: tuple[Witness, ...], marks: Marks) -> Referral:
        return fold_referral(witnesses, marks, self.rules, self.bindings)


def _alert(
    stage: Stage,
    referral: Referral,
    occasion: Occasion,
    kept: KeptRecord,
    place: int,
    person: Mapping[str, Any],
) -> CareEvent:
    """Return the event of a reminder or an escalation, or of a task to be done."""
    payload: dict[str, Any] = {
        **known(referral, person),
        "by": "hub",
        "says": stage.level,
        "level": stage.level,
        "waiting": {"for": stage.wait, "since": stage.since.isoformat()},
        "due": stage.at.isoformat(),
        "changed_fields": [],
    }
    kind = "referral.escalated"
    if stage.level == "task":
        kind, payload["task"] = "task.created", _TASK
        del payload["level"]
    times = replace(occasion.times, occurred=instant(stage.at))
    return told_as(
        kind, payload, occasion._replace(times=times), kept.key, kept.version + place
    )


def _demographics(entities: Entities, kept: KeptRecord) -> dict[str, Any]:
    known = entities.person(kept.identity)
    return known.person.demographics() if known else {}


def _of_owner(entities: Entities, kept: KeptRecord, occasion: Occasion) -> Occasion:
    """Return the occasion of events about whoever the referral is about."""
    whose = entities.person(kept.identity)
    if whose is None or whose.key == occasion.person:
        return occasion
    subject = Subject(whose.person.identifiers)
    return occasion._replace(person=whose.key, subject=subject)


def _of_timer(
    entities: Entities,
    kept: KeptRecord,
    ringing: Ringing,
    now: datetime,
    labeller: Labeller,
) -> Occasion:
    whose = entities.person(kept.identity)
    return Occasion(
        message=ringing.message,
        person=entities.owner(kept.identity),
        subject=Subject(whose.person.identifiers if whose else ()),
        source=EventSource(feed=ringing.source),
        times=EventTimes(received=ringing.received_at, emitted=now),
        warnings=(),
        labels=labeller.of_all(each.fact for each in kept.witnesses),
    )


def is_about_a_referral(fact: Fact) -> bool:
    """Say whether a fact is a statement about a referral."""
    record = fact.record
    return (
        fact.kind is FactKind.RECORD
        and record is not None
        and record.kind == "referral"
    )


def stamped(fact: Fact, feed: str) -> Fact:
    """Return a statement about a referral with the feed that it came by."""
    if not is_about_a_referral(fact):
        return fact
    return replace(fact, details={**fact.details, "via": feed})
