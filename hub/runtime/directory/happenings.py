"""Happenings of directories as a feed of the hub's own: from a message to an event.

Such an event is about nobody. It has a fact and an entity that counts its versions,
and is routed like every other.
"""

from datetime import datetime
from typing import Any, Final

import msgspec

from hub.contract import NormaliserSpec
from hub.coordination.ids import Keys, event_id
from hub.errors import HubError, Recovery
from hub.model.directory_happenings import (
    DIRECTORIES_FEED,
    MEDIA_TYPE,
    RESTRICTED_LABEL,
    DirectoryHappening,
    read,
)
from hub.model.events import (
    CareEvent,
    Entity,
    EventSource,
    EventSubject,
    EventTimes,
    Trace,
)
from hub.model.facts import (
    Fact,
    FactKind,
    Normalised,
    Problem,
    Provenance,
    Subject,
)
from hub.model.labels import Labels
from hub.model.message import MessageState
from hub.model.times import exactly
from hub.runtime.entities import Entities
from hub.settings import Settings
from hub.store.journal import Waiting, microseconds
from hub.store.state import EntityRow, FactRow, Settlement

SCHEMA = "careevent/directory/1.0"
#: What kind of entity an object of a directory is, and a directory.
KIND: Final = "directory"

#: What of a happening is no part of the payload: it stands elsewhere in the event.
_ELSEWHERE = frozenset({"type", "at"})
_encode = msgspec.json.Encoder().encode


class NoDirectoryHappeningError(HubError):
    """A message of the hub's own feed that says nothing of a directory."""

    code = "DIR-001"
    summary = "A message of the feed `carehub-directories` says nothing of a directory"
    remedy = "Leave the feed to the hub; report it as a defect if it is the hub's"
    recovery = Recovery.REJECT


def normalise(body: bytes, _profile: Settings) -> Normalised:
    """Return the fact that a happening is."""
    happening = read(body)
    if happening is None:
        return Normalised(problem=Problem(NoDirectoryHappeningError.code))
    at = exactly(happening.at)
    fact = Fact(
        kind=FactKind.DIRECTORY,
        subject=Subject(()),
        recorded=at,
        occurred=at,
        details=msgspec.to_builtins(happening),
    )
    return Normalised(provenance=Provenance(system=DIRECTORIES_FEED), facts=(fact,))


def told_of(normalised: Normalised) -> bool:
    """Say whether a message is about a directory, and about nobody."""
    return any(fact.kind is FactKind.DIRECTORY for fact in normalised.facts)


def settle(
    entities: Entities,
    keys: Keys,
    waiting: Waiting,
    normalised: Normalised,
    now: datetime,
) -> tuple[Settlement, CareEvent]:
    """Return what is to be stored of a happening, and the event that tells of it."""
    (fact,) = normalised.facts
    happening = msgspec.convert(fact.details, DirectoryHappening)
    key = (
        happening.object.key
        if happening.object
        else keys.exchange(KIND, happening.feed)
    )
    version = entities.exchange_version(key) + 1
    entities.put_exchange(key, version)
    event = _event(happening, fact, key, version, waiting, now)
    settlement = Settlement(
        waiting.seq,
        MessageState.PROCESSED,
        microseconds(now),
        facts=(FactRow(waiting.seq, 0, key, _encode(fact)),),
        entities=(EntityRow(key, KIND, "", version, b"{}", ""),),
    )
    return settlement, event


def _event(
    happening: DirectoryHappening,
    fact: Fact,
    key: str,
    version: int,
    waiting: Waiting,
    now: datetime,
) -> CareEvent:
    return CareEvent(
        id=event_id(waiting.id, key, version),
        type=f"directory.{happening.type}",
        schema=SCHEMA,
        subject=EventSubject(None),
        entity=Entity(KIND, key, version),
        times=EventTimes(
            received=waiting.received_at,
            emitted=now,
            occurred=fact.occurred,
            recorded=fact.recorded,
        ),
        source=EventSource(feed=happening.feed, system=DIRECTORIES_FEED),
        causes=(waiting.id,),
        labels=_labels(happening),
        payload=_payload(happening),
        trace=Trace(correlation=key),
    )


def _labels(happening: DirectoryHappening) -> Labels:
    if not happening.restricted:
        return Labels()
    return Labels(
        confidentiality="R",
        handling=(RESTRICTED_LABEL,),
        derived_by=happening.restricted,
    )


def _payload(happening: DirectoryHappening) -> dict[str, Any]:
    said = msgspec.to_builtins(happening)
    return {name: value for name, value in said.items() if name not in _ELSEWHERE}


#: How happenings become facts; no configuration names it.
NORMALISER = NormaliserSpec(
    name="carehub-directory",
    media_type=MEDIA_TYPE,
    profile=Settings,
    normalise=normalise,
    summary="What happened to a directory of services.",
    stability="stable",
)
