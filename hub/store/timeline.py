"""A person's timeline: everything in the order in which it happened."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from hub.model.times import FuzzyTime
from hub.store.belongings import Belongings
from hub.store.entity_shown import encounter_view, stay_view, transition_view
from hub.store.entity_views import Timeline, TimelineItem
from hub.store.known import KnownEncounter
from hub.store.said import Emitted, Said, messages_behind

#: What comes first of what happened at the same time.
_ORDER = ("encounter", "stay", "transition", "record", "fact", "event")


def timeline(
    belongings: Belongings,
    known_at: datetime | None,
    limit: int,
    before: datetime | None = None,
) -> Timeline:
    """Return the latest `limit` things that happened `before` a time, oldest first."""
    items = [each for each in _items(belongings) if before is None or each.at < before]
    # Sorting keeps the order in which the hub heard of things.
    items.sort(key=lambda each: (each.at, _ORDER.index(each.what)))
    return Timeline(
        person=belongings.person().key,
        known_at=known_at,
        items=items[-limit:],
        earlier=max(len(items) - limit, 0),
    )


def _items(belongings: Belongings) -> Iterator[TimelineItem]:
    encounters = belongings.encounters()
    # What was said under a case is about one of its contacts.
    about = {id(said): each.key for each in encounters for said in each.said}
    messages = {each.key: messages_behind(each.said) for each in encounters}
    yield from _encounters(encounters, messages)
    yield from _stays(belongings, messages)
    yield from _transitions(belongings)
    yield from _records(belongings)
    for said in belongings.said:
        yield _fact(said, about.get(id(said), said.entity))
    for emitted in belongings.events:
        yield _event(emitted)


def _encounters(
    known: Iterable[KnownEncounter], messages: dict[str, list[str]]
) -> Iterator[TimelineItem]:
    for each in known:
        view, encounter = encounter_view(each), each.encounter
        occurred = encounter.start or encounter.planned or _first(each.said)
        if occurred is not None:
            yield TimelineItem(
                at=occurred.earliest,
                what="encounter",
                name=view.status,
                entity=each.key,
                id=None,
                occurred=occurred,
                about={
                    "class": view.encounter_class,
                    "period": view.period,
                    "location": view.location,
                },
                messages=messages[each.key],
            )


def _stays(
    belongings: Belongings, messages: dict[str, list[str]]
) -> Iterator[TimelineItem]:
    for each in belongings.stays():
        view = stay_view(each)
        start = view.period.start
        if start is not None and view.stands:
            behind = (one for key in view.encounters for one in messages.get(key, ()))
            yield TimelineItem(
                at=start.earliest,
                what="stay",
                name=view.status,
                entity=each.key,
                id=None,
                occurred=start,
                about={
                    "setting": view.setting,
                    "period": view.period,
                    "encounters": view.encounters,
                },
                messages=list(dict.fromkeys(behind)),
            )


def _transitions(belongings: Belongings) -> Iterator[TimelineItem]:
    told = {each.entity: each for each in reversed(belongings.events)}
    for each in belongings.transitions():
        view, first = transition_view(each), told.get(each.key)
        occurred = first.occurred if first else None
        if first is not None and occurred is not None and view.stay is not None:
            yield TimelineItem(
                at=occurred.earliest,
                what="transition",
                name=view.state,
                entity=each.key,
                id=None,
                occurred=occurred,
                about={"stay": view.stay, "clocks": view.clocks},
                messages=list(first.causes),
            )


def _records(belongings: Belongings) -> Iterator[TimelineItem]:
    for each in belongings.records():
        occurred = _first(each.said)
        if occurred is not None:
            yield TimelineItem(
                at=occurred.earliest,
                what="record",
                name=each.record.kind,
                entity=each.key,
                id=None,
                occurred=occurred,
                about={"status": each.record.status},
                messages=messages_behind(each.said),
            )


def _fact(said: Said, entity: str) -> TimelineItem:
    fact = said.fact
    occurred = fact.occurred or fact.recorded
    about = {
        "class": fact.encounter_class,
        "location": fact.location,
        "cancels": fact.cancels,
        "pending": fact.pending,
        "source": said.source,
    }
    return TimelineItem(
        at=occurred.earliest,
        what="fact",
        name=fact.kind.value,
        entity=entity,
        id=None,
        occurred=occurred,
        about={name: value for name, value in about.items() if value is not None},
        messages=[said.message],
    )


def _event(emitted: Emitted) -> TimelineItem:
    about: dict[str, Any] = {"version": emitted.version, "basis": emitted.basis}
    if emitted.clock:
        about["clock"] = emitted.clock
    if emitted.correction:
        about["correction"] = emitted.correction
    occurred = emitted.occurred
    return TimelineItem(
        at=occurred.earliest if occurred else emitted.emitted_at,
        what="event",
        name=emitted.type,
        entity=emitted.entity,
        id=emitted.id,
        occurred=occurred,
        about=about,
        messages=list(emitted.causes),
    )


def _first(said: Iterable[Said]) -> FuzzyTime | None:
    """Return when what was said of first happened."""
    times = [each.witness.time for each in said]
    return min(times, key=lambda time: time.earliest, default=None)
