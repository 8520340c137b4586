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

*Route* means that the destination is at fault, not the artifact. The reasons stand in
`hub.outward.outcomes`. Sources: RFC 9110, section 15; RFC 6585; the IETF draft of the
header ``Idempotency-Key``.
"""

from hub.sdk import HttpOutcomes
from hub_webhook import errors

_OUTCOMES = HttpOutcomes(
    elsewhere=errors.RedirectedError,
    not_let_in=errors.AccessRefusedError,
    wrong_place=errors.WrongReceiverError,
    failed_there=errors.ReceiverFailedError,
    busy=errors.ReceiverBusyError,
    refused=errors.ArtifactRefusedError,
    no_answer=errors.NoAnswerError,
    also=frozenset({errors.UntrustedReceiverError}),
)
answered = _OUTCOMES.answered
failed = _OUTCOMES.failed
unanswered = _OUTCOMES.unanswered
