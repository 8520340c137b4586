"""A hub in memory that is told one fact after the other. Everybody in it is made up."""

from datetime import timedelta
from typing import NamedTuple

import msgspec

from hub.config.tables import IdentityTable
from hub.errors import HubError
from hub.model.events import CareEvent
from hub.model.facts import (
    EncounterKey,
    Fact,
    FactKind,
    IdentityChange,
    Normalised,
    Subject,
)
from hub.model.identifiers import Code, Identifier, Location
from hub.runtime import core
from hub.runtime.entities import Entities
from hub.runtime.processing import parked
from hub.runtime.relations import Relations
from hub.runtime.routing import Router
from hub.runtime.transitions import Programmes
from hub.store import journal, state
from hub.store.links import links_of
from tests.coordination.scenarios import at
from tests.runtime.facts import PANELS, SECRET
from tests.runtime.setting import NOW
from tests.store.rows import in_memory, received

ANNA = {
    "names": [{"family": "Musterfrau", "given": "Anna"}],
    "birth_date": "1961-04-07",
    "sex": "F",
    "addresses": [
        {
            "street": "Lindenweg",
            "house_number": "4",
            "postal_code": "24103",
            "city": "Kiel",
        }
    ],
}
BERTA = {
    "names": [{"family": "Beispiel", "given": "Berta"}],
    "birth_date": "1975-11-30",
    "sex": "F",
}


def number(value, system="NORD", kind="MR"):
    """Return a number of a patient."""
    return Identifier(system, value, kind)


def stay(patient, visit="V1", kind=FactKind.START, hour=8, about=None, **given):
    """Return a fact about a stay of whoever has the number, or the numbers."""
    numbers = patient if isinstance(patient, tuple) else (patient,)
    standard = {
        "recorded": at(hour),
        "occurred": at(hour),
        "encounter": EncounterKey("NORD", "", visit),
        "encounter_class": Code("inpatient"),
        "location": Location(unit=f"W{hour}"),
    }
    return Fact(kind=kind, subject=Subject(numbers, about or {}), **(standard | given))


def person(patient, about, hour=8):
    """Return what is said of a patient, and of no stay."""
    numbers = patient if isinstance(patient, tuple) else (patient,)
    return Fact(
        kind=FactKind.PERSON, subject=Subject(numbers, about), recorded=at(hour)
    )


def repair(operation, patient, prior=(), hour=12, level="person", **given):
    """Return a repair of numbers: those in `prior` are the patient's now."""
    named = {key: given.pop(key) for key in ("encounter",) if key in given}
    numbers = patient if isinstance(patient, tuple) else (patient,)
    change = IdentityChange(operation, level, tuple(prior), **given)
    return Fact(
        kind=FactKind.IDENTITY,
        subject=Subject(numbers),
        recorded=at(hour),
        identity=change,
        **named,
    )


class World:
    """Tells facts to the core, each in a message of its own that is stored at once."""

    def __init__(
        self, router=None, *, replays=False, forgets=False, site=None, **identity
    ):
        """`replays`: what was parked and waits again is processed, as in a hub.

        `forgets`: between messages nothing is kept in memory, as after a restart.
        """
        self.connection = in_memory()
        self._replays, self._forgets = replays, forgets
        self._told = {}
        self.processor = core.processor(
            self.connection,
            SECRET,
            router or Router(()),
            Relations(PANELS),
            rules="us",
            programmes=Programmes(),
            identity=IdentityTable(**identity),
            site=site,
        )
        self.states = []

    def tell(self, *facts):
        """Let the hub hear of facts, one message for each; return this world."""
        for fact in facts:
            self.tell_at_once(fact)
        return self

    def tell_at_once(self, *facts):
        """Let the hub hear of facts in one message."""
        self._process([self._receive(facts)])
        self._replay()

    def tell_in_one_round(self, *facts):
        """Let the hub hear of facts, one message for each, and store all at once."""
        self._process([self._receive((fact,)) for fact in facts])
        self._replay()
        return self

    def _receive(self, facts):
        seq = received(self.connection, len(self.states) + 1)
        row = self.connection.execute(
            "SELECT id, source FROM message WHERE seq = ?", [seq]
        ).fetchone()
        heard = NOW + timedelta(days=1, seconds=seq)
        waiting = journal.Waiting(seq, *row, "", b"", heard)
        self._told[seq] = waiting, Normalised(facts=facts)
        self.states.append("received")
        return seq

    def _replay(self):
        """Process again what waits again, as often as anything moves."""
        while self._replays and (again := self._waiting()):
            self._process(again)

    def _process(self, seqs):
        """Process messages that were told of as one round."""
        if self._forgets:
            self.processor.forget()
        round_ = [self._told[seq] for seq in seqs]
        self.processor.expect(round_)
        settlements = [self._settlement(*each) for each in round_]
        state.settle(self.connection, [settlements])
        for seq, settlement in zip(seqs, settlements, strict=True):
            self.states[seq - 1] = settlement.state.value

    def _settlement(self, waiting, read):
        try:
            return self.processor.process(waiting, read, (), waiting.received_at)
        except HubError as error:
            return parked(waiting, error, waiting.received_at)

    def _waiting(self):
        found = self.query("SELECT seq FROM message WHERE state = 'received'")
        return [seq for (seq,) in found]

    def query(self, sql, *values):
        """Ask the store."""
        return self.connection.execute(sql, values).fetchall()

    @property
    def events(self):
        """All that was told, in order."""
        found = self.query("SELECT body FROM event ORDER BY seq")
        return [msgspec.json.decode(body, type=CareEvent) for (body,) in found]

    @property
    def types(self):
        """The types of all that was told, in order."""
        return [event.type for event in self.events]

    def people(self):
        """Return who is one person, by their numbers."""
        return sorted(map(list, self.numbers().values()))

    def numbers(self):
        """Return the numbers of each person, sorted, by the person's key."""
        return numbers_of_people(self.query)

    def picture(self):
        """Return all that must not depend on the order of arrival."""
        return Picture.of(self.connection)

    def stays(self):
        """Return by the visits' bodies whose they are: the numbers of the person."""
        owners = self.numbers()
        found = self.query(
            "SELECT key, person, json_extract(CAST(body AS TEXT), '$.encounter')"
            " FROM entity WHERE kind = 'encounter' ORDER BY key"
        )
        return {key: (body, list(owners[owner])) for key, owner, body in found}

    def links(self, basis="matched"):
        """Return the links of a basis."""
        keys = [key for (key,) in self.query("SELECT key FROM entity")]
        return [link for link in links_of(self.connection, keys) if link.basis == basis]

    def close(self):
        """Let go of the store."""
        self.connection.close()


class Picture(NamedTuple):
    """What a store knows, in a form that is the same whatever came first.

    People are the tuples of their numbers, sorted. `whose` has by the name of each
    visit that is not part of another what was folded of it, and whose it is; `known`
    has the demographics of each person; `told` what stands of all that was told.
    """

    people: list[tuple[str, ...]]
    whose: dict[str, tuple[object, tuple[str, ...]]]
    known: dict[tuple[str, ...], dict[str, object]]
    told: list[tuple[str, ...]]

    @classmethod
    def of(cls, connection):
        """Return the picture of what is in a store."""

        def query(sql):
            return connection.execute(sql).fetchall()

        numbers = numbers_of_people(query)
        # Whose each number is plays no part in what is known of a person.
        entities = Entities(connection, lambda _number: "")
        return cls(
            sorted(numbers.values()),
            visits(query, numbers),
            {
                numbers[key]: entities.person(key).person.demographics()
                for key in numbers
            },
            list(standing(query, numbers)),
        )


def numbers_of_people(query):
    """Return the numbers of each person, sorted, by the person's key."""
    groups = {}
    for owner, value in query(
        "SELECT entity.person, identifier.value FROM entity"
        " JOIN identifier ON identifier.identity = entity.key"
        " WHERE entity.kind = 'person'"
    ):
        groups.setdefault(owner, set()).add(value)
    return {owner: tuple(sorted(values)) for owner, values in groups.items()}


def visits(query, numbers):
    """Return by key the visits that are not part of others, and whose they are."""
    rows = query("SELECT key, person, body FROM entity WHERE kind = 'encounter'")
    bodies = [(key, person, msgspec.json.decode(body)) for key, person, body in rows]
    called = visit_names(query)
    return {
        called.get(key, key): (body["encounter"], numbers.get(person, ()))
        for key, person, body in bodies
        if not body.get("into")
    }


def visit_names(query):
    """Return by its key the number of each visit of which something was said."""
    names = {}
    for key, body in query(
        "SELECT key, fact.body FROM fact JOIN entity ON entity.seq = fact.entity"
    ):
        said = msgspec.json.decode(body).get("encounter")
        if said:
            names[key] = f"{said['system']}/{said['scope']}/{said['value']}"
    return names


_TOLD_OF = (
    "SELECT event.body, person FROM event JOIN entity ON entity.seq = event.entity"
    " ORDER BY event.seq"
)


def standing(query, numbers):
    """Return what stands of what was told of visits: type, when, visit, and whose.

    A retraction takes away what it is of, with all that amended that; an amendment
    takes its place. A correction of a time leaves the type as it was.
    """
    into, called = dict(query(_PARTS)), visit_names(query)
    root, stands = {}, {}
    for body, owner in query(_TOLD_OF):
        event = msgspec.json.decode(body, type=CareEvent)
        correction, told = (
            event.correction,
            _told(event, numbers.get(owner, ()), into, called),
        )
        first = root.get(correction.of) if correction else event.id
        if correction and correction.kind == "retraction":
            stands.pop(first, None)
            continue
        root[event.id] = first
        if event.type.endswith("_corrected") and first in stands:
            told = (stands[first][0], *told[1:])
        if event.type.partition(".")[2] in STATEMENTS or event.type in AMENDING:
            stands[first] = told
    return list(stands.values())


#: Which visits became part of others, and of which.
_PARTS = """
    SELECT key, json_extract(CAST(body AS TEXT), '$.into') FROM entity
    WHERE kind = 'encounter' AND json_extract(CAST(body AS TEXT), '$.into') IS NOT NULL
"""
#: What says that something is so, and can be taken back by another event. All else
#: says that something that was told reads otherwise now, which is a matter of order.
STATEMENTS = frozenset(
    {
        "preadmitted", "observed", "ed_arrived", "registered", "admitted",
        "transferred", "discharged", "ended", "leave_started", "leave_ended",
        "admit_pending", "transfer_pending", "discharge_pending",
    }
)  # fmt: skip
AMENDING = frozenset({"encounter.start_corrected", "encounter.end_corrected"})


def _told(event, whose, into, called):
    occurred, visit = event.times.occurred, event.entity.key
    while visit in into:
        visit = into[visit]
    return (
        event.type,
        occurred.earliest.isoformat() if occurred else "",
        called.get(visit, visit),
        whose,
    )


def believes(told):
    """Return what a recipient believes of each visit: how it began, and how it ended.

    A visit that begins once more after it ended goes on; that it was first seen by
    chance is forgotten when its beginning is told.
    """
    beginnings, ends = {}, {}
    for name, occurred, visit, whose in told:
        kind = name.partition(".")[2]
        if kind in {"observed", "registered", "ed_arrived", "admitted"}:
            beginnings[visit, whose] = kind, occurred
        if kind in {"ended", "discharged"}:
            ends[visit, whose] = kind, occurred
    for visit, end in list(ends.items()):
        if visit in beginnings and end[1] < beginnings[visit][1]:
            del ends[visit]
    return beginnings, ends
