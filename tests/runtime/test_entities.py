"""What is kept in memory of the store, and what is driven out of it."""

import pytest

from hub.coordination.ids import Keys
from hub.coordination.people import Person
from hub.model.identifiers import Identifier
from hub.runtime.entities import Entities
from hub.runtime.kept import IdentityRecord
from hub.store import state
from hub.store.state import Settlement
from tests.store.rows import in_memory, received


@pytest.fixture
def connection():
    with in_memory() as connection:
        yield connection
    connection.close()


def entities(connection, **given):
    """Return a cache over a store."""
    return Entities(connection, Keys(b"synthetic").person, **given)


def known(connection, number):
    """Store an identity that stands alone."""
    key = f"p_{number}"
    record = IdentityRecord(key, Person((Identifier("NORD", number),)), key, 7)
    seq = received(connection, 1)
    settlement = Settlement(seq, None, 0, entities=(record.row(),))
    state.settle(connection, [[settlement]])
    return record


@pytest.mark.parametrize("number", ["47\u00e4", "47\1"])
def test_what_is_expected_is_known_as_if_it_was_asked_for(connection, number):
    record = known(connection, number)
    asked, expected = entities(connection), entities(connection)
    expected.expect([record.key, "p_unknown"], [])

    assert expected.identity(record.key) == asked.identity(record.key) == record
    assert expected.identity("p_unknown") is None


def test_what_is_driven_out_while_a_round_is_read_is_asked_for_again(connection):
    record = known(connection, "4711")
    kept = entities(connection, size=2)
    kept.identity(record.key)

    kept.expect([record.key, "p_1", "p_2"], [])

    assert kept.identity(record.key) == record


def test_who_was_driven_out_keeps_the_others_that_are_one_with_them(connection):
    record = known(connection, "4711")
    other = record._replace(key="p_other", owner=record.key)
    seq = received(connection, 2)
    state.settle(connection, [[Settlement(seq, None, 0, entities=(other.row(),))]])
    kept = entities(connection, size=1)

    kept.put_identity(record)

    assert kept.members(record.key) == (record.key, "p_other")
