"""What an answer means."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import (
    ForbiddenAddressError,
    HubError,
    Outcome,
    Recovery,
    retry_after_seconds,
)
from hub_webhook import errors
from hub_webhook.outcome import (
    answered,
    failed,
    unanswered,
)

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
MAX_RETRY_AFTER_SECONDS = 3600.0
ERRORS = [each for each in vars(errors).values() if getattr(each, "code", "")]
ERRORS.append(ForbiddenAddressError)

TABLE = {
    "HTTP-001": (Outcome.RETRYABLE, False, (408, 409, 421, 423, 425, 500, 502, 599)),
    "HTTP-002": (Outcome.RETRYABLE, False, (429, 503)),
    "HTTP-003": (Outcome.RETRYABLE, True, (300, 301, 302, 304, 307, 308)),
    "HTTP-004": (Outcome.RETRYABLE, True, (401, 402, 403, 407)),
    "HTTP-005": (Outcome.RETRYABLE, True, (404, 405, 406, 410, 415)),
    "HTTP-006": (Outcome.PERMANENT, False, (400, 411, 413, 418, 422, 431, 451)),
    "HTTP-009": (Outcome.UNKNOWN, False, (0, 100, 199, 600, 999)),
}
ROWS = [
    (status, outcome, code, blamed)
    for code, (outcome, blamed, statuses) in TABLE.items()
    for status in statuses
]


@pytest.mark.parametrize(("status", "outcome", "code", "blamed"), ROWS)
def test_a_status_has_one_meaning(status, outcome, code, blamed):
    receipt = answered(status, None, NOW)

    assert (receipt.outcome, receipt.error_code) == (outcome, code)
    assert receipt.blames_route is blamed
    assert receipt.evidence == f"HTTP {status}"


@pytest.mark.parametrize("status", [200, 201, 202, 204, 207, 299])
def test_every_2xx_is_accepted(status):
    receipt = answered(status, "120", NOW)

    assert receipt.outcome is Outcome.ACCEPTED
    assert (receipt.error_code, receipt.retry_after_seconds) == ("", None)


@given(st.integers(0, 999), st.none() | st.text())
def test_every_answer_has_a_receipt(status, header):
    receipt = answered(status, header, NOW)

    accepted = receipt.outcome is Outcome.ACCEPTED
    assert accepted or receipt.error_code in HubError.catalogue


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("1", 1),
        (" 120 ", 120),
        ("120\x1f", 120),
        ("3600", 3600),
        ("3601", MAX_RETRY_AFTER_SECONDS),
        ("9999999999", MAX_RETRY_AFTER_SECONDS),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW + timedelta(days=400), usegmt=True), 3600),
        ("Mon, 16 Mar 2026 12:01:00 -0000", 60),
        ("Mon, 16 Mar 2026 13:01:00 +0100", 60),
    ],
)
def test_retry_after_is_honoured_up_to_an_hour(header, seconds):
    assert retry_after_seconds(header, NOW) == seconds
    assert answered(503, header, NOW).retry_after_seconds == seconds


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "0",
        "-5",
        "+5",
        "1e3",
        "1.5",
        "inf",
        "nan",
        "soon",
        "٣",  # a digit to str.isdigit, not to HTTP
        "9" * 5000,
        format_datetime(NOW - timedelta(days=1), usegmt=True),
        "Mon, 99 Foo 2026 12:00:00 GMT",
        "Mon, 16 Mar 99999999999 12:00:00 GMT",
    ],
)
def test_a_senseless_retry_after_is_ignored(header):
    assert retry_after_seconds(header, NOW) is None


@given(st.text() | st.from_regex(r"-?[0-9]*[.e]?[0-9]*", fullmatch=True))
def test_no_retry_after_leads_out_of_bounds(header):
    wait = retry_after_seconds(header, NOW)

    assert wait is None or 0 < wait <= MAX_RETRY_AFTER_SECONDS


def test_a_refused_artifact_does_not_wait():
    assert answered(400, "60", NOW).retry_after_seconds is None


def test_a_lost_answer_is_unknown():
    receipt = unanswered()

    assert (receipt.outcome, receipt.error_code) == (Outcome.UNKNOWN, "HTTP-009")


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_reads_as_a_sentence(error):
    with pytest.raises(HubError) as caught:
        raise error("detail")

    assert (
        str(caught.value) == f"[{error.code}] {error.summary}: detail. {error.remedy}."
    )


@pytest.mark.parametrize("error", ERRORS)
def test_only_an_error_that_rejects_is_permanent(error):
    permanent = failed(error).outcome is Outcome.PERMANENT

    assert permanent is (error.recovery is Recovery.REJECT)
