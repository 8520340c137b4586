"""Differences between two pictures of somebody's stays: what is to be told.

Each stay is told of once when it opens and once when it closes. Another source
that tells of the same stay changes nothing. What turns out otherwise is amended,
and what did not happen is taken back. Source: domain 3.4 and 3.7.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from hub.coordination.changes import moment
from hub.coordination.stays import Stay, stay_payload
from hub.model.times import FuzzyTime


class StayChange(NamedTuple):
    """One thing to be told of a stay, on its way to becoming a care event.

    `slot` is where the event is remembered in the stream of the stay: ``opening``,
    ``closing``, ``readmission`` or ``high_use:`` and a rule. With a `correction`
    the event takes back or amends the newest one there; a retraction leaves the
    slot empty, anything else fills it.
    """

    stay: str
    person: str
    type: str
    slot: str
    occurred: FuzzyTime | None
    correction: Literal["retraction", "amendment"] | None = None
    fields: tuple[str, ...] = ()
    payload: dict[str, Any] = {}  # noqa: RUF012 - never changed


def stay_differences(
    before: Sequence[Stay], after: Sequence[Stay]
) -> tuple[StayChange, ...]:
    """Return what is to be told, what is taken back first.

    `after` has been through `keep_keys`. Where people are merged `before` names
    the one who goes on, or all their stays are taken back and told anew.
    """
    known = {(stay.person, stay.key): stay for stay in before}
    now = {(stay.person, stay.key): stay for stay in after}
    changes: list[StayChange] = []
    for name, stay in known.items():
        changes += _taken_back(stay, now.get(name))
    for name, stay in now.items():
        changes += _told(known.get(name), stay)
    return tuple(changes)


def _taken_back(old: Stay, new: Stay | None) -> Iterator[StayChange]:
    if old.status == "closed" and (new is None or new.status == "opened"):
        yield _closing(old, "retraction")
    if new is None:
        yield _opening(old, "retraction")


def _told(old: Stay | None, new: Stay) -> Iterator[StayChange]:
    if old == new:
        return
    if old is None:
        yield _opening(new)
    elif fields := _changed(_as_opened(old), _as_opened(new)):
        yield _opening(new, "amendment", fields)
    if new.status != "closed":
        return
    if old is None or old.status != "closed":
        yield _closing(new)
    elif fields := _changed(_as_closed(old), _as_closed(new)):
        yield _closing(new, "amendment", fields)


def _as_opened(stay: Stay) -> dict[str, object]:
    first = stay.path[0]
    return {
        "period": moment(stay.start),
        "path": first.code,
        "facilities": first.facility,
    }


def _as_closed(stay: Stay) -> dict[str, object]:
    return {
        "period": moment(stay.end),
        "path": [(step.code, step.facility) for step in stay.path],
        "facilities": stay.facilities,
        "discharge": stay_payload(stay)["discharge"],
    }


def _changed(old: dict[str, object], new: dict[str, object]) -> tuple[str, ...]:
    return tuple(name for name, value in new.items() if old[name] != value)


def _opening(
    stay: Stay,
    correction: Literal["retraction", "amendment"] | None = None,
    fields: tuple[str, ...] = (),
) -> StayChange:
    return StayChange(
        stay.key,
        stay.person,
        "stay.opened",
        "opening",
        stay.start,
        correction,
        fields,
        stay_payload(stay),
    )


def _closing(
    stay: Stay,
    correction: Literal["retraction", "amendment"] | None = None,
    fields: tuple[str, ...] = (),
) -> StayChange:
    return StayChange(
        stay.key,
        stay.person,
        "stay.closed",
        "closing",
        stay.end,
        correction,
        fields,
        stay_payload(stay),
    )
