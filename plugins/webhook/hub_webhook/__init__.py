"""Carehub connector: CloudEvents over signed HTTP."""

from collections.abc import Iterable

import hub_webhook.errors  # noqa: F401 - a plugin that is loaded explains its codes
from hub.sdk import Destination, DestinationSpec, RendererSpec, hookimpl
from hub_webhook.cloudevents import CloudEventsOptions, render
from hub_webhook.settings import WebhookSettings

HUB_API = ">=1.4,<2"


def _destination(settings: WebhookSettings) -> Destination:
    # aiohttp takes its time, and most commands need none of it.
    from hub_webhook.destination import WebhookDestination  # noqa: PLC0415

    return WebhookDestination(settings)


@hookimpl
def destinations() -> Iterable[DestinationSpec]:
    """Provide ``webhook``."""
    yield DestinationSpec(
        kind="webhook",
        settings=WebhookSettings,
        build=_destination,
        summary="Posts each artifact to a URL, signed.",
    )


@hookimpl
def renderers() -> Iterable[RendererSpec]:
    """Provide ``cloudevents-json``."""
    yield RendererSpec(
        name="cloudevents-json",
        options=CloudEventsOptions,
        render=render,
        summary="One notice as a CloudEvent in JSON.",
    )
