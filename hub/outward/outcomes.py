"""Outcomes: what an answer over HTTP, or none, tells the hub. Pure.

A wrong secret must not make dead letters of everything that waits, so that it is the
destination that is at fault then, and not the artifact. 406 and 415 speak of the
format, which is the same for all artifacts of a destination. 409 is the answer to a
repeated request while the first one is still being handled. Sources: RFC 9110, section
15; RFC 6585; the IETF draft of the header ``Idempotency-Key``.
"""

from datetime import datetime
from typing import NamedTuple

from hub.errors import HubError, Recovery
from hub.model.delivery import Outcome, Receipt
from hub.outward.errors import ForbiddenAddressError
from hub.outward.waiting import retry_after_seconds

_SUCCESS, _REDIRECTION, _CLIENT, _SERVER = 2, 3, 4, 5
_NOT_LET_IN = frozenset({401, 402, 403, 407})
_WRONG_PLACE = frozenset({404, 405, 406, 410, 415})
_PASSING = frozenset({408, 409, 421, 423, 425})
_BUSY = frozenset({429, 503})


class HttpOutcomes(NamedTuple):
    """The errors of one kind of destination, by what an answer can mean.

    `refused` is of the artifact; `elsewhere`, `not_let_in`, `wrong_place` and what is
    `also` named blame the whole destination.
    """

    elsewhere: type[HubError]
    not_let_in: type[HubError]
    wrong_place: type[HubError]
    failed_there: type[HubError]
    busy: type[HubError]
    refused: type[HubError]
    no_answer: type[HubError]
    also: frozenset[type[HubError]] = frozenset()

    def answered(self, status: int, retry_after: str | None, now: datetime) -> Receipt:
        """Return the receipt of a request that was answered with `status`.

        `retry_after` is the header of that name. The body of an answer has no say.
        """
        evidence = f"HTTP {status}"
        if status // 100 == _SUCCESS:
            return Receipt(outcome=Outcome.ACCEPTED, evidence=evidence)
        error = self.error_of(status)
        if error is None:
            return self.unanswered(evidence)
        return self.failed(error, evidence, retry_after_seconds(retry_after, now))

    def error_of(self, status: int) -> type[HubError] | None:
        """Return what a status that is not 2xx means, None where it means nothing."""
        if status in _NOT_LET_IN:
            return self.not_let_in
        if status in _WRONG_PLACE:
            return self.wrong_place
        if status in _BUSY:
            return self.busy
        if status in _PASSING or status // 100 == _SERVER:
            return self.failed_there
        classes = {_REDIRECTION: self.elsewhere, _CLIENT: self.refused}
        return classes.get(status // 100)

    def failed(
        self,
        error: type[HubError],
        evidence: str = "",
        retry_after: float | None = None,
    ) -> Receipt:
        """Return the receipt of an attempt that ended with `error`."""
        final = error.recovery is Recovery.REJECT
        return Receipt(
            outcome=Outcome.PERMANENT if final else Outcome.RETRYABLE,
            evidence=evidence,
            error_code=error.code,
            retry_after_seconds=None if final else retry_after,
            blames_route=self._blames_route(error),
        )

    def unanswered(self, evidence: str = "") -> Receipt:
        """Return the receipt of a request of which nobody knows whether it arrived."""
        return Receipt(
            outcome=Outcome.UNKNOWN,
            evidence=evidence,
            error_code=self.no_answer.code,
        )

    def _blames_route(self, error: type[HubError]) -> bool:
        own = (self.elsewhere, self.not_let_in, self.wrong_place)
        return error in own or error in self.also or error is ForbiddenAddressError
