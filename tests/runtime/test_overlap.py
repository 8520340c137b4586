"""What is worked out beside a round on its way to the store rests on all of it.

Whatever is said, and whoever turns out to be one person: it comes to the same as
where each round waits for the one before. Everybody here is made up.
``CAREHUB_WALKS=20`` tries twenty times as much.
"""

import os
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.config.tables import IdentityTable
from hub.coordination.routes import Subscription
from hub.model.facts import Normalised
from hub.model.message import MessageState
from hub.model.taxonomy import EVENT_TYPES
from hub.runtime import core, overlap, rounds
from hub.runtime.bell import Bell
from hub.runtime.interpreting import Interpreter
from hub.runtime.relations import Relations
from hub.runtime.rounds import Rounds
from hub.runtime.routing import Router
from hub.runtime.transitions import Programmes
from hub.store import state
from hub.store.links import Moved, Relinked
from hub.store.state import Settlement
from tests.runtime.facts import SECRET, made_up_feed, reads
from tests.runtime.setting import NOW
from tests.runtime.steps import (
    INSURED,
    anything,
    cancels,
    courses,
    describes,
    facts_of,
    handed_over,
    renumbers,
    repairs,
    walks,
)
from tests.runtime.world import ANNA, Picture, number, person, repair, stay
from tests.store.rows import in_memory, put, row

LONGER = int(os.environ.get("CAREHUB_WALKS", "1"))
#: Nobody is told twice of what was told of the same person within a day.
SUBSCRIPTION = Subscription(
    "all", "out", EVENT_TYPES, "treatment", suppress_within=timedelta(days=1)
)
_ABOUT = "(SELECT n.{} FROM entity n WHERE n.seq = entity)"
#: All that a hub knows and tells. Which row was written first plays no part.
TABLES = {
    "message": "id, state, reason, error_code",
    "fact": f"message, place, {_ABOUT.format('key')}, body",
    "entity": "key, kind, person, version, body, identity",
    "event": (
        f"id, message, type, {_ABOUT.format('key')}, version,"
        f" {_ABOUT.format('person')}, routes, body"
    ),
    "decision": "event, subscription, permitted, reason, rules, verdict",
    "delivery": "id, event, subscription, okey, state, due",
    "link": "one, other, basis, state, rule, said, score, reasons",
    "identifier": "system, value, identity",
    "token": "token, identity",
    "timer": "kind, key, due",
}


class Late:
    """Stores a round only when somebody waits for it; knows whether any was parked."""

    def __init__(self, connection):
        self._connection = connection
        self._under_way = None
        self.parked = False

    def submit(self, finished):
        self._under_way = finished.settlements
        self.parked |= any(
            each.state is MessageState.PARKED for each in finished.settlements
        )

    def settled(self):
        state.settle(self._connection, [self._under_way])


class Hub:
    """Hears of facts, one message for each, and works on them in small rounds."""

    def __init__(self, facts, *, overlaps):
        self.connection = in_memory()
        self.ledger = Late(self.connection)
        self._overlaps = overlaps
        self._bodies = {b"%d" % place: fact for place, fact in enumerate(facts)}
        self.processor = core.processor(
            self.connection,
            SECRET,
            Router((SUBSCRIPTION,)),
            Relations({}),
            rules="us",
            programmes=Programmes(),
            identity=IdentityTable(),
        )
        self._now = NOW
        self.rounds = self._rounds()

    def _rounds(self):
        feed = made_up_feed(reads(self._bodies))
        return Rounds(
            self.connection,
            Interpreter({"klinik": feed}, self.processor),
            self.processor,
            self.ledger,
            Bell(),
            lambda: self._now,
        )

    def hear(self, known):
        """Hear of `known` facts and store all; then, with no memory, of the others."""
        bodies = list(self._bodies)
        self._receive(bodies[:known])
        while self.rounds.work():
            continue
        self.processor.forget()
        self._receive(bodies[known:])
        while self.rounds._step() if self._overlaps else self.rounds.work():
            continue
        # What has settled by then is told of stays.
        self._now += timedelta(days=3)
        while self.rounds.work():
            continue
        return self

    def _receive(self, bodies):
        for body in bodies:
            arrived = row(body=body, control_id=body.decode())
            # An id that is the same each time, or nothing could be compared.
            put(self.connection, (f"msg_{int(body):032d}", *arrived[1:]))

    def all(self):
        """Return all that is known and told, by table."""
        return {
            table: sorted(map(str, self._query(f"SELECT {names} FROM {table}")))  # noqa: S608  names of our own
            for table, names in TABLES.items()
        }

    def _query(self, sql):
        return self.connection.execute(sql).fetchall()


def compare(facts, known):
    """Hear of facts with and without overlap; both must come to the same."""
    one, other = (
        Hub(facts, overlaps=overlaps).hear(min(known, len(facts)))
        for overlaps in (False, True)
    )
    try:
        if one.ledger.parked:
            # What waits again because of a repair has its turn in another place.
            found, expected = map(Picture.of, (other.connection, one.connection))
            assert found.people == expected.people
            assert found.known == expected.known
            assert found.whose == expected.whose
        else:
            assert other.all() == one.all()
    finally:
        one.connection.close()
        other.connection.close()


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Let each round be of one message, or of as many as the test says."""

    def of(most):
        monkeypatch.setattr(rounds, "ROUND", most)
        monkeypatch.setattr(rounds, "ROUND_BEHIND", most)

    of(1)
    return of


overlapping = settings(
    max_examples=60 * LONGER,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)


@overlapping
@given(
    walks(describes, repairs, anything, anything, cancels, renumbers),
    st.integers(0, 6),
    st.integers(1, 2),
)
def test_overlap_makes_no_difference_to_walks(small, steps, known, most):
    small(most)
    compare(facts_of(list(dict.fromkeys(steps))), known)


@overlapping
@given(
    handed_over() | courses(),
    walks(repairs, describes),
    st.randoms(),
    st.integers(0, 6),
)
def test_overlap_makes_no_difference_to_courses(course, said, random, known):
    facts = facts_of([*course, *said])
    random.shuffle(facts)
    compare(facts, known)


P1, P2, P3 = (number(f"P{each}") for each in (1, 2, 3))


def works_on(facts, known):
    """Return which rounds began before the one before them was stored."""
    hub, beside = Hub(facts, overlaps=True), []
    settle = hub.rounds._interpreter.settle

    def look(*given):
        beside.append(bool(hub.rounds._handed_over))
        return settle(*given)

    hub.rounds._interpreter.settle = look
    hub.hear(known)
    hub.connection.close()
    return beside[known:]


MERGE = repair("merge", P1, [P2])
TWO = (stay(P1, "V1"), stay(P2, "V2"), stay(P3, "V3"))


def test_a_round_about_somebody_else_is_worked_out_beside_a_merge():
    assert works_on((*TWO, MERGE, stay(P3, "V3", hour=9)), 3) == [False, True]


@pytest.mark.parametrize(
    "about",
    [stay(P1, "V1", hour=9), stay(P2, "V2", hour=9), repair("merge", P3, [P2])],
)
def test_a_round_about_who_was_merged_waits_for_the_merge(about):
    assert works_on((*TWO, MERGE, about), 3) == [False, False]


def test_a_round_of_whom_only_looks_say_that_they_were_merged_is_done_again():
    """That this is Anna too nobody knows before the message was worked out."""
    elsewhere = number("77", system="SUED")
    facts = (
        person((P1, INSURED[0]), ANNA),
        person(P2, {}),
        person(elsewhere, {"sex": "F"}),
        MERGE,
        person((elsewhere, INSURED[0]), ANNA, hour=13),
    )

    assert works_on(facts, 3) == [False, True, False]
    compare(facts, 3)


@pytest.mark.parametrize("what", ["moved", "rehomed", "joined"])
def test_whoever_is_somebody_else_now_is_known_by_every_key(what):
    told = {"moved": Moved("a", "b", "c"), "rehomed": ("a", "b"), "joined": ("a", "b")}
    relinked = Relinked(**{what: (told[what],)})
    settlement = Settlement(1, MessageState.PROCESSED, 0, relinked=relinked)
    keys = {"a", "b", "c"} if what == "moved" else {"a", "b"}

    assert overlap.under_way([settlement]).moved == keys
    assert overlap.people_of([settlement]) == keys


def test_nothing_waits_for_what_changes_nobody():
    settlement = Settlement(1, MessageState.PROCESSED, 0)

    assert overlap.under_way([settlement]) == overlap.UnderWay()
    assert overlap.size_of([Normalised(unmapped="for.a.test"), settlement]) == 0
