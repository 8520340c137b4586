"""Working days and local dates, in the United States and in two German Länder."""

from datetime import UTC, date, datetime
from itertools import islice

import pytest

from hub.coordination.clocks.calendars import (
    Calendar,
    calendar_named,
    end_of_day,
    local_date,
    start_of_day,
    zone_named,
)
from hub.coordination.clocks.errors import CalendarError, ZoneError


@pytest.mark.parametrize(
    ("name", "day", "works"),
    [
        ("US", date(2026, 7, 3), False),  # Independence Day observed
        ("US", date(2026, 11, 11), False),  # Veterans Day
        ("US", date(2027, 12, 31), False),  # New Year's Day 2028 observed
        ("US", date(2026, 12, 24), True),
        ("DE-BY", date(2026, 1, 6), False),  # Heilige Drei Könige
        ("DE-NW", date(2026, 1, 6), True),
        ("DE-BY", date(2026, 6, 4), False),  # Fronleichnam
        ("DE-NW", date(2026, 6, 4), False),
        ("DE", date(2026, 6, 4), True),
        ("DE-BY", date(2025, 8, 15), True),  # Catholic communities only
        ("DE-NW", date(2027, 11, 1), False),  # Allerheiligen
        ("DE-BY", date(2026, 4, 3), False),  # Karfreitag
        ("DE-BY", date(2026, 3, 14), False),  # a Saturday
    ],
)
def test_a_holiday_is_one_where_it_is_kept(name, day, works):
    assert calendar_named(name).is_working_day(day) is works


def test_without_a_country_only_weekends_are_free():
    found = islice(Calendar().working_days_after(date(2025, 12, 24)), 4)

    assert [day.day for day in found] == [25, 26, 29, 30]


@pytest.mark.parametrize("name", ["XX", "DE-XX", "us", ""])
def test_a_calendar_that_does_not_exist_is_refused_by_name(name):
    with pytest.raises(CalendarError):
        calendar_named(name)


def test_a_facility_in_no_known_country_is_refused_when_a_day_is_asked_of_it():
    with pytest.raises(CalendarError):
        Calendar("XX", "1").is_working_day(date(2026, 3, 2))


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc", "+25:00", "", "Europe"])
def test_a_zone_that_does_not_exist_is_refused(zone):
    with pytest.raises(ZoneError):
        zone_named(zone)


def test_the_same_instant_has_two_dates_in_two_zones():
    late = datetime(2026, 3, 7, 4, 30, tzinfo=UTC)

    assert local_date(late, "America/New_York") == date(2026, 3, 6)
    assert local_date(late, "Europe/Berlin") == date(2026, 3, 7)
    assert local_date(late, "-05:00") == date(2026, 3, 6)
    assert local_date(late, "+0530") == date(2026, 3, 7)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Europe/Berlin", date(2028, 2, 29), 24),
        ("America/Havana", date(2026, 3, 8), 23),  # put forward at midnight
        ("America/Sao_Paulo", date(2018, 2, 17), 25),  # put back at midnight
    ],
)
def test_a_day_is_as_long_as_the_clock_on_the_wall_says(zone, day, hours):
    length = end_of_day(day, zone) - start_of_day(day, zone)

    assert length.total_seconds() == hours * 3600


def test_a_day_begins_where_the_day_before_ends():
    day, after = date(2026, 3, 8), date(2026, 3, 9)

    assert end_of_day(day, "America/Havana") == start_of_day(after, "America/Havana")
