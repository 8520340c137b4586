"""What stands in a record is read as a consent, with caution."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.consents import Consent, consent_details, consent_of

SAID = datetime(2026, 3, 1, 9, tzinfo=UTC)
GOOD = {
    "decision": "permit",
    "scope": ["treatment", "care_coordination"],
    "data": ["encounter.*", "ETH"],
    "recipients": ["clinic"],
    "actors": ["klinik"],
    "since": "2026-03-01T00:00:00Z",
    "until": "2026-12-31",
    "mode": "explicit",
    "status": "active",
    "proxy": "con_1",
    "form": "Part2-TPO",
    "evidence_ref": "doc_1",
    "recorded": "2026-03-01T10:00:00+01:00",
}


def read(**changes):
    return consent_of("rec_1", 2, GOOD | changes)


def test_a_consent_is_read_from_all_that_it_says():
    assert read() == Consent(
        key="rec_1",
        version=2,
        permits=True,
        recorded=SAID,
        scope=("treatment", "care_coordination"),
        data=("encounter.*", "ETH"),
        recipients=("clinic",),
        actors=("klinik",),
        since=datetime(2026, 3, 1, tzinfo=UTC),
        until=datetime(2027, 1, 1, tzinfo=UTC),
        mode="explicit",
        proxy="con_1",
        form="part2-tpo",
        evidence="doc_1",
    )
    assert consent_details(GOOD) == []


@pytest.mark.parametrize(
    ("stated", "permits"),
    [
        ({"decision": "permit"}, True),
        ({"decision": " Permit "}, True),
        ({"permits": True}, True),
        ({"decision": "deny"}, False),
        ({"permits": False, "decision": "permit"}, False),
        ({"decision": "nein"}, False),
        ({"decision": 1}, False),
        ({"permits": "yes"}, False),
    ],
)
def test_what_is_not_plainly_a_permission_is_a_denial(stated, permits):
    consent = consent_of("rec_1", 1, stated)

    assert consent.permits is permits
    assert not consent.revoked


def test_a_record_without_a_decision_is_none():
    assert consent_of("rec_1", 1, {"scope": ["treatment"]}).revoked


@pytest.mark.parametrize(
    ("status", "permission", "denial"),
    [
        ("active", False, False),
        ("", False, False),
        ("revoked", True, True),
        ("entered-in-error", True, True),
        ("proposed", True, True),
        ("who knows", True, False),
        (7, True, False),
    ],
)
def test_a_status_that_nobody_knows_ends_a_permission_only(status, permission, denial):
    assert read(status=status).revoked is permission
    assert read(status=status, decision="deny").revoked is denial


@pytest.mark.parametrize(
    "unreadable",
    [
        {"until": "soon"},
        {"since": 2026},
        {"scope": {"a": "b"}},
        {"data": [1]},
        {"recipients": ["clinic", None]},
        {"proxy": ["con_1"]},
        {"period": "always"},
        {"period": {"end": "soon"}},
    ],
)
def test_a_permission_that_cannot_be_read_permits_nothing(unreadable):
    assert read(**unreadable).revoked
    assert len(consent_details(GOOD | unreadable)) == 1


@pytest.mark.parametrize("name", ["scope", "data", "recipients"])
def test_a_denial_that_cannot_be_read_denies_all_it_may_be_about(name):
    denial = read(decision="deny", **{name: ["clinic", 7]})

    assert getattr(denial, name) == ()
    assert not denial.revoked


def test_a_denial_whose_end_cannot_be_read_does_not_end():
    denial = read(decision="deny", until="soon")

    assert denial.until is None
    assert not denial.revoked


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (["TREAT", "HPAYMT", "HOPERAT"], ("treatment", "payment", "operations")),
        ("tpo", ("treatment", "payment", "operations")),
        ([{"system": "v3-ActReason", "code": "ETREAT"}], ("treatment",)),
        (["Treatment", "treatment"], ("treatment",)),
        (None, ()),
    ],
)
def test_purposes_are_read_by_the_names_of_the_standard_too(sent, found):
    assert read(scope=sent).scope == found


@pytest.mark.parametrize(
    ("mode", "permission", "denial"),
    [
        (None, "explicit", "explicit"),
        ("opt-out", "opt_out", "opt_out"),
        ("Implied", "implied", "implied"),
        ("somehow", "presumed", "explicit"),
    ],
)
def test_a_mode_that_nobody_knows_makes_a_permission_worth_the_least(
    mode, permission, denial
):
    assert read(mode=mode).mode == permission
    assert read(mode=mode, decision="deny").mode == denial


@pytest.mark.parametrize(
    ("sent", "since", "until"),
    [
        ("2026-03-10", (2026, 3, 10, 0), (2026, 3, 11, 0)),
        ("2026-03-10T06:00:00", (2026, 3, 10, 6), (2026, 3, 10, 6)),
        ("2026-03-10T06:00:00+02:00", (2026, 3, 10, 4), (2026, 3, 10, 4)),
    ],
)
def test_a_day_counts_from_its_start_to_its_end(sent, since, until):
    consent = read(since=sent, until=sent)

    assert consent.since == datetime(*since, tzinfo=UTC)
    assert consent.until == datetime(*until, tzinfo=UTC)


def test_a_period_stands_for_its_start_and_end():
    consent = read(since=None, until=None, period={"start": "2026-03-01", "end": None})

    assert consent.since == datetime(2026, 3, 1, tzinfo=UTC)
    assert consent.until is None


def test_what_a_proxy_may_receive_is_what_it_is_about():
    assert read(data=None, may_receive=["encounter.*"]).data == ("encounter.*",)


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"decision": "maybe"}, ["decision"]),
        ({"mode": "somehow", "status": "odd"}, ["mode", "status"]),
        ({"scope": ["treatment", "marketing", "x"]}, ["scope[1]", "scope[2]"]),
        ({"scope": ["contact", "contact.phone"]}, []),
        ({"until": "2026-01-01"}, ["until"]),
        ({"permits": "yes"}, ["permits"]),
        ({"form": 7, "since": "ZZCANARYZZ"}, ["form", "since"]),
    ],
)
def test_everything_that_is_wrong_is_said_at_once(changes, paths):
    found = consent_details(GOOD | changes)

    assert [problem.path for problem in found] == paths
    assert "ZZCANARYZZ" not in repr(found)


def test_a_decision_is_required_of_who_records_one():
    (problem,) = consent_details({"scope": ["treatment"]})

    assert problem.path == "decision"


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*GOOD, "permits", "period"]), plain))
def test_whatever_stands_in_a_record_it_can_be_read(details):
    consent = consent_of("rec_1", 1, details)
    problems = consent_details(details)

    assert not (consent.permits and not consent.revoked) or not [
        problem for problem in problems if problem.path in {"since", "until", "data"}
    ]
