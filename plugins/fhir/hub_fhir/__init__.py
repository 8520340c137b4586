"""Carehub connector: FHIR R4 referrals and notifications."""

from collections.abc import Iterable

from hub.sdk import NormaliserSpec, RendererSpec, hookimpl
from hub_fhir.reading.normalise import NORMALISER
from hub_fhir.rendering.alert import ALERT
from hub_fhir.rendering.referral import REFERRAL

HUB_API = ">=1.4,<2"


@hookimpl
def normalisers() -> Iterable[NormaliserSpec]:
    """Provide ``fhir-referral``."""
    yield NORMALISER


@hookimpl
def renderers() -> Iterable[RendererSpec]:
    """Provide ``fhir-referral`` and ``fhir-alert``."""
    yield from (REFERRAL, ALERT)
