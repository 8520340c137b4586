"""How much there is, counted in stores that made-up facts were played into."""

from contextlib import closing

import pytest

from hub.store import state
from hub.store.reading import open_read_only
from hub.store.tally import Tally, denials, tally
from tests.played import TCM, Played, a_stay, end, fact
from tests.store.rows import in_memory, received, settlement


@pytest.fixture
def counted(tmp_path):
    """Return what counts after facts were played."""

    def count(*facts, **given):
        played = Played(tmp_path / "data", **given).play(*facts)
        with closing(open_read_only(played.path)) as connection:
            return tally(connection)

    return count


def test_of_an_empty_store_there_is_nothing():
    with closing(in_memory()) as connection:
        assert tally(connection) == Tally()


def test_denials_are_counted_by_reason_those_that_follow_too():
    with closing(in_memory()) as connection:
        one = settlement(received(connection, 1))
        no = {"permitted": False, "verdict": "deny", "reason": "consent.revoked"}
        denied = one.decisions[0]._replace(subscription="t", **no)
        event = one.events[0]._replace(unrelated=2, routes=4)
        one = one._replace(decisions=(*one.decisions, denied), events=(event,))
        state.settle(connection, [[one]])

        assert denials(connection) == {"consent.revoked": 1, "relationship.none": 2}


def test_a_stay_and_its_transition_are_counted(counted):
    assert counted(*a_stay(), programmes=TCM) == Tally(
        persons=1, stays={"closed": 1}, transitions={"open": 1}
    )


def test_a_return_is_counted_and_who_is_still_there(counted):
    found = counted(fact(hour=8), end(hour=12), fact(visit="V2", day=5))

    assert found.stays == {"closed": 1, "opened": 1}
    assert found.readmissions == 1
