"""Sending: claimed deliveries become one artifact, and one attempt to send it.

Whatever a plugin does here, the answer is a receipt: what is known afterwards.
"""

import asyncio
from collections.abc import Sequence
from math import isfinite

import msgspec
import structlog

from hub.config.tables import DestinationConfig
from hub.contract import Destination
from hub.coordination.policy import project
from hub.coordination.suppression import AGAIN
from hub.errors import HubError, Recovery
from hub.model.delivery import Artifact, Notice, Outcome, Receipt, Rendered, Terms
from hub.model.events import CareEvent
from hub.runtime.errors import (
    ReceiptError,
    RenderFailedError,
    SendFailedError,
    SendTimeoutError,
)
from hub.runtime.soundness import sound
from hub.runtime.tasks import apart, asked_to_end
from hub.store.outbox import Claimed

log = structlog.get_logger()

#: Evidence is a few words for an operator, in characters that every log takes.
LONGEST_EVIDENCE = 200
#: A recipient may ask for a longer wait; it is asked again after this all the same.
LONGEST_WAIT_SECONDS = 3600.0

_event = msgspec.json.Decoder(CareEvent).decode
_terms = msgspec.json.Decoder(Terms).decode
_OUTCOMES = {
    Recovery.RETRY: Outcome.RETRYABLE,
    Recovery.REJECT: Outcome.PERMANENT,
    Recovery.STOP: Outcome.RETRYABLE,
}


def render(config: DestinationConfig, claimed: Sequence[Claimed]) -> Artifact:
    """Return the artifact that holds the notices of `claimed`.

    A single notice goes out under its event's id, several under their batch's.
    Raises the renderer's own HubError where it refuses, which says why; else
    RenderFailedError, whatever the renderer did.
    """
    try:
        notices = [notice_of(config, each) for each in claimed]
        rendered = config.renderer.render(notices, config.options)
    except HubError:
        raise
    except (Exception, SystemExit) as error:  # a plugin's mistake ends no part
        log.exception("renderer.failed", renderer=config.renderer.name)
        raise RenderFailedError(type(error).__name__) from None
    if not sound(rendered, Rendered):
        raise RenderFailedError(type(rendered).__name__)
    return Artifact(
        id=claimed[0].batch or claimed[0].event,
        body=rendered.body,
        media_type=rendered.media_type,
        suffix=rendered.suffix,
        attempt=claimed[0].attempts,
        kind=rendered.kind,
    )


def notice_of(config: DestinationConfig, claimed: Claimed) -> Notice:
    """Return what of a claimed event its recipient is told, on the terms it has."""
    return Notice(
        event=project(_event(claimed.event_body), _terms(claimed.terms)),
        hub=config.hub,
        delivery=claimed.id,
        destination=config.name,
        subscription=claimed.subscription.removesuffix(AGAIN),
        purpose=claimed.purpose,
        patient_id=claimed.patient_id,
    )


async def attempt(
    destination: Destination, artifact: Artifact, seconds: float
) -> Receipt:
    """Try once to send, for at most `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            receipt = await apart(destination.send, artifact)
    except TimeoutError:
        return _receipt(Outcome.UNKNOWN, SendTimeoutError())
    except HubError as error:
        stopped = error.recovery is Recovery.STOP
        return _receipt(_OUTCOMES[error.recovery], error, blames_route=stopped)
    except asyncio.CancelledError:
        if asked_to_end():
            raise
        return _receipt(Outcome.UNKNOWN, SendFailedError())
    except (Exception, SystemExit):  # as in render
        log.exception("send.failed", artifact_id=artifact.id, stage="sending")
        return _receipt(Outcome.UNKNOWN, SendFailedError())
    if not sound(receipt, Receipt) or not isinstance(receipt.outcome, Outcome):
        return _receipt(Outcome.UNKNOWN, ReceiptError())
    return _within_bounds(receipt)


def _within_bounds(receipt: Receipt) -> Receipt:
    evidence = receipt.evidence[:LONGEST_EVIDENCE].encode("ascii", "replace")
    wait = receipt.retry_after_seconds
    if wait is not None:
        wait = min(max(wait, 0.0), LONGEST_WAIT_SECONDS) if isfinite(wait) else None
    return msgspec.structs.replace(
        receipt, evidence=evidence.decode(), retry_after_seconds=wait
    )


def _receipt(
    outcome: Outcome, error: HubError, *, blames_route: bool = False
) -> Receipt:
    return Receipt(outcome=outcome, error_code=error.code, blames_route=blames_route)


def refusal(error: HubError) -> Receipt:
    """Return the receipt of an artifact that could not even be made."""
    return _receipt(Outcome.PERMANENT, error)


def unsent(error: HubError) -> Receipt:
    """Return the receipt of an artifact that was made, and not tried: it will be."""
    return _receipt(Outcome.RETRYABLE, error)
