"""The normaliser and renderer suites pass good ones and fail broken ones.

The messages are synthetic.
"""

import itertools
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from hub.contract import NormaliserSpec, RendererSpec
from hub.errors import HubError
from hub.model.delivery import Rendered
from hub.model.facts import Fact, FactKind, Normalised, Problem, Subject
from hub.model.identifiers import Identifier
from hub.model.times import FuzzyTime
from hub.settings import Settings
from hub.testing import NormaliserContract, RendererContract
from hub.testing.samples import fuzzy_time

SAMPLES = [b"HDR|1\rID|K-4711\rNAME|Muster", b"HDR|2\rID|K-4712\rNAME|Beispiel"]


class NoIdError(HubError):
    code = "PLAIN-001"
    summary = "The message has no identifier"
    remedy = "Ask the sender"


def fact(identifier="1", recorded=None):
    subject = Subject((Identifier("TEST", identifier),))
    recorded = recorded or fuzzy_time()
    return Fact(kind=FactKind.START, subject=subject, recorded=recorded)


def normalise(body, profile):  # noqa: ARG001  the contract passes a profile
    lines = body.split(b"\r")
    ids = [line[3:] for line in lines if line.startswith(b"ID|") and line[3:].strip()]
    if not lines[0].startswith(b"HDR|"):
        return Normalised(unmapped="no header", warnings=("header.missing",))
    if not ids:
        return Normalised(problem=Problem("PLAIN-001"))
    text = ids[0].decode("ascii", "replace")
    return Normalised(facts=(fact(text),))


def normaliser(function):
    return NormaliserSpec(
        name="plain",
        media_type="text/plain",
        profile=Settings,
        normalise=function,
        summary="Plain lines.",
    )


class PlainSuite(NormaliserContract):
    @pytest.fixture
    def spec(self):
        return normaliser(normalise)

    @pytest.fixture
    def profile(self):
        return Settings()

    @pytest.fixture
    def samples(self):
        return SAMPLES


class TestPlain(PlainSuite):
    """A good normaliser passes."""


_count = itertools.count()


def _never_the_same(_body, _profile):
    return Normalised(facts=(fact(str(next(_count) + 1)),))


def _raises(body, profile):
    body.decode("ascii")
    return normalise(body, profile)


def _raises_on_a_missing_line(body, profile):
    body.split(b"\r")[1]
    return normalise(body, profile)


def _says_nothing(_body, _profile):
    return Normalised()


def _says_both(_body, _profile):
    return Normalised(facts=(fact(),), unmapped="both")


def _unknown_code(_body, _profile):
    return Normalised(problem=Problem("PLAIN-999"))


def _wordy_warning(_body, _profile):
    return Normalised(facts=(fact(),), warnings=("Something is odd",))


def _no_identifier(_body, _profile):
    return Normalised(facts=(fact(""),))


def _naive_time(_body, _profile):
    now = datetime(2026, 1, 1)  # noqa: DTZ001  the mistake under test
    later = now + timedelta(seconds=1)
    return Normalised(facts=(fact("1", FuzzyTime("", "day", now, later, "")),))


def _empty_interval(_body, _profile):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Normalised(facts=(fact("1", FuzzyTime("", "day", now, now, "")),))


def _lone_surrogate(_body, _profile):
    return Normalised(facts=(fact("\udcff"),))


def _no_such_value(_body, _profile):
    recorded = msgspec.structs.replace(fuzzy_time(), zone_source="own")
    return Normalised(facts=(fact(recorded=recorded),))


def _junk(_body, _profile):
    return {"facts": []}


def _quotes_in_a_warning(body, profile):
    result = normalise(body, profile)
    last = body.split(b"|")[-1].decode("ascii", "replace").lower()
    return msgspec.structs.replace(result, warnings=(f"name.{last}",))


def _quotes_in_a_reason(body, _profile):
    return Normalised(unmapped=f"not for {body[-12:].decode('ascii', 'replace')}")


@pytest.mark.parametrize(
    "broken",
    [
        _says_nothing,
        _says_both,
        _unknown_code,
        _wordy_warning,
        _no_identifier,
        _naive_time,
        _empty_interval,
        _lone_surrogate,
        _no_such_value,
        _junk,
    ],
)
def test_fails_a_broken_promise(broken):
    with pytest.raises((AssertionError, UnicodeEncodeError, msgspec.ValidationError)):
        PlainSuite().test_keeps_its_promises_for_each_sample(
            normaliser(broken), Settings(), SAMPLES
        )


def test_fails_a_normaliser_that_changes_its_mind():
    with pytest.raises(AssertionError):
        PlainSuite().test_says_the_same_of_the_same_message(
            normaliser(_never_the_same), Settings(), SAMPLES
        )


def test_fails_a_normaliser_that_finds_no_facts():
    with pytest.raises(AssertionError):
        PlainSuite().test_finds_facts_in_a_sample(
            normaliser(_unknown_code), Settings(), SAMPLES
        )


def test_fails_a_normaliser_that_raises_for_noise():
    with pytest.raises(UnicodeDecodeError):
        PlainSuite().test_copes_with_arbitrary_bytes(normaliser(_raises), Settings())


def test_fails_a_normaliser_that_raises_for_a_damaged_message():
    with pytest.raises(IndexError):
        PlainSuite().test_copes_with_damaged_samples(
            normaliser(_raises_on_a_missing_line), Settings(), SAMPLES
        )


@pytest.mark.parametrize("broken", [_quotes_in_a_warning, _quotes_in_a_reason])
def test_fails_a_normaliser_that_quotes_the_message(broken):
    with pytest.raises(AssertionError, match="quote"):
        PlainSuite().test_warnings_hold_nothing_of_the_content(
            normaliser(broken), Settings(), SAMPLES
        )


def render(notices, options):  # noqa: ARG001  the contract passes options
    body = msgspec.json.encode(notices)
    return Rendered(body=body, media_type="application/json", suffix=".json")


def renderer(function, most=10):
    return RendererSpec(
        name="plain",
        options=Settings,
        render=function,
        summary="Plain JSON.",
        max_notices=most,
    )


class JsonSuite(RendererContract):
    @pytest.fixture
    def spec(self):
        return renderer(render)

    @pytest.fixture
    def options(self):
        return Settings()


class TestJson(JsonSuite):
    """A good renderer passes."""


class TestOneAtATime(JsonSuite):
    """So does one that takes single notices."""

    @pytest.fixture
    def spec(self):
        return renderer(render, most=1)


def _counts_calls(_notices, _options):
    return Rendered(body=str(next(_count)).encode(), media_type="text/plain")


def _always_the_same(_notices, _options):
    return Rendered(body=b"something happened", media_type="text/plain")


def _takes_one(notices, options):
    (only,) = notices
    return render([only], options)


def _wants_a_patient_id(notices, options):
    assert all(notice.patient_id for notice in notices)
    return render(notices, options)


def _renders_text(_notices, _options):
    return Rendered(body="text", media_type="text/plain")


def _renders_nothing(_notices, _options):
    return Rendered(body=b"", media_type="text/plain")


def _has_an_odd_suffix(_notices, _options):
    return Rendered(body=b"x", media_type="text/plain", suffix="/etc")


def _has_no_media_type(_notices, _options):
    return Rendered(body=b"x", media_type="")


CLAIMS = [
    (_counts_calls, "test_renders_the_same_notices_to_the_same_bytes"),
    (_always_the_same, "test_renders_different_notices_to_different_bytes"),
    (_wants_a_patient_id, "test_mixes_every_kind_of_notice"),
    (_renders_text, "test_mixes_every_kind_of_notice"),
    (_renders_nothing, "test_takes_as_many_notices_as_it_declares"),
    (_has_an_odd_suffix, "test_takes_as_many_notices_as_it_declares"),
    (_has_no_media_type, "test_takes_as_many_notices_as_it_declares"),
]


@pytest.mark.parametrize(("broken", "claim"), CLAIMS)
def test_fails_a_broken_renderer(broken, claim):
    with pytest.raises(AssertionError):
        getattr(JsonSuite(), claim)(renderer(broken), Settings())


def test_fails_a_renderer_that_takes_fewer_than_it_says():
    with pytest.raises(ValueError, match="unpack"):
        JsonSuite().test_takes_as_many_notices_as_it_declares(
            renderer(_takes_one), Settings()
        )
