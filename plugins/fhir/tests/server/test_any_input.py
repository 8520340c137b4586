"""Whatever comes, what is pure answers or refuses it; nothing else is raised."""

from contextlib import suppress
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import HubError
from hub_fhir.client.outcome import error_in
from hub_fhir.resources.wire import write
from hub_fhir.server.answering import tagged_version
from hub_fhir.server.bundles import answered, kept, looked_at
from hub_fhir.server.restating import changed, request_of, restated
from hub_fhir.server.searching import parse
from hub_fhir.server.writes import _header_of
from hub_fhir.tokens.desk import Grant

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
PERMISSIONS = frozenset({("Task", "c"), ("Task", "u"), ("ServiceRequest", "c")})
GRANT = Grant("tafel", "food-bank", PERMISSIONS, 0)
_WORDS = """
    Bundle Task ServiceRequest MessageHeader OperationOutcome POST transaction batch
    message Task/rec-1 error 2026 active
"""
_NAMES = """
    resourceType type entry resource request method url meta status focus reference
    issue severity code response fullUrl timestamp lastModified authoredOn identifier
"""
WORDS, NAMES = st.sampled_from(_WORDS.split()), st.sampled_from(_NAMES.split())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | WORDS,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(NAMES, each, max_size=5),
    max_leaves=12,
)
TREES = st.dictionaries(NAMES, VALUES, max_size=6)
BUNDLES = st.builds(
    lambda kind, entries: {"resourceType": "Bundle", "type": kind, "entry": entries},
    WORDS | VALUES,
    VALUES | st.lists(TREES, max_size=3),
)


@given(TREES | BUNDLES)
def test_any_bundle_is_looked_at(tree):
    with suppress(HubError):
        entries = looked_at(tree, PERMISSIONS)
        answer = answered(tree, entries, NOW)
        assert len(answer["entry"]) == len(tree["entry"])
        restated(kept(tree, entries), NOW)


@given(BUNDLES)
def test_any_message_is_looked_at(tree):
    with suppress(HubError):
        _header_of(tree, GRANT)


@given(TREES)
def test_any_resource_gets_the_servers_times(tree):
    served = {"focus": {"reference": "ServiceRequest/rec-1"}, "lastModified": "2026"}

    assert changed(tree, served, NOW)["focus"]["reference"] == "ServiceRequest/rec-1"
    assert restated(restated(tree, NOW), NOW) == restated(tree, NOW)
    assert isinstance(request_of(tree), str)


@given(VALUES)
def test_any_answer_is_read(tree):
    error_in(write({"resourceType": "OperationOutcome", "issue": [tree]}))
    error_in(write({"resourceType": "Bundle", "entry": tree}))


NAMED = st.sampled_from(["_lastUpdated", "_id", "status", "_count", "_cursor", "owner"])


@given(st.lists(st.tuples(NAMED, st.text() | st.from_regex(r"\d+-\d+")), max_size=4))
def test_any_search_is_understood_or_refused(pairs):
    with suppress(HubError):
        search = parse(pairs)
        assert 1 <= search.size <= 100
        assert search.url("https://a.example.org").startswith("https://a.example.org/")


@given(st.text())
def test_any_version_is_understood_or_refused(text):
    with suppress(HubError):
        version = tagged_version(text)
        assert version == "*" or version.isdecimal()
