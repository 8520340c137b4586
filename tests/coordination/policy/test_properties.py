"""What holds of every decision, whatever the case."""

from datetime import timedelta

import msgspec
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hub.coordination.policy import STANDARD, Regime, decide, project
from hub.coordination.policy.paths import kept_names
from hub.coordination.policy.templates import templates
from hub.model.delivery import PERMITS, Terms
from hub.model.labels import Labels
from tests.coordination.policy.cases import (
    ALL_PURPOSES,
    BEFORE,
    DE,
    LATER,
    NOW,
    NY,
    case,
    event,
    permit,
    to,
)

CODES = ["ETH", "SUD", "PSY", "HIV", "SDV", "MINOR", "VIP", "unknown", "NEW"]
SOURCES = ["diagnosis:F10.2", "department:SUCHT", "sender:x", "facility:N", "ARV-3"]
codes = st.sampled_from(CODES)
marks = st.builds("{}:{}".format, st.sampled_from(SOURCES), codes)
moments = st.sampled_from([None, BEFORE, NOW, LATER])
data = st.lists(
    st.sampled_from(
        ["encounter.*", "encounter.admitted", "referral.*", "*", "odd", *CODES]
    ),
    max_size=3,
    unique=True,
).map(tuple)
consents = st.builds(
    lambda permits, words, **terms: permit(*words, permits=permits, **terms),
    permits=st.booleans(),
    words=data,
    key=st.sampled_from(["c1", "c2", "c3"]),
    version=st.integers(1, 3),
    scope=st.sampled_from([(), ("treatment",), ("payment",), ("contact",)]),
    recipients=st.sampled_from([(), ("clinic",), ("payer",), ("else",)]),
    mode=st.sampled_from(["explicit", "implied", "presumed", "opt_out"]),
    form=st.sampled_from(["", "part2-tpo", "self-paid"]),
    since=moments,
    until=moments,
    revoked=st.booleans(),
    proxy=st.sampled_from(["", "", "con_1"]),
)
recipients = st.one_of(
    st.builds(
        to,
        st.sampled_from(["provider", "payer", "community", "public_health", "patient"]),
        jurisdiction=st.sampled_from(["", "US-NY", "DE", "XX"]),
        sensitivity=st.frozensets(codes, max_size=2),
    ),
    st.just(to("patient", contact="con_1")),
)


def labels_of(marked, confidentiality="N"):
    """Return labels as they accumulate: each mark brings its code."""
    found = tuple(sorted({each.rpartition(":")[2] for each in marked}))
    rank = "R" if found and confidentiality == "N" else confidentiality
    return Labels(rank, found, (), tuple(sorted(marked)))


labels = st.builds(
    labels_of,
    st.sets(marks, max_size=3),
    st.sampled_from("NNRV"),
)
cases = st.builds(
    lambda what, recipient, purpose, decided, regime: case(
        what, recipient, purpose, decided, regime=regime
    ),
    labels,
    recipients,
    st.sampled_from(ALL_PURPOSES),
    st.lists(consents, max_size=4),
    st.sampled_from([STANDARD, DE, NY, Regime("US", {"NORD": "DE"})]),
)
AMOUNT = {"deny": 0, "hold": 0, "permit_redacted": 1, "permit": 2}


def amount(decision):
    return AMOUNT[decision.verdict]


def relabelled(asked, what):
    return asked._replace(event=msgspec.structs.replace(asked.event, labels=what))


@given(cases)
def test_a_decision_is_never_an_error_of_the_rules(asked):
    assert decide(asked).reason != "rule.failed"


@given(cases, st.sets(marks, min_size=1, max_size=2))
def test_more_labels_never_let_more_through(asked, more):
    before = asked.event.labels
    grown = labels_of(
        {*before.derived_by, *more},
        before.confidentiality if before.confidentiality != "N" else "R",
    )
    if before.confidentiality == "R" and not before.derived_by:
        # As it accumulates: what made it restricted goes on to be named.
        before = msgspec.structs.replace(before, derived_by=("PD1-12",))
        grown = msgspec.structs.replace(grown, derived_by=(*grown.derived_by, "PD1-12"))

    assert amount(decide(relabelled(asked, grown))) <= amount(
        decide(relabelled(asked, before))
    )


@given(cases, st.data())
def test_a_revocation_of_a_permission_never_lets_more_through(asked, drawn):
    denied = {each.key for each in asked.consents if not each.permits}
    permits = [each for each in asked.consents if each.key not in denied]
    assume(permits)
    given_up = drawn.draw(st.sampled_from(permits))
    revoked = msgspec.structs.replace(given_up, version=9, revoked=True)

    after = decide(asked._replace(consents=(*asked.consents, revoked)))

    assert amount(after) <= amount(decide(asked))


@given(cases, consents)
def test_a_denial_never_lets_more_through(asked, denial):
    denial = msgspec.structs.replace(denial, permits=False, key="c9")

    after = decide(asked._replace(consents=(*asked.consents, denial)))

    assert amount(after) <= amount(decide(asked))


@given(cases, st.data())
def test_the_order_of_the_consents_changes_nothing(asked, drawn):
    assume(
        len({(one.key, one.version) for one in asked.consents}) == len(asked.consents)
    )
    shuffled = drawn.draw(st.permutations(asked.consents))

    assert (
        decide(asked._replace(consents=tuple(shuffled))).verdict
        == decide(asked).verdict
    )


@given(cases)
def test_the_answer_does_not_change_before_it_says_that_it_may(asked):
    decision = decide(asked)
    # What must be asked again at once may be another answer at once.
    assume(decision.verdict != "hold" and decision.until and decision.until > NOW)

    for before in (decision.until - timedelta(microseconds=1), NOW):
        assert decide(asked._replace(now=before)) == decision


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(cases)
def test_the_stricter_of_two_places_holds(asked):
    """Whatever two jurisdictions permit together each permits by itself."""
    together = decide(
        asked._replace(recipient=asked.recipient._replace(jurisdiction="US-NY"))
    )
    assume(together.verdict in PERMITS)

    alone = asked._replace(recipient=asked.recipient._replace(jurisdiction=""))
    assert decide(alone).verdict in PERMITS


words = st.sampled_from(
    sorted(
        {step for each in templates().templates.values() for step in each.payload}
        | {"secret", "note", "person.religion", "location.bed", "discharge.secret"}
    )
)


def nested(paths):
    """Return a payload in which each path has a value that names it."""
    payload = {}
    for path in paths:
        here, *rest = path.split(".")
        if rest:
            inner = payload.setdefault(here, {})
            if isinstance(inner, dict):
                inner[rest[0]] = f"value of {path}"
        else:
            payload.setdefault(here, f"value of {path}")
    return payload


def leaves(table, above=""):
    for name, value in table.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{above}{name}.")
        else:
            yield f"{above}{name}"


@given(
    st.sets(words, max_size=12),
    st.sampled_from(sorted(templates().templates)),
    st.booleans(),
)
def test_a_projection_holds_no_field_that_the_template_does_not_name(
    paths, name, masks
):
    what = event(payload=nested(paths) | {"changed_fields": sorted(paths)})

    told = project(what, Terms(template=name, masks_facility=masks))

    allowed = templates().templates[name]
    left = set(leaves({k: v for k, v in told.payload.items() if k != "changed_fields"}))
    if not allowed.everything:
        assert kept_names(what, sorted(left), allowed.payload) == sorted(left)
        names = told.payload["changed_fields"]
        assert kept_names(what, names, allowed.payload) == names
    if masks:
        assert kept_names(what, sorted(left), templates().mask.payload) == sorted(left)
    assert all(
        told.payload[each] == what.payload[each] for each in left if "." not in each
    )
