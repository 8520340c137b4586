from itertools import permutations

import msgspec
import pytest
from hypothesis import given, settings

from hub.coordination.matching.decision import Comparison, compare
from hub.coordination.matching.features import Features, features_of
from hub.coordination.matching.vetoes import RULES
from hub.coordination.matching.weights import Thresholds, shipped
from hub.model.facts import Subject
from hub.model.identifiers import Identifier
from tests.coordination.matching.records import (
    HOME,
    PERSON,
    bare,
    features,
    named,
    phone,
    record,
)

INSURED = Identifier("GKV", "A123456780", "KVNR")
NUMBERED = Identifier("KLINIK", "0001", "MR")
STRANGER = {"names": named("Yilmaz", "Cem"), "birth_date": "1951-07-30", "sex": "M"}


def state(one, other):
    return compare(one, other).state


@settings(max_examples=300)
@given(features, features)
def test_two_records_are_to_each_other_the_same(one, other):
    assert compare(one, other) == compare(other, one)


@settings(max_examples=300)
@given(features, features)
def test_whatever_is_missing_or_malformed_there_is_an_answer(one, other):
    found = compare(one, other)

    assert 0.0 <= found.probability <= 1.0
    assert found.state in {"auto", "review", "none"}


@settings(max_examples=300)
@given(features, features)
def test_a_veto_always_wins(one, other):
    lax = msgspec.structs.replace(shipped(), thresholds=Thresholds(-500.0, -500.0))

    found = compare(one, other, lax)

    assert not (found.vetoes and found.state == "auto")
    assert set(found.vetoes) <= set(RULES)


@given(features)
def test_nothing_links_to_a_record_that_says_nothing(one):
    found = compare(one, Features())

    assert (found.state, found.contributions) == ("none", ())


@given(features, features)
def test_what_is_missing_weighs_nothing(one, other):
    without = msgspec.structs.replace(other, sex="", born="")

    fields = {each.field for each in compare(one, without).contributions}

    assert not fields & {"sex", "birth_date"}


def test_no_order_of_repetitions_changes_a_score():
    names = [*named("Müller", "Johanna"), *named("Berg", "Hanna", use="M")]
    homes = [HOME, {"lines": ["Ring 7"], "postal_code": "10115"}]
    numbers = [NUMBERED, INSURED]
    other = record(NUMBERED, telecoms=phone("8815247"))

    found = {
        compare(record(*ids, names=list(n), addresses=list(h)), other).score
        for ids, n, h in zip(
            permutations(numbers), permutations(names), permutations(homes), strict=True
        )
    }

    assert len(found) == 1


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        (
            record(INSURED),
            record(INSURED, addresses=None, telecoms=None),
            "kvnr_and_birth_date",
        ),
        (record(NUMBERED), record(NUMBERED, names=None), "trusted_id"),
        (record(NUMBERED), record(NUMBERED, birth_date=None), "trusted_id"),
        (
            record(telecoms=None),
            record(telecoms=phone("030 999777")),
            "name_birth_date_sex_postcode",
        ),
        (record(sex=None), record(), "probability"),
        (record(), record(names=named("Johanna", "Müller")), "probability"),
        (record(), record(names=named("Mueler", "Hanni")), "probability"),
    ],
)
def test_what_is_certain_enough_is_linked(one, other, rule):
    found = compare(one, other)

    assert (found.rule, found.state) == (rule, "auto")


def test_a_number_on_two_different_people_is_asked():
    """A record written over another is the worst of errors."""
    found = compare(record(NUMBERED), record(NUMBERED, **STRANGER))

    assert (found.rule, found.state) == ("trusted_id_contradicted", "review")


def test_a_number_alone_is_asked():
    assert state(bare(NUMBERED), bare(NUMBERED)) == "review"


def test_a_number_nobody_assigned_proves_nothing():
    nobodys = Identifier("", "0001", "MR")

    assert state(bare(nobodys), bare(nobodys)) == "none"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        # Father and son have one name and one home.
        ({"birth_date": "1955-03-12"}, "birth_date_not_confirmed"),
        ({"birth_date": None}, "birth_date_not_confirmed"),
        ({"birth_date": "1985"}, "birth_date_not_confirmed"),
        # It can be the twin.
        ({"names": named("Müller", "")}, "given_name_not_confirmed"),
        ({"names": named("Müller", "J")}, "given_name_not_confirmed"),
        (
            {"names": named("Yilmaz", "Johanna"), "telecoms": None},
            "family_name_not_confirmed",
        ),
    ],
)
def test_what_could_be_a_relative_is_asked(changes, reason):
    found = compare(record(), record(**changes))

    assert found.state == "review"
    assert found.withheld == (reason,)


def test_a_sibling_is_somebody_else():
    sibling = record(names=named("Müller", "Cem"), birth_date="1990-07-01", sex="M")

    assert state(record(), sibling) == "none"


def test_a_sibling_whose_birth_date_is_not_known_is_not_asked_about():
    sibling = record(names=named("Müller", "Katrin"), birth_date=None)

    assert state(record(), sibling) == "none"


@pytest.mark.parametrize(
    ("thresholds", "expected"),
    [
        (Thresholds(auto=1.0, review=0.0), "auto"),
        (Thresholds(auto=100.0, review=0.0), "review"),
        (Thresholds(auto=100.0, review=90.0), "none"),
    ],
)
def test_thresholds_decide_what_is_probable(thresholds, expected):
    chosen = msgspec.structs.replace(shipped(), thresholds=thresholds)

    assert compare(record(sex=None), record(), chosen).state == expected


@pytest.mark.parametrize(
    ("field", "changes", "level"),
    [
        ("family", {"names": named("Mueller", "Johanna")}, "exact"),
        ("family", {"names": named("Muller", "Johanna")}, "exact"),
        ("family", {"names": named("Möller", "Johanna")}, "close"),
        ("family", {"names": named("Müller-Berg", "Johanna")}, "part"),
        ("family", {"names": named("Johanna", "Müller")}, "swapped"),
        ("given", {"names": named("Müller", "Hanni")}, "nickname"),
        ("given", {"names": named("Müller", "Jhoanna")}, "close"),
        ("given", {"names": named("Müller", "Maria Johanna")}, "rest"),
        ("given", {"names": named("Müller", "J.")}, "initial"),
        ("birth_date", {"birth_date": "1985-12-03"}, "swapped"),
        ("birth_date", {"birth_date": "1985-03-13"}, "digit"),
        ("birth_date", {"birth_date": "1985-03-21"}, "digit"),
        ("birth_date", {"birth_date": "1955-03-12"}, "differs"),
        ("birth_date", {"birth_date": "1985-08-30"}, "year"),
        ("birth_date", {"birth_date": "1985-03"}, "partial"),
        ("sex", {"sex": "M"}, "differs"),
        ("postcode", {"addresses": [{"postal_code": "50676"}]}, "close"),
        ("street", {"addresses": [{"lines": ["Haubtstraße 12 a"]}]}, "close"),
        ("house", {"addresses": [{"lines": ["Hauptstr. 12"]}]}, "close"),
        ("phone", {"telecoms": phone("+49 221 881 52 47")}, "exact"),
        ("phone", {"telecoms": phone("8815247")}, "close"),
        ("phone", {"telecoms": phone("0221 7654321")}, "differs"),
    ],
)
def test_a_field_agrees_as_well_as_it_does(field, changes, level):
    found = {
        c.field: c.level for c in compare(record(), record(**changes)).contributions
    }

    assert found[field] == level


def test_the_town_counts_where_there_is_no_postcode():
    town = {"addresses": [{"city": "Koeln"}]}

    found = [c.field for c in compare(record(), record(**town)).contributions]

    assert "city" in found
    assert "city" not in [c.field for c in compare(record(), record()).contributions]


def test_an_explanation_holds_nothing_of_the_records():
    one = features_of(Subject((INSURED,), PERSON))

    told = msgspec.json.encode(compare(one, one)).decode()

    for secret in ("mueller", "johanna", "1985", "50667", "8815247", "A123456780"):
        assert secret.casefold() not in told.casefold()
    assert msgspec.json.decode(told, type=Comparison) == compare(one, one)


@given(features)
def test_features_mean_the_same_after_the_store(one):
    assert msgspec.json.decode(msgspec.json.encode(one), type=Features) == one
