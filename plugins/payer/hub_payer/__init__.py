"""Carehub connector: the file formats of payers."""

from collections.abc import Iterable

from hub.sdk import NormaliserSpec, RendererSpec, hookimpl
from hub_payer import census, notification
from hub_payer.tables.specs import table_normalisers
from hub_payer.x12.spec import X12
from hub_payer.x12_services import inquiry270, notification278

HUB_API = ">=1.3,<2"


@hookimpl
def normalisers() -> Iterable[NormaliserSpec]:
    """Provide ``roster-csv``, ``caregap-csv``, ``ack-csv`` and ``x12``."""
    yield from table_normalisers()
    yield X12


@hookimpl
def renderers() -> Iterable[RendererSpec]:
    """Provide ``notification-csv``, ``census-csv``, ``x12-278n`` and ``x12-270``."""
    yield RendererSpec(
        name="notification-csv",
        options=notification.NotificationOptions,
        render=notification.render,
        summary="Notices as rows of a delimited text file.",
        max_notices=1000,
    )
    yield RendererSpec(
        name="census-csv",
        options=census.CensusOptions,
        render=census.render,
        summary="Who is in house: a row for each stay that notices are about.",
        max_notices=1000,
    )
    yield RendererSpec(
        name="x12-278n",
        options=notification278.Notification278Options,
        render=notification278.render,
        summary="Notices of stays as 278 notifications (005010X216).",
        max_notices=500,
    )
    yield RendererSpec(
        name="x12-270",
        options=inquiry270.Inquiry270Options,
        render=inquiry270.render,
        summary="Questions to a payer whether people are insured (270, 005010X279A1).",
        max_notices=500,
    )
