"""A store in which made-up facts were played through the pipeline.

Every name in it is `CANARY`, so that a test can look for content where none may be.
"""

from contextlib import closing
from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry

from hub.config.tables import IdentityTable, StaysTable
from hub.metrics import Metrics
from hub.model.facts import (
    EncounterKey,
    Fact,
    FactKind,
    Normalised,
    RecordKey,
    Subject,
)
from hub.model.identifiers import Code, Identifier, Location
from hub.model.message import RawMessage
from hub.runtime import core
from hub.runtime.pipeline import Pipeline
from hub.runtime.relations import Relations
from hub.runtime.routing import Router
from hub.runtime.transitions import Programmes
from hub.runtime.wiring import programmes
from hub.store import journal
from hub.store.queries import Reader
from hub.store.sqlite import DATABASE_NAME
from hub.store.store import Store, call_at_once
from hub.testing.clock import FakeClock
from tests.coordination.scenarios import DAY, at
from tests.runtime.facts import made_up_feed

CANARY = "ZZCANARYZZ"
SYSTEM = "NORD"
CASE = EncounterKey(SYSTEM, "", "F1", "case")
MINUTE = timedelta(minutes=1)


def fact(kind=FactKind.START, patient="P1", visit="V1", hour=8, **given):
    """Return a fact about a made-up stay, said when it happened."""
    identifiers = given.pop("identifiers", (Identifier(SYSTEM, patient, "MR"),))
    demographics = given.pop("demographics", {"name": CANARY})
    day = given.pop("day", 0)
    standard = {
        "recorded": at(hour, day=day),
        "occurred": at(hour, day=day),
        "encounter": EncounterKey(SYSTEM, "", visit),
    }
    if kind is FactKind.START:
        standard["encounter_class"] = Code("inpatient", original="I")
    if kind in {FactKind.START, FactKind.MOVE}:
        standard["location"] = Location(unit=f"W{hour}")
    return Fact(
        kind=kind, subject=Subject(identifiers, demographics), **(standard | given)
    )


def end(hour=12, **given):
    """Return the fact that a stay ended."""
    return fact(FactKind.END, hour=hour, **given)


def cancel_end(of, hour, **given):
    """Return the fact that the end at the hour `of` is taken back."""
    told = {"cancels": FactKind.END, "occurred": at(of)} | given
    return fact(FactKind.CANCEL, hour=hour, **told)


def says_of_person(hour, **demographics):
    """Return the fact that these are somebody's demographics."""
    return fact(FactKind.PERSON, hour=hour, encounter=None, demographics=demographics)


def booked(hour, status="booked", **given):
    """Return the fact that an appointment has this status."""
    return fact(
        FactKind.RECORD,
        hour=hour,
        encounter=None,
        record=RecordKey("appointment", SYSTEM, "A1"),
        details={"status": status},
        **given,
    )


class Played:
    """A store on disk, and what plays facts into it, each in a message of its own.

    The hub hears of a fact a minute after it was recorded, or a second after the one
    before, whichever is later.
    """

    def __init__(self, folder, programmes=Programmes()):  # noqa: B008 - a value
        self.folder = folder
        self.path = folder / DATABASE_NAME
        self.reader = Reader(self.path)
        self._clock = FakeClock(DAY)
        self._facts = {}
        self._programmes = programmes

    @property
    def now(self):
        """The time on the clock of the hub."""
        return self._clock.now()

    @property
    def entities(self):
        return self.reader.entities

    def play(self, *facts, wait=timedelta(minutes=31)):
        """Let facts arrive in this order, and the clock go on."""
        with (
            Store(self.folder, call_at_once) as store,
            closing(store.reader()) as connection,
        ):
            pipeline = self._pipeline(store, connection)
            for each in facts:
                self._wait_for(each)
                _work(pipeline)
                self._hear(store, each)
                _work(pipeline)
            self._clock.advance(wait.total_seconds())
            _work(pipeline)
        return self

    def heard(self, number):
        """Return when message `number`, from 1, was received."""
        return self.message(number).received_at

    def message(self, number):
        """Return message `number`, from 1."""
        found = self.reader.messages(control_id=f"C{number}").items
        return found[0]

    @property
    def person(self):
        """The key of the patient P1."""
        (found,) = self.entities.find_persons(SYSTEM, "P1").items
        return found.key

    @property
    def encounter(self):
        """The key of the first encounter of the patient P1."""
        return self.entities.encounters(person=self.person).items[0].key

    def _wait_for(self, each):
        heard = each.recorded.earliest + MINUTE
        lag = (heard - self._clock.now()).total_seconds()
        self._clock.advance(max(lag, 1))

    def _hear(self, store, each):
        number = len(self._facts) + 1
        body = b"%d" % number
        self._facts[body] = each
        message = RawMessage(
            body=body,
            media_type="text/plain",
            received_at=self._clock.now(),
            control_id=f"C{number}",
            message_type="TEST",
        )
        store.writer.call(journal.put, [journal.row("klinik-nord", message)])

    def _pipeline(self, store, connection):
        processor = core.processor(
            connection,
            store.secret,
            Router(()),
            Relations({}),
            rules="us",
            programmes=self._programmes,
            identity=IdentityTable(),
        )
        feed = made_up_feed(lambda body, _: Normalised(facts=(self._facts[body],)))
        return Pipeline(
            feeds={"klinik-nord": feed},
            reader=connection,
            writer=store.writer,
            processor=processor,
            metrics=Metrics(CollectorRegistry()),
            on_deliveries=lambda _: None,
            clock=self._clock.now,
        )


def _work(pipeline):
    while pipeline.work():
        continue


def a_stay():
    """Return facts about one patient: a stay, a correction, an appointment."""
    return (
        fact(hour=8),
        fact(FactKind.MOVE, hour=10),
        end(hour=12),
        cancel_end(12, hour=13),
        end(hour=15, details={"discharge": {"disposition": "01"}}),
        says_of_person(16, name=CANARY, phone="0"),
        booked(17),
    )


def case_of_two():
    """Return facts under one case number: a stay, and the beginning of another."""
    return (
        fact(encounter=CASE),
        end(hour=10, encounter=CASE),
        fact(hour=20, encounter=CASE),
        fact(FactKind.MOVE, hour=21, encounter=CASE),
    )


#: What is to be done after a stay.
TCM = programmes(StaysTable(programmes=["tcm"], time_zone="Europe/Berlin"))
NEVER = datetime(1999, 1, 1, tzinfo=UTC)
ALWAYS = datetime(2999, 1, 1, tzinfo=UTC)
