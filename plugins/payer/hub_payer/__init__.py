"""Carehub connector: the file formats of payers."""

from collections.abc import Iterable

from hub.sdk import RendererSpec, hookimpl
from hub_payer.notification import NotificationOptions, render

HUB_API = ">=1.0,<2"


@hookimpl
def renderers() -> Iterable[RendererSpec]:
    """Provide ``notification-csv``."""
    yield RendererSpec(
        name="notification-csv",
        options=NotificationOptions,
        render=render,
        summary="Notices as rows of a delimited text file.",
        max_notices=1000,
    )
