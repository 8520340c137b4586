"""What an answer means (F70)."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import ForbiddenAddressError, HubError, Outcome, Recovery
from hub_fhir.client import errors
from hub_fhir.client.outcome import answered, error_in, failed, unanswered
from plugins.fhir.tests.peers import outcome

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
TABLE = {
    "FHIR-050": (Outcome.RETRYABLE, False, (408, 409, 421, 423, 425, 500, 502, 599)),
    "FHIR-051": (Outcome.RETRYABLE, False, (429, 503)),
    "FHIR-052": (Outcome.RETRYABLE, True, (300, 301, 302, 304, 307, 308)),
    "FHIR-053": (Outcome.RETRYABLE, True, (401, 402, 403, 407)),
    "FHIR-054": (Outcome.RETRYABLE, True, (404, 405, 406, 410, 415)),
    "FHIR-055": (Outcome.PERMANENT, False, (400, 411, 412, 413, 418, 422, 451)),
    "FHIR-058": (Outcome.UNKNOWN, False, (0, 100, 199, 600, 999)),
}
ROWS = [
    (status, outcome, code, blamed)
    for code, (outcome, blamed, statuses) in TABLE.items()
    for status in statuses
]


@pytest.mark.parametrize(("status", "expected", "code", "blamed"), ROWS)
def test_a_status_has_one_meaning(status, expected, code, blamed):
    receipt = answered(status, None, NOW)

    assert (receipt.outcome, receipt.error_code) == (expected, code)
    assert receipt.blames_route is blamed


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_2xx_without_an_error_in_it_is_accepted(status):
    body = json.dumps(outcome("information", "informational")).encode()

    assert answered(status, None, NOW).outcome is Outcome.ACCEPTED
    assert answered(status, None, NOW, body).outcome is Outcome.ACCEPTED
    assert answered(status, None, NOW, b"<html>").outcome is Outcome.ACCEPTED


def response(status):
    entry = [{"response": {"status": status}}]
    return {"resourceType": "Bundle", "type": "transaction-response", "entry": entry}


def reply(code):
    header = {"resourceType": "MessageHeader", "response": {"code": code}}
    return {
        "resourceType": "Bundle",
        "type": "message",
        "entry": [{"resource": header}],
    }


@pytest.mark.parametrize(
    ("tree", "error"),
    [
        (outcome("error", "invalid"), errors.OutcomeSaysNoError),
        (outcome("fatal", "processing"), errors.OutcomeSaysNoError),
        (outcome("error", "transient"), errors.ServerFailedError),
        (outcome("error", "timeout"), errors.ServerFailedError),
        (outcome("warning", "invalid"), None),
        (response("201 Created"), None),
        (response("422 Unprocessable"), errors.OutcomeSaysNoError),
        (response("503"), errors.ServerFailedError),
        (reply("ok"), None),
        (reply("transient-error"), errors.ServerFailedError),
        (reply("fatal-error"), errors.OutcomeSaysNoError),
    ],
)
def test_an_error_in_the_body_of_a_2xx_is_one(tree, error):
    assert error_in(json.dumps(tree).encode()) is error


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("999999", 3600.0),
        ("Mon, 16 Mar 2026 12:00:09 GMT", 9.0),
        ("x", None),
    ],
)
def test_a_wait_is_honoured_up_to_an_hour(header, seconds):
    assert answered(503, header, NOW).retry_after_seconds == seconds


ERRORS = [each for each in vars(errors).values() if getattr(each, "code", "")]


@pytest.mark.parametrize("error", [*ERRORS, ForbiddenAddressError])
def test_each_error_makes_a_receipt(error):
    receipt = failed(error, "HTTP 0", 60)

    final = error.recovery is Recovery.REJECT
    assert receipt.outcome is (Outcome.PERMANENT if final else Outcome.RETRYABLE)
    assert receipt.error_code in HubError.catalogue


@given(st.integers(0, 999), st.none() | st.text(), st.binary())
def test_every_answer_has_a_receipt(status, header, body):
    receipt = answered(status, header, NOW, body)

    accepted = receipt.outcome is Outcome.ACCEPTED
    assert accepted or receipt.error_code in HubError.catalogue
    assert body.decode("latin-1") not in receipt.evidence or len(body) < 4


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda each: (
            st.lists(each, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["resourceType", "entry", "issue", "response", "status"]
                ),
                each,
                max_size=3,
            )
        ),
        max_leaves=8,
    )
)
def test_any_json_may_be_an_answer(tree):
    error_in(json.dumps(tree).encode())


def test_no_answer_is_unknown():
    assert unanswered().outcome is Outcome.UNKNOWN
