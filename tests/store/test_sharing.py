"""Who has enough in common with somebody, asked in one statement.

Compared with what the words say, over lists of any length.
"""

from contextlib import closing

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hub.store import links
from hub.store.links import MOST_SHARING, MOST_WITH_A_NUMBER, Relinked
from tests.store.rows import in_memory

PEOPLE = MOST_SHARING + 20
SIZES = st.sampled_from(
    [
        *(0, 1, 2, 3, MOST_WITH_A_NUMBER, MOST_WITH_A_NUMBER + 1),
        *(40, MOST_SHARING, MOST_SHARING + 1),
    ]
)
#: Of each token how many identities have it, and from which on.
LISTS = st.lists(st.tuples(SIZES, st.integers(0, PEOPLE)), min_size=1, max_size=8)


def people(size, first):
    """Return so many identities, as if they stood in a circle."""
    return {f"p_{(first + place) % PEOPLE:03}" for place in range(size)}


def expected(lists, numbers, enough):
    """Return who has `enough` of the lists that say something, or a number."""
    followed = [each for each in lists if len(each) <= MOST_SHARING]
    personal = [each for each in numbers if len(each) <= MOST_WITH_A_NUMBER]
    named = set().union(*personal) if personal else set()
    everybody = set().union(*followed) if followed else set()
    often = {
        one for one in everybody if sum(one in each for each in followed) >= enough
    }
    return named | often


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(lists=LISTS, numbered=st.integers(0, 3), enough=st.integers(1, 4))
@example(lists=[(400, 0), (3, 1), (3, 2)], numbered=0, enough=2)
@example(lists=[(501, 0), (500, 0)], numbered=2, enough=2)
@example(lists=[(10, 0), (11, 30)], numbered=2, enough=2)
def test_whoever_has_enough_in_common_is_found(lists, numbered, enough):
    held = [people(*each) for each in lists]
    rows = [(place, one) for place, each in enumerate(held) for one in sorted(each)]
    numbers = range(min(numbered, len(held)))

    with closing(in_memory()) as connection:
        links.write(connection, [Relinked(tokens=tuple(rows))])
        found = links.sharing(connection, range(len(held)), numbers, enough, PEOPLE)

    assert sorted(found) == sorted(
        expected(held, [held[place] for place in numbers], enough)
    )


def test_no_more_are_returned_than_were_asked_for(memory):
    rows = tuple((token, f"p_{n}") for token in (1, 2) for n in range(9))
    links.write(memory, [Relinked(tokens=rows)])

    assert len(links.sharing(memory, [1, 2], [], 2, 4)) == 4
