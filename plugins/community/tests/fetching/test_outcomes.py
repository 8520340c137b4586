"""What the status of an answer means (F70)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import HubError, Recovery
from hub_community.fetching.outcomes import http_date, problem

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (200, None), (203, None), (204, "HSDS-028"), (206, "HSDS-028"),
        (301, "HSDS-024"), (302, "HSDS-024"), (307, "HSDS-024"), (308, "HSDS-024"),
        (304, "HSDS-028"), (300, "HSDS-021"), (400, "HSDS-023"), (404, "HSDS-023"),
        (410, "HSDS-023"), (401, "HSDS-022"), (403, "HSDS-022"), (407, "HSDS-022"),
        (408, "HSDS-021"), (425, "HSDS-021"), (429, "HSDS-020"), (503, "HSDS-020"),
        (500, "HSDS-021"), (502, "HSDS-021"), (599, "HSDS-021"),
    ],
)  # fmt: skip
def test_a_status_has_one_meaning(status, code):
    found = problem(status, None, NOW)

    assert (found and found.code) == code


def test_that_nothing_changed_is_only_an_answer_where_it_was_asked():
    assert problem(304, None, NOW, conditional=True) is None
    assert problem(304, None, NOW).code == "HSDS-028"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7), ("999999999", 3600), ("Sun, 22 Nov 2026 12:01:00 GMT", 60),
        ("Sun, 22 Nov 2037 12:01:00 GMT", 3600), ("soon", 60), ("-5", 60), (None, 60),
        ("Sun, 22 Nov 2020 12:00:00 GMT", 60),
    ],
)  # fmt: skip
def test_a_busy_server_is_left_alone_as_it_says_up_to_an_hour(header, seconds):
    assert problem(503, header, NOW).retry_after_seconds == seconds


@given(st.integers(100, 999), st.none() | st.text(max_size=20), st.booleans())
def test_every_answer_is_used_or_tried_again_later(status, header, conditional):
    found = problem(status, header, NOW, conditional=conditional)

    if found is not None:
        assert isinstance(found, HubError)
        assert found.recovery is Recovery.RETRY
        assert 0 < found.retry_after_seconds <= 3600


@given(st.none() | st.text(max_size=40))
def test_a_date_is_read_or_not(header):
    found = http_date(header)

    assert found is None or found.tzinfo is not None
