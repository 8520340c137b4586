"""Feeds of the hub's own, from a message to an event that is about nobody.

Nobody's picture changes by such an event: it has a fact, an entity that counts its
versions, and is routed like every other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

import msgspec

from hub.contract import NormaliserSpec
from hub.coordination.ids import Keys, event_id
from hub.errors import HubError
from hub.model.events import (
    CareEvent,
    Entity,
    EventSource,
    EventSubject,
    EventTimes,
    Trace,
)
from hub.model.facts import Fact, FactKind, Normalised, Problem, Provenance, Subject
from hub.model.labels import Labels
from hub.model.message import MessageState
from hub.model.own_messages import Said
from hub.model.times import exactly
from hub.runtime.entities import Entities
from hub.settings import Settings
from hub.store.entity_rows import EntityRow
from hub.store.journal import Waiting, microseconds
from hub.store.state import FactRow, Settlement

#: What of a happening is no part of the payload: it stands elsewhere in the event.
_ELSEWHERE = frozenset({"type", "at"})
_encode = msgspec.json.Encoder().encode
H = TypeVar("H", bound=Said)


def no_labels(_: object) -> Labels:
    """Return the labels of what anybody may know."""
    return Labels()


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEvents(Generic[H]):
    """How messages of one of the hub's own feeds become events of a family.

    `kind` is that of its facts, `happening` what they say, read by `read`; a message
    that says nothing of it has `error`. `key_of` is whose versions are counted,
    `feed_of` of which feed it is told.
    """

    feed: str
    family: Literal["exchange", "directory"]
    kind: FactKind
    schema: str
    happening: type[H]
    read: Callable[[bytes], H | None]
    error: type[HubError]
    key_of: Callable[[Keys, H], str]
    feed_of: Callable[[Waiting, H], str]
    labels_of: Callable[[H], Labels] = no_labels

    def normaliser(self, name: str, media_type: str, summary: str) -> NormaliserSpec:
        """Return how messages become facts; no configuration names it."""
        return NormaliserSpec(
            name=name,
            media_type=media_type,
            profile=Settings,
            normalise=self.normalise,
            summary=summary,
            stability="stable",
        )

    def normalise(self, body: bytes, _profile: Settings) -> Normalised:
        """Return the fact that a happening is."""
        said = self.read(body)
        if said is None:
            return Normalised(problem=Problem(self.error.code))
        at = exactly(said.at)
        fact = Fact(
            kind=self.kind,
            subject=Subject(()),
            recorded=at,
            occurred=at,
            details=msgspec.to_builtins(said),
        )
        return Normalised(provenance=Provenance(system=self.feed), facts=(fact,))

    def told_of(self, normalised: Normalised) -> bool:
        """Say whether a message is of this feed, and about nobody."""
        return any(fact.kind is self.kind for fact in normalised.facts)

    def settle(
        self,
        entities: Entities,
        keys: Keys,
        waiting: Waiting,
        normalised: Normalised,
        now: datetime,
    ) -> tuple[Settlement, CareEvent]:
        """Return what is to be stored of a happening, and the event of it."""
        (fact,) = normalised.facts
        said = msgspec.convert(fact.details, self.happening)
        key = self.key_of(keys, said)
        version = entities.exchange_version(key) + 1
        entities.put_exchange(key, version)
        settlement = Settlement(
            waiting.seq,
            MessageState.PROCESSED,
            microseconds(now),
            facts=(FactRow(waiting.seq, 0, key, _encode(fact)),),
            entities=(EntityRow(key, self.family, "", version, b"{}", ""),),
        )
        times = EventTimes(
            received=waiting.received_at,
            emitted=now,
            occurred=fact.occurred,
            recorded=fact.recorded,
        )
        return settlement, self._event(said, key, version, waiting, times)

    def _event(
        self, said: H, key: str, version: int, waiting: Waiting, times: EventTimes
    ) -> CareEvent:
        return CareEvent(
            id=event_id(waiting.id, key, version),
            type=f"{self.family}.{said.type}",
            schema=self.schema,
            subject=EventSubject(None),
            entity=Entity(self.family, key, version),
            times=times,
            source=EventSource(feed=self.feed_of(waiting, said), system=self.feed),
            causes=(waiting.id,),
            labels=self.labels_of(said),
            payload=_payload(said),
            trace=Trace(correlation=key),
        )


def _payload(said: object) -> dict[str, Any]:
    told = msgspec.to_builtins(said)
    return {name: value for name, value in told.items() if name not in _ELSEWHERE}
