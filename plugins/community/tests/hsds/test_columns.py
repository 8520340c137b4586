"""The columns of one table are documented as they are read."""

import pytest

from hub_community.hsds.spec import HSDS
from hub_community.hsds.tables.columns import in_words
from hub_community.hsds.tables.flat import ADDRESS_TYPE, LEVEL, PLACES


def test_every_column_that_is_known_is_documented():
    assert set(HSDS.columns) == {*PLACES, LEVEL, ADDRESS_TYPE}


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("o.name", "organization: `name`"),
        ("g.url", "what the row is about: `url`"),
        ("s.assured_date:date", "service: `assured_date`, a date"),
        ("+h.description", "schedule: `description`, added to what is there"),
        ("p6.+description", "fax: `description`, added to what is there"),
        ("p1.!", "whether phone 1 is private"),
        ("*language.name", "`language.name`, one for each part of a list"),
        (
            "*attribute.value/category",
            "`attribute.value` (category), one for each part of a list",
        ),
    ],
)
def test_a_place_is_said_in_words(place, words):
    assert in_words(place) == words
