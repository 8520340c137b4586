"""Who has nothing to do with a person is told nothing, and the hub says so."""

import sqlite3
from contextlib import closing

import pytest

from hub.coordination.routes import Subscription
from hub.store import rulesets
from hub.store.queries import Reader
from hub.store.rulesets import ruleset_of

ADMITTED = frozenset({"encounter.admitted"})
RULESET = ruleset_of(
    [
        Subscription("payer-a-members", "payer-a", ADMITTED, "payment", "payer-a"),
        Subscription("payer-b-members", "payer-b", ADMITTED, "operations", "payer-b"),
        Subscription("updates", "payer-b", frozenset({"encounter.updated"}), "payment"),
    ]
)


@pytest.fixture
def reader(seeded):
    """What is shown of a store in which payer B asked about the first event too."""
    with closing(sqlite3.connect(seeded.path, isolation_level=None)) as connection:
        rulesets.keep(connection, [RULESET, RULESET])
        connection.execute(
            "UPDATE event SET ruleset = ?, routes = 3, unrelated = 1 WHERE seq = 1",
            [RULESET.id],
        )
    return Reader(seeded.path)


def test_the_id_of_a_ruleset_is_a_function_of_what_is_asked_for():
    more = Subscription("more", "payer-a", ADMITTED, "treatment")

    assert ruleset_of([more]) == ruleset_of([more])
    assert ruleset_of([more]).id != RULESET.id


def test_a_decision_that_follows_is_shown_like_one_that_was_written(reader, seeded):
    found = reader.decisions(event=seeded.event(1), destination="payer-b").items

    [follows] = found
    assert (follows.subscription, follows.permitted) == ("payer-b-members", False)
    assert (follows.verdict, follows.reason) == ("deny", "relationship.none")
    assert (follows.purpose, follows.rules) == ("operations", ["relationship@1"])


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_hold_every_decision_once(reader, limit):
    seen, cursor = [], None
    while True:
        page = reader.decisions(limit=limit, cursor=cursor)
        seen += [(each.event, each.subscription) for each in page.items]
        cursor = page.next
        if cursor is None:
            break

    assert len(seen) == len(set(seen)) == 5
    assert [each for _, each in seen].count("payer-b-members") == 1


def test_the_counts_hold_those_that_follow(reader):
    assert reader.counts().decisions == {"permit": 3, "deny": 2}


def test_the_explanation_names_who_has_nothing_to_do_with_the_person(reader, seeded):
    explanation = reader.explain(seeded.message(1), "payer-b")

    [event] = explanation.events
    [withheld] = event.decisions
    assert withheld.decision.reason == "relationship.none"
    assert withheld.delivery is None
