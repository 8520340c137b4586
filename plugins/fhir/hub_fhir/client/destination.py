"""Posts artifacts to a partner's server of FHIR."""

from datetime import UTC, datetime

import structlog

from hub.sdk import Artifact, HubError, Receipt
from hub_fhir.client.access import Access
from hub_fhir.client.errors import NoServerAnswerError
from hub_fhir.client.outcome import answered, failed, unanswered
from hub_fhir.client.settings import ClientSettings

log = structlog.get_logger()

_SUCCESS = 2


class FhirClient:
    """A destination. Each artifact is one POST, under a key that stays the same.

    What a transaction may change on the server, and that sending it twice changes
    nothing, is said by its entries (`ifNoneExist`, `PUT` by a number).
    """

    def __init__(self, settings: ClientSettings) -> None:
        ending = "" if settings.operation == "transaction" else "/$process-message"
        self._url = settings.base_url + ending
        # Half of the time, so that a connection that does not come about is known as
        # such before the hub's time limit makes the outcome unknown.
        self._access = Access(
            settings,
            connect_seconds=settings.timeout_seconds / 2,
            concurrency=settings.concurrency,
        )

    async def send(self, artifact: Artifact) -> Receipt:
        """Post `artifact` once. The hub's time limit is the only one on an answer."""
        receipt = await self._attempt(artifact)
        log.debug(
            "artifact.posted",
            artifact=artifact.id,
            evidence=receipt.evidence,
            error_code=receipt.error_code,
        )
        return receipt

    async def close(self) -> None:
        """Close all connections."""
        await self._access.close()

    async def _attempt(self, artifact: Artifact) -> Receipt:
        headers = {
            "Content-Type": artifact.media_type,
            "Idempotency-Key": artifact.id,
            "X-Request-Id": artifact.id,
            "Prefer": "return=minimal",
        }
        try:
            answer = await self._access.call(
                "POST", self._url, body=artifact.body, headers=headers
            )
        except NoServerAnswerError:
            return unanswered()
        except HubError as error:
            return failed(type(error))
        if answer.status // 100 == _SUCCESS and not answer.whole:
            return unanswered(f"HTTP {answer.status}, answer cut")
        wait = answer.headers.get("Retry-After")
        return answered(answer.status, wait, datetime.now(UTC), answer.body)
