"""Times of HL7 v2. Every sample is synthetic."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hub_hl7.wire.times import Clock, clock_for, read_date, read_time

BERLIN = Clock(feed_zone="Europe/Berlin")


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "precision", "earliest", "latest", "local"),
    [
        ("2026", "year", utc(2025, 12, 31, 23), utc(2026, 12, 31, 23), "2026"),
        ("202602", "month", utc(2026, 1, 31, 23), utc(2026, 2, 28, 23), "2026-02"),
        ("20260310", "day", utc(2026, 3, 9, 23), utc(2026, 3, 10, 23), "2026-03-10"),
        ("2026031008", "hour", utc(2026, 3, 10, 7), utc(2026, 3, 10, 8),
         "2026-03-10T08"),
        ("202603100815", "minute", utc(2026, 3, 10, 7, 15), utc(2026, 3, 10, 7, 16),
         "2026-03-10T08:15"),
        ("20260310081502", "second", utc(2026, 3, 10, 7, 15, 2),
         utc(2026, 3, 10, 7, 15, 3), "2026-03-10T08:15:02"),
        ("20260310081502.5", "fraction", utc(2026, 3, 10, 7, 15, 2, 500_000),
         utc(2026, 3, 10, 7, 15, 2, 600_000), "2026-03-10T08:15:02.500000"),
        ("20260310081502.1234567", "fraction", utc(2026, 3, 10, 7, 15, 2, 123_456),
         utc(2026, 3, 10, 7, 15, 2, 123_457), "2026-03-10T08:15:02.123456"),
    ],
)  # fmt: skip
def test_the_length_is_the_precision(raw, precision, earliest, latest, local):
    time = read_time(raw, BERLIN)

    assert (time.precision, time.earliest, time.latest) == (precision, earliest, latest)
    assert (time.local, time.raw) == (local, raw)


def test_a_day_on_which_the_clocks_change_has_its_own_length():
    spring, autumn = read_time("20260329", BERLIN), read_time("20261025", BERLIN)

    assert spring.latest - spring.earliest == timedelta(hours=23)
    assert autumn.latest - autumn.earliest == timedelta(hours=25)


@pytest.mark.parametrize(
    ("raw", "hour"),
    [
        ("20260310081502+0100", 7),
        ("20260310081502-0500", 13),
        ("20260310081502+01:00", 7),
        ("20260310081502Z", 8),
        ("20260310081502-0000", 8),
        ("2026-03-10T08:15:02+0100", 7),
        ("20260310081502 +0100", 7),
        ("20260310201502+1300", 7),
    ],
)
def test_an_offset_in_the_field_decides(raw, hour):
    time = read_time(raw, BERLIN)

    assert time.earliest == utc(2026, 3, 10, hour, 15, 2)
    assert time.zone_source == "field"


def clock(sent, zone=""):
    return clock_for(sent, feed_zone=zone, midnight_means_day=False)


@pytest.mark.parametrize(
    ("sent", "zone", "hour", "source", "name"),
    [
        # The message of March agrees with the zone: a July time is read in summer.
        ("20260310080000+0100", "Europe/Berlin", 6, "feed", "Europe/Berlin"),
        ("20260310080000", "Europe/Berlin", 6, "feed", "Europe/Berlin"),
        ("", "Europe/Berlin", 6, "feed", "Europe/Berlin"),
        ("20260310080000-0500", "Europe/Berlin", 13, "msh7", "-05:00"),
        ("20260310080000+0100", "", 7, "msh7", "+01:00"),
        ("20260310080000", "", 8, "assumed", "UTC"),
        ("20260310080000+9900", "", 8, "assumed", "UTC"),
        ("nonsense", "", 8, "assumed", "UTC"),
    ],
)
def test_a_time_without_offset_finds_its_zone(sent, zone, hour, source, name):
    time = read_time("20260710080000", clock(sent, zone))

    assert time.earliest == utc(2026, 7, 10, hour)
    assert (time.zone_source, time.zone) == (source, name)
    assert ("zone_assumed" in time.flags) is (source == "assumed")


@pytest.mark.parametrize(
    ("sent", "hour"),
    [("20261025020500+0200", 0), ("20261025020500+0100", 1), ("", 0)],
)
def test_an_hour_that_occurs_twice_is_the_one_closest_to_when_it_was_sent(sent, hour):
    time = read_time("20261025023000", clock(sent, "Europe/Berlin"))

    assert time.earliest == utc(2026, 10, 25, hour, 30)
    assert "dst_ambiguous" in time.flags


def test_an_hour_that_the_clocks_skip_is_shifted_forward():
    time = read_time("20260329023000", BERLIN)

    assert time.earliest == utc(2026, 3, 29, 1, 30)
    assert "dst_nonexistent" in time.flags


def test_hour_24_is_the_start_of_the_next_day():
    time = read_time("202612312400", Clock())

    assert time.earliest == utc(2027, 1, 1)
    assert "hour_24" in time.flags


def test_second_60_is_the_next_minute():
    time = read_time("20261231235960", Clock())

    assert time.earliest == utc(2027, 1, 1)
    assert "second_60" in time.flags


@pytest.mark.parametrize("zone", ["Europe/Berlin", ""])
@pytest.mark.parametrize("sent", ["20260310080000-0500", "20260310080000", ""])
def test_the_zone_of_the_facility_beats_the_sender_s_and_the_feed_s(sent, zone):
    placed = clock_for(
        sent,
        feed_zone=zone,
        midnight_means_day=False,
        facility_zone="America/Chicago",
    )
    time = read_time("20260710080000", placed)

    assert time.earliest == utc(2026, 7, 10, 13)
    assert (time.zone_source, time.zone) == ("facility", "America/Chicago")
    assert read_time("20260710080000+0200", placed).zone_source == "field"


@pytest.mark.parametrize("raw", ["20260310081502-0000", "20260310081502-00:00"])
def test_an_offset_can_say_that_the_local_zone_is_unknown(raw):
    time = read_time(raw, BERLIN)

    assert time.earliest == utc(2026, 3, 10, 8, 15, 2)
    assert "zone_unknown" in time.flags


@pytest.mark.parametrize(
    ("raw", "earliest"),
    [
        ("20260310081502-05", utc(2026, 3, 10, 13, 15, 2)),
        ("20260310081502.-0500", utc(2026, 3, 10, 13, 15, 2)),
        ("202603-0500", utc(2026, 3, 1, 5)),
        ("2026-0500", utc(2026, 1, 1, 5)),
        ("20260310-0500", utc(2026, 3, 10, 5)),
        ("20260310081502+1300", utc(2026, 3, 9, 19, 15, 2)),
    ],
)
def test_an_offset_is_read_after_any_precision(raw, earliest):
    assert read_time(raw, BERLIN).earliest == earliest


@pytest.mark.parametrize(
    ("raw", "precision", "date"),
    [
        ("19490000", "year", "1949"),
        ("194900", "year", "1949"),
        ("19490100", "month", "1949-01"),
        ("1949-01-00", "month", "1949-01"),
        ("1949-00-00", "year", "1949"),
        ("19490000000000", "year", "1949"),
        ("19491000", "month", "1949-10"),
    ],
)
def test_zeros_stand_for_a_month_or_day_that_is_not_known(raw, precision, date):
    time = read_time(raw, BERLIN)

    assert time.precision == precision
    assert "zero_padded" in time.flags
    assert read_date(raw) == date


@pytest.mark.parametrize(
    ("degree", "precision", "local"),
    [
        ("Y", "year", "2026"),
        ("L", "month", "2026-03"),
        ("D", "day", "2026-03-10"),
        ("h", "hour", "2026-03-10T08"),
        ("M", "minute", "2026-03-10T08:15"),
        ("S", "second", "2026-03-10T08:15:02"),
        ("", "second", "2026-03-10T08:15:02"),
        ("X", "second", "2026-03-10T08:15:02"),
    ],
)
def test_a_stated_degree_of_precision_holds(degree, precision, local):
    time = read_time("20260310081502", BERLIN, degree)

    assert (time.precision, time.local) == (precision, local)
    assert time.earliest <= utc(2026, 3, 10, 7, 15, 2) < time.latest


def test_a_stated_degree_never_adds_precision():
    assert read_time("20260310", BERLIN, "S").precision == "day"


def test_an_offset_that_exists_nowhere_is_left_aside():
    time = read_time("20260310080000+9900", BERLIN)

    assert time.earliest == utc(2026, 3, 10, 7)
    assert "offset_invalid" in time.flags


@pytest.mark.parametrize(
    "raw",
    ["", "0", "00000000", "00000000000000", "20261301", "20260230", "20260310250000",
     "202603102460", "tomorrow", "20260310 morning", "99999999", "202603100", "٢٠٢٦",
     "1" * 10_000, "20260310081502+1"],
)  # fmt: skip
def test_an_impossible_time_is_none(raw):
    assert read_time(raw, BERLIN) is None
    assert read_date(raw) is None


def test_a_padded_midnight_is_a_day_where_the_feed_says_so():
    padded = Clock(feed_zone="Europe/Berlin", midnight_means_day=True)

    assert read_time("20260310000000", padded).precision == "day"
    assert "padded_midnight" in read_time("20260310000000", padded).flags
    assert read_time("20260310000001", padded).precision == "second"
    assert read_time("20260310000000", BERLIN).precision == "second"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("19490117", "1949-01-17"),
        ("194901", "1949-01"),
        ("1949", "1949"),
        ("19490117000000-0500", "1949-01-17"),
        ("1949-01-17", "1949-01-17"),
    ],
)
def test_a_date_is_never_moved_by_a_zone(raw, expected):
    assert read_date(raw) == expected


DIGITS = st.text("0123456789.+-:TZ ", max_size=24)
ZONES = st.sampled_from(["", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati"])


@given(DIGITS | st.datetimes().map(lambda t: t.strftime("%Y%m%d%H%M%S")), DIGITS, ZONES)
def test_no_text_raises_and_every_interval_has_a_length(raw, sent, zone):
    time = read_time(raw, clock(sent, zone))

    if time is not None:
        assert time.earliest < time.latest
        assert time.earliest.utcoffset() == timedelta()
    read_date(raw)


PLAIN = st.datetimes().map(lambda t: t.strftime("%Y%m%d%H%M%S")) | st.from_regex(
    r"[12][0-9]{3}[01][0-9][0-3][0-9]([0-2][0-9][0-6][0-9]([0-6][0-9])?)?",
    fullmatch=True,
)
OFFSETS = st.sampled_from(["", "+0100", "-0530", "-0000", "+9900", "+01", "Z"])


@given(PLAIN, st.sampled_from([8, 12, 14]), OFFSETS, ZONES)
def test_a_plain_time_reads_like_the_same_time_in_any_other_form(
    digits, length, offset, zone
):
    raw = digits[:length] + offset
    # A blank before it is no plain form, and means nothing.
    expected = read_time(f" {raw}", clock("", zone))

    found = read_time(raw, clock("", zone))

    assert found == (expected and replace(expected, raw=raw))
