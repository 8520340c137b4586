"""On which days rules hold, against dateutil; all rules are made up."""

from datetime import date, datetime, time, timedelta
from itertools import islice

import pytest
from dateutil import rrule
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.service_match.hours_rules import (
    DAYS,
    HoursRule,
    is_placed,
    occurs,
    read_rules,
)

FREQUENCIES = {
    "DAILY": rrule.DAILY,
    "WEEKLY": rrule.WEEKLY,
    "MONTHLY": rrule.MONTHLY,
}
LOOKED_AT = 800


def oracle(rule, last):
    """Return the days on which a rule holds, as dateutil has it."""

    def weekday(text):
        day = rrule.weekday(DAYS.index(text[-2:]))
        return day(int(text[:-2])) if text[:-2] else day

    given = {
        "byweekday": [weekday(text) for text in rule.byday],
        "bymonthday": rule.bymonthday,
        "byweekno": rule.byweekno,
        "byyearday": rule.byyearday,
    }
    made = rrule.rrule(
        FREQUENCIES[rule.freq],
        dtstart=datetime.combine(rule.dtstart, time()),
        interval=rule.interval,
        wkst=DAYS.index(rule.wkst),
        until=datetime.combine(min(rule.until or last, last), time()),
        **{name: list(value) for name, value in given.items() if value},
    )
    return {each.date() for each in islice(made, rule.count)}


def _some(values, most=3):
    return st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple)


# One at a time: dateutil looks for days that two of them exclude until the year 9999.
_FILTERS = [
    _some(values).map(lambda found, name=name: {name: found})
    for name, values in (
        ("bymonthday", [1, 2, 15, 30, 31, -1, -7]),
        ("byweekno", [1, 2, 26, 52, 53, -1, -3]),
        ("byyearday", [1, 60, 100, 366, -1, -100]),
    )
]


@st.composite
def rules(draw):
    freq = draw(st.sampled_from(["WEEKLY", "WEEKLY", "MONTHLY"]))
    parts = draw(st.one_of(st.just({}), *_FILTERS))
    names = [DAYS]
    if freq == "MONTHLY" and not parts:
        # Each Monday or the first one: RFC 5545 has either, dateutil only both.
        names.append(["1MO", "2TU", "-1FR", "5WE", "-2SU"])
    start = draw(st.dates(date(2023, 12, 20), date(2025, 1, 10)))
    ends = draw(st.sampled_from(["", "", "until", "count"]))
    # dateutil miscounts weeks around New Year that do not begin on a Monday.
    wkst = "MO" if "byweekno" in parts else draw(st.sampled_from(DAYS))
    return HoursRule(
        freq=freq,
        interval=draw(st.integers(1, 4)),
        byday=draw(st.one_of(*map(_some, names))),
        **parts,
        wkst=wkst,
        dtstart=start,
        until=start + timedelta(days=draw(st.integers(-5, 500)))
        if ends == "until"
        else None,
        count=draw(st.integers(1, 40)) if ends == "count" else None,
    )


@given(rules())
def test_rules_hold_on_the_days_that_dateutil_names(rule):
    last = rule.dtstart + timedelta(days=LOOKED_AT - 1)
    days = [rule.dtstart + timedelta(days=n) for n in range(-10, LOOKED_AT)]

    assert {day for day in days if occurs(rule, day)} == oracle(rule, last)


@given(st.dates(), st.integers(1, 53))
def test_weeks_are_those_of_iso_8601(day, number):
    rule = HoursRule(freq="DAILY", byweekno=(number,))

    assert occurs(rule, day) is (day.isocalendar().week == number)


@given(st.dates(date(1, 2, 1), date(9998, 12, 1)))
def test_the_last_week_is_that_before_the_first(day):
    before_first = (day + timedelta(days=7)).isocalendar().week == 1
    rule = HoursRule(freq="DAILY", byweekno=(-1,))

    assert occurs(rule, day) is before_first


@pytest.mark.parametrize("count", [10**9, 40_000])
@pytest.mark.parametrize("freq", ["WEEKLY", "MONTHLY"])
def test_a_count_beyond_a_century_never_ends(count, freq):
    rule = HoursRule(freq=freq, byday=("MO",), dtstart=date(1990, 1, 1), count=count)

    assert occurs(rule, date(2026, 4, 6))


def test_a_rule_that_never_fits_ends_its_count_nowhere():
    rule = HoursRule(
        freq="MONTHLY", bymonthday=(31,), byyearday=(1,), dtstart=date(2024, 1, 1),
        count=2,
    )  # fmt: skip

    assert not occurs(rule, date(2024, 1, 31))


@pytest.mark.parametrize("count", [0, -3])
def test_a_count_of_nothing_holds_on_no_day(count):
    rule = HoursRule(byday=("MO",), dtstart=date(2024, 1, 1), count=count)

    assert not occurs(rule, date(2024, 1, 1))


def test_an_until_before_the_start_holds_on_no_day():
    rule = HoursRule(
        byday=DAYS, dtstart=date(2024, 5, 1), until=date(2024, 4, 1)
    )  # fmt: skip

    assert not any(occurs(rule, date(2024, 4, day)) for day in range(1, 31))


@pytest.mark.parametrize("byday", [("Montag",), ("XX",), ("aMO",), ("",)])
def test_a_day_that_cannot_be_read_is_no_day(byday):
    rule = HoursRule(byday=byday)

    assert not any(occurs(rule, date(2024, 1, day)) for day in range(1, 8))


def test_a_rule_without_days_needs_a_start():
    assert not occurs(HoursRule(freq="MONTHLY"), date(2024, 1, 1))
    assert occurs(HoursRule(freq="DAILY"), date(2024, 1, 1))


@pytest.mark.parametrize(
    ("rule", "placed"),
    [
        (HoursRule(byday=("MO",)), True),
        (HoursRule(byday=("MO",), interval=2), False),
        (HoursRule(byday=("MO",), count=3), False),
        (HoursRule(byday=("MO",), interval=2, dtstart=date(2024, 1, 1)), True),
    ],
)
def test_every_other_week_needs_a_start_to_be_placed(rule, placed):
    assert is_placed(rule) is placed


def test_rules_are_read_from_a_record():
    found = read_rules(
        [{"byday": "MO, TU", "opens_at": "09:00", "valid_to": "2026-01-31"}]
    )

    assert found == (
        HoursRule(byday=("MO", "TU"), opens_at="09:00", valid_to=date(2026, 1, 31)),
    )


@pytest.mark.parametrize(
    "hours", [None, "MO", 7, {"byday": "MO"}, [None], ["MO"], [{"interval": "two"}]]
)
def test_what_is_no_rule_is_left_out(hours):
    assert read_rules(hours) == ()


def test_a_rule_may_stand_where_the_calendar_ends():
    rule = HoursRule(byday=("MO",), byweekno=(1,), dtstart=date(9999, 1, 1), count=3)

    assert not occurs(rule, date.min)
    occurs(rule, date.max)
