"""Values as text. Every value is made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.testing.samples import fuzzy_time
from hub_payer.cells import FORMULA, day, moment, neutral, person_name, preferred, words


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30 5550100", "'+49 30 5550100"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1+1", "' =1+1"),
        ("\rx", "' x"),
        ("\n=1+1", "' =1+1"),
        ("  =cmd|' /C calc'!A0", "'  =cmd|' /C calc'!A0"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("a=b", "a=b"),
        ("O'Neil", "O'Neil"),
        ("Müller-Lüdenscheidt", "Müller-Lüdenscheidt"),
        ("one\r\ntwo\nthree\tfour", "one two three four"),
        ("nul\x00bell\x07next\x85line\u2028", "nul bell next line "),
        ("half \ud83c of a pair", "half \ufffd of a pair"),
        ("", ""),
    ],
)
def test_a_cell_is_one_line_and_no_formula(value, cell):
    assert neutral(value) == cell


@given(st.text())
def test_no_text_becomes_a_formula(value):
    cell = neutral(value)

    assert not cell.lstrip().startswith((*FORMULA, "\t", "\r"))
    assert cell.isprintable() or not {*cell} & {*"\x00\t\r\n\x0b\x0c\x85\u2028\u2029"}
    cell.encode("utf-8")


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"])))
def test_harmless_characters_stay(value):
    assert neutral(value) in {value, f"'{value}"}


@pytest.mark.parametrize(
    ("value", "digits"),
    [
        (fuzzy_time(), "20260316130000"),
        ({"local": "2026-03-14T10:30:00", "raw": "x"}, "20260314103000"),
        ({"local": "2026-03-14T10:30:00.25"}, "20260314103000"),
        ({"local": "2026-03-14T10:30"}, "202603141030"),
        ({"local": "2026-03-14T10"}, "2026031410"),
        ({"local": "2026-03-14"}, "20260314"),
        ({"local": "2026-03"}, "202603"),
        ({"local": "2026"}, "2026"),
        ({"raw": "20260314103000+0100"}, "20260314103000+0100"),
        ("20260314103000.1234", "20260314103000"),
        ("2026-03-14 10:30:00", "20260314103000"),
        ("2026-03-14T09:30:00Z", "20260314093000+0000"),
        ("2026-03-14T09:30:00-05:00", "20260314093000-0500"),
        (" 19700131 ", "19700131"),
        ("31.01.1970", ""),
        ("yesterday", ""),
        ("٢٠٢٦", ""),
        ({}, ""),
        (None, ""),
        (19700131, ""),
        ({"local": 5}, ""),
    ],
)
def test_a_time_keeps_what_the_sender_wrote(value, digits):
    assert moment(value) == digits


def test_a_day_has_no_time():
    assert day("1970-01-31T00:00:00Z") == "19700131"


@given(st.text(max_size=20))
def test_any_text_gives_digits_or_nothing(value):
    assert set(moment(value)) <= set("0123456789+-")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("Dr. Ada Amsel", "Dr. Ada Amsel"),
        (
            {"family": "Elster", "given": "Eva", "prefix": "Dr.", "suffix": "MPH"},
            "Dr. Eva Elster MPH",
        ),
        ({"family": "Elster", "given": None}, "Elster"),
        ({}, ""),
        (None, ""),
        (["Elster"], ""),
    ],
)
def test_a_name_is_written_out(value, name):
    assert person_name(value) == name


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"code": "R07.4", "text": "Brustschmerz"}, "Brustschmerz"),
        ({"code": "R07.4", "display": "Schmerz"}, "Schmerz"),
        ({"code": "R07.4"}, "R07.4"),
        ("Sturz", "Sturz"),
        (True, ""),
    ],
)
def test_words_go_before_codes(value, said):
    assert words(value) == said


def test_among_equals_the_first_is_preferred():
    candidates = [{"use": "X", "n": 1}, {"use": "H", "n": 2}, {"use": "H", "n": 3}]

    assert preferred(candidates, "use", ("L", "H"))["n"] == 2
    assert preferred(candidates, "use", ("L",))["n"] == 1
    assert preferred([], "use", ("L",)) == {}
