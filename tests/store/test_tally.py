"""How much there is, counted in stores that made-up facts were played into."""

from contextlib import closing

import pytest

from hub.store.reading import open_read_only
from hub.store.tally import Tally, tally
from tests.played import TCM, Played, a_stay, end, fact
from tests.store.rows import in_memory


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


def test_a_stay_and_its_transition_are_counted(counted):
    assert counted(*a_stay(), programmes=TCM) == Tally(
        persons=1, stays={"closed": 1}, transitions={"open": 1}
    )


def test_a_return_is_counted_and_who_is_still_there(counted):
    found = counted(fact(hour=8), end(hour=12), fact(visit="V2", day=5))

    assert found.stays == {"closed": 1, "opened": 1}
    assert found.readmissions == 1
