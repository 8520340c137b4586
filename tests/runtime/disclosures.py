"""A hub in memory that also sends, and is judged by what it sends.

Everybody in it is made up.
"""

import itertools
from datetime import UTC, datetime, timedelta

from hub.config.tables import DestinationConfig, IdentityTable
from hub.contract import DestinationSpec, RendererSpec
from hub.coordination.ids import Keys
from hub.coordination.panels import Entry
from hub.coordination.policy import Regime
from hub.coordination.recipients import Recipient
from hub.coordination.routes import Subscription
from hub.model.delivery import DeliveryState, Outcome, Rendered
from hub.model.facts import Normalised
from hub.model.taxonomy import EVENT_TYPES
from hub.runtime import core
from hub.runtime.entities import Entities
from hub.runtime.rechecking import Rechecker
from hub.runtime.relations import Contract, Relations, StoredPanels
from hub.runtime.routing import Router
from hub.runtime.sending import notice_of
from hub.runtime.transitions import Programmes
from hub.sdk import DestinationSettings, Settings
from hub.store import (
    generation,
    journal,
    outbox,
    panels,
    rechecks,
    resending,
    worklists,
)
from hub.store.acting import Actor
from hub.store.journal import microseconds
from hub.store.outbox import Claim
from hub.store.worklists import Fetched
from tests.runtime.facts import SECRET
from tests.runtime.judging import Judge
from tests.runtime.world import World
from tests.store.rows import put, row, settled
from tests.stores import shared

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


class Sender(Judge, World):
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
        put(
            self.connection,
            row(self.source, body=b"%d" % count, control_id=f"C{count}"),
        )
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

    def replay(self, *states):
        """Let what is in these states be sent again."""
        found = self.query("SELECT id, state FROM delivery ORDER BY seq")
        keys = [key for key, state in found if state in states]
        resending.replay(self.connection, keys, self.now)

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


class _Looks:
    def __init__(self, connection):
        self._engine = shared(connection)

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
