"""HL7 v2 for Carehub: an MLLP listener and a normaliser of ADT messages."""

from collections.abc import Iterable

from hub.sdk import NormaliserSpec, SourceSpec, hookimpl
from hub_hl7.conversation import MEDIA_TYPE
from hub_hl7.listener import MllpListener
from hub_hl7.normalise import normalise
from hub_hl7.profile import Hl7Profile
from hub_hl7.settings import ListenerSettings

HUB_API = ">=1.0,<2"

NORMALISER = "hl7-v2"


@hookimpl
def sources() -> Iterable[SourceSpec]:
    """Provide ``mllp-listener``."""
    yield SourceSpec(
        kind="mllp-listener",
        settings=ListenerSettings,
        build=MllpListener,
        normaliser=NORMALISER,
        summary="Receives HL7 v2 messages over MLLP.",
    )


@hookimpl
def normalisers() -> Iterable[NormaliserSpec]:
    """Provide ``hl7-v2``."""
    yield NormaliserSpec(
        name=NORMALISER,
        media_type=MEDIA_TYPE,
        profile=Hl7Profile,
        normalise=normalise,
        summary="Reads admissions, transfers and discharges (ADT) from HL7 v2.",
    )
