"""What is held in memory of the store."""

from hypothesis import given
from hypothesis import strategies as st

from hub.runtime.cache import Cache


def counting(size=2):
    """Return a cache over squares, and the list of what it asked for."""
    asked = []

    def load(key):
        asked.append(key)
        return key * key

    return Cache(load, size), asked


def test_what_is_held_is_not_asked_for_again():
    cache, asked = counting()

    assert [cache[3], cache[3]] == [9, 9]
    assert asked == [3]


def test_what_was_put_is_not_asked_for():
    cache, asked = counting()
    cache[3] = 7

    assert cache[3] == 7
    assert asked == []


def test_what_does_not_exist_stays_known_not_to():
    asked = []
    cache = Cache(asked.append)

    assert [cache["x"], cache["x"]] == [None, None]
    assert asked == ["x"]
    assert "x" in cache


def test_the_one_that_was_put_longest_ago_is_let_go_of():
    cache, asked = counting(size=2)
    cache[1], cache[2] = 1, 4
    cache[1] = 1  # put again
    cache[3] = 9

    assert cache.missing([1, 2, 3]) == {2}
    assert cache[2] == 4
    assert asked == [2]


def test_what_is_held_can_be_looked_at_without_asking():
    cache, asked = counting()
    cache[2] = 4

    assert (cache.held(2), cache.held(5)) == (4, None)
    assert asked == []


def test_what_is_forgotten_is_asked_for_again():
    cache, asked = counting()
    cache[3] = 0
    cache.clear()

    assert cache[3] == 9
    assert asked == [3]


@given(st.lists(st.integers(0, 5)), st.integers(1, 4))
def test_it_answers_as_what_it_stands_for_and_never_holds_more_than_it_may(keys, size):
    cache, _ = counting(size)

    for key in keys:
        assert cache[key] == key * key
        assert sum(each in cache for each in range(6)) <= size
