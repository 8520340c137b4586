"""What is kept in memory of the store, and what is driven out of it."""

import pytest

from hub.coordination.people import Person
from hub.model.identifiers import Identifier
from hub.runtime.entities import Entities, PersonRecord
from hub.store import state
from hub.store.state import Settlement
from tests.store.rows import in_memory, received


@pytest.fixture
def connection():
    with in_memory() as connection:
        yield connection
    connection.close()


def known(connection, number):
    """Store a person with one identifier."""
    identifier = Identifier("NORD", number)
    key = f"p_{number}"
    seq = received(connection, 1)
    settlement = Settlement(
        seq,
        None,
        0,
        identifiers=(("NORD", number, key),),
        entities=(PersonRecord(key, Person((identifier,)), 0).row(),),
    )
    state.settle(connection, [[settlement]])
    return identifier


@pytest.mark.parametrize("number", ["47\u00e4", "47\0"])
def test_what_is_expected_is_known_as_if_it_was_asked_for(connection, number):
    identifier = known(connection, number)
    asked, expected = Entities(connection), Entities(connection)
    expected.expect([identifier, Identifier("NORD", "unknown")], [])

    assert expected.owner(identifier) == asked.owner(identifier) == f"p_{number}"


def test_what_is_driven_out_while_a_round_is_read_is_asked_for_again(connection):
    identifier = known(connection, "4711")
    entities = Entities(connection, size=2)
    entities.owner(identifier)
    others = [Identifier("NORD", f"{number}") for number in range(2)]

    entities.expect([identifier, *others], [])

    assert entities.owner(identifier) == "p_4711"
