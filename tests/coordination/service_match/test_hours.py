"""Open or not, and when next; services and hours are made up."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.service_match.hours import (
    confidence_of,
    next_opening,
    open_at,
)

BERLIN = ZoneInfo("Europe/Berlin")
CHICAGO = ZoneInfo("America/Chicago")
WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def rule(byday="MO,TU,WE,TH,FR", opens="09:00", closes="17:00", **more):
    told = {"byday": byday, "opens_at": opens, "closes_at": closes}
    return {"timezone": "Europe/Berlin", **told, **more}


def at(text, zone=BERLIN):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


# 2026-04-06 is a Monday.
@pytest.mark.parametrize(
    ("when", "is_open"),
    [
        ("2026-04-06T09:00", True),
        ("2026-04-06T08:59", False),
        ("2026-04-06T16:59:59", True),
        ("2026-04-06T17:00", False),
        ("2026-04-11T12:00", False),
    ],
)
def test_a_week_is_open_from_its_opening_until_its_closing(when, is_open):
    assert open_at([rule()], at(when)) is is_open


@pytest.mark.parametrize("rules", [None, [], "Mo-Fr", [{"byday": 3}], [rule(opens="")]])
def test_hours_that_nobody_stated_are_unknown(rules):
    assert open_at(rules, at("2026-04-06T12:00")) is None
    assert next_opening(rules, at("2026-04-06T12:00")) is None


def test_days_without_times_leave_other_days_known():
    timeless = rule("MO", opens="", closes="")

    assert open_at([timeless], at("2026-04-07T12:00")) is False


@pytest.mark.parametrize("closes", ["23:59", "24:00", "00:00"])
def test_the_last_minute_of_a_day_is_open(closes):
    always = [rule(",".join(WEEK), "00:00", closes)]

    assert open_at(always, at("2026-04-06T23:59:30")) is True


def test_what_closes_before_it_opens_is_open_over_midnight():
    night = [rule("FR", "22:00", "06:00")]

    assert open_at(night, at("2026-04-11T05:59")) is True
    assert open_at(night, at("2026-04-11T06:00")) is False
    assert open_at(night, at("2026-04-10T05:00")) is False


def test_hours_valid_no_longer_are_unknown_and_not_closed():
    past = rule(valid_to="2025-12-31")

    assert open_at([past], at("2026-04-06T12:00")) is None
    assert open_at([past], at("2025-12-30T12:00")) is True
    assert open_at([rule(valid_from="2026-05-01")], at("2026-04-06T12:00")) is None


def test_hours_that_ended_are_closed():
    assert open_at([rule(until="2025-12-31")], at("2026-04-06T12:00")) is False


def test_an_old_rule_takes_nothing_from_one_that_holds():
    rules = [rule(valid_to="2025-12-31"), rule("SA")]

    assert open_at(rules, at("2026-04-06T12:00")) is False
    assert open_at(rules, at("2026-04-11T12:00")) is True


def test_every_other_week_without_a_start_is_unknown_on_its_days():
    other = [rule("MO", interval=2)]

    assert open_at(other, at("2026-04-06T12:00")) is None
    assert open_at(other, at("2026-04-07T12:00")) is False
    assert next_opening(other, at("2026-04-06T08:00")) is None


def holiday(first, last, **more):
    return {
        "freq": "DAILY",
        "exception": True,
        "timezone": "Europe/Berlin",
        "valid_from": first,
        "valid_to": last,
        **more,
    }


def test_holidays_close_and_other_days_are_as_ever():
    rules = [rule(), holiday("2026-04-06", "2026-04-06", closed=True)]

    assert open_at(rules, at("2026-04-06T12:00")) is False
    assert open_at(rules, at("2026-04-07T12:00")) is True
    assert next_opening(rules, at("2026-04-04T12:00")) == at("2026-04-07T09:00")


def test_holidays_may_have_hours_of_their_own():
    short = holiday("2026-04-06", "2026-04-07", opens_at="10:00", closes_at="12:00")
    rules = [rule(), short]

    assert open_at(rules, at("2026-04-06T09:30")) is False
    assert open_at(rules, at("2026-04-06T11:00")) is True
    assert open_at(rules, at("2026-04-08T09:30")) is True


def test_holidays_alone_say_nothing_of_other_days():
    rules = [holiday("2026-04-06", "2026-04-06", closed=True)]

    assert open_at(rules, at("2026-04-06T12:00")) is False
    assert open_at(rules, at("2026-04-07T12:00")) is None


def test_a_holiday_of_one_location_closes_no_other():
    rules = [
        rule(location="a"),
        rule(location="b"),
        holiday("2026-04-06", "2026-04-06", closed=True, location="a"),
    ]

    assert open_at(rules, at("2026-04-06T12:00")) is True
    assert open_at(rules[:1] + rules[2:], at("2026-04-06T12:00")) is False


def test_a_location_with_unknown_hours_leaves_the_service_unknown():
    rules = [rule("SA", location="a"), rule(location="b", valid_to="2020-01-01")]

    assert open_at(rules, at("2026-04-06T12:00")) is None


def test_an_hour_that_clocks_leave_out_is_the_one_after_it():
    # On 2026-03-29 clocks in Berlin go from 02:00 to 03:00.
    early = [rule("SU", "02:30", "06:00")]

    assert open_at(early, datetime(2026, 3, 29, 1, 29, tzinfo=UTC)) is False
    assert open_at(early, datetime(2026, 3, 29, 1, 30, tzinfo=UTC)) is True


def test_an_hour_that_comes_twice_is_open_both_times():
    # On 2026-10-25 clocks in Berlin go from 03:00 back to 02:00.
    late = [rule("SU", "02:15", "02:45")]

    assert open_at(late, datetime(2026, 10, 25, 0, 15, tzinfo=UTC)) is True
    assert open_at(late, datetime(2026, 10, 25, 1, 44, tzinfo=UTC)) is True
    assert open_at(late, datetime(2026, 10, 25, 1, 45, tzinfo=UTC)) is False


def test_an_offset_serves_where_no_zone_is_known():
    fixed = rule(timezone="", offset=-360)

    assert open_at([fixed], datetime(2026, 7, 6, 15, 0, tzinfo=UTC)) is True
    assert open_at([fixed], datetime(2026, 7, 6, 14, 59, tzinfo=UTC)) is False


@pytest.mark.parametrize("zone", ["", "Mars/Base", "../../etc/passwd"])
def test_hours_without_a_zone_are_unknown(zone):
    assert open_at([rule(timezone=zone)], at("2026-04-06T12:00")) is None


def test_the_next_opening_is_after_the_instant_and_in_utc():
    opening = next_opening([rule()], at("2026-04-06T09:00"))

    assert opening == at("2026-04-07T09:00")
    assert opening.tzinfo is UTC


def test_the_next_opening_is_the_first_of_all_zones():
    rules = [
        rule("SU", timezone="Europe/Berlin", location="a"),
        rule("SA", "20:00", "23:00", timezone="Pacific/Honolulu", location="b"),
    ]

    assert next_opening(rules, at("2026-04-09T00:00")) == datetime(
        2026, 4, 12, 6, 0, tzinfo=UTC
    )
    assert next_opening(rules, at("2026-04-12T08:00")) == datetime(
        2026, 4, 12, 7, 0, tzinfo=UTC
    )


def test_a_rule_that_is_over_opens_never_again():
    assert next_opening([rule(until="2025-12-31")], at("2026-04-06T12:00")) is None


def test_the_least_sure_rule_says_how_sure_the_hours_are():
    assert confidence_of([rule(), rule(confidence=0.6)]) == 0.6
    assert confidence_of(None) == 1.0


@given(
    st.lists(
        st.builds(
            rule,
            st.lists(st.sampled_from(WEEK), min_size=1, unique=True).map(",".join),
            st.sampled_from(["00:00", "02:30", "09:00", "22:00"]),
            st.sampled_from(["02:30", "06:00", "17:00", "23:59"]),
            timezone=st.sampled_from(["Europe/Berlin", "America/Chicago"]),
        ),
        min_size=1,
        max_size=3,
    ),
    st.integers(0, 365 * 24 * 4),
)
def test_nothing_opens_before_the_next_opening(rules, quarters):
    instant = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * quarters)

    opening = next_opening(rules, instant)

    assert opening is not None
    assert opening > instant
    assert open_at(rules, opening) is True
    was = open_at(rules, instant)
    while (instant := instant + timedelta(minutes=15)) < opening:
        now = open_at(rules, instant)
        assert was or not now
        was = now
