"""Which value is the best one, of several identities. Everybody is made up."""

from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.identity.survivorship import survive
from hub.coordination.people import Person, learn
from hub.model.facts import Subject
from hub.model.identifiers import Identifier

INDEX, WARD, OTHER = (Identifier(name, "1", "PI") for name in ("INDEX", "WARD", "W2"))


def says(number, at=1.0, **demographics):
    """Return what is known of a person by one statement."""
    person, _ = learn(Person(), Subject((number,), demographics), at)
    return person


def best(*people, trust=("INDEX",)):
    return survive(people, trust).demographics()


def test_a_trusted_authority_counts_more_than_what_was_said_later():
    known = best(says(WARD, 9.0, sex="M"), says(INDEX, 1.0, sex="F"))

    assert known == {"sex": "F"}


def test_of_those_who_are_trusted_alike_the_latest_counts():
    known = best(says(WARD, 1.0, sex="M"), says(OTHER, 2.0, sex="F"))

    assert known == {"sex": "F"}


def test_each_field_is_decided_by_itself():
    index = says(INDEX, 1.0, sex="F")
    ward = says(WARD, 9.0, sex="M", birth_date="1961-04-07")

    assert best(index, ward) == {"sex": "F", "birth_date": "1961-04-07"}


def test_what_a_trusted_authority_deleted_is_not_known():
    assert best(says(WARD, 9.0, sex="M"), says(INDEX, 1.0, sex=None)) == {}


def test_all_numbers_are_kept_each_once():
    survivor = survive([says(WARD), says(INDEX), says(WARD)], ["INDEX"])

    assert survivor.identifiers == (INDEX, WARD)


def test_of_nobody_nothing_is_known():
    assert survive([], ["INDEX"]) == Person()


statements = st.builds(
    lambda number, at, demographics: says(number, at, **demographics),
    st.sampled_from([INDEX, WARD, OTHER]),
    st.sampled_from([1.0, 2.0]),
    st.dictionaries(
        st.sampled_from(["sex", "birth_date"]), st.none() | st.sampled_from("FM")
    ),
)


@given(st.lists(statements, max_size=5), st.randoms())
def test_the_order_of_identities_plays_no_part_in_what_is_known(people, random):
    mixed = random.sample(people, len(people))

    assert best(*mixed) == best(*people)
    assert set(survive(mixed, ()).identifiers) == set(survive(people, ()).identifiers)


@given(st.lists(statements, max_size=5))
def test_every_value_that_survives_was_said(people):
    said = {
        (place, each.digest)
        for person in people
        for place, each in person.statements.items()
    }
    survivor = survive(people, ["INDEX"])

    assert {(place, e.digest) for place, e in survivor.statements.items()} <= said
