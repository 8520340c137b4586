from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.routes import Cadence, Subscription

BERLIN = ZoneInfo("Europe/Berlin")


def daily(hour, minute=0):
    return Cadence(time(hour, minute), "Europe/Berlin")


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-10 04:59", "2026-03-10 05:00"),
        ("2026-03-10 05:00", "2026-03-11 05:00"),
        ("2026-03-10 22:59", "2026-03-11 05:00"),
        ("2026-03-10 23:01", "2026-03-11 05:00"),
        ("2026-07-10 03:59", "2026-07-10 04:00"),
        ("2026-12-31 22:00", "2027-01-01 05:00"),
    ],
)
def test_a_daily_notice_goes_out_at_the_next_local_time(now, due):
    assert daily(6).due(utc(now)) == utc(due)


def test_an_immediate_notice_is_due_now():
    now = utc("2026-03-10 12:00")

    assert Cadence().due(now) is now


# At 01:00 UTC on 2026-03-29 clocks go from 02:00 to 03:00: there is no 02:30.
SPRING = [
    ("2026-03-28 12:00", "2026-03-29 01:30"),
    ("2026-03-29 00:59", "2026-03-29 01:30"),
    ("2026-03-29 01:15", "2026-03-29 01:30"),
    ("2026-03-29 01:30", "2026-03-30 00:30"),
]
# At 01:00 UTC on 2026-10-25 clocks go from 03:00 back to 02:00: 02:30 comes twice.
AUTUMN = [
    ("2026-10-24 12:00", "2026-10-25 00:30"),
    ("2026-10-25 00:29", "2026-10-25 00:30"),
    ("2026-10-25 00:30", "2026-10-26 01:30"),
    ("2026-10-25 01:10", "2026-10-26 01:30"),
    ("2026-10-25 01:45", "2026-10-26 01:30"),
]


@pytest.mark.parametrize(("now", "due"), SPRING)
def test_a_local_time_that_does_not_exist_is_an_hour_later(now, due):
    assert daily(2, 30).due(utc(now)) == utc(due)


@pytest.mark.parametrize(("now", "due"), AUTUMN)
def test_of_a_local_time_that_comes_twice_the_first_counts(now, due):
    assert daily(2, 30).due(utc(now)) == utc(due)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-28 23:30", "2026-03-29 04:00"),
        ("2026-10-24 23:30", "2026-10-25 05:00"),
    ],
)
def test_the_local_time_stays_when_the_clocks_change(now, due):
    assert daily(6).due(utc(now)) == utc(due)


minutes = st.integers(0, 366 * 24 * 60)
cadences = st.builds(
    Cadence,
    st.times(),
    st.sampled_from(["Europe/Berlin", "America/New_York", "UTC", "Asia/Kolkata"]),
)


@given(cadences, minutes, st.sampled_from([UTC, BERLIN]))
def test_a_notice_is_due_after_now_and_within_little_more_than_a_day(
    cadence, minute, zone
):
    now = utc("2026-01-01 00:00") + timedelta(minutes=minute)

    due = cadence.due(now.astimezone(zone)).astimezone(UTC)

    assert now < due <= now + timedelta(hours=25)


@given(cadences, minutes)
def test_what_gathers_until_it_is_due_goes_out_together(cadence, minute):
    now = utc("2026-01-01 00:00") + timedelta(minutes=minute)
    due = cadence.due(now)

    assert cadence.due(now + (due - now) / 2) == due


def test_a_subscription_wants_the_types_that_it_names():
    wanted = Subscription("s", "payer", frozenset({"encounter.admitted"}), "treatment")

    assert wanted.wants("encounter.admitted")
    assert not wanted.wants("encounter.discharged")
