"""Hours in words; every text is made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_community.hours.clock import has_offset, minutes, written
from hub_community.hours.free_text import NOTHING, read
from hub_community.hours.weekdays import DAYS, by_day, span

WEEK = " ".join(DAYS[:5])
ALL = " ".join(DAYS)


def shown(text):
    """Return the rules of a text, short."""
    rules = read(text).rules
    return [f"{' '.join(days)} {opens}-{closes}" for days, opens, closes in rules]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Monday-Friday, 9-5", [f"{WEEK} 09:00-17:00"]),
        ("Mo–Fr 8–12 Uhr", [f"{WEEK} 08:00-12:00"]),  # noqa: RUF001 - as people type
        ("24 hours", [f"{ALL} 00:00-23:59"]),
        ("24/7", [f"{ALL} 00:00-23:59"]),
        ("rund um die Uhr", [f"{ALL} 00:00-23:59"]),
        ("24 hours a day, 7 days a week", [f"{ALL} 00:00-23:59"]),
        ("M-F 9am-5pm; Sat 10-2", [f"{WEEK} 09:00-17:00", "SA 10:00-14:00"]),
        ("9-5 Monday-Friday", [f"{WEEK} 09:00-17:00"]),
        ("Mon, Wed & Fri 8:30 a.m. - 4:30 p.m.", ["MO WE FR 08:30-16:30"]),
        ("Monday through Friday 9 am to noon", [f"{WEEK} 09:00-12:00"]),
        (
            "Mo-Do 8:00-12:00 und 13:00-16:00 Uhr, Fr 8-12 Uhr",
            ["MO TU WE TH 08:00-12:00", "MO TU WE TH 13:00-16:00", "FR 08:00-12:00"],
        ),
        ("täglich 10 bis 18 Uhr", [f"{ALL} 10:00-18:00"]),
        ("dienstags und donnerstags von 14 bis 18 Uhr", ["TU TH 14:00-18:00"]),
        ("1st and 3rd Tuesday 9-12", ["1TU 3TU 09:00-12:00"]),
        ("jeden letzten Montag im Monat 10-12 Uhr", ["-1MO 10:00-12:00"]),
        ("Tue 1-5", ["TU 13:00-17:00"]),
        ("Daily 11-1pm", [f"{ALL} 11:00-13:00"]),
        ("Fri 10pm-2am", ["FR 22:00-02:00"]),
        ("Fri-Mon 9-5", ["FR SA SU MO 09:00-17:00"]),
        ("Mon-Fri 0900-1700", [f"{WEEK} 09:00-17:00"]),
        ("Mon-Fri 9-5, closed Wednesday", ["MO TU TH FR 09:00-17:00"]),
        ("Monday 9-5 Tuesday closed", ["MO 09:00-17:00"]),
        ("Mon-Fri 9-5 except federal holidays", [f"{WEEK} 09:00-17:00"]),
        ("Weekdays 7pm-11pm", [f"{WEEK} 19:00-23:00"]),
        ("Mo, Mi 9-12 Uhr, nach Vereinbarung", ["MO WE 09:00-12:00"]),
    ],
)
def test_hours_in_words_are_read(text, expected):
    assert shown(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "by appointment", "nach Vereinbarung", "Call for hours", "closed", "varies",
        "every other Monday 9-5", "Mon-Fri 9-5 except July",
        "gerade Wochen Mo 9-12 Uhr",
        "9", "Mon", "Mon-Fri 25-99", "Mon-Fri 9-5, closed 12-1 for lunch",
        "We began in 1999 with 20-30 volunteers and a dream of a better town",
        "x" * 501,
    ],
)  # fmt: skip
def test_what_is_not_understood_leaves_nothing(text):
    assert read(text) == NOTHING


def test_a_guess_is_less_sure_than_a_statement_and_nothing_is_certain():
    stated, guessed = read("Mon 09:00-17:00"), read("Mon 1-5, ask Kim")

    assert 0 < guessed.confidence < stated.confidence < 1


@given(st.text(max_size=80) | st.lists(
    st.sampled_from(["Mon", "Fr", "-", "9", "17:00", "am", "pm", "closed", ",", ";",
                     "1st", "24 hours", "und", "Uhr", "noon", "bis", "daily", "x"]),
    max_size=14).map(" ".join))  # fmt: skip
def test_whatever_is_written_gives_rules_that_can_be_used(text):
    found = read(text)

    assert 0 <= found.confidence < 1
    assert bool(found.rules) is (found.confidence > 0)
    for days, opens, closes in found.rules:
        assert {day[-2:] for day in days} <= set(DAYS)
        assert days
        assert written(minutes(opens)) == opens
        assert written(minutes(closes)) == closes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9", 540), ("09:00", 540), ("9:00:00", 540), ("9am", 540), ("9 a.m.", 540),
        ("12am", 0), ("12pm", 720), ("9.30", 570), ("17 Uhr", 1020), ("0900", 540),
        ("24:00", 1440), ("09:00Z", 540), ("T09:00:00+01:00", 540), ("noon", 720),
        ("13pm", None), ("25:00", None), ("9:60", None), ("", None), ("soon", None),
        ("24:01", None),
    ],
)  # fmt: skip
def test_times_of_day_are_read(text, expected):
    assert minutes(text) == expected


def test_an_offset_is_part_of_a_time():
    assert has_offset("09:00Z")
    assert has_offset("09:00-05:00")
    assert not has_offset("09:00")
    assert not has_offset("9-5")


@pytest.mark.parametrize(
    ("text", "days", "exact"),
    [
        ("MO,TU", ("MO", "TU"), True),
        ("1MO,-1FR", ("1MO", "-1FR"), True),
        ("Mo,Di", ("MO", "TU"), False),
        ("Monday - Wednesday", ("MO", "TU", "WE"), False),
        ("Montag bis Mittwoch", ("MO", "TU", "WE"), False),
        ("weekdays", DAYS[:5], False),
        ("lundi", (), False),
        ("", (), False),
    ],
)
def test_days_are_read(text, days, exact):
    assert by_day(text) == (days, exact)


def test_days_go_over_the_end_of_a_week():
    assert span("SA", "MO") == ("SA", "SU", "MO")
