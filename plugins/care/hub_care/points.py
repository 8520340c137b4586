"""The scorer ``utilisation-points``: an example of a model that hides nothing.

It adds points for what a person went through and for what is open, and says what
each of them adds. It makes no clinical claim: nobody has shown that its points tell
who will need care. A site that scores people needs a model that was validated for
its own people.
"""

from typing import Self

from pydantic import Field, model_validator

from hub.sdk import RiskLevel, Score, ScoreInputs, ScorePart, Settings

VERSION = "1.0"
MOST = 100.0
#: What it is given. Race, ethnicity and sex are not.
INPUTS = (
    "age",
    "inpatient_stays",
    "ed_visits",
    "readmissions",
    "open_needs",
    "open_gaps",
    "open_issues",
    "overdue_tasks",
    "missed_appointments",
)


def _points(default: float, description: str) -> float:
    points: float = Field(default=default, ge=0, le=MOST, description=description)
    return points


class Weights(Settings):
    """How many points there are for what, and from how many on a level is reached."""

    age_from: int = Field(
        default=75, ge=0, le=120, description="From which age on there are points."
    )
    age: float = _points(10, "Points for that age.")
    inpatient_stays: float = _points(10, "Points for each stay in hospital.")
    ed_visits: float = _points(6, "Points for each visit to an emergency department.")
    readmissions: float = _points(15, "Points for each return to hospital.")
    open_needs: float = _points(5, "Points for each need that is not met.")
    open_gaps: float = _points(3, "Points for each service that is owed.")
    open_issues: float = _points(4, "Points for each issue that is not resolved.")
    overdue_tasks: float = _points(3, "Points for each task that is late.")
    missed_appointments: float = _points(4, "Points for each missed appointment.")
    most_each: int = Field(
        default=5, ge=1, le=50, description="How often one thing counts at most."
    )
    medium_from: float = _points(20, "From how many points on the level is medium.")
    high_from: float = _points(45, "From how many points on the level is high.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.medium_from > self.high_from:
            raise ValueError("`medium_from` is above `high_from`")
        return self


def score(inputs: ScoreInputs, weights: Weights) -> Score:
    """Return the points of a person, and what each input adds to them."""
    counts = {
        "inpatient_stays": inputs.inpatient_stays,
        "ed_visits": inputs.ed_visits,
        "readmissions": inputs.readmissions,
        "open_needs": len(inputs.open_needs),
        "open_gaps": len(inputs.open_gaps),
        "open_issues": len(inputs.open_issues),
        "overdue_tasks": inputs.overdue_tasks,
        "missed_appointments": inputs.missed_appointments,
    }
    old = inputs.age is not None and inputs.age >= weights.age_from
    parts = [ScorePart("age", weights.age)] if old else []
    parts += [
        ScorePart(name, min(count, weights.most_each) * getattr(weights, name))
        for name, count in counts.items()
        if count
    ]
    value = min(MOST, sum(part.points for part in parts))
    return Score(value, _level(value, weights), tuple(parts))


def _level(value: float, weights: Weights) -> RiskLevel:
    if value >= weights.high_from:
        return "high"
    return "medium" if value >= weights.medium_from else "low"
