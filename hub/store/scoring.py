"""What a scorer is given of a person, from what the store holds of them now."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import NamedTuple

import sqlalchemy as sa

from hub.coordination.deadlines import stages
from hub.model.identifiers import Identifier
from hub.model.scoring import ScoreInputs, score_key
from hub.store.context import (
    Gathered,
    emergency_visits,
    frequency,
    gather,
    inpatient_stays,
    readmissions,
    stays_of,
)
from hub.store.known import KnownRecord, keys_of


class ToScore(NamedTuple):
    """A person, by a number of theirs, as a scorer is given them.

    `last_hash` is that of what the same scorer was given when it last said something
    of them, "" where it never did.
    """

    person: str
    number: Identifier
    inputs: ScoreInputs
    last_hash: str


def to_score(
    connection: sa.Connection,
    scorer: str,
    key: str,
    trust: tuple[str, ...],
    at: datetime,
) -> ToScore:
    """Return somebody as they are given to a scorer. Raises UnknownIdError."""
    found = gather(connection, key, trust, at)
    record = keys_of(connection).record("", score_key(scorer, found.person))
    last = [each for each in found.of("risk") if each.key == record]
    return ToScore(
        found.person,
        found.number,
        _inputs(found),
        str(last[0].record.details.get("inputs_hash", "")) if last else "",
    )


def _inputs(found: Gathered) -> ScoreInputs:
    stays = [body for _, body in stays_of(found)]
    return ScoreInputs(
        at=found.at,
        age=_age_at(found.demographics.get("birth_date"), found.at),
        inpatient_stays=frequency(found.at, inpatient_stays(stays)).days_365,
        ed_visits=frequency(found.at, emergency_visits(stays)).days_365,
        readmissions=frequency(found.at, readmissions(stays)).days_365,
        open_needs=_texts(found.open("need"), "category"),
        open_gaps=_texts(found.open("caregap"), "measure"),
        open_issues=_texts(found.open("issue"), "category"),
        overdue_tasks=sum(_is_late(each, found.at) for each in found.open("task")),
        missed_appointments=sum(
            each.record.status == "no_show" for each in found.of("appointment")
        ),
    )


def _texts(records: Iterable[KnownRecord], detail: str) -> tuple[str, ...]:
    return tuple(sorted(str(each.record.details.get(detail, "")) for each in records))


def _is_late(known: KnownRecord, at: datetime) -> bool:
    coming = stages(known.record)
    late = any(each.name == "overdue" and each.at <= at for each in coming)
    return late or known.record.status == "overdue"


def _age_at(born: object, at: datetime) -> int | None:
    """Return an age in whole years; birth dates come as text or as a fuzzy time."""
    text = born.get("local") if isinstance(born, dict) else born
    try:
        day = date.fromisoformat(str(text)[:10])
    except ValueError:
        return None
    today = at.astimezone(UTC).date()
    return today.year - day.year - ((today.month, today.day) < (day.month, day.day))
