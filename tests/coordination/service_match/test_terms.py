"""Terms: what is asked for leads to all that is below it. Taxonomies are made up."""

from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.needs.tables import read_mapping
from hub.coordination.service_match.terms import (
    LEAST,
    STEP,
    Term,
    Terms,
    asked_for,
    keys_of,
)


def test_a_term_is_known_by_its_code_and_its_name():
    assert list(keys_of(" bd-1800 ", "Food  Pantries")) == [
        "c:BD-1800",
        "n:food pantries",
    ]
    assert list(keys_of(None, "")) == []


def test_a_need_leads_to_terms_with_weights():
    asked = asked_for(["food-insecurity"], [])

    assert asked["c:102-04"] == 1.0
    assert asked["n:tafel"] == 1.0
    assert asked["c:102"] < 1.0


def test_a_term_that_is_asked_for_counts_fully():
    assert asked_for([], ["BD-1800"]) == {"c:BD-1800": 1.0, "n:bd 1800": 1.0}


def test_a_sites_own_mapping_counts_beside_what_comes_with_the_hub():
    own = read_mapping(
        'source = "a site"\nlicence = "its own"\nversion = "1"\n'
        '[needs.food-insecurity]\ncodes = { "BD-1800" = 0.9 }\n'
    )

    asked = asked_for(["food-insecurity"], [], own)

    assert (asked["c:BD-1800"], asked["c:102-04"]) == (0.9, 1.0)


def test_what_is_below_counts_a_little_less_with_each_step():
    terms = Terms([[Term("1", "", "A", "Help"), Term("2", "1", "X9", "More help")]])

    found = terms.below({"c:A": 1.0})

    assert found["c:X9"] == found["n:more help"] == STEP
    assert found["n:help"] == 1.0


def test_a_code_is_below_that_which_it_continues():
    terms = Terms([[Term("1", "", "BD-1800.2000-250", "Pantries")]])

    found = terms.below({"c:BD": 1.0})

    assert found["c:BD-1800"] > found["c:BD-1800.2000"] > found["c:BD-1800.2000-250"]


def test_a_name_that_two_taxonomies_share_leads_from_one_to_the_other():
    terms = Terms([[Term("7", "", "ZZ-1", "Food Pantry")]])

    assert terms.below({"c:102-04": 1.0})["c:ZZ-1"] == 1.0


def test_a_taxonomy_that_leads_back_to_itself_does_no_harm():
    ring = [
        Term("1", "3", "A", "a"),
        Term("2", "1", "B", "b"),
        Term("3", "2", "C", "c"),
    ]
    own = [Term("4", "4", "D", "d"), Term("5", "nowhere", "E", "e")]

    found = Terms([ring, own]).below({"c:A": 1.0, "c:D": 0.5})

    assert found["c:C"] == STEP * STEP
    assert found["c:D"] == 0.5


texts = st.text("abAB-.", max_size=6)
made = st.lists(
    st.builds(Term, st.sampled_from("12345"), st.sampled_from("12345"), texts, texts),
    max_size=12,
)


@given(made, st.dictionaries(st.sampled_from(["c:A", "n:b", "c:102"]), st.floats(0, 1)))
def test_nothing_below_fits_better_than_what_was_asked_for(terms, asked):
    found = Terms([terms]).below(asked)

    assert all(LEAST <= fit <= max(asked.values()) for fit in found.values())
    assert all(found[key] >= fit for key, fit in asked.items() if fit >= LEAST)
