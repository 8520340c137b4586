"""News of a referral: what is to be told that was not told, and what told is void.

The hub remembers in the marks of a record what it told, under what makes a statement
the same. So each thing is told once, in whatever order statements arrive.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from hub.coordination.announcements import Occasion
from hub.coordination.ids import event_id
from hub.coordination.records import Record
from hub.coordination.referrals.picture import Referral, Remembered, Telling, Wait
from hub.model.events import CareEvent, Correction, Entity, EventSubject, Quality, Trace
from hub.model.referrals import Loop

SCHEMA = "careevent/referral/1.0"
#: The event by which what was told earlier is put right, or in its place.
HISTORY = "history_added"
_TOLD = "told:"
#: What is kept of a referral beside what a recipient hears of it.
_KEPT = frozenset({"history", "conflicts", "waiting", "since", "notes"})
_OWN = _KEPT | {"state", "loop", "cancel_requested", "anomalies"}
Marks = Mapping[str, tuple[str, ...]]
_plain = msgspec.to_builtins


class News(NamedTuple):
    """One thing to tell: under which key, by which event, and what it puts right."""

    key: str
    event: str
    telling: Telling | None = None
    correction: Correction | None = None


def news_of(referral: Referral, marks: Marks) -> list[News]:
    """Return what is to be told of a referral that nobody was told of yet."""
    wanted = {each.key for each in referral.tellings}
    void = [
        News(name.removeprefix(_TOLD), HISTORY, None, Correction(told[0], "retraction"))
        for name, told in marks.items()
        if name.startswith(_TOLD) and name.removeprefix(_TOLD) not in wanted
    ]
    found: list[News] = []
    overtaken = False
    for telling in reversed(referral.tellings):
        if _TOLD + telling.key in marks:
            overtaken = overtaken or telling.moves
            continue
        event = HISTORY if telling.moves and overtaken else telling.event
        found.append(News(telling.key, event, telling))
    return [*void, *reversed(found)]


def silently(referral: Referral, marks: Marks) -> dict[str, tuple[str, ...]]:
    """Return the marks of somebody who was told all of this, or need not be."""
    return {**marks, **{_TOLD + each.key: ("",) for each in referral.tellings}}


def announce(
    news: Sequence[News],
    referral: Referral,
    marks: Marks,
    occasion: Occasion,
    key: str,
    version: int,
    person: Mapping[str, Any],
    fields: Sequence[str],
) -> tuple[list[CareEvent], dict[str, tuple[str, ...]]]:
    """Return the events of `news`, each a version after the one before, and marks.

    `person` is what is known of the person, and `fields` are what changed.
    """
    kept, events = dict(marks), list[CareEvent]()
    for each in news:
        if each.telling is None:
            told = kept.pop(_TOLD + each.key)
            if not told[0]:
                continue
        payload = _payload(each, referral, person, fields)
        event = told_as(
            f"referral.{each.event}", payload, occasion, key, version + len(events) + 1
        )
        event = replace(event, correction=each.correction)
        if each.telling is not None:
            kept[_TOLD + each.key] = (event.id,)
            event = _said(event, each.telling, occasion)
        events.append(event)
    return events, kept


def told_as(
    kind: str, payload: dict[str, Any], occasion: Occasion, key: str, version: int
) -> CareEvent:
    """Return an event in the stream of a referral."""
    return CareEvent(
        id=event_id(occasion.message, key, version),
        type=kind,
        schema=f"careevent/{kind.partition('.')[0]}/1.0",
        subject=EventSubject(occasion.person, occasion.subject.identifiers),
        entity=Entity("referral", key, version),
        times=occasion.times,
        source=occasion.source,
        causes=(occasion.message,),
        basis="inferred",
        labels=occasion.labels,
        payload=payload,
        quality=Quality(occasion.warnings),
        trace=Trace(correlation=key),
    )


def known(referral: Referral, person: Mapping[str, Any]) -> dict[str, Any]:
    """Return what every event says of a referral and its person (domain 9.3)."""
    about = {"person": dict(person)} if person else {}
    asked = {"cancel_requested": True} if referral.cancel_requested else {}
    return {
        **referral.details,
        **about,
        **asked,
        "state": referral.state,
        "loop": referral.loop.value,
    }


def record_of(referral: Referral, marks: Marks) -> Record:
    """Return a referral as the hub keeps it, with all that was said of it."""
    stated: dict[str, Any] = {
        **referral.details,
        "state": referral.state,
        "loop": referral.loop.value,
        "since": referral.since.isoformat() if referral.since else None,
        "cancel_requested": referral.cancel_requested or None,
        "notes": referral.notes or None,
        "history": _plain(referral.history),
        "conflicts": _plain(referral.conflicts) or None,
        "waiting": _waiting(referral, marks) or None,
        "anomalies": list(referral.anomalies) or None,
    }
    details = {name: value for name, value in stated.items() if value is not None}
    return Record("referral", details, dict(marks))


def remembered(record: Record) -> Remembered:
    """Return a referral as a record of `record_of` has it, for timers."""
    details = record.details
    asked, since = details.get("cancel_requested"), details.get("since")
    return Remembered(
        state=details["state"],
        loop=Loop(details["loop"]),
        since=datetime.fromisoformat(since) if since else None,
        cancel_since=datetime.min.replace(tzinfo=UTC) if asked else None,
        details={name: each for name, each in details.items() if name not in _OWN},
        waiting=tuple(
            Wait(each["for"], datetime.fromisoformat(each["since"]))
            for each in details.get("waiting", ())
        ),
    )


def reminded(record: Record, referral: Referral, marks: Marks) -> Record:
    """Return a record with what was told of its waiting, by its marks."""
    details = record.details
    if waiting := _waiting(referral, marks):
        details = {**details, "waiting": waiting}
    return Record("referral", details, dict(marks))


def _waiting(referral: Referral, marks: Marks) -> list[dict[str, Any]]:
    waits = [(each.name, each.since.isoformat()) for each in referral.waits()]
    return [
        {
            "for": name,
            "since": since,
            "told": [
                level
                for level in ("reminder", "escalation")
                if f"alert:{name}:{level}:{since}" in marks
            ],
        }
        for name, since in waits
    ]


def changed(before: Record | None, after: Record) -> list[str]:
    """Return what of a referral reads otherwise now, by name."""
    earlier = before.details if before else {}
    names = (earlier.keys() | after.details.keys()) - _KEPT
    return sorted(
        each for each in names if earlier.get(each) != after.details.get(each)
    )


def _payload(
    news: News, referral: Referral, person: Mapping[str, Any], fields: Sequence[str]
) -> dict[str, Any]:
    telling, details = news.telling, known(referral, person)
    if telling is None:
        return {**details, "by": "hub", "changed_fields": ["history"]}
    beside = dict(telling.beside)
    if telling.event not in {"conflict", "escalated"}:
        # Why something is so is no reason for what comes after it.
        details.pop("status_reason", None)
    said = {"by": telling.by, "says": telling.says}
    if telling.actor:
        said["actor"] = telling.actor  # type: ignore[assignment]
    return {**details, **beside, **said, "changed_fields": list(fields)}


def _said(event: CareEvent, telling: Telling, occasion: Occasion) -> CareEvent:
    return replace(
        event,
        basis=telling.basis,
        times=replace(occasion.times, occurred=telling.time),
        quality=Quality(occasion.warnings, telling.anomalies),
    )
