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

from hub.sdk import (
    ForbiddenAddressError,
    HubError,
    Outcome,
    Receipt,
    Recovery,
    retry_after_seconds,
)
from hub_fhir.client import errors
from hub_fhir.reading.json import read_json
from hub_fhir.tokens.errors import BadTokenAnswerError, TokenRefusedError

_BY_STATUS: dict[int, type[HubError]] = {
    **dict.fromkeys((401, 402, 403, 407), errors.NotLetInError),
    **dict.fromkeys((404, 405, 406, 410, 415), errors.NoServerError),
    **dict.fromkeys((408, 409, 421, 423, 425), errors.ServerFailedError),
    **dict.fromkeys((429, 503), errors.ServerBusyError),
}
_BY_CLASS: dict[int, type[HubError]] = {
    3: errors.ElsewhereError,
    4: errors.BundleRefusedError,
    5: errors.ServerFailedError,
}
_BLAMES_ROUTE = {
    errors.ElsewhereError,
    errors.NotLetInError,
    errors.NoServerError,
    errors.UntrustedServerError,
    ForbiddenAddressError,
    TokenRefusedError,
    BadTokenAnswerError,
}
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
    evidence = f"HTTP {status}"
    if status // 100 == _SUCCESS:
        error = error_in(body)
        return failed(error, evidence) if error else _accepted(evidence)
    found = error_of(status)
    if found is None:
        return unanswered(evidence)
    return failed(found, evidence, retry_after_seconds(retry_after, now))


def _accepted(evidence: str) -> Receipt:
    return Receipt(outcome=Outcome.ACCEPTED, evidence=evidence)


def error_of(status: int) -> type[HubError] | None:
    """Return what a status that is not 2xx means, None where it means nothing."""
    return _BY_STATUS.get(status) or _BY_CLASS.get(status // 100)


def failed(
    error: type[HubError], evidence: str = "", retry_after: float | None = None
) -> Receipt:
    """Return the receipt of an attempt that ended with `error`."""
    final = error.recovery is Recovery.REJECT
    return Receipt(
        outcome=Outcome.PERMANENT if final else Outcome.RETRYABLE,
        evidence=evidence,
        error_code=error.code,
        retry_after_seconds=None if final else retry_after,
        blames_route=error in _BLAMES_ROUTE,
    )


def unanswered(evidence: str = "") -> Receipt:
    """Return the receipt of a request of which nobody knows whether it arrived."""
    return Receipt(
        outcome=Outcome.UNKNOWN,
        evidence=evidence,
        error_code=errors.NoServerAnswerError.code,
    )


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
