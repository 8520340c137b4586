"""What every scorer must do.

A third party subclasses the suite::

    class TestMyModel(ScorerContract):
        @pytest.fixture
        def spec(self):
            return MY_SCORER  # the ScorerSpec that the hook returns

        @pytest.fixture
        def settings(self):
            return MySettings()

That a model is any good is for its own tests, and for people to show.
"""

from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from hub.contract import ScorerSpec
from hub.model.scoring import RiskLevel, Score, ScoreInputs
from hub.settings import Settings

_counts = st.integers(0, 400)
_codes = st.lists(st.text("abc-1", min_size=1, max_size=5), max_size=8).map(tuple)
_NOTHING = ScoreInputs(at=datetime(2026, 3, 10, tzinfo=UTC))

#: Anything that can be known of a person.
inputs = st.builds(
    ScoreInputs,
    at=st.integers(0, 5000).map(lambda days: _NOTHING.at + timedelta(days=days)),
    age=st.none() | st.integers(0, 125),
    inpatient_stays=_counts,
    ed_visits=_counts,
    readmissions=_counts,
    open_needs=_codes,
    open_gaps=_codes,
    open_issues=_codes,
    overdue_tasks=_counts,
    missed_appointments=_counts,
)


class ScorerContract:
    """Subclass in a plugin's tests and provide the two fixtures."""

    @pytest.fixture
    def spec(self) -> ScorerSpec:
        """Return what the plugin's hook declares."""
        raise NotImplementedError

    @pytest.fixture
    def settings(self) -> Settings:
        """Return settings of the scorer, an instance of ``spec.settings``."""
        raise NotImplementedError

    def test_scores_somebody_of_whom_nothing_is_known(
        self, spec: ScorerSpec, settings: Settings
    ) -> None:
        """Most people are known by a number and one visit."""
        check_score(spec.score(_NOTHING, settings))

    def test_scores_anybody(self, spec: ScorerSpec, settings: Settings) -> None:
        """A score that cannot be worked out for some is no score."""

        @examples(deadline=None)
        @given(inputs)
        def cope(known: ScoreInputs) -> None:
            check_score(spec.score(known, settings))

        cope()

    def test_says_the_same_of_the_same_inputs(
        self, spec: ScorerSpec, settings: Settings
    ) -> None:
        """The hash of the inputs, with the version, stands for the score."""

        @examples(deadline=None)
        @given(inputs)
        def again(known: ScoreInputs) -> None:
            assert spec.score(known, settings) == spec.score(known, settings)

        again()

    def test_reads_only_what_it_declares(
        self, spec: ScorerSpec, settings: Settings
    ) -> None:
        """Who looks for unfairness must know what a model was given."""

        @examples(deadline=None)
        @given(inputs)
        def ignore_the_rest(known: ScoreInputs) -> None:
            declared = {name: getattr(known, name) for name in spec.inputs}
            rest = msgspec.structs.asdict(_NOTHING) | declared

            assert spec.score(ScoreInputs(**rest), settings) == spec.score(
                known, settings
            )

        ignore_the_rest()

    def test_names_its_version_and_scale(self, spec: ScorerSpec) -> None:
        """Both are told with each score."""
        assert spec.version
        assert spec.scale


def check_score(score: Score) -> None:
    """Assert what the hub relies on, whoever was scored."""
    assert isinstance(score, Score)
    assert isfinite(score.value)
    assert score.level in get_args(RiskLevel)
    assert all(isfinite(part.points) for part in score.parts)
