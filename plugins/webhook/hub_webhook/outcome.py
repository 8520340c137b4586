"""What an attempt tells the hub. Pure.

================================  ==========  ======  =====================
Answer                            Outcome     Route?  Error
================================  ==========  ======  =====================
2xx                               accepted
3xx                               retryable   yes     HTTP-003
400, 413, 422 and other 4xx       permanent           HTTP-006
401, 402, 403, 407                retryable   yes     HTTP-004
404, 405, 406, 410, 415           retryable   yes     HTTP-005
408, 409, 421, 423, 425, 5xx      retryable           HTTP-001
429, 503                          retryable           HTTP-002
anything else, or no answer       unknown             HTTP-009
no connection                     retryable           HTTP-007
certificate not trusted           retryable   yes     HTTP-008
name resolves to a forbidden IP   retryable   yes     HTTP-010
================================  ==========  ======  =====================

*Route* means that the destination is at fault, not the artifact: a wrong secret
must not make dead letters of everything that waits. 406 and 415 speak of the
format, which is the same for all artifacts of a destination. 409 is the answer
to a repeated request while the first one is still being handled. Sources: RFC
9110, section 15; RFC 6585; the IETF draft of the header ``Idempotency-Key``.
"""

from datetime import datetime

from hub.sdk import (
    ForbiddenAddressError,
    HubError,
    Outcome,
    Receipt,
    Recovery,
    retry_after_seconds,
)
from hub_webhook import errors

_BY_STATUS: dict[int, type[HubError]] = {
    **dict.fromkeys((401, 402, 403, 407), errors.AccessRefusedError),
    **dict.fromkeys((404, 405, 406, 410, 415), errors.WrongReceiverError),
    **dict.fromkeys((408, 409, 421, 423, 425), errors.ReceiverFailedError),
    **dict.fromkeys((429, 503), errors.ReceiverBusyError),
}
_BY_CLASS: dict[int, type[HubError]] = {
    3: errors.RedirectedError,
    4: errors.ArtifactRefusedError,
    5: errors.ReceiverFailedError,
}
_BLAMES_ROUTE = {
    errors.RedirectedError,
    errors.AccessRefusedError,
    errors.WrongReceiverError,
    errors.UntrustedReceiverError,
    ForbiddenAddressError,
}


def answered(status: int, retry_after: str | None, now: datetime) -> Receipt:
    """Return the receipt of a request that was answered with `status`.

    `retry_after` is the header of that name. The body of an answer has no say.
    """
    evidence = f"HTTP {status}"
    if status // 100 == 2:  # noqa: PLR2004  # 2xx, as in the table
        return Receipt(outcome=Outcome.ACCEPTED, evidence=evidence)
    error = _BY_STATUS.get(status) or _BY_CLASS.get(status // 100)
    if error is None:
        return unanswered(evidence)
    return failed(error, evidence, retry_after_seconds(retry_after, now))


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
        error_code=errors.NoAnswerError.code,
    )
