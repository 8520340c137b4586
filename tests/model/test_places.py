"""Addresses in texts that are made up, however they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.places import address_lines

AWAY = "[away]"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("17 Mill Lane", "17 Mill Lane"),
        ("17 Mill Lane", "17 MILL LN."),
        ("17 Mill Lane", "the corner of Mill Lane"),
        ("17 Mill Lane", "17milllane@example.org"),
        ("17 Mill Lane", "17.mill.lane@example.org"),
        ("17 Mill Lane", "17, Mill\nLane"),
        ("Amselstraße 12", "Amselstrasse 12"),
        ("Amselstraße 12", "in der Amselstr."),
        ("Mühlenweg 3", "MUEHLENWEG 3"),
        ("41.236123", "lat=41.236123"),
        ("Suite 400", "suite 400"),
    ],
)
def test_a_line_is_found_however_it_is_written(line, text):
    found = address_lines(frozenset({line})).without(text, AWAY)

    assert AWAY in found
    for word in ("mill", "amsel", "hlenweg", "236123", "suite"):
        assert word not in found.lower()


@pytest.mark.parametrize(
    "text", ["The miller of the lane", "Suite", "17 Hill Lane", "141.2361239", "Box 1"]
)
def test_what_only_sounds_so_stays(text):
    known = address_lines(frozenset({"17 Mill Lane", "Suite 400", "1.2361239"}))

    assert known.without(text, AWAY) == text


@given(st.lists(st.text(min_size=5, max_size=40), max_size=8), st.text(max_size=60))
def test_any_line_is_taken_out_of_any_text(lines, text):
    known = address_lines(frozenset(lines))

    for line in lines:
        if line == " ".join(line.split()) and any(map(str.isalpha, line)):
            assert line not in known.without(f"{text} {line} {text}", "")
