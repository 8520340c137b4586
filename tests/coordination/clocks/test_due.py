"""By when a clock must be met: verified vectors, days, zones and pauses."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.clocks.calendars import calendar_named, local_date
from hub.coordination.clocks.due import Pause, due
from hub.coordination.clocks.rules import shipped_rules
from tests.coordination.clocks.lives import BERLIN, NEW_YORK, local

RULES = {rule.name: rule for rules in shipped_rules().values() for rule in rules}
TCM = ("tcm.contact", "tcm.visit_7", "tcm.visit_14", "tcm.period")
#: Domain 3.9: discharge, contact by, 7 days, 14 days, last day of the period.
VECTORS = [
    ("2026-03-02", "2026-03-04", "2026-03-09", "2026-03-16", "2026-03-31"),
    ("2026-03-06", "2026-03-10", "2026-03-13", "2026-03-20", "2026-04-04"),
    ("2026-03-07", "2026-03-10", "2026-03-14", "2026-03-21", "2026-04-05"),
    ("2026-05-22", "2026-05-27", "2026-05-29", "2026-06-05", "2026-06-20"),
    ("2026-07-02", "2026-07-07", "2026-07-09", "2026-07-16", "2026-07-31"),
    ("2026-12-24", "2026-12-29", "2026-12-31", "2027-01-07", "2027-01-22"),
]


def day_due(name, start, zone, calendar):
    return due(RULES[name], start, zone, calendar_named(calendar)).date


@pytest.mark.parametrize("vector", VECTORS, ids=[each[0] for each in VECTORS])
@pytest.mark.parametrize("time", ["00:00", "12:00", "23:30", "23:59"])
def test_the_verified_vectors_hold_at_any_time_of_the_day(vector, time):
    start = local(vector[0], time)

    found = [day_due(name, start, NEW_YORK, "US").isoformat() for name in TCM]

    assert found == list(vector[1:])


def test_a_discharge_at_half_past_eleven_in_new_york_is_not_of_the_next_day():
    start = local("03-06", "23:30").astimezone(UTC)

    found = due(RULES["tcm.visit_7"], start, NEW_YORK, calendar_named("US"))

    assert start.date() == date(2026, 3, 7)
    assert found.date == date(2026, 3, 13)
    # Daylight saving time began in between.
    assert found.instant == datetime(2026, 3, 14, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "zone", "instant"),
    [
        ("2026-03-01", NEW_YORK, datetime(2026, 3, 9, 4, tzinfo=UTC)),
        ("2026-10-25", NEW_YORK, datetime(2026, 11, 2, 5, tzinfo=UTC)),
        ("2026-03-22", BERLIN, datetime(2026, 3, 29, 22, tzinfo=UTC)),
        ("2026-10-18", BERLIN, datetime(2026, 10, 25, 23, tzinfo=UTC)),
    ],
)
def test_the_last_day_ends_at_its_local_midnight(start, zone, instant):
    found = due(
        RULES["tcm.visit_7"], local(start, zone=zone), zone, calendar_named("US")
    )

    assert found.instant == instant


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2028-02-22", "2028-02-29"),
        ("2027-02-22", "2027-03-01"),
        ("2027-12-28", "2028-01-04"),
    ],
)
def test_leap_days_and_the_end_of_a_year_are_days_like_others(start, expected):
    found = day_due("tcm.visit_7", local(start), NEW_YORK, "US")

    assert found.isoformat() == expected


@pytest.mark.parametrize(
    ("start", "calendar", "expected"),
    [
        # Thursday; Epiphany on Tuesday is kept in Bavaria only.
        ("2026-01-02", "DE-BY", "2026-01-08"),
        ("2026-01-02", "DE-NW", "2026-01-07"),
        # Maundy Thursday; Good Friday and Easter Monday are free everywhere.
        ("2026-04-02", "DE-BY", "2026-04-09"),
        # Friday; All Saints' Day on Monday is kept in both.
        ("2027-10-29", "DE-NW", "2027-11-04"),
        ("2027-10-29", "DE-BE", "2027-11-03"),
        ("2026-12-23", "DE-NW", "2026-12-29"),
        ("2026-12-30", "DE-BY", "2027-01-05"),
    ],
)
def test_german_notices_are_due_after_three_working_days_of_the_land(
    start, calendar, expected
):
    start = local(start, zone=BERLIN)

    found = day_due("de.discharge_notice_301", start, BERLIN, calendar)

    assert found.isoformat() == expected


def test_a_letter_is_due_on_the_day_itself():
    start = local("03-28", "23:30", BERLIN)

    found = due(RULES["de.letter"], start, BERLIN, calendar_named("DE-BY"))

    assert found.date == date(2026, 3, 28)
    assert found.begins == start
    assert found.instant - start == timedelta(minutes=30)


def test_minutes_are_counted_by_no_wall_clock():
    """A night in which the clock is put forward has no shorter day of work."""
    start = local("03-28", "14:00", BERLIN)

    found = due(RULES["de.screening"], start, BERLIN, calendar_named("DE-BY"))

    assert found.instant == local("03-29", "15:00", BERLIN).astimezone(UTC)


def test_what_has_no_offset_is_not_due_by_itself():
    found = due(RULES["de.consent"], local("03-02"), BERLIN, calendar_named("DE"))

    assert found is None


def test_a_pause_puts_minutes_off_by_its_length():
    rule, start = RULES["de.screening"], local("03-02", "08:00", BERLIN)
    pauses = [Pause(local("03-02", "10:00", BERLIN), local("03-02", "13:30", BERLIN))]

    found = due(rule, start, BERLIN, calendar_named("DE-BY"), pauses)

    assert found.instant == local("03-03", "11:30", BERLIN)


@pytest.mark.parametrize(
    ("until", "expected"),
    [("2026-03-03", "2026-03-04"), ("2026-03-05", "2026-03-06")],
)
def test_days_on_which_a_clock_stood_still_are_not_counted(until, expected):
    pauses = [Pause(local("03-03", "08:00"), local(until, "20:00"))]

    found = due(
        RULES["tcm.contact"], local("03-02"), NEW_YORK, calendar_named("US"), pauses
    )

    assert found.date.isoformat() == expected


starts = st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)).map(  # noqa: DTZ001
    lambda found: found.replace(tzinfo=UTC)
)
zones = st.sampled_from([NEW_YORK, BERLIN, "Asia/Kathmandu", "Pacific/Auckland"])


@given(starts, zones, st.sampled_from(sorted(RULES)))
def test_a_due_date_is_the_local_day_that_ends_with_the_instant(start, zone, name):
    found = due(RULES[name], start, zone, calendar_named("US"))

    if found and RULES[name].unit != "minutes":
        last = found.instant - timedelta(seconds=1)
        assert local_date(last, zone) == found.date
        assert local_date(found.instant, zone) == found.date + timedelta(days=1)
        assert start <= found.begins < found.instant


@given(starts, zones, st.timedeltas(timedelta(), timedelta(days=40)))
def test_a_later_start_is_never_due_sooner(start, zone, later):
    for rule in RULES.values():
        first = due(rule, start, zone, calendar_named("DE-BY"))
        second = due(rule, start + later, zone, calendar_named("DE-BY"))

        assert first is second is None or first.instant <= second.instant
