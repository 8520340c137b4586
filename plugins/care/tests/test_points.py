"""The reference scorer: every point can be followed."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from hub.sdk import ScoreInputs, ScorePart
from hub_care.points import INPUTS, Weights, score

AT = datetime(2026, 3, 10, tzinfo=UTC)


def test_the_parts_add_up_to_the_score():
    known = ScoreInputs(at=AT, age=80, inpatient_stays=2, open_needs=("food",))

    found = score(known, Weights())

    assert found.parts == (
        ScorePart("age", 10),
        ScorePart("inpatient_stays", 20),
        ScorePart("open_needs", 5),
    )
    assert (found.value, found.level) == (35, "medium")


@pytest.mark.parametrize(
    ("visits", "level"), [(0, "low"), (3, "low"), (4, "medium"), (5, "medium")]
)
def test_levels_begin_where_the_settings_say(visits, level):
    assert score(ScoreInputs(at=AT, ed_visits=visits), Weights()).level == level


def test_one_thing_counts_so_often_and_no_more():
    often = ScoreInputs(at=AT, ed_visits=300)

    assert score(often, Weights(most_each=2)).value == 12


def test_a_score_has_an_end():
    all_of_it = ScoreInputs(at=AT, inpatient_stays=9, readmissions=9, ed_visits=9)

    assert score(all_of_it, Weights()).value == 100


def test_nothing_says_of_which_sex_or_race_a_person_is():
    assert not {"sex", "race", "ethnicity"} & {*INPUTS, *ScoreInputs.__struct_fields__}


def test_levels_out_of_order_are_refused():
    with pytest.raises(ValidationError, match="above"):
        Weights(medium_from=50, high_from=40)
