"""Happenings as a feed of the hub's own: from a message to an event about a file.

Such an event is about nobody, so that nobody's picture changes by it: it has a fact,
an entity that counts its versions, and is routed like every other.
"""

from datetime import datetime
from typing import Any, Final

import msgspec

from hub.contract import NormaliserSpec
from hub.coordination.ids import Keys, event_id
from hub.errors import HubError, Recovery
from hub.model.events import (
    CareEvent,
    Entity,
    EventSource,
    EventSubject,
    EventTimes,
    Quality,
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
from hub.model.happenings import EXCHANGES_FEED, MEDIA_TYPE, Happening, read
from hub.model.message import MessageState
from hub.model.times import exactly
from hub.runtime.entities import Entities
from hub.settings import Settings
from hub.store.journal import Waiting, microseconds
from hub.store.state import EntityRow, FactRow, Settlement

SCHEMA = "careevent/exchange/1.0"
#: What kind of entity a file that was exchanged is.
KIND: Final = "exchange"

#: What of a happening is no part of the payload: it stands elsewhere in the event.
_ELSEWHERE = frozenset({"type", "at"})
_encode = msgspec.json.Encoder().encode


class NoHappeningError(HubError):
    """A message of the hub's own feed that says nothing of a file."""

    code = "PIPE-022"
    summary = "A message of the feed `carehub-exchanges` says nothing of a file"
    remedy = "Leave the feed to the hub; report it as a defect if it is the hub's"
    recovery = Recovery.REJECT


def normalise(body: bytes, _profile: Settings) -> Normalised:
    """Return the fact that a happening is."""
    happening = read(body)
    if happening is None:
        return Normalised(problem=Problem(NoHappeningError.code))
    at = exactly(happening.at)
    fact = Fact(
        kind=FactKind.EXCHANGE,
        subject=Subject(()),
        recorded=at,
        occurred=at,
        details=msgspec.to_builtins(happening),
    )
    return Normalised(provenance=Provenance(system=EXCHANGES_FEED), facts=(fact,))


def told_of(normalised: Normalised) -> bool:
    """Say whether a message is about files, and about nobody."""
    return any(fact.kind is FactKind.EXCHANGE for fact in normalised.facts)


def settle(
    entities: Entities,
    keys: Keys,
    waiting: Waiting,
    normalised: Normalised,
    now: datetime,
) -> tuple[Settlement, CareEvent]:
    """Return what is to be stored of a happening, and the event that tells of it."""
    (fact,) = normalised.facts
    happening = msgspec.convert(fact.details, Happening)
    key = keys.exchange(happening.feed, happening.exchange)
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
    happening: Happening,
    fact: Fact,
    key: str,
    version: int,
    waiting: Waiting,
    now: datetime,
) -> CareEvent:
    return CareEvent(
        id=event_id(waiting.id, key, version),
        type=f"exchange.{happening.type}",
        schema=SCHEMA,
        subject=EventSubject(None),
        entity=Entity(KIND, key, version),
        times=EventTimes(
            received=waiting.received_at,
            emitted=now,
            occurred=fact.occurred,
            recorded=fact.recorded,
        ),
        source=EventSource(feed=waiting.source, system=EXCHANGES_FEED),
        causes=(waiting.id,),
        payload=_payload(happening),
        quality=Quality(),
        trace=Trace(correlation=key),
    )


def _payload(happening: Happening) -> dict[str, Any]:
    said = msgspec.to_builtins(happening)
    return {name: value for name, value in said.items() if name not in _ELSEWHERE}


#: How happenings become facts; no configuration names it.
NORMALISER = NormaliserSpec(
    name="carehub-happening",
    media_type=MEDIA_TYPE,
    profile=Settings,
    normalise=normalise,
    summary="What happened to a file that was exchanged.",
    stability="stable",
)
