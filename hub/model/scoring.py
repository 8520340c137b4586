"""What a scorer is given of a person, and what it says. Source: domain 1.1 (P3).

Nothing of this says of what race, ethnicity or sex a person is: a scorer cannot use
what it is not given.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from hub.model.facts import RecordKey

#: Who numbers the hub's own scores.
SCORERS = "urn:carehub:scorer"
RiskLevel = Literal["low", "medium", "high"]


class ScoreInputs(Struct, frozen=True, kw_only=True):
    """What is known of a person at a time, as counts and codes.

    Stays, visits and returns are those that began within the 365 days before `at`;
    the rest is as it stands then. `age` is in whole years, None where the birth date
    is not known.
    """

    at: datetime
    age: int | None = None
    inpatient_stays: int = 0
    ed_visits: int = 0
    readmissions: int = 0
    open_needs: tuple[str, ...] = ()
    open_gaps: tuple[str, ...] = ()
    open_issues: tuple[str, ...] = ()
    overdue_tasks: int = 0
    missed_appointments: int = 0


class Part(Struct, frozen=True):
    """How much one input adds to a score, so that people can follow it."""

    input: str
    points: float


class Score(Struct, frozen=True):
    """A score in a model's own terms, its level, and what it is made of."""

    value: float
    level: RiskLevel
    parts: tuple[Part, ...] = ()


def score_key(scorer: str, person: str) -> RecordKey:
    """Return the key of the record that holds what a scorer says of a person."""
    return RecordKey("risk", SCORERS, f"{scorer}|{person}")
