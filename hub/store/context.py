"""The context of a person, gathered from what the store holds of them now."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from hub.coordination.care_setting import CareSetting
from hub.coordination.deadlines import stages
from hub.coordination.identity.survivorship import survive
from hub.coordination.stays import Stay
from hub.model.identifiers import Identifier
from hub.model.record_kinds import ACTIVE
from hub.model.times import FuzzyTime
from hub.store import schema
from hub.store.context_views import (
    ConsentSummary,
    ContextRecord,
    Frequency,
    PersonContext,
)
from hub.store.entity_shown import encounter_row_view, stay_view, transition_view
from hub.store.known import (
    RECORD_KINDS,
    KnownRecord,
    parts_of,
    rows_of_person,
    stored_encounter,
    stored_record,
    stored_stay,
)
from hub.store.known_transitions import stored_transition
from hub.store.whose import whose

DEFAULT_DAYS = 90
MOST_DAYS = 3660
#: Of what does not close, so many of the newest.
MOST_OF_A_KIND = 20
_YEAR = 365
#: The statuses in which something is not asked for any more.
_OVER = {
    "caregap": frozenset({"closed"}),
    "need": frozenset({"resolved", "withdrawn"}),
    "task": frozenset({"completed", "cancelled"}),
    "issue": frozenset({"resolved"}),
    "program": frozenset({"disenrolled"}),
    "coverage": frozenset({"terminated", "never_effective", "attribution_removed"}),
    "appointment": frozenset({"cancelled", "completed", "no_show"}),
    "goal": frozenset({"reached", "cancelled"}),
}


#: What of a context are records that are not over, and records of any time.
_OPEN_SHOWN = {
    "coverage": "coverage",
    "care_gaps": "caregap",
    "needs": "need",
    "goals": "goal",
    "tasks": "task",
    "issues": "issue",
    "appointments": "appointment",
    "programmes": "program",
}
_ALL_SHOWN = {
    "assessments": "assessment",
    "plans": "plan",
    "alerts": "alert",
    "referrals": "referral",
    "outcomes": "outcome",
    "contacts": "contact",
}


class StayBody(Struct):
    """A stay as it is stored, and by what slot its events are remembered."""

    stay: Stay
    slots: dict[str, tuple[str, ...]]
    stands: bool


_stay_body = msgspec.json.Decoder(StayBody).decode


class Gathered(NamedTuple):
    """All that is somebody's, as the store holds it.

    `number` is the one that they are known by; `heard` says of each record when it
    was heard of last, compared with others.
    """

    person: str
    at: datetime
    demographics: dict[str, Any]
    identifiers: tuple[Identifier, ...]
    number: Identifier
    rows: Sequence[sa.Row[Any]]
    records: list[KnownRecord]
    heard: dict[str, int]

    def of(self, kind: str) -> list[KnownRecord]:
        """Return the records of a kind, those heard of last first.

        Scores are in the order of the times for which they were worked out.
        """
        found = [each for each in self.records if each.record.kind == kind]
        return sorted(found, key=self._order, reverse=True)

    def open(self, kind: str) -> list[KnownRecord]:
        """Return the records of a kind that are not over."""
        over = _OVER[kind]
        return [each for each in self.of(kind) if each.record.status not in over]

    def _order(self, known: KnownRecord) -> tuple[str, int]:
        calculated = str(known.record.details.get("calculated", ""))
        return calculated, self.heard.get(known.key, 0)


def gather(
    connection: sa.Connection, key: str, trust: Sequence[str], at: datetime
) -> Gathered:
    """Return what is somebody's. Raises UnknownIdError."""
    known = whose(connection, key, None)
    own = next(each for each in known.identities if each.key == known.person)
    person = survive([each.person for each in known.identities], trust)
    rows = rows_of_person(connection, known.person)
    records = [stored_record(row, []) for row in rows if row.kind in RECORD_KINDS]
    entity, fact = schema.entity.c, schema.fact.c
    newest = (
        sa.select(entity.key, sa.func.max(fact.seq))
        .join_from(schema.fact, schema.entity)
        .where(entity.key.in_([each.key for each in records]))
        .group_by(entity.key)
    )
    said = connection.execute(newest)
    return Gathered(
        person=known.person,
        at=at,
        demographics=person.demographics(),
        identifiers=person.identifiers,
        number=own.person.identifiers[0],
        rows=rows,
        records=records,
        heard=dict(said.all()),
    )


def person_context(found: Gathered, days: int = DEFAULT_DAYS) -> PersonContext:
    """Return the context of somebody, with what was within so many `days`."""
    return PersonContext(
        key=found.person,
        at=found.at,
        days=days,
        identifiers=list(found.identifiers),
        demographics=found.demographics,
        transitions=_transitions(found),
        **_care(found, days),
        **_of_records(found),
        consents=[
            _consent(each, found.at)
            for kind in ("consent", "proxy")
            for each in found.of(kind)
        ],
    )


def _care(found: Gathered, days: int) -> dict[str, Any]:
    """Return what there was of stays and encounters, and how often."""
    encounters = [(row, stored_encounter(row)) for row in _encounters(found)]
    stays = stays_of(found)
    standing = [body for _, body in stays]
    recent = _recent(found.at, days)
    return {
        "stays": [
            stay_view(stored_stay(row))
            for row, body in stays
            if recent(body.stay.start, body.stay.end)
        ],
        "encounters": [
            encounter_row_view(row)
            for row, each in encounters
            if recent(each.start, each.end)
        ],
        "emergency_visits": frequency(found.at, emergency_visits(standing)),
        "inpatient_stays": frequency(found.at, inpatient_stays(standing)),
        "readmissions": frequency(found.at, readmissions(standing)),
    }


def _of_records(found: Gathered) -> dict[str, Any]:
    shown = {name: _shown(found.open(kind)) for name, kind in _OPEN_SHOWN.items()}
    shown |= {name: _shown(found.of(kind)) for name, kind in _ALL_SHOWN.items()}
    return shown | {
        "risks": _shown(_newest_by(found.of("risk"), "model")),
        "care_team": _shown(found.of("careteam")[:1]),
    }


def _rows(found: Gathered, kind: str) -> list[sa.Row[Any]]:
    return [row for row in found.rows if row.kind == kind]


def stays_of(found: Gathered) -> list[tuple[sa.Row[Any], StayBody]]:
    """Return the stays that did not turn out to be none."""
    rows = [(row, _stay_body(row.body)) for row in _rows(found, "stay")]
    return [(row, body) for row, body in rows if body.stands]


def _encounters(found: Gathered) -> list[sa.Row[Any]]:
    """Return the encounters that did not become part of others."""
    return [row for row in _rows(found, "encounter") if not parts_of(row)[0]]


def _transitions(found: Gathered) -> list[Any]:
    known = map(stored_transition, _rows(found, "transition"))
    return [transition_view(each) for each in known if each.state != "closed"]


def _recent(
    at: datetime, days: int
) -> Callable[[FuzzyTime | None, FuzzyTime | None], bool]:
    since = at - timedelta(days=days)

    def recent(start: FuzzyTime | None, end: FuzzyTime | None) -> bool:
        return (
            end is None or end.latest >= since or bool(start and start.latest >= since)
        )

    return recent


def emergency_visits(stays: Iterable[StayBody]) -> list[FuzzyTime]:
    """Return when visits to an emergency department began, admitted or not.

    A visit that several sources tell of is one.
    """
    return [
        visit.start
        for body in stays
        for visit in body.stay.visits
        if any(step.setting is CareSetting.EMERGENCY for step in visit.steps)
    ]


def inpatient_stays(stays: Iterable[StayBody]) -> list[FuzzyTime]:
    """Return when stays for inpatient care began."""
    return [body.stay.start for body in stays if body.stay.inpatient]


def readmissions(stays: Iterable[StayBody]) -> list[FuzzyTime]:
    """Return when the stays began that were told of as readmissions, and are."""
    return [body.stay.start for body in stays if body.slots.get("readmission")]


def frequency(at: datetime, times: Iterable[FuzzyTime]) -> Frequency:
    """Return how many of `times` were within some days before `at`."""
    ages = [(at - each.earliest).days for each in times if each.earliest <= at]
    return Frequency(
        days_30=sum(age < 30 for age in ages),  # noqa: PLR2004 - as it is called
        days_90=sum(age < 90 for age in ages),  # noqa: PLR2004 - the same
        days_365=sum(age < _YEAR for age in ages),
    )


def _shown(records: Iterable[KnownRecord]) -> list[ContextRecord]:
    return [
        ContextRecord(
            key=each.key,
            kind=each.record.kind,
            version=each.version,
            status=each.record.status,
            details=each.record.details,
        )
        for each in list(records)[:MOST_OF_A_KIND]
    ]


def _consent(known: KnownRecord, at: datetime) -> ConsentSummary:
    record = known.record
    over = any(stage.at <= at for stage in stages(record))
    return ConsentSummary(
        key=known.key,
        kind=record.kind,
        version=known.version,
        status=record.status,
        in_force=record.status in {"", ACTIVE}
        and not over
        and _began(record.details, at),
        details=record.details,
    )


def _began(details: dict[str, Any], at: datetime) -> bool:
    since = details.get("since")
    return not isinstance(since, str) or since[:10] <= at.date().isoformat()


def _newest_by(records: Iterable[KnownRecord], detail: str) -> list[KnownRecord]:
    """Return the first of each value of a detail."""
    found: dict[str, KnownRecord] = {}
    for each in records:
        found.setdefault(str(each.record.details.get(detail)), each)
    return list(found.values())
