"""Every name that a plugin may import, and the only module to import it from.

A plugin states the range of this interface that it was written for in a module
attribute ``HUB_API`` (``">=1.0,<2"``); the hub sets a plugin aside whose range
does not hold `API_VERSION`.
"""

from hub.contract import (
    Destination,
    DestinationSpec,
    Finding,
    Inbox,
    Learned,
    NormaliserSpec,
    OnProcessed,
    OnStored,
    Remark,
    RendererSpec,
    ScorerSpec,
    Shown,
    Source,
    SourceSpec,
)
from hub.errors import HubError, Recovery
from hub.hookspecs import hookimpl
from hub.model.care.reading import (
    FactProblem,
    FactsRead,
    read_facts,
    read_statements,
)
from hub.model.delivery import Artifact, Notice, Outcome, Receipt, Rendered
from hub.model.events import CareEvent
from hub.model.facts import (
    Document,
    EncounterKey,
    Fact,
    FactKind,
    IdentityChange,
    Movement,
    Normalised,
    Part,
    Problem,
    Provenance,
    RecordKey,
    Subject,
)
from hub.model.identifiers import Code, Identifier, Location
from hub.model.labels import Labels
from hub.model.message import MessageState, Processed, RawMessage, Stored
from hub.model.scoring import Part as ScorePart
from hub.model.scoring import RiskLevel, Score, ScoreInputs
from hub.model.times import FuzzyTime, Precision, ZoneSource
from hub.settings import (
    ConfigPath,
    DestinationSettings,
    Secret,
    Settings,
    SourceSettings,
)

API_VERSION = "1.2"

__all__ = [
    "API_VERSION",
    "Artifact",
    "CareEvent",
    "Code",
    "ConfigPath",
    "Destination",
    "DestinationSettings",
    "DestinationSpec",
    "Document",
    "EncounterKey",
    "Fact",
    "FactKind",
    "FactProblem",
    "FactsRead",
    "Finding",
    "FuzzyTime",
    "HubError",
    "Identifier",
    "IdentityChange",
    "Inbox",
    "Labels",
    "Learned",
    "Location",
    "MessageState",
    "Movement",
    "Normalised",
    "NormaliserSpec",
    "Notice",
    "OnProcessed",
    "OnStored",
    "Outcome",
    "Part",
    "Precision",
    "Problem",
    "Processed",
    "Provenance",
    "RawMessage",
    "Receipt",
    "RecordKey",
    "Recovery",
    "Remark",
    "Rendered",
    "RendererSpec",
    "RiskLevel",
    "Score",
    "ScoreInputs",
    "ScorePart",
    "ScorerSpec",
    "Secret",
    "Settings",
    "Shown",
    "Source",
    "SourceSettings",
    "SourceSpec",
    "Stored",
    "Subject",
    "ZoneSource",
    "hookimpl",
    "read_facts",
    "read_statements",
]
