"""Risk levels: where the level of a person differs from the one before it.

Scores of one model make a series, in the order of the times for which they were
worked out. What changed follows from the whole series, so that a score that comes
late, or is corrected, gives the same changes as if it had come in time.
Source: domain 1.1 (P3).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from hub.coordination.standing import Standing, Witness
from hub.model.facts import FactKind
from hub.model.times import FuzzyTime

LEVELS = ("low", "medium", "high")


class Score(NamedTuple):
    """One score: of which record, for which time, by which model, and its level."""

    record: str
    time: FuzzyTime
    recorded: datetime
    model: str
    level: str

    @property
    def slot(self) -> str:
        """By what a record remembers what was told of this score."""
        return f"{self.model} {self.time.earliest.isoformat()}"


class LevelChange(NamedTuple):
    """That a score has another level than the one before it."""

    score: Score
    before: str


def scores(record: str, witnesses: Iterable[Witness]) -> Iterator[Score]:
    """Return the scores that are stated under one record.

    Some senders give each score a number of its own, some restate one record. Of
    one time the statement that was made last holds.
    """
    latest: dict[tuple[str, datetime], Score] = {}
    for each in Standing(list(witnesses)).of(FactKind.RECORD):
        model, level = (each.fact.details.get(name) for name in ("model", "level"))
        if isinstance(model, str) and level in LEVELS:
            score = Score(record, each.time, each.recorded, model, level)
            latest[model, each.time.earliest] = score
    yield from latest.values()


def level_changes(found: Iterable[Score]) -> list[LevelChange]:
    """Return where the level changes, in the order in which it does; any model."""
    series: dict[str, list[Score]] = {}
    for each in sorted(found, key=_by_time):
        series.setdefault(each.model, []).append(each)
    return [
        LevelChange(after, before.level)
        for each in series.values()
        for before, after in pairwise(each)
        if before.level != after.level
    ]


def _by_time(score: Score) -> tuple[datetime, datetime, str]:
    return score.time.earliest, score.recorded, score.record
