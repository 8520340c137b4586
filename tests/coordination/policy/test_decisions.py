"""Each case of the table is decided as it says, and for the reason that it says."""

import pytest

from hub.coordination.policy import REASONS, RULES
from tests.coordination.policy.cases import ask
from tests.coordination.policy.decisions import TABLE


@pytest.mark.parametrize("name", TABLE)
def test_a_case_is_decided_as_the_table_says(name):
    row = TABLE[name]

    decision = ask(**row.asked)

    assert (decision.verdict, decision.reason) == (row.verdict, row.reason)
    assert row.rule in decision.rules


@pytest.mark.parametrize("name", TABLE)
def test_the_rule_that_refuses_is_the_last_that_was_asked(name):
    row = TABLE[name]

    decision = ask(**row.asked)

    last = [rule for rule in decision.rules if rule in RULES][-1]
    assert last == ([*RULES][-1] if decision.permitted else row.rule)


def test_the_table_is_large_enough_and_has_every_outcome():
    assert len(TABLE) >= 80
    assert {row.verdict for row in TABLE.values()} == {
        "permit",
        "permit_redacted",
        "deny",
        "hold",
    }


def test_every_reason_of_the_policy_is_shown_by_a_case_or_elsewhere():
    ours = (
        "relationship",
        "purpose",
        "jurisdiction",
        "consent",
        "sensitivity",
        "safety",
    )
    catalogued = {each for each in REASONS if each.partition(".")[0] in ours}

    # A purpose that is allowed is never the telling reason.
    assert catalogued - {row.reason for row in TABLE.values()} == {"purpose.allowed"}


def test_every_decision_has_a_reason_that_is_catalogued():
    assert {row.reason for row in TABLE.values()} <= REASONS.keys()


@pytest.mark.parametrize("code", REASONS)
def test_a_reason_is_told_in_sentences_without_a_full_stop(code):
    reason = REASONS[code]

    assert reason.summary
    assert not reason.summary.endswith(".")
    assert not reason.remedy.endswith(".")
    assert reason.remedy or reason.summary.startswith("Permitted")
