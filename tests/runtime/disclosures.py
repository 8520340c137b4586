"""A hub in memory that also sends, and what a plain reading of the rules permits.

The oracle knows the panels and consents that a walk stated, and nothing of the
engine: domain 8.3 for a world with three recipients, one sensitivity and no
jurisdictions. Everybody in it is made up.
"""

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from hub.config.tables import DestinationConfig, IdentityTable
from hub.contract import DestinationSpec, RendererSpec
from hub.coordination.ids import Keys
from hub.coordination.panels import Entry
from hub.coordination.policy import RETRACTION, Regime
from hub.coordination.policy.templates import templates
from hub.coordination.recipients import Recipient
from hub.coordination.routes import Cadence, Subscription
from hub.model.delivery import DeliveryState, Outcome, Rendered, Terms
from hub.model.events import CareEvent
from hub.model.facts import Fact, FactKind, Normalised, RecordKey, Subject
from hub.model.taxonomy import EVENT_TYPES
from hub.runtime import core
from hub.runtime.entities import Entities
from hub.runtime.rechecking import Rechecker
from hub.runtime.relations import Contract, Relations, StoredPanels
from hub.runtime.routing import Router
from hub.runtime.sending import notice_of
from hub.runtime.transitions import Programmes
from hub.sdk import DestinationSettings, Settings
from hub.store import generation, journal, outbox, panels, rechecks, worklists
from hub.store.acting import Actor
from hub.store.audit_keys import IN_MEMORY
from hub.store.audit_verify import verify
from hub.store.books import balance
from hub.store.journal import microseconds
from hub.store.outbox import Claim
from hub.store.worklists import Fetched
from tests.runtime.facts import SECRET
from tests.runtime.world import World
from tests.store.rows import put, row, settled

NOON = datetime(2026, 3, 16, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TREATMENT, COORDINATION = "treatment", "care_coordination"
ENCOUNTERS = frozenset(each for each in EVENT_TYPES if each.startswith("encounter."))
#: Retractions are owed and not asked for; amendments of a time are asked for by none.
PLAIN = frozenset({"encounter.admitted", "encounter.discharged"})
FIRST_CODES = ("F10", "ETH")
_KEYS = Keys(SECRET)
_ROUTE = Actor("test", "operator")


def subscription(name, to, panel="", purpose=TREATMENT, events=ENCOUNTERS, **more):
    """Return a subscription of made-up recipients."""
    return Subscription(name, to, events, purpose, panel)._replace(**more)


CLINIC = Recipient("clinic")
PLAN = Recipient("plan", "payer", contracted=True)
MEALS = Recipient("meals", "community", contracted=True, template="community")
RECIPIENTS = {each.name: each for each in (CLINIC, PLAN, MEALS)}
SUBSCRIPTIONS = (
    subscription("clinic-all", "clinic"),
    subscription("plan-members", "plan", "members", COORDINATION),
    subscription("plan-others", "plan", "others", COORDINATION, PLAIN),
    subscription("meals-clients", "meals", "clients", COORDINATION),
)
PANELS = ("members", "others", "clients")


class Said(NamedTuple):
    """What a consent is, in the words of the oracle."""

    key: str
    number: str
    recorded: int
    permits: bool
    recipients: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    revoked: bool = False

    def fact(self, patient, recorded):
        """Return it as a feed would state it."""
        details = {
            "status": "revoked" if self.revoked else "active",
            "decision": "permit" if self.permits else "deny",
            "recipients": list(self.recipients),
            "data": list(self.data),
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
        }
        return Fact(
            kind=FactKind.RECORD,
            subject=Subject((patient,)),
            recorded=recorded,
            occurred=recorded,
            record=RecordKey("consent", "PAPERS", self.key),
            details=details,
        )

    def names(self, to):
        """Say how narrowly it names a recipient, None where it does not."""
        if not self.recipients:
            return 0
        return 1 if to in self.recipients else None

    def runs(self, now):
        """Say whether it is in force."""
        begun = self.since is None or self.since <= now
        return begun and not (self.until and self.until <= now) and not self.revoked


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


class Sender(World):
    """A hub that hears facts, and sends as a dispatcher and a worklist do."""

    def __init__(
        self,
        subscriptions=SUBSCRIPTIONS,
        recipients=RECIPIENTS,
        *,
        together=(),
        pulled=(),
        panels=PANELS,
        **more,
    ):
        router = Router(subscriptions, recipients, Regime())
        super().__init__(router, matching=False, **more)
        self.subscriptions, self.recipients = subscriptions, recipients
        self._router, self._names = router, panels
        self.together, self.pulled = frozenset(together), frozenset(pulled)
        self.now, self.sent, self.wrong = NOON, [], []
        self.members, self.consents = {}, []
        self.source = "klinik"
        self._loads = itertools.count(1)
        self.owed, self.strangers = [], []
        self._site = more.get("site")
        self._start()

    def _start(self):
        self.processor = core.processor(
            self.connection,
            SECRET,
            self._router,
            self._relations(),
            rules="us",
            programmes=Programmes(),
            identity=IdentityTable(matching=False),
            site=self._site,
        )

    def _relations(self):
        contracts = {name: Contract() for name in self._names}
        return Relations(source=StoredPanels(self.connection, contracts))

    def _receive(self, facts):
        count = len(self.states) + 1
        put(self.connection, row(self.source, body=b"%d" % count, control_id=f"C{count}"))
        [(seq, key, source)] = self.query(
            "SELECT seq, id, source FROM message ORDER BY seq DESC LIMIT 1"
        )
        waiting = journal.Waiting(seq, key, source, "", b"", self.now)
        self._told[seq] = waiting, Normalised(facts=facts)
        self.states.append("received")
        return seq

    def _settlement(self, waiting, read):
        return super()._settlement(waiting._replace(received_at=self.now), read)

    def hear(self, *facts):
        """Hear of facts, of each in a message of its own."""
        for fact in facts:
            since = len(self.events)
            self.tell_at_once(fact)
            self.expect(since)
        return self

    # What changes beside facts.

    def consent(self, said, patient, recorded):
        """Hear of a consent."""
        self.consents.append(said)
        self.tell_at_once(said.fact(patient, recorded))

    def list(self, panel, patient, own, *, op="add", until=None):
        """Let a list say that a patient is on a panel, or is no longer."""
        name = f"load-{next(self._loads)}"
        at = microseconds(self.now)
        begun = panels.Begun(name, panel, "delta", b"", "test", at)
        panels.begin(self.connection, [begun])
        entry = Entry(1, op, patient.system, patient.value, own, None, until)
        panels.change(self.connection, [panels.Changes(name, [entry], at, _ROUTE)])
        key = panel, patient.value, own
        if op == "remove":
            self.members.pop(key, None)
        else:
            self.members[key] = until

    def wait(self, **units):
        """Let time pass."""
        self.now += timedelta(**units)

    # Sending.

    def recheck(self, to, claimed):
        """Return what holds now, as a process of its own finds it."""
        entities = Entities(self.connection, _KEYS.person)
        rechecker = Rechecker(
            self.connection, entities, self._router, self._relations()
        )
        return rechecker.recheck(to, claimed, self.now)

    def send(self, *outcomes, most=9, only=None):
        """Send what is due; the attempts end as `outcomes` say, then well."""
        ends = iter(outcomes)
        for to in sorted({each.destination for each in self.subscriptions}):
            if only in (None, to):
                while self._send_one(to, ends, most):
                    continue

    def _send_one(self, to, ends, most):
        if to in self.pulled:
            return self._fetch(to)
        together = to in self.together
        claim = Claim(to, self.now, most, together=together)
        [claimed] = outbox.claim(self.connection, [claim])
        for batch in [claimed] if together else [[each] for each in claimed]:
            self._attempt(to, batch, next(ends, Outcome.ACCEPTED))
        return bool(claimed)

    def _attempt(self, to, batch, outcome):
        batch = self._decided_anew(to, batch)
        if not batch:
            return
        shown = [notice_of(config(to), each) for each in batch]
        self._note(to, batch, shown, outcome)
        states = {
            Outcome.ACCEPTED: DeliveryState.DELIVERED,
            Outcome.PERMANENT: DeliveryState.DEAD,
        }
        done = [
            settled(
                each,
                states.get(outcome, DeliveryState.READY),
                due=self.now + timedelta(minutes=1),
                outcome=outcome,
            )
            for each in batch
        ]
        outbox.settle(self.connection, [done])

    def _decided_anew(self, to, batch):
        """Do as `Dispatcher` does."""
        stale = [each for each in batch if each.stale]
        if not stale:
            return batch
        checked = self.recheck(to, stale)
        for each in checked:
            self._compare(to, each)
        rechecks.record(self.connection, [checked])
        permitted = {each.claimed.seq: each for each in checked if each.permitted}
        going = [each for each in batch if not each.stale or each.seq in permitted]
        if len(going) < len(batch):
            outbox.release(self.connection, [going])
            return []
        return [
            permitted[each.seq].going if each.seq in permitted else each
            for each in going
        ]

    def _fetch(self, to):
        """Do as `Worklists` does, for one page of all that is open."""
        reader = worklists.WorklistReader(_Looks(self.connection))
        looks, _ = reader.page(to, limit=100, now=self.now)
        stale = [each.claimed for each in looks if each.claimed.stale]
        checked = self.recheck(to, stale) if stale else []
        permitted = {each.claimed.seq: each for each in checked if each.permitted}
        shown = {}
        for each in looks:
            claimed = each.claimed
            if claimed.seq in permitted:
                claimed = permitted[claimed.seq].going
            if not claimed.stale or claimed.seq in permitted:
                shown[claimed.seq] = claimed
        fresh = [each for each in looks if not each.seen or each.claimed.stale]
        for each in checked:
            self._compare(to, each)
        if fresh:
            taken = tuple(each.claimed for each in fresh)
            fetched = Fetched(taken, tuple(checked), {}, self.now)
            [going] = worklists.fetch(self.connection, [fetched])
            gone = {each.seq for each in taken} - set(going)
            shown = {seq: each for seq, each in shown.items() if seq not in gone}
        batch = list(shown.values())
        self._note(to, batch, [notice_of(config(to), one) for one in batch], None)
        return False



    # What is to be said of it.

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
            if each.to == to and each.event.id in chain
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
        if event.correction and event.correction.kind == "retraction":
            known_as = self.known_as(to, event.correction.of)
            if not known_as:
                say(f"taken back, and never told: {what}")
            elif notice.patient_id not in known_as:
                say(f"taken back as {notice.patient_id}: {what}")
            numbers = self.numbers_of(event.subject.person)
        else:
            numbers = self.owner(event)
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
        own = {
            key[2]
            for key, until in self.members.items()
            if key[0] == by.panel
            and key[1] in numbers
            and (until is None or self.now.date() <= until)
        }
        if by.panel and notice.patient_id not in own:
            say(f"under {notice.patient_id or 'no number'}: {what}")
        strangers = {each.value for each in seen.subject.identifiers} - set(numbers)
        if strangers:
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
            if not self.handed_over(event):
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
            if (each.name,) in behind and self.permits(each, event, numbers) is not None:
                self.wrong.append(f"kept back from {each.name}: {event.type}")

    def handed_over(self, event):
        """Say whether it was said of what an event is about that it was another's."""
        return any(
            each.entity.key == event.entity.key
            and each.entity.version > event.entity.version
            and each.correction
            and (each.type == "encounter.moved" or "subject" in each.correction.fields)
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

    def permits(self, by, event, numbers):
        """Return whether an event may go, None for no; true for what is sensitive too.

        Domain 8.3, steps 1 to 5, for the three recipients of these tests.
        """
        today = self.now.date()
        if by.panel and not any(
            key[0] == by.panel and key[1] in numbers and (not end or today <= end)
            for key, end in self.members.items()
        ):
            return None
        if self.recipients[by.destination].jurisdiction:
            return None  # nobody knows the rules there: it is held
        sector = self.recipients[by.destination].sector
        permits, denials = self._in_force(by.destination, numbers)
        about = [each for each in permits if self._about(each, event)]
        for each in denials:
            if self._about(each, event) and not any(
                _narrower(one, each, by.destination, event) for one in about
            ):
                return None
        if sector == "community" and not about:
            return None
        if "ETH" not in event.labels.sensitivity:
            return True
        return self._sensitive(by, event, permits, denials)

    def _sensitive(self, by, event, permits, denials):
        naming = [each for each in permits if "ETH" in each.data]
        against = [each for each in denials if "ETH" in each.data]
        free = naming and all(
            any(_narrower(one, each, by.destination, event) for one in naming)
            for each in against
        )
        if free:
            return True
        marks = [one for one in event.labels.derived_by if one.endswith(":ETH")]
        dropped = all(
            one.startswith(("diagnosis:", "department:")) for one in marks
        )
        return False if dropped else None

    def _in_force(self, to, numbers):
        newest = {}
        for each in sorted(self.consents, key=lambda one: one.recorded):
            if each.number in numbers:
                newest[each.key, each.number] = each
        running = [
            each
            for each in newest.values()
            if each.runs(self.now) and each.names(to) is not None
        ]
        return (
            [each for each in running if each.permits],
            [each for each in running if not each.permits],
        )

    def _about(self, each, event):
        types = [name for name in each.data if name != "ETH"]
        return event.type in types if each.data else True

    # What holds after all.

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
                    if each.to == to and each.event.id in chain
                }
                if any(
                    self.permits(each, event, numbers) is not None
                    for each in self.subscriptions
                    if each.name in by
                ):
                    self.owed.append((event.id, to))

    def replay(self, *states):
        """Let what is in these states be sent again."""
        found = self.query("SELECT id, state FROM delivery ORDER BY seq")
        keys = [key for key, state in found if state in states]
        outbox.replay(self.connection, keys, self.now)

    def contract(self, **changed):
        """Go on with another contract of the plan, as after a restart."""
        self.recipients = self.recipients | {"plan": PLAN._replace(**changed)}
        self._router = Router(self.subscriptions, self.recipients, Regime())
        generation.advance(self.connection)
        self._start()

    def settle_all(self):
        """Let all go out that is to: days later, with recipients who take it."""
        for _ in range(4):
            self.replay("dead")
            self.send()
            self.wait(hours=13)
        self.send()

    def problems(self):
        """Return all that is wrong once everything has gone out."""
        wrong = [*self.wrong, *self.audit()]
        rows = self.query("SELECT event, destination, state, receipt FROM delivery")
        queued = {(event, to): state for event, to, state, _ in rows}
        kinds = {each.id: each for each in self.events}
        for event, to in self.owed:
            if (event, to) not in queued:
                wrong.append(f"not told what is so instead: {kinds[event].type} to {to}")
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
        return wrong

    def _unheard(self, retraction):
        """Return to whom it was not said that something is taken back."""
        chain = self.chain(retraction.correction.of)
        for to in {each.destination for each in self.subscriptions}:
            told = any(
                each.to == to and each.event.id in chain for each in self.sent
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


def _narrower(permit, denial, to, event):
    one, other = _width(permit, to, event), _width(denial, to, event)
    return one != other and all(a >= b for a, b in zip(one, other, strict=True))


def _width(each, to, event):
    return each.names(to) or 0, 2 if event.type in each.data else 0


class _Looks:
    def __init__(self, connection):
        self._engine = sa.create_engine(
            "sqlite://", creator=lambda: connection, poolclass=sa.pool.StaticPool
        )

    def connection(self):
        return self._engine.connect()


def config(to):
    """Return the configuration of a destination whose notices nobody renders."""
    renderer = RendererSpec(
        name="none",
        options=Settings,
        render=lambda _notices, _options: Rendered(body=b"", media_type="text/plain"),
        summary="For a test.",
    )
    spec = DestinationSpec(
        kind="none", settings=DestinationSettings, build=object, summary="For a test."
    )
    waits = DestinationSettings.model_validate({"kind": "none", "format": "none"})
    return DestinationConfig("region", to, spec, waits, renderer, Settings())
