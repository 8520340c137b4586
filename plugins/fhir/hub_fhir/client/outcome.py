"""What an attempt tells the hub. Pure.

================================  ==========  ======  =====================
Answer                            Outcome     Route?  Error
================================  ==========  ======  =====================
2xx                               accepted
2xx, body says error              permanent           FHIR-059
2xx, body says try later          retryable           FHIR-050
3xx                               retryable   yes     FHIR-052
400, 412, 413, 422 and other 4xx  permanent           FHIR-055
401, 402, 403, 407                retryable   yes     FHIR-053
404, 405, 406, 410, 415           retryable   yes     FHIR-054
408, 409, 421, 423, 425, 5xx      retryable           FHIR-050
429, 503                          retryable           FHIR-051
anything else, or no answer       unknown             FHIR-058
no connection                     retryable           FHIR-056
certificate not trusted           retryable   yes     FHIR-057
name resolves to a forbidden IP   retryable   yes     HTTP-010
no token                          retryable   yes     FHIR-060, FHIR-061
================================  ==========  ======  =====================

*Route* means that the destination is at fault, not the artifact. A body can only make
a 2xx worse, never anything better. Sources: RFC 9110, section 15; R4, 3.1.0.1.4
(OperationOutcome), 3.1.0.11.2 (transaction-response), 2.35 (message responses).
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from hub.sdk import HttpOutcomes, HubError, Receipt
from hub_fhir.client import errors
from hub_fhir.reading.json import read_json
from hub_fhir.tokens.errors import BadTokenAnswerError, TokenRefusedError

_OUTCOMES = HttpOutcomes(
    elsewhere=errors.ElsewhereError,
    not_let_in=errors.NotLetInError,
    wrong_place=errors.NoServerError,
    failed_there=errors.ServerFailedError,
    busy=errors.ServerBusyError,
    refused=errors.BundleRefusedError,
    no_answer=errors.NoServerAnswerError,
    also=frozenset(
        {errors.UntrustedServerError, TokenRefusedError, BadTokenAnswerError}
    ),
)
error_of = _OUTCOMES.error_of
failed = _OUTCOMES.failed
unanswered = _OUTCOMES.unanswered
#: Codes of issues that may be others the next time. Source: R4, IssueType.
_PASSING = frozenset(
    {"transient", "lock-error", "no-store", "exception", "timeout", "incomplete"}
    | {"throttled"}
)
_SUCCESS = 2


def answered(
    status: int, retry_after: str | None, now: datetime, body: bytes = b""
) -> Receipt:
    """Return the receipt of a request that was answered with `status`.

    `retry_after` is the header of that name. A `body` that nobody understands has no
    say.
    """
    if status // 100 == _SUCCESS and (error := error_in(body)):
        return failed(error, f"HTTP {status}")
    return _OUTCOMES.answered(status, retry_after, now)


def error_in(body: bytes) -> type[HubError] | None:
    """Return what the body of a 2xx says went wrong, None where it says nothing."""
    try:
        tree = read_json(body).tree
    except HubError:
        return None
    codes = set(_faults(tree))
    if not codes:
        return None
    passing = codes <= _PASSING
    return errors.ServerFailedError if passing else errors.OutcomeSaysNoError


def _faults(tree: Any) -> Iterator[str]:
    """Yield the codes of what went wrong."""
    kind = _of(tree, "resourceType")
    if kind == "OperationOutcome":
        yield from _issues(tree)
    if kind != "Bundle":
        return
    for entry in _each(tree, "entry"):
        resource = _of(entry, "resource")
        if _of(resource, "resourceType") == "MessageHeader":
            yield from _reply(str(_of(_of(resource, "response"), "code")))
        status = str(_of(_of(entry, "response"), "status"))
        if status[:1] in {"4", "5"}:
            yield "transient" if status[:1] == "5" else "processing"


def _reply(code: str) -> Iterator[str]:
    if code in {"transient-error", "fatal-error"}:
        yield "transient" if code == "transient-error" else "processing"


def _issues(outcome: Any) -> Iterator[str]:
    for issue in _each(outcome, "issue"):
        if _of(issue, "severity") in ("error", "fatal"):
            yield str(_of(issue, "code"))


def _of(tree: Any, name: str) -> Any:
    return tree.get(name, "") if isinstance(tree, dict) else ""


def _each(tree: Any, name: str) -> list[Any]:
    listed = _of(tree, name)
    return listed if isinstance(listed, list) else []
