"""Judging what a hub sends, by a plain reading of the rules. Everybody is made up."""

from typing import NamedTuple

import msgspec

from hub.coordination.policy import RETRACTION
from hub.coordination.policy.templates import templates
from hub.model.delivery import Outcome, Terms
from hub.model.events import CareEvent
from hub.store.audit_keys import IN_MEMORY
from hub.store.audit_verify import verify
from hub.store.books import balance
from tests.runtime.plain_rules import PlainRules

#: What betrays the sensitive diagnosis of these tests.
FIRST_CODES = ("F10", "ETH")


class Sent(NamedTuple):
    """One attempt that a recipient may have seen."""

    to: str
    by: str
    event: CareEvent
    seen: CareEvent
    patient_id: str
    terms: Terms
    accepted: bool
    artifact: str


class Judge(PlainRules):
    """Notes each notice that goes out, and what is wrong with it in `wrong`."""

    def owner(self, event):
        """Return the numbers of the person whose the entity of an event is by now."""
        found = self.query("SELECT person FROM entity WHERE key = ?", event.entity.key)
        return self.numbers().get(found[0][0], ()) if found else ()

    def numbers_of(self, identity):
        """Return the numbers of the person whom an identity belongs to by now."""
        found = self.query("SELECT person FROM entity WHERE key = ?", identity)
        return self.numbers().get(found[0][0], ()) if found else ()

    def known_as(self, to, key):
        """Return under which numbers somebody was told of an event, as they were."""
        chain = self.chain(key)
        return [
            each.patient_id
            for each in self.sent
            if each.to == to
            and (each.event.id in chain or key in self.chain(each.event.id))
        ]

    def chain(self, key):
        """Return an event's id and those that it amends."""
        events = {each.id: each for each in self.events}
        chain = []
        while key in events and key not in chain:
            chain.append(key)
            correction = events[key].correction
            amends = correction and correction.kind == "amendment"
            key = correction.of if amends else ""
        return chain

    def heard(self, to, key):
        """Say whether somebody may have seen an event, or what it amends."""
        return bool(self.known_as(to, key))

    def _note(self, to, batch, shown, outcome):
        for each, notice in zip(batch, shown, strict=True):
            event = msgspec.json.decode(each.event_body, type=CareEvent)
            terms = msgspec.json.decode(each.terms, type=Terms)
            self._judge(to, event, notice, terms)
            if outcome not in {Outcome.RETRYABLE, Outcome.PERMANENT}:
                artifact = each.batch or each.event
                accepted = outcome is not Outcome.UNKNOWN
                self.sent.append(
                    Sent(
                        to,
                        notice.subscription,
                        event,
                        notice.event,
                        notice.patient_id,
                        terms,
                        accepted,
                        artifact,
                    )
                )

    def _judge(self, to, event, notice, terms):
        seen, text = notice.event, msgspec.json.encode(notice.event).decode()
        say = self.wrong.append
        what = f"{event.type} to {to}"
        if terms.template == RETRACTION:
            if not self.heard(to, event.correction.of):
                say(f"owed to nobody: {what}")
            if seen.payload or seen.participants or seen.subject.identifiers:
                say(f"too many words: {what}")
            return
        numbers = self._about_whom(to, event, notice, what)
        permitted = [
            (each, labels)
            for each in self.subscriptions
            if each.destination == to
            and (labels := self.permits(each, event, numbers)) is not None
        ]
        if not permitted:
            say(f"not permitted: {what}")
            return
        by, labels = next(
            (pair for pair in permitted if pair[0].name == notice.subscription),
            (None, None),
        )
        if by is None:
            say(f"not permitted by {notice.subscription}: {what}")
            return
        if not labels and any(code in text for code in FIRST_CODES):
            say(f"not redacted: {what}")
        self._fields(seen, terms, say, what)
        self._judge_numbers(by, numbers, notice, what)

    def _about_whom(self, to, event, notice, what):
        """Return the numbers of whom a notice is about; judge a retraction."""
        if not (event.correction and event.correction.kind == "retraction"):
            return self.owner(event)
        known_as = self.known_as(to, event.correction.of)
        if not known_as:
            self.wrong.append(f"taken back, and never told: {what}")
        elif notice.patient_id not in known_as:
            self.wrong.append(f"taken back as {notice.patient_id}: {what}")
        return self.numbers_of(event.subject.person)

    def _judge_numbers(self, by, numbers, notice, what):
        own = {
            key[2]
            for key, until in self.members.items()
            if key[0] == by.panel
            and key[1] in numbers
            and (until is None or self.now.date() <= until)
        }
        if by.panel and notice.patient_id not in own:
            known = notice.patient_id or "no number"
            self.wrong.append(f"under {known}: {what}")
        named = {each.value for each in notice.event.subject.identifiers}
        if named - set(numbers):
            self.strangers.append(f"with the number of somebody else: {what}")

    def _compare(self, to, checked):
        """Compare what is kept back with what the oracle says."""
        if checked.verdict != "deny":
            return
        event = msgspec.json.decode(checked.claimed.event_body, type=CareEvent)
        if event.correction and event.correction.kind == "retraction":
            if self.known_as(to, event.correction.of):
                self.wrong.append(f"owed, and kept back: {event.type} to {to}")
            return
        if checked.reason == "identity.moved":
            if not (self.handed_over(event) or self.taken_back(event.id)):
                self.wrong.append(f"moved, and not taken back: {event.type} to {to}")
            return
        behind = self.query(
            "SELECT subscription FROM decision WHERE event = ? AND destination = ?"
            " AND permitted",
            event.id,
            to,
        )
        numbers = self.owner(event)
        for each in self.subscriptions:
            if (each.name,) in behind and self.permits(
                each, event, numbers
            ) is not None:
                self.wrong.append(f"kept back from {each.name}: {event.type}")

    def handed_over(self, event):
        """Say whether it was taken back later, or said to be about another one."""
        return any(
            each.entity.key == event.entity.key
            and each.entity.version > event.entity.version
            and each.correction
            and (
                each.correction.kind == "retraction"
                or "subject" in each.correction.fields
            )
            for each in self.events
        )

    def taken_back(self, key):
        """Say whether an event is taken back, or what amends it."""
        of = {
            each.correction.of
            for each in self.events
            if each.correction and each.correction.kind == "retraction"
        }
        return any(key in self.chain(each) for each in of)

    def _fields(self, seen, terms, say, what):
        template = templates().templates[terms.template or "full"]
        if template.everything:
            return
        tops = {path.partition(".")[0] for path in template.payload}
        if extra := seen.payload.keys() - tops - {"obligations", "changed_fields"}:
            say(f"{sorted(extra)} beyond the template: {what}")
        if seen.subject.identifiers and not template.identifiers:
            say(f"numbers beyond the template: {what}")

    def expect(self, since):
        """Take note of who must be told of what amends, of the events from one on."""
        for event in self.events[since:]:
            if not (event.correction and event.correction.kind == "amendment"):
                continue
            numbers = self.owner(event)
            for to in {each.destination for each in self.subscriptions}:
                chain = self.chain(event.correction.of)
                by = {
                    each.by
                    for each in self.sent
                    if each.to == to
                    and (
                        each.event.id in chain
                        or event.correction.of in self.chain(each.event.id)
                    )
                }
                if any(
                    self.permits(each, event, numbers) is not None
                    for each in self.subscriptions
                    if each.name in by
                ):
                    self.owed.append((event.id, to))

    def problems(self):
        """Return all that is wrong once everything has gone out."""
        wrong = [*self.wrong, *self.audit()]
        rows = self.query("SELECT event, destination, state, receipt FROM delivery")
        queued = {(event, to): state for event, to, state, _ in rows}
        kinds = {each.id: each for each in self.events}
        for event, to in self.owed:
            if (event, to) not in queued:
                wrong.append(
                    f"not told what is so instead: {kinds[event].type} to {to}"
                )
        for event, to, state, receipt in rows:
            if state in {"ready", "claimed"} and to not in self.pulled:
                wrong.append(f"never sent: {kinds[event].type} to {to}")
            if state == "withdrawn" and receipt != "superseded":
                correction = kinds[event].correction
                retracts = correction and correction.kind == "retraction"
                if not (retracts or self.taken_back(event)):
                    wrong.append(f"lost: {kinds[event].type} to {to}")
        for each in self.events:
            if each.correction and each.correction.kind == "retraction":
                wrong += self._unheard(each)
        return [*wrong, *self._suppressed(kinds)]

    def _suppressed(self, kinds):
        """Return what was not told as a duplicate, where nothing tells the same."""
        again = {
            (event, to)
            for event, to in self.query(
                "SELECT event, destination FROM decision"
                " WHERE subscription LIKE '%@again'"
            )
        }
        for event, to in self.query(
            "SELECT event, destination FROM decision"
            " WHERE reason = 'suppressed.duplicate'"
        ):
            told = any(
                each.to == to
                and each.event.type == kinds[event].type
                and each.event.id != event
                and not self.taken_back(each.event.id)
                for each in self.sent
            )
            if kinds[event].correction or self.taken_back(event) or told:
                continue
            if (event, to) not in again:
                yield f"suppressed, and nothing else told: {kinds[event].type} to {to}"

    def _unheard(self, retraction):
        """Return to whom it was not said that something is taken back."""
        chain = self.chain(retraction.correction.of)
        for to in {each.destination for each in self.subscriptions}:
            told = any(
                each.to == to
                and (
                    each.event.id in chain
                    or retraction.correction.of in self.chain(each.event.id)
                )
                for each in self.sent
            )
            again = [
                each
                for each in self.sent
                if each.to == to and each.event.id == retraction.id
            ]
            if told and not again:
                yield f"not told that it is taken back: {retraction.type} to {to}"

    def audit(self):
        """Return what is wrong in the books, and in the audit."""
        books = [name for name, count in balance(self.connection).checks if count]
        verdict = verify(self.connection, IN_MEMORY)
        return books + [each.what for each in verdict.problems]
