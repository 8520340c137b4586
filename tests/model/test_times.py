from datetime import UTC, datetime, timedelta, timezone
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.times import FuzzyTime, Precision, exactly

MOMENT = datetime(2026, 3, 10, 8, tzinfo=UTC)


def known_to_the(precision, **given):
    values = {
        "raw": "2026031008",
        "precision": precision,
        "earliest": MOMENT,
        "latest": MOMENT + timedelta(hours=1),
        "local": "2026-03-10T09",
    }
    return FuzzyTime(**(values | given))


@pytest.mark.parametrize(
    ("precision", "exact"),
    [
        ("year", False),
        ("month", False),
        ("day", False),
        ("hour", False),
        ("minute", True),
        ("second", True),
        ("fraction", True),
    ],
)
def test_a_time_is_exact_from_the_minute_on(precision, exact):
    assert known_to_the(precision).exact is exact


def test_every_precision_is_judged():
    assert all(
        known_to_the(each).exact in {True, False} for each in get_args(Precision)
    )


@given(
    st.sampled_from(get_args(Precision)),
    st.none() | st.sampled_from(["Europe/Berlin", "+01:00"]),
    st.lists(st.sampled_from(["leap_second", "clock_ahead"]), max_size=2).map(tuple),
    st.timedeltas(timedelta(0), timedelta(days=9000)),
)
def test_a_time_survives_the_store(precision, zone, flags, since):
    time = known_to_the(precision, zone=zone, flags=flags, earliest=MOMENT + since)

    assert msgspec.json.decode(msgspec.json.encode(time), type=FuzzyTime) == time


def test_a_time_with_another_offset_is_the_same_instant_after_the_store():
    there = MOMENT.astimezone(timezone(timedelta(hours=1)))
    time = known_to_the("hour", earliest=there)

    assert msgspec.json.decode(msgspec.json.encode(time), type=FuzzyTime) == time


def test_a_time_cannot_be_changed():
    with pytest.raises(AttributeError):
        known_to_the("day").raw = "2027"


def test_an_instant_of_the_hub_is_told_in_utc_and_to_the_microsecond():
    there = MOMENT.astimezone(timezone(timedelta(hours=-5)))

    told = exactly(there)

    assert told == exactly(MOMENT)
    assert (told.raw, told.zone) == ("2026-03-10T08:00:00+00:00", "UTC")
    assert told.latest - told.earliest == timedelta(microseconds=1)
    assert told.exact
