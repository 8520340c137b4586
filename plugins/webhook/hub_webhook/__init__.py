"""Carehub connector: CloudEvents over signed HTTP."""

from collections.abc import Iterable

from hub.sdk import DestinationSpec, RendererSpec, hookimpl
from hub_webhook.cloudevents import CloudEventsOptions, render
from hub_webhook.destination import WebhookDestination
from hub_webhook.settings import WebhookSettings

HUB_API = ">=1.0,<2"


@hookimpl
def destinations() -> Iterable[DestinationSpec]:
    """Provide ``webhook``."""
    yield DestinationSpec(
        kind="webhook",
        settings=WebhookSettings,
        build=WebhookDestination,
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
