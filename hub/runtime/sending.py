"""Sending: claimed deliveries become one artifact, and one attempt to send it.

Whatever a plugin does here, the answer is a receipt: what is known afterwards.
"""

import asyncio
from collections.abc import Sequence

import msgspec
import structlog

from hub.config.tables import DestinationConfig
from hub.contract import Destination
from hub.coordination.policy import project
from hub.errors import HubError, Recovery
from hub.model.delivery import Artifact, Notice, Outcome, Receipt, Rendered
from hub.model.events import CareEvent
from hub.runtime.errors import (
    ReceiptError,
    RenderFailedError,
    SendFailedError,
    SendTimeoutError,
)
from hub.store.outbox import Claimed

log = structlog.get_logger()

_event = msgspec.json.Decoder(CareEvent).decode
_OUTCOMES = {
    Recovery.RETRY: Outcome.RETRYABLE,
    Recovery.REJECT: Outcome.PERMANENT,
    Recovery.STOP: Outcome.RETRYABLE,
}


def render(config: DestinationConfig, claimed: Sequence[Claimed]) -> Artifact:
    """Return the artifact that holds the notices of `claimed`.

    A single notice goes out under its event's id, several under their batch's.
    Raises RenderFailedError, whatever the renderer did.
    """
    notices = [_notice(config.name, each) for each in claimed]
    try:
        rendered = config.renderer.render(notices, config.options)
    except Exception as error:  # a plugin's mistake must not end the destination
        log.exception("renderer.failed", renderer=config.renderer.name)
        raise RenderFailedError(type(error).__name__) from None
    if not _sound(rendered):
        raise RenderFailedError(type(rendered).__name__)
    return Artifact(
        id=claimed[0].batch or claimed[0].event,
        body=rendered.body,
        media_type=rendered.media_type,
        suffix=rendered.suffix,
        attempt=claimed[0].attempts,
    )


def _sound(rendered: object) -> bool:
    """Say whether a renderer kept its word; its annotations do not bind it."""
    return isinstance(rendered, Rendered) and isinstance(rendered.body, bytes)


def _notice(destination: str, claimed: Claimed) -> Notice:
    return Notice(
        event=project(_event(claimed.event_body)),
        delivery=claimed.id,
        destination=destination,
        subscription=claimed.subscription,
        purpose=claimed.purpose,
        patient_id=claimed.patient_id,
    )


async def attempt(
    destination: Destination, artifact: Artifact, seconds: float
) -> Receipt:
    """Try once to send, for at most `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            receipt = await destination.send(artifact)
    except TimeoutError:
        return _receipt(Outcome.UNKNOWN, SendTimeoutError())
    except HubError as error:
        stopped = error.recovery is Recovery.STOP
        return _receipt(_OUTCOMES[error.recovery], error, blames_route=stopped)
    except Exception:  # as in render
        log.exception("send.failed", artifact_id=artifact.id, stage="sending")
        return _receipt(Outcome.UNKNOWN, SendFailedError())
    if not isinstance(receipt, Receipt):
        return _receipt(Outcome.UNKNOWN, ReceiptError())
    return receipt


def _receipt(
    outcome: Outcome, error: HubError, *, blames_route: bool = False
) -> Receipt:
    return Receipt(outcome=outcome, error_code=error.code, blames_route=blames_route)


def refusal(error: HubError) -> Receipt:
    """Return the receipt of an artifact that could not even be made."""
    return _receipt(Outcome.PERMANENT, error)
