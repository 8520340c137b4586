from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.routes import Cadence, QuietHours, Subscription

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
zones = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "UTC", "Asia/Kolkata", "Australia/Lord_Howe"]
)
cadences = st.builds(
    Cadence, st.times(), zones, weekday=st.none(), pull=st.just(value=False)
)
weeklies = st.builds(
    Cadence, st.times(), zones, weekday=st.integers(0, 6), pull=st.just(value=False)
)


@given(cadences, minutes, st.sampled_from([UTC, BERLIN]))
def test_a_notice_is_due_after_now_and_within_little_more_than_a_day(
    cadence, minute, zone
):
    now = utc("2026-01-01 00:00") + timedelta(minutes=minute)

    due = cadence.due(now.astimezone(zone)).astimezone(UTC)

    assert now < due <= now + timedelta(hours=25)


@given(weeklies, minutes)
def test_a_weekly_notice_is_due_within_little_more_than_a_week(cadence, minute):
    now = utc("2026-01-01 00:00") + timedelta(minutes=minute)

    due = cadence.due(now)

    assert now < due <= now + timedelta(days=7, hours=1)
    shown = due.astimezone(ZoneInfo(cadence.zone))
    assert shown.weekday() in {cadence.weekday, (cadence.weekday + 1) % 7}
    if shown.fold == 0 and shown.time() == cadence.at:
        assert shown.weekday() == cadence.weekday


@given(cadences | weeklies, minutes)
def test_what_gathers_until_it_is_due_goes_out_together(cadence, minute):
    now = utc("2026-01-01 00:00") + timedelta(minutes=minute)
    due = cadence.due(now)

    assert cadence.due(now + (due - now) / 2) == due


def test_a_subscription_wants_the_types_that_it_names():
    wanted = Subscription("s", "payer", frozenset({"encounter.admitted"}), "treatment")

    assert wanted.wants("encounter.admitted")
    assert not wanted.wants("encounter.discharged")


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-10 12:00", "2026-03-16 05:00"),  # a Tuesday
        ("2026-03-16 04:59", "2026-03-16 05:00"),
        ("2026-03-16 05:00", "2026-03-23 05:00"),
        ("2026-03-23 05:00", "2026-03-30 04:00"),
    ],
)
def test_a_weekly_notice_goes_out_on_its_day(now, due):
    mondays = Cadence(time(6), "Europe/Berlin", 0)

    assert mondays.due(utc(now)) == utc(due)


def test_what_is_fetched_is_there_at_once():
    now = utc("2026-03-10 12:00")

    assert Cadence(pull=True).due(now) is now
    assert not Cadence(pull=True).immediate


@pytest.mark.parametrize(
    "cadence",
    [
        ("immediate", Cadence()),
        ("pull", Cadence(pull=True)),
        ("daily 06:00 Europe/Berlin", daily(6)),
        ("weekly sun 06:00 Europe/Berlin", Cadence(time(6), "Europe/Berlin", 6)),
    ],
)
def test_a_cadence_is_shown_as_it_is_written(cadence):
    text, value = cadence

    assert str(value) == text


def quiet(start, end, zone="Europe/Berlin"):
    return QuietHours(time.fromisoformat(start), time.fromisoformat(end), zone)


@pytest.mark.parametrize(
    ("now", "over"),
    [
        ("2026-03-10 20:59", "2026-03-10 20:59"),
        ("2026-03-10 21:00", "2026-03-11 05:00"),
        ("2026-03-11 03:00", "2026-03-11 05:00"),
        ("2026-03-11 05:00", "2026-03-11 05:00"),
        # The nights in which the clocks change.
        ("2026-03-28 22:00", "2026-03-29 04:00"),
        ("2026-10-24 21:00", "2026-10-25 05:00"),
    ],
)
def test_in_quiet_hours_a_notice_waits_until_they_are_over(now, over):
    assert quiet("22:00", "06:00").over(utc(now)) == utc(over)


@pytest.mark.parametrize(
    ("hours", "now", "over"),
    [
        # 02:30 does not exist: at 01:00 UTC the clock shows 03:00 already.
        (("22:00", "02:30"), "2026-03-28 23:00", "2026-03-29 01:00"),
        (("02:30", "06:00"), "2026-03-29 01:00", "2026-03-29 04:00"),
        (("02:30", "06:00"), "2026-03-29 00:59", "2026-03-29 00:59"),
        (("02:10", "02:40"), "2026-03-29 01:00", "2026-03-29 01:00"),
        # 02:30 comes twice, at 00:30 and at 01:30 UTC.
        (("22:00", "02:30"), "2026-10-25 00:30", "2026-10-25 01:30"),
        (("22:00", "02:30"), "2026-10-25 01:30", "2026-10-25 01:30"),
        (("02:30", "06:00"), "2026-10-25 00:30", "2026-10-25 05:00"),
        (("02:30", "06:00"), "2026-10-25 00:29", "2026-10-25 00:29"),
    ],
)
def test_quiet_hours_hold_while_the_clock_may_show_them(hours, now, over):
    assert quiet(*hours).over(utc(now)) == utc(over)


def shows_quiet(hours, shown):
    """Say whether the face of a clock is within quiet hours."""
    if hours.start < hours.end:
        return hours.start <= shown < hours.end
    return shown >= hours.start or shown < hours.end


clocks = st.builds(time, st.integers(0, 23), st.integers(0, 59))
hours = st.builds(QuietHours, clocks, clocks, zones).filter(
    lambda each: each.start != each.end
)
#: Also the nights in which clocks change, hour by hour.
nights = st.sampled_from(
    ["2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01"]
).flatmap(
    lambda day: st.integers(-24 * 60, 24 * 60).map(
        lambda minute: utc(f"{day} 00:00") + timedelta(minutes=minute)
    )
)
moments = nights | minutes.map(
    lambda minute: utc("2026-01-01 00:00") + timedelta(minutes=minute)
)


@given(hours, moments)
def test_nothing_goes_out_while_the_clock_shows_quiet_hours(quiet, now):
    over = quiet.over(now)

    assert over >= now
    assert quiet.over(over) == over
    assert not shows_quiet(quiet, over.astimezone(ZoneInfo(quiet.zone)).time())


@given(hours, moments)
def test_no_notice_waits_longer_than_the_quiet_hours(quiet, now):
    begin = timedelta(hours=quiet.start.hour, minutes=quiet.start.minute)
    end = timedelta(hours=quiet.end.hour, minutes=quiet.end.minute)
    length = (end - begin) % timedelta(days=1)

    assert quiet.over(now) - now <= length + timedelta(hours=1)


def test_quiet_hours_are_for_what_would_go_out_at_once():
    night = utc("2026-03-10 23:00")
    wish = Subscription(
        "s", "payer", frozenset(), "treatment", quiet=quiet("22:00", "06:00")
    )

    assert wish.due(night) == utc("2026-03-11 05:00")
    assert wish._replace(cadence=daily(3)).due(night) == utc("2026-03-11 02:00")
    assert wish._replace(cadence=Cadence(pull=True)).due(night) == night
