"""Every name that a plugin may import, and the only module to import it from.

A plugin states the range of this interface that it was written for in a module
attribute ``HUB_API`` (``">=1.0,<2"``); the hub sets a plugin aside whose range
does not hold `API_VERSION`.
"""

from hub.contract import (
    Destination,
    DestinationSpec,
    Inbox,
    NormaliserSpec,
    OnStored,
    RendererSpec,
    Source,
    SourceSpec,
)
from hub.errors import HubError, Recovery
from hub.hookspecs import hookimpl
from hub.model.delivery import Artifact, Notice, Outcome, Receipt, Rendered
from hub.model.events import CareEvent
from hub.model.facts import (
    EncounterKey,
    Fact,
    FactKind,
    Normalised,
    Problem,
    Provenance,
    Subject,
)
from hub.model.identifiers import Code, Identifier, Location
from hub.model.message import RawMessage, Stored
from hub.model.times import FuzzyTime, Precision, ZoneSource
from hub.settings import (
    ConfigPath,
    DestinationSettings,
    Secret,
    Settings,
    SourceSettings,
)

API_VERSION = "1.0"

__all__ = [
    "API_VERSION",
    "Artifact",
    "CareEvent",
    "Code",
    "ConfigPath",
    "Destination",
    "DestinationSettings",
    "DestinationSpec",
    "EncounterKey",
    "Fact",
    "FactKind",
    "FuzzyTime",
    "HubError",
    "Identifier",
    "Inbox",
    "Location",
    "Normalised",
    "NormaliserSpec",
    "Notice",
    "OnStored",
    "Outcome",
    "Precision",
    "Problem",
    "Provenance",
    "RawMessage",
    "Receipt",
    "Recovery",
    "Rendered",
    "RendererSpec",
    "Secret",
    "Settings",
    "Source",
    "SourceSettings",
    "SourceSpec",
    "Stored",
    "Subject",
    "ZoneSource",
    "hookimpl",
]
