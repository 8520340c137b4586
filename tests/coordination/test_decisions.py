"""Decisions as messages, the names of pairs, and what reviewers are advised."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.identity.advice import advice
from hub.coordination.identity.decisions import (
    Decision,
    control_id,
    keys_begin,
    read,
    review_id,
    written,
)
from hub.coordination.matching.vetoes import RULES

ONE, OTHER = "p_" + "1" * 32, "p_" + "2" * 32
AT = datetime(2026, 3, 10, 12, tzinfo=UTC)
#: Why a likeness is not linked, beside vetoes.
WITHHELD = [
    "trusted_id_contradicted",
    "birth_date_not_confirmed",
    "given_name_not_confirmed",
    "family_name_not_confirmed",
]


def decision(**given):
    standard = {
        "operation": "link",
        "identity": ONE,
        "others": (OTHER,),
        "by": "Dr. Blau",
        "reason": "compared the cards",
        "at": AT,
    }
    return Decision(**(standard | given))


def test_what_is_written_is_read_again():
    assert read(written(decision())) == decision()


@given(st.binary())
def test_any_bytes_are_a_decision_or_none(body):
    assert read(body) is None or isinstance(read(body), Decision)


@pytest.mark.parametrize(
    "given", [{"identity": ""}, {"others": ("",)}, {"operation": "guess"}]
)
def test_what_decides_on_nobody_is_no_decision(given):
    assert read(written(decision(**given))) is None


def test_a_pair_has_one_name_whoever_is_named_first():
    assert review_id(ONE, OTHER) == review_id(OTHER, ONE)
    assert review_id(ONE, OTHER) == "rev_" + "1" * 16 + "2" * 16


@given(st.from_regex("p_[0-9a-f]{32}", fullmatch=True), st.just(ONE))
def test_the_name_of_a_pair_is_the_beginning_of_its_keys(key, other):
    begin = keys_begin(review_id(key, other))

    assert begin is not None
    first, second = sorted((key, other))
    assert first.startswith(begin[0])
    assert second.startswith(begin[1])


@pytest.mark.parametrize("name", ["", "rev_", "rev_0", "evt_" + "0" * 32])
def test_what_names_no_pair_has_no_keys(name):
    assert keys_begin(name) is None


def test_decisions_on_one_pair_are_known_by_it():
    name = review_id(ONE, OTHER)

    assert control_id(decision()).startswith(f"{name}.")
    assert control_id(decision(reason="the photo")) != control_id(decision())
    assert "." not in control_id(decision(others=(OTHER, "p_3")))


@pytest.mark.parametrize("code", [*RULES, *WITHHELD])
def test_every_reason_to_ask_has_its_advice(code):
    first, *_ = advice([code])

    assert first not in advice([])
    assert not first.endswith(".")


def test_where_nothing_speaks_against_it_the_advice_is_to_compare():
    assert "Compare with a document" in advice(["probability"])[0]
