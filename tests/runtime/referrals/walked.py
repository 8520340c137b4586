"""A whole hub whose clock is moved, and those around it: two ask, three act.

Each partner says things in a form of its own: HL7, FHIR, rows of a table, statements
of a page, the API. What goes out is kept, and a partner can be out of reach. All of
it is made up.
"""

import asyncio
import io
import json
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import msgspec

import hub_care
import hub_community
import hub_fhir
import hub_hl7
import hub_sftp
import hub_webhook
from hub.config import load
from hub.coordination.identity.decisions import Decision
from hub.model.delivery import Outcome, Receipt
from hub.model.facts import RecordKey
from hub.model.files import FileContext, Row, RowMessage
from hub.model.message import RawMessage
from hub.registry import Registry
from hub.runtime import dispatch
from hub.runtime.referrals import closing
from hub.store import journal
from hub_community.tables.profile import StatusProfile
from hub_community.tables.status import read as rows_of
from hub_fhir.rendering.data.systems import ID_TYPES, OUTCOMES, OWN_CODES
from tests.acceptance.process import feed, folder, subscription, table, write_config
from tests.docs.hearing import MovedHub

REGISTRY = Registry.from_modules(
    {
        "care": hub_care,
        "community": hub_community,
        "fhir": hub_fhir,
        "hl7": hub_hl7,
        "sftp": hub_sftp,
        "webhook": hub_webhook,
    }
)
START = datetime(2026, 3, 16, 15, tzinfo=UTC)
SYSTEM, NUMBER, OTHER = "KLINIK_NORD", "4711", "4712"
PARTNERS = ("clinic", "food-bank", "soup", "agency")


def configuration(path, *more, calendar="US-IL", zone="America/Chicago"):
    """Write the configuration of a hub with all of them."""

    def spoken(name, normaliser, **profile):
        own = {"normaliser": normaliser, "complete": "rename", "folder": path / name}
        (path / name).mkdir(exist_ok=True)
        given = {"kind": "folder-poller", **own}
        return table(
            f"sources.{name}", **given, **({"profile": profile} if profile else {})
        )

    def partner(name, sides, sources, **keys):
        given = {"sides": sides, "sources": sources, "destination": name, **keys}
        return table(f"partners.{name}", **given)

    inboxes = [
        folder(
            path / f"to-{name}",
            name=name,
            retry_initial_seconds=60,
            retry_max_seconds=600,
        )
        for name in (*PARTNERS, "outsider")
    ]
    return write_config(
        path / "hub.toml",
        feed(),
        feed("food-bank-hl7", profile={"assigning_authority": "FOODBANK"}),
        spoken("food-bank-page", "referral-statement"),
        spoken(
            "soup-rows",
            "referral-status-csv",
            system=SYSTEM,
            party="soup",
            time_zone="UTC",
        ),
        spoken("soup-fhir", "fhir-referral", party="soup"),
        spoken("agency-page", "referral-statement"),
        spoken("clinic-page", "referral-statement"),
        spoken("stranger", "referral-statement"),
        spoken("care", "facts-json"),
        *inboxes,
        partner("clinic", ["requester"], ["klinik-nord", "clinic-page"]),
        partner("agency", ["requester"], ["agency-page"], closes_on="statement"),
        partner(
            "food-bank",
            ["performer"],
            ["food-bank-hl7", "food-bank-page"],
            organizations=["FBREG|FB-1"],
        ),
        partner(
            "soup",
            ["performer"],
            ["soup-rows", "soup-fhir"],
            organizations=["FBREG|FB-2"],
        ),
        table("recipients.outsider", sector="community"),
        subscription("outsider", panel="nobody", events=["*"]),
        table("panels.nobody"),
        table("referrals", calendar=calendar, time_zone=zone),
        table("stays", calendar=calendar, time_zone=zone),
        *more,
    )


#: What can go out now; what stands behind something that waits cannot.
_OPEN = (
    "SELECT destination FROM delivery AS one WHERE state IN ('ready', 'claimed')"
    " AND due <= ?1 AND NOT EXISTS (SELECT 1 FROM delivery AS head"
    " WHERE head.destination = one.destination AND head.state = 'ready'"
    " AND head.due > ?1)"
)
#: When something is due that is not due now.
_NEXT = (
    "SELECT min(due) FROM (SELECT due FROM timer"
    " UNION ALL SELECT due FROM delivery WHERE state = 'ready') WHERE due > ?1"
)


class WalkedHub(MovedHub):
    """A hub that does not wait for whoever is out of reach."""

    def _busy(self):
        open_ = self._ask(
            lambda reader: reader.execute(_OPEN, (self._micros(),)).fetchall()
        )
        suspended = {
            name
            for name, each in self.dispatchers.items()
            if each._breaker.wait_seconds(self.now())
        }
        waiting = {name for (name,) in open_} - suspended
        return bool(journal.count_waiting(self._reader) or waiting) or (
            self._referrals.owes()
        )

    def _next(self):
        [due] = self._ask(
            lambda reader: reader.execute(_NEXT, (self._micros(),)).fetchone()
        )
        return journal.moment(due) if due is not None else None

    async def idle(self):
        """Wait until nothing happens any more: what was sent leads to more."""
        quiet = 0
        while quiet < 3:
            quiet = 0 if self._busy() else quiet + 1
            await asyncio.sleep(0.002)

    def _micros(self):
        return journal.microseconds(self.now())


class Walk:
    """A hub at work, and what everybody got; it can be stopped and started."""

    def __init__(self, path, monkeypatch, start=START, file=None):
        self.config = load(file or configuration(path), REGISTRY)
        self.start = start
        self.got = []
        self.away, self.only = set(), None
        self.controls = 0
        self.hub = None
        monkeypatch.setattr(dispatch, "attempt", self._attempt)
        monkeypatch.setattr(closing, "LOOK_SECONDS", 0.02)
        monkeypatch.setattr(dispatch, "POLL_SECONDS", 0.02)

    async def _attempt(self, destination, artifact, _seconds):
        name = destination._settings.folder.name.removeprefix("to-")
        told = json.loads(artifact.body)
        kind = told["type"].split(".")[-2]
        if name in self.away or (self.only is not None and kind not in self.only):
            return Receipt(outcome=Outcome.RETRYABLE)
        self.got.append((name, kind, told))
        return Receipt(outcome=Outcome.ACCEPTED)

    @asynccontextmanager
    async def running(self):
        """Run the hub; `restart` starts it again."""
        await self._open()
        try:
            yield self
        finally:
            await self.hub.__aexit__(None, None, None)

    async def _open(self):
        self.hub = WalkedHub(self.config, REGISTRY, self.start)
        await self.hub.__aenter__()
        await self.hub.rest()

    async def restart(self, **off):
        self.start = self.hub.now() + timedelta(**off)
        await self.hub.__aexit__(None, None, None)
        await self._open()

    @property
    def now(self):
        return self.hub.now()

    async def wait(self, **units):
        await self.hub.wait_until(self.now + timedelta(**units))

    async def put(self, source, body, *, rests=True, media_type=""):
        """Store a message of a source, and all come of it that does."""
        self.controls += 1
        own = self.config.sources[source].normaliser.media_type
        raw = RawMessage(
            body=body,
            media_type=media_type or own,
            received_at=self.now,
            control_id=f"{source}-{self.controls}",
            message_type="",
        )
        await self.hub._inbox(source).put(raw)
        if rests:
            await self.hub.rest()

    def query(self, sql, *given):
        reader = self.hub.store.reader()
        try:
            return reader.execute(sql, given).fetchall()
        finally:
            reader.close()

    def told(self, name):
        """Return what a partner was told, in order: the events and their payloads."""
        return [(kind, body) for to, kind, body in self.got if to == name]

    # What people and systems send.

    def key_of(self, number):
        keys = self.hub._referrals._keys
        for system in (SYSTEM, "AGENCY"):
            key = keys.record("", RecordKey("referral", system, number))
            if self.query("SELECT 1 FROM referral WHERE key = ?", key):
                return key
        raise AssertionError(number)

    def standing(self, number):
        asked = "SELECT state, loop FROM referral WHERE key = ?"
        [found] = self.query(asked, self.key_of(number))
        return found

    def heard(self, number):
        key = self.key_of(number)
        return [
            (to, kind)
            for to, kind, body in self.got
            if body["data"]["entity"]["key"] == key
        ]

    def why(self, number):
        """Return what was decided of a referral, and why."""
        return self.query(
            "SELECT type, subscription, verdict, reason FROM decision"
            " JOIN event ON event.id = event JOIN entity ON entity.seq = event.entity"
            " WHERE key = ? ORDER BY decision.seq",
            self.key_of(number),
        )

    def parked(self):
        return self.query(
            "SELECT source, state, error_code, repeats FROM message"
            " WHERE state <> 'processed' OR repeats > 0"
        )

    def undecided(self):
        """Return what went out without a decision that has a reason."""
        return self.query(
            "SELECT delivery.id FROM delivery LEFT JOIN decision"
            " ON decision.event = delivery.event"
            " AND decision.subscription = delivery.subscription"
            " WHERE decision.reason IS NULL OR decision.reason = ''"
        )

    async def consent(self, status="active", key="c1", *recipients, mrn=NUMBER):
        fact = {
            "kind": "consent",
            "person": {"identifiers": [{"system": SYSTEM, "value": mrn}]},
            "key": {"system": "PAPERS", "value": key},
            "recorded": self.now.isoformat(),
            "status": status,
            "decision": "permit",
            "mode": "explicit",
            "scope": ["care_coordination"],
            "recipients": list(recipients or ("food-bank", "soup")),
        }
        await self.put("care", json.dumps({"facts": [fact]}).encode())

    async def merge(self, survivor, merged):
        body = hl7(
            "ADT^A40^ADT_A39",
            self.now,
            f"EVN|A40|{stamp(self.now)}",
            pid(survivor),
            f"MRG|{merged}^^^{SYSTEM}^PI",
        )
        await self.put("klinik-nord", body)

    async def part(self, survivor, merged):
        found = "SELECT identity FROM identifier WHERE value = ?"
        [(one,)] = self.query(found, survivor)
        [(two,)] = self.query(found, merged)
        decision = Decision(
            operation="unlink",
            identity=two,
            others=(one,),
            by="a test",
            reason="two people",
            at=self.now,
        )
        await self.hub.decide(decision)
        await self.hub.rest()


def stamp(at):
    return f"{at.astimezone(UTC):%Y%m%d%H%M%S}+0000"


def pid(mrn):
    return f"PID|1||{mrn}^^^{SYSTEM}^PI||Roe^Jane^^^^^L||19610101|F"


def hl7(kind, at, *lines, sender=SYSTEM):
    msh = rf"MSH|^~\&|SYS|{sender}|HUB|HUB|{stamp(at)}||{kind}|c|P|2.5.1"
    return "\r".join([msh, *lines]).encode()


def ref(
    at,
    trigger="I12",
    *,
    to="FB-1",
    number="R-77",
    reason="",
    priority="R",
    category="food-insecurity",
    mrn=NUMBER,
):
    """Return what the clinic asks for."""
    return hl7(
        f"REF^{trigger}^REF_I12",
        at,
        f"RF1||{priority}|MED||{category}|{number}^{SYSTEM}|||{stamp(at)}|{reason}",
        *([f"PRD|RT|||||||||Somebody^^{to}^^^FBREG"] if to else []),
        pid(mrn),
    )


def rri(at, trigger, status, *, number="R-77", text="", mrn=NUMBER):
    """Return what the food bank answers by HL7."""
    reason = f"other^{text}^L" if text else ""
    return hl7(
        f"RRI^{trigger}^RRI_I12",
        at,
        "MSA|AA|c",
        f"RF1|{status}|R|MED||food-insecurity|{number}^{SYSTEM}|||{stamp(at)}|{reason}",
        pid(mrn),
        sender="FOODBANK",
    )


def statement(at, by, says, *, party="", number="R-77", system=SYSTEM, **more):
    """Return what somebody says on a page."""
    said = {
        "referral": {"kind": "referral", "system": system, "value": number},
        "by": by,
        "says": says,
        "party": party,
        "at": at.isoformat().replace("+00:00", "Z"),
        **more,
    }
    return json.dumps(said).encode()


def row(
    at,
    says,
    *,
    number="R-77",
    system=SYSTEM,
    outcome="",
    appointment="",
    reason="",
    text="",
):
    """Return the message of a row in which the soup kitchen answers."""
    met = datetime.fromisoformat(appointment) if appointment else None
    cells = {
        "referral": number,
        "numbered by": system,
        "status": says,
        "date": f"{at:%Y-%m-%d}",
        "time": f"{at:%H:%M}",
        "outcome": outcome,
        "reason": reason,
        "reply": text,
        "appointment": f"{met:%Y-%m-%d}" if met else "",
        "appointment time": f"{met:%H:%M}" if met else "",
    }
    file = ",".join(cells) + "\n" + ",".join(cells.values()) + "\n"
    profile = StatusProfile(system=SYSTEM, party="soup", time_zone="UTC")
    context = FileContext(name="a.csv", received_at=at)
    [found] = [
        each
        for each in rows_of(io.BytesIO(file.encode()), profile, context)
        if isinstance(each, Row)
    ]
    assert not found.problems, found.problems
    return msgspec.json.encode(
        RowMessage(
            op=found.op,
            key=found.key,
            row=msgspec.Raw(found.body),
            said=at,
            exchange="x",
        )
    )


_TASK = {
    "received": "received",
    "accepted": "accepted",
    "rejected": "rejected",
    "in_progress": "in-progress",
    "on_hold": "on-hold",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}


def task(at, says, *, number="R-77", system=SYSTEM, outcome="", reason="", **_):
    """Return a task as the soup kitchen's server has it."""
    told = {
        "resourceType": "Task",
        "id": f"t-{number}",
        "status": _TASK[says],
        "intent": "order",
        "focus": {
            "reference": f"ServiceRequest/{number}",
            "identifier": {
                "type": {"coding": [{"system": ID_TYPES, "code": "PLAC"}]},
                "system": f"urn:carehub:authority:{system}",
                "value": number,
            },
        },
        "authoredOn": "2026-03-16T12:00:00Z",
        "lastModified": at.isoformat().replace("+00:00", "Z"),
    }
    if reason:
        told["statusReason"] = {"text": reason}
    if outcome:
        told["output"] = [
            {
                "type": {"coding": [{"system": OWN_CODES, "code": "outcome"}]},
                "valueCodeableConcept": {
                    "coding": [{"system": OUTCOMES, "code": outcome}]
                },
            }
        ]
    return json.dumps(told).encode()


def twice(told):
    """Return what somebody was told more than once."""
    ids = Counter((name, body["id"]) for name, _, body in told)
    return [each for each, count in ids.items() if count > 1]
