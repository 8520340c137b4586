"""The feed of the hub's own: what decisions state, and the wait for their verdict."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.identity.decisions import OWN_KEYS, Decision, written
from hub.model.facts import FactKind
from hub.model.identifiers import Identifier
from hub.model.message import MessageState, Processed, Stored
from hub.runtime.deciding import decide
from hub.runtime.decisions import NORMALISER, NoDecisionError, message_of
from hub.settings import Settings
from hub.store.errors import IntakeFullError
from tests.runtime.world import ANNA, World, number, person

AT = datetime(2026, 3, 10, 12, 0, 0, 5, tzinfo=UTC)
DONE = Processed(state=MessageState.PROCESSED)


def decision(**given):
    standard = {
        "operation": "link",
        "identity": "p_1",
        "others": ("p_2", "p_3"),
        "by": "Dr. Blau",
        "reason": "compared the cards",
        "at": AT,
    }
    return Decision(**(standard | given))


def normalised(body):
    return NORMALISER.normalise(body, Settings())


@pytest.mark.parametrize("operation", ["link", "unlink"])
def test_a_decision_states_whose_numbers_are_whose(operation):
    [fact] = normalised(written(decision(operation=operation))).facts

    assert fact.kind is FactKind.IDENTITY
    assert fact.subject.identifiers == (Identifier(OWN_KEYS, "p_1"),)
    assert fact.identity.operation == operation
    assert [each.value for each in fact.identity.prior] == ["p_2", "p_3"]
    assert fact.identity.decided_by == "Dr. Blau"
    assert fact.recorded.earliest == AT
    assert fact.recorded.latest == AT + timedelta(microseconds=1)


@pytest.mark.parametrize("operation", ["recommend", "defer"])
def test_what_decides_nothing_yet_states_nothing(operation):
    found = normalised(written(decision(operation=operation)))

    assert found.facts == ()
    assert found.unmapped == f"decision.{operation}"


@given(st.binary())
def test_what_is_no_decision_is_set_aside(body):
    found = normalised(body)

    assert found.facts == ()
    assert found.problem.code == NoDecisionError.code


def test_a_decision_outranks_likeness_and_can_be_taken_back():
    world = World()
    p1, s7 = number("P1"), number("S7", "SUED")
    world.tell(person(p1, ANNA), person(s7, ANNA))
    before = world.people()
    [(one,)], [(other,)] = (
        world.query("SELECT identity FROM identifier WHERE value = ?", each)
        for each in ("P1", "S7")
    )
    for operation, second in (("unlink", 0), ("link", 1), ("unlink", 2)):
        at = AT + timedelta(days=1, seconds=second)
        told = decision(operation=operation, identity=one, others=(other,), at=at)
        world.tell(*normalised(written(told)).facts)

    after = world.people()
    world.close()
    assert len(before) == 1
    assert len([group for group in after if {"P1", "S7"} & {*group}]) == 2
    assert world.states == ["processed"] * 5


class Box:
    """An inbox that answers at once with `stored`, and then with `processed`."""

    feed = "carehub"

    def __init__(self, stored, *processed):
        self._stored = stored
        self._processed = processed
        self.taken = []

    def submit(self, message, on_stored, on_processed=None):
        self.taken.append(message)
        on_stored(self._stored)
        for each in self._processed:
            on_processed(each)


async def test_what_became_of_a_decision_is_told():
    box = Box(Stored("msg_1"), DONE, DONE)

    assert await decide(box, decision()) == (Stored("msg_1"), DONE)
    assert box.taken == [message_of(decision())]


async def test_a_decision_that_takes_long_is_stored_all_the_same():
    stored, processed = await decide(Box(Stored("msg_1")), decision(), patience=0)

    assert stored == Stored("msg_1")
    assert processed is None


async def test_a_decision_that_cannot_be_stored_is_an_error():
    with pytest.raises(IntakeFullError):
        await decide(Box(IntakeFullError()), decision())
