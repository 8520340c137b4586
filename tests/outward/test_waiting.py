"""How long the hub waits when it is asked to."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.outward.waiting import MAX_RETRY_AFTER_SECONDS, retry_after_seconds

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("99999", MAX_RETRY_AFTER_SECONDS),
        ("Mon, 16 Mar 2026 12:01:00 GMT", 60.0),
        ("Mon, 16 Mar 2026 11:59:00 GMT", None),
        ("-5", None),
        ("soon", None),
        (None, None),
    ],
)
def test_a_wait_is_what_was_asked_for_and_no_more_than_an_hour(header, seconds):
    assert retry_after_seconds(header, NOW) == seconds


@given(st.text())
def test_no_header_leads_out_of_bounds(header):
    wait = retry_after_seconds(header, NOW)

    assert wait is None or 0 < wait <= MAX_RETRY_AFTER_SECONDS
