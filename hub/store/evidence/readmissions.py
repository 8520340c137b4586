"""Readmissions: how many discharges were followed by an admission, by facility.

A flag for daily work and never a quality measure (domain 3.7).
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from hub.coordination.readmissions import local_date
from hub.coordination.stays import Stay
from hub.store import schema
from hub.store.evidence.asked import Asked, fetch

_entity, _event = schema.entity.c, schema.event.c
_MONTH = "%Y-%m"


class ReadmissionRow(Struct, frozen=True, kw_only=True):
    """How many discharges of a facility in a month came back within 30 days.

    The month is that of the discharge, by the clock of the facility. `discharges`
    are those of inpatients who were alive, did not leave against advice and were
    not transferred to acute care. `elsewhere` came back to another facility,
    `possibly_planned` were perhaps expected. `rate` is `readmitted` of `discharges`.
    """

    facility: str
    month: str
    discharges: int
    readmitted: int
    elsewhere: int
    possibly_planned: int
    rate: float


class _Body(Struct):
    stay: Stay
    slots: dict[str, tuple[str, ...]]
    stands: bool


class _Told(Struct):
    index_stay: str
    same_facility: bool
    possibly_planned: bool


class _Envelope(Struct):
    payload: _Told


class _Counts:
    def __init__(self) -> None:
        self.discharges = self.readmitted = self.elsewhere = self.planned = 0

    def add(self, told: _Told | None) -> None:
        """Count a discharge, and what came after it."""
        self.discharges += 1
        if told is not None:
            self.readmitted += 1
            self.elsewhere += not told.same_facility
            self.planned += told.possibly_planned


_body = msgspec.json.Decoder(_Body).decode
_envelope = msgspec.json.Decoder(_Envelope).decode
# All keys of a kind begin alike, so that they lie side by side.
_STAYS: sa.Select[Any] = sa.select(_entity.key, _entity.body).where(
    _entity.key > "stay_", _entity.key < "stay`"
)


def readmissions(connection: sa.Connection, asked: Asked) -> Iterator[ReadmissionRow]:
    """Yield how many of the discharges in the period came back."""
    discharged: dict[tuple[str, str], tuple[str, str]] = {}
    events: list[str] = []
    for key, body in fetch(connection, _STAYS):
        known = _body(body)
        if known.stands:
            events += known.slots.get("readmission", ())[-1:]
            if place := _discharge(known.stay, asked):
                discharged[key, known.stay.key] = place
    told = {each.index_stay: each for each in _told(connection, events)}
    counts: dict[tuple[str, str], _Counts] = {}
    for (key, known_by), place in discharged.items():
        # An event names a stay by its key, or by the encounter that it is known by.
        found = told.get(key) or told.get(known_by)
        counts.setdefault(place, _Counts()).add(found)
    for (facility, month), count in sorted(counts.items()):
        yield _row(facility, month, count)


def _row(facility: str, month: str, counts: _Counts) -> ReadmissionRow:
    return ReadmissionRow(
        facility=facility,
        month=month,
        discharges=counts.discharges,
        readmitted=counts.readmitted,
        elsewhere=counts.elsewhere,
        possibly_planned=counts.planned,
        rate=round(counts.readmitted / counts.discharges, 4),
    )


def _discharge(stay: Stay, asked: Asked) -> tuple[str, str] | None:
    """Return facility and month of a discharge that can be followed by one."""
    end = stay.end
    counts = stay.inpatient and stay.alive and stay.status == "closed"
    if end is None or not counts or stay.left_against_advice or stay.transferred_out:
        return None
    since, until = asked.since, asked.until
    if (since and end.earliest < since) or (until and end.earliest >= until):
        return None
    day = local_date(end)
    return (stay.last.facility, day.strftime(_MONTH)) if day else None


def _told(connection: sa.Connection, events: list[str]) -> Iterator[_Told]:
    for each in events:
        query = sa.select(_event.body).where(_event.id == each)
        for (body,) in fetch(connection, query):
            yield _envelope(body).payload
