"""What every normaliser must do.

A third party subclasses the suite and gives it messages of the format::

    class TestMyFormat(NormaliserContract):
        @pytest.fixture
        def spec(self):
            return MY_NORMALISER  # the NormaliserSpec that the hook returns

        @pytest.fixture
        def profile(self):
            return MyProfile()

        @pytest.fixture
        def samples(self):
            return [b"a synthetic message", b"another"]
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.contract import NormaliserSpec
from hub.errors import HubError
from hub.model.facts import Fact, Normalised
from hub.settings import Settings

WARNING = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)+")
MOST_CHARACTERS = 60
CANARY = b"zqkanarie"

_thorough = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class NormaliserContract:
    """Subclass in a plugin's tests and provide the three fixtures."""

    @pytest.fixture
    def spec(self) -> NormaliserSpec:
        """Return what the plugin's hook declares."""
        raise NotImplementedError

    @pytest.fixture
    def profile(self) -> Settings:
        """Return a feed's profile, an instance of ``spec.profile``."""
        raise NotImplementedError

    @pytest.fixture
    def samples(self) -> Sequence[bytes]:
        """Return messages of the format, at least one of which gives facts."""
        raise NotImplementedError

    def test_finds_facts_in_a_sample(
        self, spec: NormaliserSpec, profile: Settings, samples: Sequence[bytes]
    ) -> None:
        """Whoever finds a problem in everything would pass the rest."""
        assert any(spec.normalise(body, profile).facts for body in samples)

    def test_says_the_same_of_the_same_message(
        self, spec: NormaliserSpec, profile: Settings, samples: Sequence[bytes]
    ) -> None:
        """The hub processes a message again, and expects the same facts."""
        for body in samples:
            assert spec.normalise(body, profile) == spec.normalise(body, profile)

    def test_keeps_its_promises_for_each_sample(
        self, spec: NormaliserSpec, profile: Settings, samples: Sequence[bytes]
    ) -> None:
        """See `check_normalised`."""
        for body in samples:
            check_normalised(spec.normalise(body, profile))

    def test_copes_with_arbitrary_bytes(
        self, spec: NormaliserSpec, profile: Settings
    ) -> None:
        """What comes over the network is anything at all (G12)."""

        @_thorough
        @given(st.binary(max_size=2000))
        def cope(body: bytes) -> None:
            check_normalised(spec.normalise(body, profile))

        cope()

    def test_copes_with_damaged_samples(
        self, spec: NormaliserSpec, profile: Settings, samples: Sequence[bytes]
    ) -> None:
        """Almost right goes deeper into the code than noise does."""

        @_thorough
        @given(damaged(samples))
        def cope(body: bytes) -> None:
            check_normalised(spec.normalise(body, profile))

        cope()

    def test_warnings_hold_nothing_of_the_content(
        self, spec: NormaliserSpec, profile: Settings, samples: Sequence[bytes]
    ) -> None:
        """Each word of each sample in turn gives way to a canary."""
        for body, in_header in with_canary(samples):
            result = spec.normalise(body, profile)
            said = [*result.warnings]
            if not in_header:
                said += _reasons(result)

            leaks = CANARY.decode() in " ".join(said).lower()
            assert not leaks, "warnings or reasons quote the message"


def check_normalised(result: Normalised) -> None:
    """Assert what the hub relies on, whatever the message was."""
    assert isinstance(result, Normalised)
    stated = [bool(result.facts), bool(result.parts)]
    outcomes = [*stated, result.unmapped is not None, bool(result.problem)]
    assert sum(outcomes) == 1, "exactly one of facts, parts, unmapped, problem holds"
    if result.problem is not None:
        assert result.problem.code in HubError.catalogue
    for warning in result.warnings:
        short = len(warning) <= MOST_CHARACTERS
        assert short and WARNING.fullmatch(warning), "a warning is a dotted code"  # noqa: PT018  the two are one claim
    for fact in result.facts:
        check_fact(fact)
    # The store keeps it as JSON: lone surrogates and odd types must not be in it, and
    # a value that its field does not have (``zone_source="own"``) sets a message aside.
    msgspec.json.decode(msgspec.json.encode(result), type=Normalised)


def check_fact(fact: Fact) -> None:
    """Assert that the core can use `fact`."""
    # What is said of a referral is about whoever the referral is about.
    of_referral = fact.record is not None and fact.record.kind == "referral"
    assert of_referral or any(each.value for each in fact.subject.identifiers)
    assert fact.recorded is not None
    _check_interval(fact.recorded.earliest, fact.recorded.latest)
    if fact.occurred is not None:
        _check_interval(fact.occurred.earliest, fact.occurred.latest)


def _check_interval(earliest: datetime, latest: datetime) -> None:
    assert earliest.utcoffset() == timedelta(0), "times are aware and in UTC"
    assert latest.utcoffset() == timedelta(0), "times are aware and in UTC"
    assert earliest < latest


def _reasons(result: Normalised) -> list[str]:
    detail = result.problem.detail if result.problem else ""
    return [result.unmapped or "", detail]


def with_canary(samples: Sequence[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield each sample with one of its words replaced, for each of its words.

    The flag says whether the word stood in the first of several lines: a reason
    may quote a header, such as the type of the message.
    """
    for body in samples:
        line_end = re.search(rb"[\r\n]+(?=.)", body, re.DOTALL)
        header = line_end.start() if line_end else 0
        for word in re.finditer(rb"[A-Za-z0-9]{2,}", body):
            changed = body[: word.start()] + CANARY + body[word.end() :]
            yield changed, word.start() < header


@st.composite
def damaged(draw: st.DrawFn, samples: Sequence[bytes]) -> bytes:
    """Draw a sample in which up to five pieces were cut, doubled or overwritten."""
    body = draw(st.sampled_from(list(samples)))
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.integers(0, 40)))
        piece = draw(st.sampled_from(["cut", "double", "noise", "truncate"]))
        match piece:
            case "cut":
                body = body[:start] + body[end:]
            case "double":
                body = body[:end] + body[start:]
            case "noise":
                body = body[:start] + draw(st.binary(max_size=20)) + body[end:]
            case _:
                body = body[:start]
    return body
