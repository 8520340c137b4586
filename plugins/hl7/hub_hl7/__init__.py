"""HL7 v2 for Carehub: MLLP both ways, its messages as facts, and facts as messages."""

from collections.abc import Iterable

from hub.sdk import (
    DestinationSpec,
    NormaliserSpec,
    RendererSpec,
    SourceSpec,
    hookimpl,
)
from hub_hl7.facts.normalise import normalise
from hub_hl7.facts.profile import Hl7Profile
from hub_hl7.learning.learn import learn
from hub_hl7.learning.outline import outline
from hub_hl7.learning.structure import validate
from hub_hl7.outbound.adt import ADT
from hub_hl7.outbound.mdm import MDM
from hub_hl7.outbound.oru import ORU
from hub_hl7.outbound.rri import RRI
from hub_hl7.receiving.conversation import MEDIA_TYPE
from hub_hl7.receiving.listener import MllpListener
from hub_hl7.receiving.settings import ListenerSettings
from hub_hl7.sending.sender import MllpSender
from hub_hl7.sending.settings import SenderSettings

HUB_API = ">=1.1,<2"

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
def destinations() -> Iterable[DestinationSpec]:
    """Provide ``mllp-sender``."""
    yield DestinationSpec(
        kind="mllp-sender",
        settings=SenderSettings,
        build=MllpSender,
        summary="Sends HL7 v2 messages over MLLP and waits for their acknowledgement.",
    )


@hookimpl
def normalisers() -> Iterable[NormaliserSpec]:
    """Provide ``hl7-v2``, and ``hl7-batch`` for files of many messages."""
    for name, summary in (
        (NORMALISER, "Reads HL7 v2 messages: ADT, SIU, MDM, REF and others."),
        ("hl7-batch", "Reads files of HL7 v2 messages, with batch headers or without."),
    ):
        yield NormaliserSpec(
            name=name,
            media_type=MEDIA_TYPE,
            profile=Hl7Profile,
            normalise=normalise,
            summary=summary,
            learn=learn,
            outline=outline,
            validate=validate,
        )


@hookimpl
def renderers() -> Iterable[RendererSpec]:
    """Provide ``hl7-adt``, ``hl7-rri``, ``hl7-mdm`` and ``hl7-oru``."""
    yield from (ADT, RRI, MDM, ORU)
