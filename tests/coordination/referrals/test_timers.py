"""Timers of referrals: on which day silence is heard, by whose calendar."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.clocks.errors import CalendarError, ClockRulesError, ZoneError
from hub.coordination.referrals.acting import marked
from hub.coordination.referrals.picture import Referral
from hub.coordination.referrals.rules import (
    ReferralRules,
    Span,
    read_timers,
    timers,
)
from hub.coordination.referrals.said import Who
from hub.coordination.referrals.timers import (
    after,
    done,
    due,
    next_look,
    stages,
    to_tell,
)
from hub.model.referrals import Loop
from tests.coordination.referrals.stories import BEGIN, Telling, answered, asked, fold

US = ReferralRules(calendar="US", zone="America/New_York")
ILLINOIS = ReferralRules(calendar="US-IL", zone="America/Chicago")
BAVARIA = ReferralRules(calendar="DE-BY", zone="Europe/Berlin")
BERLIN = ReferralRules(calendar="DE-BE", zone="Europe/Berlin")


def local(rules, month, day, hour=10, minute=0):
    zone = ZoneInfo(rules.zone)
    return datetime(2026, month, day, hour, minute, tzinfo=zone)


def waiting(state, since, **given):
    standard = {"state": state, "since": since.astimezone(UTC)}
    if state in {"requested", "received"}:
        standard["asked_at"] = standard["since"]
    return Referral(**(standard | given))


def days(referral, rules):
    """Return by level the day on the wall of the place."""
    zone = ZoneInfo(rules.zone)
    return {
        each.level: f"{each.at.astimezone(zone):%m-%d %H:%M}"
        for each in stages(referral, rules)
    }


@pytest.mark.parametrize(
    ("rules", "since", "expected"),
    [
        # Thanksgiving is on Thursday, 26 November; the Friday after is no holiday.
        (US, (11, 23), ("11-25 10:00", "12-01 10:00", "12-07 10:00")),
        (US, (11, 25), ("11-30 10:00", "12-03 10:00", "12-09 10:00")),
        # Pulaski Day is one in Illinois.
        (ILLINOIS, (2, 27), ("03-04 10:00", "03-09 10:00", "03-13 10:00")),
        (US, (2, 27), ("03-03 10:00", "03-06 10:00", "03-13 10:00")),
        # Good Friday is on 3 April, Easter Monday on 6 April.
        (BAVARIA, (3, 31), ("04-02 10:00", "04-09 10:00", "04-14 10:00")),
        (BAVARIA, (4, 2), ("04-08 10:00", "04-13 10:00", "04-16 10:00")),
        # Corpus Christi, on 4 June, is a holiday in Bavaria and not in Berlin.
        (BAVARIA, (6, 3), ("06-08 10:00", "06-11 10:00", "06-17 10:00")),
        (BERLIN, (6, 3), ("06-05 10:00", "06-10 10:00", "06-17 10:00")),
        # The clocks go forward on 29 March, and back on 1 November.
        (BAVARIA, (3, 27), ("03-31 10:00", "04-07 10:00", "04-10 10:00")),
        (US, (10, 30), ("11-03 10:00", "11-06 10:00", "11-13 10:00")),
        # What comes on a Saturday is counted from Monday on.
        (BAVARIA, (7, 4), ("07-07 10:00", "07-10 10:00", "07-18 10:00")),
    ],
)
@pytest.mark.parametrize("state", ["requested", "received"])
def test_nobody_decides(state, rules, since, expected):
    found = days(waiting(state, local(rules, *since)), rules)

    assert tuple(found.values()) == expected
    assert tuple(found) == ("reminder", "escalation", "expired")


def test_urgent_matters_are_counted_in_hours():
    since = local(BAVARIA, 4, 2)
    for priority in ("urgent", "S", {"code": "A", "system": "HL70280"}):
        hurried = waiting("received", since, details={"priority": priority})

        assert days(hurried, BAVARIA) == {
            "reminder": "04-02 14:00",
            "escalation": "04-03 10:00",
            "expired": "04-05 10:00",
        }


def test_a_performer_whom_the_hub_must_reach_has_minutes_to_take_it():
    since = local(US, 11, 25, 9)
    details = {"performer": {"party": "tafel"}}
    unreached = waiting("requested", since, details=details)
    silent = waiting("received", since, details=details)

    assert days(unreached, US) == {
        "reminder": "11-25 09:15",
        "escalation": "11-25 13:00",
        "failed": "11-28 09:00",
    }
    assert "expired" in days(silent, US)
    assert "expired" in days(
        waiting("requested", since, details=details, performer=Who("tafel")), US
    )


@pytest.mark.parametrize(
    ("state", "given", "expected"),
    [
        (
            "accepted",
            {},
            {"reminder": "04-10", "escalation": "04-17", "task": "04-17"},
        ),
        ("in_progress", {}, {"reminder": "05-01", "escalation": "05-31"}),
        ("on_hold", {}, {"reminder": "04-10", "escalation": "04-17"}),
        (
            "completed",
            {},
            {"reminder": "04-08", "escalation": "04-14", "auto_closed": "05-01"},
        ),
        (
            "rejected",
            {},
            {"reminder": "04-08", "escalation": "04-14", "auto_closed": "05-01"},
        ),
        (
            "scheduled",
            {"appointment": datetime(2026, 5, 13, 12, tzinfo=UTC)},
            # Ascension Day is on 14 May.
            {"reminder": "05-18", "escalation": "05-21"},
        ),
        (
            "scheduled",
            {},
            {"reminder": "04-10", "escalation": "04-17", "task": "04-17"},
        ),
        ("draft", {}, {}),
        ("completed", {"loop": Loop.AUTO_CLOSED}, {}),
        ("rejected", {"loop": Loop.CLOSED_UNRESOLVED}, {}),
    ],
)
def test_every_state_that_is_not_over_has_its_days(state, given, expected):
    referral = waiting(state, local(BAVARIA, 4, 1), **given)

    found = days(referral, BAVARIA)

    assert {level: day[:5] for level, day in found.items()} == expected


def test_an_outcome_that_arrived_is_waited_for_until_the_loop_is_closed():
    seen = waiting("completed", local(US, 4, 1), loop=Loop.OUTCOME_RECEIVED)

    assert list(days(seen, US)) == ["reminder", "escalation", "auto_closed"]


def test_a_wish_to_cancel_has_days_of_its_own():
    since, wish = local(BAVARIA, 4, 1), local(BAVARIA, 4, 2)
    referral = waiting("in_progress", since, cancel_since=wish.astimezone(UTC))

    found = [
        (each.wait, each.level, f"{each.at:%m-%d}")
        for each in stages(referral, BAVARIA)
    ]

    assert found[:2] == [
        ("cancel_requested", "reminder", "04-08"),
        ("cancel_requested", "escalation", "04-13"),
    ]


@pytest.mark.parametrize(
    ("program", "own", "expected"),
    [
        ({}, {}, ("11-25", "12-01", "12-07")),
        ({"intensity": "brokerage"}, {}, ("11-25", "12-01", "12-07")),
        ({"intensity": "intensive"}, {}, ("11-24", "11-27", "11-30")),
        ({"intensity": "intensive"}, {"intensive": 2}, ("11-30", "12-08", "12-21")),
        ({"intensity": "of our own"}, {"of our own": 0.01}, ("11-24",) * 3),
        ({"intensity": ["?"]}, {}, ("11-25", "12-01", "12-07")),
    ],
)
def test_the_intensity_of_a_programme_makes_time_pass_faster(program, own, expected):
    rules = ReferralRules(calendar="US", zone="America/New_York", intensity=own)
    referral = waiting("received", local(US, 11, 23), details={"program": program})

    found = days(referral, rules)

    assert tuple(day[:5] for day in found.values()) == expected


def test_what_was_reached_is_due_until_it_is_done():
    since = local(US, 11, 23)
    referral, later = waiting("received", since), since + timedelta(days=3)

    assert due(referral, US, since) == []
    [reminder] = due(referral, US, later)
    assert due(referral, US, later, done(reminder, later, told=True)) == []


def test_of_several_alerts_that_were_missed_only_the_last_is_told():
    since = local(US, 4, 1)
    accepted = waiting("accepted", since)

    reached = due(accepted, US, since + timedelta(days=30))

    assert [each.level for each in reached] == ["reminder", "escalation", "task"]
    assert [each.level for each in to_tell(reached, US, {})] == ["escalation", "task"]


def test_the_same_alert_is_not_raised_again_within_a_day():
    quick = {"priority": "urgent"}
    first = waiting("received", local(US, 4, 1, 8), details=quick)
    again = waiting("received", local(US, 4, 1, 12), details=quick)
    [told] = due(first, US, local(US, 4, 1, 13))
    marks = done(told, local(US, 4, 1, 13), told=True)

    reached = due(again, US, local(US, 4, 1, 17), marks)

    assert [each.level for each in reached] == ["reminder"]
    assert to_tell(reached, US, marks) == []
    assert to_tell(reached, ReferralRules(alert_hours=2), marks) == reached


def test_what_the_hub_did_is_done():
    referral = waiting("received", local(US, 4, 1))
    expired = stages(referral, US)[-1]
    later = expired.at + timedelta(days=1)

    assert expired in due(referral, US, later)
    assert expired not in due(referral, US, later, marked(expired.act))


def test_time_passes_by_the_wall_of_the_place_where_the_clock_is_put_forward():
    start = datetime(2026, 3, 28, 1, 30, tzinfo=UTC)  # half past two in Berlin

    night = after(start, Span(1, "days"), BAVARIA)

    assert night == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@given(
    st.datetimes(datetime(2025, 12, 1), datetime(2027, 2, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - st.datetimes asks for naive bounds
    st.integers(1, 12),
)
def test_working_days_end_on_a_working_day_and_never_before_the_start(start, number):
    over = after(start, Span(number, "business_days"), BAVARIA)

    assert over > start
    assert over.astimezone(ZoneInfo("Europe/Berlin")).isoweekday() <= 5


@given(st.lists(st.integers(-3, 20), max_size=10))
def test_however_the_clock_steps_each_alert_is_told_once(steps):
    hub, heard, marks = Telling().hear(asked()), [], {}
    rules = ReferralRules(alert_hours=0)
    now = BEGIN
    for step in steps:
        now += timedelta(days=step)
        reached = due(hub.referral, rules, now, marks)
        heard += [each.mark for each in to_tell(reached, rules, marks)]
        for each in reached:
            marks |= done(each, now, told=True)
        look = next_look(stages(hub.referral, rules), now, marks)
        assert look is None or look > now

    assert len(heard) == len(set(heard))


def test_a_referral_that_is_answered_waits_for_something_else():
    before = fold(asked())
    after_it = fold(asked(), answered(5, "accepted"))

    assert [each.name for each in before.waits()] == ["undecided"]
    assert [each.name for each in after_it.waits()] == ["unscheduled"]


def test_the_timers_that_come_with_the_hub_are_those_of_the_domain():
    waits = timers().waits

    assert waits["undecided"]["expired"] == Span(14, "days")
    assert waits["unreceived"]["failed"] == Span(3, "days")
    assert waits["unclosed"]["auto_closed"] == Span(30, "days")
    assert set(waits) == {
        "unreceived",
        "undecided",
        "unscheduled",
        "unseen",
        "in_progress",
        "on_hold",
        "cancel_requested",
        "unclosed",
    }


@pytest.mark.parametrize(
    "text",
    [
        "[waits",
        "",
        "waits = 3",
        '[waits.undecided]\nreminder = "2 fortnights"',
        '[waits.undecided]\nreminder = "soon"',
        '[waits.undecided]\nbanana = "2 days"',
        "[waits.undecided]\nreminder = 2",
    ],
)
def test_a_file_that_holds_no_timers_is_refused(text):
    with pytest.raises(ClockRulesError):
        read_timers(text)


def test_a_place_that_does_not_exist_is_found_out_before_anything_is_counted():
    BAVARIA.check()

    with pytest.raises(CalendarError):
        ReferralRules(calendar="XX").check()
    with pytest.raises(ZoneError):
        ReferralRules(zone="Nowhere/Land").check()
