from math import log2

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.matching.decision import compare
from hub.coordination.matching.weights import (
    parameters_of,
    shipped,
    values_of,
)
from tests.coordination.matching.records import HOME, PERSON, bare, named, phone, record

#: The m and u of the worked example of domain 7.3, each field agreeing or not.
WORKED = """
version = "worked example"
population = 1_000_000
[thresholds]
auto = 10.0
review = 0.0
[household]
fields = []
most = 0.0
[fields.family]
exact = [0.92, 0.005]
[fields.given]
exact = [0.90, 0.01]
[fields.birth_date]
exact = [0.97, 0.00005]
[fields.sex]
exact = [0.98, 0.5]
[fields.postcode]
exact = [0.75, 0.01]
[fields.phone]
exact = [0.55, 0.00005]
[fields.house]
exact = [0.70, 0.005]
"""
MARRIED = {"names": named("Yilmaz", "Johanna")}
MOVED = {
    "addresses": [{"house_number": "7", "street": "Am Ring", "postal_code": "10115"}],
    "telecoms": phone("030 7654321"),
}
TWIN = {"names": named("Müller", "Katrin")}
STRANGER = {**MOVED, "birth_date": "1951-07-30"}


def known(*fields, **changes):
    return bare(**{field: {**PERSON, **changes}[field] for field in fields})


@pytest.mark.parametrize(
    ("changes", "weight"),
    [({}, 56.0), (TWIN, 46.2), (MARRIED, 44.9), (MOVED, 24.4), (STRANGER, 5.1)],
    ids=["all agrees", "twin", "married", "moved", "name and sex only"],
)
def test_the_worked_example_weighs_what_was_computed(changes, weight):
    found = compare(record(), record(**changes), parameters_of(WORKED))

    assert found.weight == pytest.approx(weight, abs=0.06)
    assert found.score == pytest.approx(weight - 19.93, abs=0.06)


@pytest.mark.parametrize(
    ("born", "weight"), [("1985-03-12", 29.2), ("1900-01-01", 15.0)]
)
def test_a_default_birth_date_weighs_nothing(born, weight):
    fields = ("names", "birth_date", "sex")
    pair = [known(*fields, birth_date=born) for _ in range(2)]

    assert compare(*pair, parameters_of(WORKED)).weight == pytest.approx(
        weight, abs=0.06
    )


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "auto"),
        (TWIN, "review"),
        (MARRIED, "auto"),
        (MARRIED | {"telecoms": None}, "review"),
        (MOVED, "review"),
        (STRANGER, "none"),
    ],
    ids=["all agrees", "twin", "married", "no other id", "moved", "name and sex only"],
)
def test_the_shipped_weights_give_the_verdicts_of_the_worked_example(changes, state):
    assert compare(record(), record(**changes)).state == state


def test_a_default_birth_date_and_a_common_name_are_no_link():
    fields = ("names", "birth_date", "sex")
    pair = [known(*fields, birth_date="1900-01-01") for _ in range(2)]

    assert compare(*pair).state == "none"


@pytest.mark.parametrize("field", WORKED.split("[fields.")[1:])
def test_agreement_weighs_within_half_a_bit_of_the_worked_example(field):
    name = field.partition("]")[0]
    worked = parameters_of(WORKED).bits[name]["exact"]

    assert shipped().bits[name]["exact"] == pytest.approx(worked, abs=0.5)


def test_people_who_live_together_share_no_more_than_a_limit():
    found = compare(record(), record())

    shared = [c.bits for c in found.contributions if c.field in shipped().household]
    assert found.household_excess == pytest.approx(sum(shared) - 17.0)
    assert found.weight == pytest.approx(
        sum(c.bits for c in found.contributions) - found.household_excess
    )


def test_the_levels_of_every_field_are_ordered_by_agreement():
    for levels in shipped().bits.values():
        assert max(levels.values()) == levels["exact"]
        assert min(levels.values()) == levels["differs"]
        assert levels["differs"] < 0 < levels["exact"]


@pytest.mark.parametrize("pair", ["[1.0, 0.5]", "[0.5, 1.2]", "[0.0, 0.5]"])
def test_levels_that_are_no_distribution_are_refused(pair):
    stated = WORKED.replace("[0.98, 0.5]", pair)

    with pytest.raises(ValueError, match="sex"):
        parameters_of(stated)


def test_a_smaller_population_needs_less_evidence():
    small = msgspec.structs.replace(shipped(), population=1000)
    pair = record(), record(**MOVED)

    gained = compare(*pair, small).score - compare(*pair).score

    assert gained == pytest.approx(log2(1000))


def test_a_rare_name_says_more_than_a_common_one():
    pair = bare(names=named("Müller", "Jo")), bare(names=named("Mueller", "Jo"))
    common = {"family": {"mueller": 0.05}}
    rare = {"family": {"mueller": 0.00001}}

    weights = [compare(*pair, None, known).weight for known in (common, {}, rare)]

    assert weights == sorted(weights)
    assert weights[2] - weights[0] == pytest.approx(log2(0.05 / 0.00001))


@given(st.floats(0, 1))
def test_a_frequency_of_anything_gives_a_finite_weight(frequency):
    pair = record(), record()

    found = compare(*pair, None, {"given": {"johanna": frequency}})

    assert abs(found.weight) < 100


def test_the_values_to_count_are_those_that_are_looked_up():
    assert values_of("family", record()) == {"mueller", "muller"}
    assert values_of("city", bare(addresses=[HOME])) == {"koeln"}
    assert values_of("birth_date", record()) == {"19850312"}
