"""Carehub connector: FHIR R4 referrals and notifications."""

from collections.abc import Iterable

import hub_fhir.client.errors
import hub_fhir.reading.errors
import hub_fhir.server.errors
import hub_fhir.tokens.errors  # noqa: F401 - a plugin that is loaded explains its codes
from hub.sdk import (
    Destination,
    DestinationSpec,
    NormaliserSpec,
    RendererSpec,
    Source,
    SourceSpec,
    hookimpl,
)
from hub_fhir.client.settings import ClientSettings, PollerSettings
from hub_fhir.reading.normalise import NORMALISER
from hub_fhir.rendering.alert import ALERT
from hub_fhir.rendering.referral import REFERRAL
from hub_fhir.server.settings import ServerSettings

HUB_API = ">=1.5,<2"


# aiohttp takes its time, and most commands need none of it: hence the imports below.
def _client(settings: ClientSettings) -> Destination:
    from hub_fhir.client.destination import FhirClient  # noqa: PLC0415

    return FhirClient(settings)


def _poller(settings: PollerSettings) -> Source:
    from hub_fhir.client.poller import FhirPoller  # noqa: PLC0415

    return FhirPoller(settings)


def _server(settings: ServerSettings) -> Source:
    from hub_fhir.server.server import FhirServer  # noqa: PLC0415

    return FhirServer(settings)


@hookimpl
def sources() -> Iterable[SourceSpec]:
    """Provide ``fhir-server`` and ``fhir-poller``."""
    yield SourceSpec(
        kind="fhir-server",
        settings=ServerSettings,
        build=_server,
        normaliser="fhir-referral",
        summary="A server of FHIR R4 where partners read and work their referrals.",
    )
    yield SourceSpec(
        kind="fhir-poller",
        settings=PollerSettings,
        build=_poller,
        normaliser="fhir-referral",
        summary="Asks a partner's server of FHIR R4 which tasks changed.",
    )


@hookimpl
def destinations() -> Iterable[DestinationSpec]:
    """Provide ``fhir-client``."""
    yield DestinationSpec(
        kind="fhir-client",
        settings=ClientSettings,
        build=_client,
        summary="Posts bundles to a partner's server of FHIR R4.",
    )


@hookimpl
def normalisers() -> Iterable[NormaliserSpec]:
    """Provide ``fhir-referral``."""
    yield NORMALISER


@hookimpl
def renderers() -> Iterable[RendererSpec]:
    """Provide ``fhir-referral`` and ``fhir-alert``."""
    yield from (REFERRAL, ALERT)
