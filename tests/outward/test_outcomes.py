"""What an answer over HTTP tells, whatever a destination calls its errors."""

from datetime import UTC, datetime

import pytest

from hub.errors import HubError, Recovery
from hub.model.delivery import Outcome
from hub.outward.errors import ForbiddenAddressError
from hub.outward.outcomes import HttpOutcomes

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)


def _error(number: int, recovery: Recovery = Recovery.RETRY) -> type[HubError]:
    told = {
        "code": f"OUTWARD-{number:03}",
        "summary": "made up",
        "remedy": "None",
        "recovery": recovery,
    }
    return type(f"MadeUp{number}Error", (HubError,), told)


ELSEWHERE, NOT_LET_IN, WRONG_PLACE, FAILED, BUSY, NO_ANSWER, UNTRUSTED = map(
    _error, range(1, 8)
)
REFUSED = _error(8, Recovery.REJECT)
OUTCOMES = HttpOutcomes(
    elsewhere=ELSEWHERE,
    not_let_in=NOT_LET_IN,
    wrong_place=WRONG_PLACE,
    failed_there=FAILED,
    busy=BUSY,
    refused=REFUSED,
    no_answer=NO_ANSWER,
    also=frozenset({UNTRUSTED}),
)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (302, ELSEWHERE),
        (401, NOT_LET_IN),
        (404, WRONG_PLACE),
        (409, FAILED),
        (429, BUSY),
        (503, BUSY),
        (500, FAILED),
        (422, REFUSED),
        (100, None),
        (600, None),
    ],
)
def test_each_status_is_one_error_of_the_destination(status, error):
    assert OUTCOMES.error_of(status) is error


@pytest.mark.parametrize(
    "error", [ELSEWHERE, NOT_LET_IN, WRONG_PLACE, UNTRUSTED, ForbiddenAddressError]
)
def test_what_is_wrong_with_the_destination_is_not_held_against_the_artifact(error):
    assert OUTCOMES.failed(error).blames_route


@pytest.mark.parametrize("error", [FAILED, BUSY, REFUSED])
def test_what_is_of_one_request_leaves_the_destination_alone(error):
    assert not OUTCOMES.failed(error).blames_route


def test_a_refused_artifact_is_not_tried_again():
    receipt = OUTCOMES.answered(422, "60", NOW)

    assert receipt.outcome is Outcome.PERMANENT
    assert receipt.retry_after_seconds is None


def test_a_busy_receiver_says_when_it_is_to_be_asked_again():
    receipt = OUTCOMES.answered(503, "60", NOW)

    assert receipt.outcome is Outcome.RETRYABLE
    assert receipt.retry_after_seconds == 60


@pytest.mark.parametrize("status", [100, 600])
def test_nobody_knows_what_came_of_an_answer_that_means_nothing(status):
    receipt = OUTCOMES.answered(status, None, NOW)

    assert (receipt.outcome, receipt.error_code) == (Outcome.UNKNOWN, NO_ANSWER.code)


def test_what_was_taken_has_no_error():
    receipt = OUTCOMES.answered(204, None, NOW)

    assert (receipt.outcome, receipt.error_code) == (Outcome.ACCEPTED, "")
