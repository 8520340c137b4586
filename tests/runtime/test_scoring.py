"""What goes wrong with facts and scores on their way through the core."""

from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from hub.config.scoring import ScorerConfig, ScorerTable
from hub.model.identifiers import Identifier
from hub.model.scoring import Score, ScoreInputs
from hub.runtime.scores import (
    NoScoreError,
    ScorerFailedError,
    inputs_hash,
    message_of,
    normalise,
)
from hub.runtime.scoring import Scoring
from hub.sdk import ScorerSpec, Settings
from hub.store.scoring import ToScore
from hub.testing import MemoryInbox

AT = datetime(2026, 3, 10, tzinfo=UTC)
NUMBER = Identifier("NORD", "P1", "MR")


def scorer(score=lambda _inputs, _settings: Score(1, "low"), **given):
    spec = ScorerSpec(
        name="made-up",
        version="1",
        settings=Settings,
        score=score,
        inputs=("ed_visits",),
        scale="0-1",
        summary="For a test.",
    )
    return ScorerConfig.of(
        "mine", spec, ScorerTable(kind="made-up", **given), Settings()
    )


class People:
    """Everybody there is, as the store would show them."""

    def to_score(self, _scorer, key, at):
        return ToScore(key, NUMBER, ScoreInputs(at=at), "")


def scoring(one):
    return Scoring({"mine": one}, People(), MemoryInbox(), lambda: AT)


async def test_a_scorer_that_fails_costs_a_score_and_no_more():
    def broken(_inputs, _settings):
        raise ValueError("zqkanarie")

    with capture_logs() as logs, pytest.raises(ScorerFailedError) as caught:
        await scoring(scorer(broken)).score("mine", "p_1")

    assert caught.value.code == "PIPE-021"
    assert "zqkanarie" not in str(caught.value)
    assert [each["event"] for each in logs] == ["scorer.failed"]


async def test_a_score_goes_through_the_inbox():
    stored = await scoring(scorer()).score("mine", "p_1")

    assert stored is not None


def test_what_is_no_score_is_a_problem():
    assert normalise(b"{}", Settings()).problem.code == NoScoreError.code


def test_a_score_is_read_again_as_it_was_said():
    inputs = ScoreInputs(at=AT, ed_visits=3)

    message = message_of(scorer(), "p_1", NUMBER, inputs, Score(1, "low"))
    [fact] = normalise(message.body, Settings()).facts

    assert fact.subject.identifiers == (NUMBER,)
    assert fact.details["inputs_hash"] == inputs_hash(scorer(), inputs)


def test_only_what_a_scorer_reads_makes_a_score_a_new_one():
    one, other = ScoreInputs(at=AT, age=3), ScoreInputs(at=AT, age=90)

    assert inputs_hash(scorer(), one) == inputs_hash(scorer(), other)


@pytest.mark.parametrize("cadence", ["immediate", "pull", "hourly"])
def test_a_scorer_runs_at_a_time_of_day(cadence):
    with pytest.raises(ValueError, match="must be"):
        scorer(cadence=cadence)
