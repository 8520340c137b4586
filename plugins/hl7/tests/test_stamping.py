"""Times are written so that they read back as the same instant. Made-up values."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_hl7.outbound.stamping import day, instant, stamp
from hub_hl7.wire.times import Clock, read_time

BERLIN = Clock(feed_zone="Europe/Berlin")
OFFSETS = st.integers(-12 * 4, 14 * 4).map(
    lambda quarters: timezone(timedelta(minutes=15 * quarters))
)


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        ("2026", "2026"),
        ("202603", "202603"),
        ("20260310", "20260310"),
        ("2026031008", "2026031008+0100"),
        ("202607100805", "202607100805+0200"),
        ("20260310080500", "20260310080500+0100"),
        ("20260310080500.1234", "20260310080500.1234+0100"),
        ("20260310080500-0500", "20260310080500-0500"),
        ("20260310080500.123456Z", "20260310080500.1234+0000"),
        ("20260329023000", "20260329023000+0100"),
    ],
)
def test_writes_a_time_as_its_sender_stated_it(sent, written):
    assert stamp(read_time(sent, BERLIN), "") == written


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        ("20260310080500-0500", "20260310140500+0100"),
        ("2026071008Z", "2026071010+0200"),
        ("20260310", "20260310"),
    ],
)
def test_writes_an_instant_in_the_recipients_zone(sent, written):
    assert stamp(read_time(sent, BERLIN), "Europe/Berlin") == written


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=OFFSETS))  # noqa: DTZ001 - hypothesis adds the zone
def test_reads_any_second_back_to_the_same_instant(moment):
    moment = moment.replace(microsecond=0)
    stated = read_time(f"{moment:%Y%m%d%H%M%S%z}", Clock())

    for zone in ("", "America/New_York"):
        again = read_time(stamp(stated, zone), Clock())
        assert again.earliest == stated.earliest == moment


def test_writes_the_table_that_a_stored_time_is():
    table = msgspec.to_builtins(read_time("202603100805", BERLIN))

    assert stamp(table, "") == "202603100805+0100"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        ("", ""),
        ("2026-03-16T13:00:00Z", "20260316130000+0000"),
        ("2026-03-16T13:00:00.250+01:00", "20260316130000+0100"),
        ("2026-03-16", "20260316"),
        ("2026-03-16 13:00", "202603161300"),
        ("202603161300+0100", "202603161300+0100"),
        ("next week", ""),
        ("2026-13-45T99:00:00Z", ""),
        (4711, ""),
        ({"raw": "20260316"}, "20260316"),
        ({}, ""),
    ],
)
def test_writes_what_else_a_payload_may_hold(value, written):
    assert stamp(value, "") == written


def test_converts_a_text_with_an_offset():
    assert stamp("2026-03-16T13:00:00Z", "Europe/Berlin") == "20260316140000+0100"


def test_a_wall_clock_that_contradicts_its_instant_is_not_believed():
    time = read_time("20260310080500", BERLIN)
    odd = msgspec.structs.replace(time, local="2026-03-12T08:05:00")
    unreadable = msgspec.structs.replace(time, local="this morning")

    assert stamp(odd, "") == stamp(unreadable, "") == "20260310070500+0000"


def test_writes_dates_without_time():
    assert day("1949-01-17") == "19490117"
    assert day("19490117083000+0100") == "19490117"
    assert day(None) is None
    assert day("unknown") == ""


def test_writes_an_instant_of_the_hub_with_its_offset():
    moment = datetime(2026, 7, 1, 12, 30, 5, 999, tzinfo=UTC)

    assert instant(moment, "") == "20260701123005+0000"
    assert instant(moment, "Europe/Berlin") == "20260701143005+0200"
