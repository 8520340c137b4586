"""Each check of the books finds exactly the imbalance that it is named after."""

from collections import Counter

import pytest

from hub.model.delivery import DeliveryState
from hub.model.message import MessageState
from hub.store import journal, outbox, state
from hub.store.books import CHECKS, balance, balance_by_slices
from hub.store.outbox import Claim
from hub.store.state import Settlement
from tests.store.rows import (
    NOW,
    put,
    queued,
    received,
    row,
    settled,
    settlement,
)

#: For each check a change, or several, that only it finds.
IMBALANCES = {
    "message in no known state": ["UPDATE message SET state = 'lost' WHERE seq = 6"],
    "processed message without a fact": ["DELETE FROM fact WHERE message = 1"],
    "message that was split and has no parts": [
        "UPDATE message SET state = 'split' WHERE seq = 6"
    ],
    "part of a message that was not split": [
        "UPDATE message SET parent = 6 WHERE seq = 5"
    ],
    "fact of a message that is not processed": [
        "INSERT INTO fact (message, place, entity, body) VALUES (6, 0, 1, '')"
    ],
    "replaced fact of a message that was not amended": [
        (
            "INSERT INTO fact (message, place, entity, body, replaced_at)"
            " VALUES (1, 9, 1, '', 1)"
        )
    ],
    "unmapped or parked message without a reason": [
        "UPDATE message SET reason = '', error_code = '' WHERE seq = 5"
    ],
    "event of a message that is not processed": [
        "UPDATE event SET message = 6 WHERE id = 'evt_withheld'"
    ],
    "entity whose events have a gap": [
        "UPDATE entity SET version = 2 WHERE key = 'enc_sent'"
    ],
    "event whose decisions are not one for each route": [
        "UPDATE event SET routes = 2 WHERE id = 'evt_sent'"
    ],
    "event without its entity": [
        "DELETE FROM entity WHERE seq IN (SELECT entity FROM event WHERE seq = 1)"
    ],
    "permitted notice without its delivery": [
        "DELETE FROM delivery WHERE id = 'dlv_waiting'"
    ],
    "delivery that was not permitted": [
        "UPDATE delivery SET event = 'evt_withheld' WHERE id = 'dlv_waiting'",
        "UPDATE decision SET permitted = 0 WHERE event = 'evt_waiting'",
    ],
    "delivery that is held although somebody decided": [
        "UPDATE delivery SET state = 'held' WHERE id = 'dlv_waiting'"
    ],
    "delivery that was withheld without a reason": [
        "UPDATE delivery SET state = 'withheld' WHERE id = 'dlv_waiting'"
    ],
    "delivery in no known state": [
        "UPDATE delivery SET state = 'lost' WHERE id = 'dlv_waiting'"
    ],
    "delivered without an accepted attempt": [
        "UPDATE attempt SET outcome = 'unknown' WHERE delivery = 1"
    ],
    "more attempts than claims": [
        "UPDATE delivery SET attempts = 0 WHERE id = 'dlv_sent'"
    ],
    "file in no known state": [
        "UPDATE exchange SET state = 'lost' WHERE id = 'xch_refused'"
    ],
    "file that came and was settled without a reason": [
        "UPDATE exchange SET reason = '' WHERE id = 'xch_refused'"
    ],
    "file in force whose version is another one's": [
        "UPDATE exchange SET version = 2 WHERE id = 'xch_applied'"
    ],
    "file whose messages are not as many as were made of it": [
        "UPDATE exchange SET fed = 2 WHERE id = 'xch_applied'"
    ],
    "refresh of a directory in no known state": [
        """INSERT INTO directory_run (message, feed, state, received_at)
        SELECT min(seq), 'city', 'lost', 0 FROM message"""
    ],
    "object of a directory that is there twice": [
        """INSERT INTO directory_object (feed, type, key, since, id, stable, natural,
        digest, material, record, first_seen, last_seen) VALUES
        ('city', 'service', 'dir_1', 1, 's', 's', 'n', x'', x'', x'', 0, 0),
        ('city', 'service', 'dir_1', 2, 's', 's', 'n', x'', x'', x'', 0, 0)"""
    ],
}


@pytest.fixture
def ledger(memory):
    """A store in which each kind of thing happened, and the books balance."""
    queued(memory, "sent", okey="a")
    queued(memory, "dead", okey="b")
    (claimed,) = outbox.claim(memory, [Claim("payer", NOW, 9)])
    sent, dead = claimed
    outbox.settle(memory, [[settled(sent)], [settled(dead, DeliveryState.DEAD)]])
    queued(memory, "waiting", okey="c")
    withheld(memory, received(memory, 4))
    at = journal.microseconds(NOW)
    aside = Settlement(received(memory, 5), MessageState.PARKED, at, reason="why")
    state.settle(memory, [[aside]])
    received(memory, 6)
    applied(memory)
    return memory


def applied(connection):
    """Bring a file about that is in force, with a message, and one that is not."""
    put(connection, row("roster", control_id="xch_applied:1"))
    for key, state_, version in (("applied", "applied", 1), ("refused", "rejected", 0)):
        connection.execute(
            "INSERT INTO exchange (id, direction, feed, partner, name, state, reason,"
            " version, rows, fed, received_at)"
            " VALUES (?, 'in', 'roster', 'payer', 'n', ?, 'why', ?, ?, ?, 1)",
            [f"xch_{key}", state_, *[version] * 3],
        )
    connection.execute("INSERT INTO exchange_feed (feed, current) VALUES ('roster', 1)")


def withheld(connection, seq):
    told = settlement(seq, "withheld")
    (decision,) = told.decisions
    denied = decision._replace(permitted=False)
    state.settle(connection, [[told._replace(decisions=(denied,), deliveries=())]])


def found(connection):
    return {name: count for name, count in balance(connection).checks if count}


def test_a_store_in_which_nothing_is_lost_balances(ledger):
    assert balance(ledger).balanced
    assert [name for name, _ in balance(ledger).checks] == list(CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_piece_by_piece_the_same_is_found(ledger, name):
    ledger.execute("PRAGMA foreign_keys=0")
    for change in IMBALANCES[name]:
        ledger.execute(change)

    found = Counter()
    for check, count in balance_by_slices(ledger, size=2):
        found[check] += count

    assert +found == Counter(dict(balance(ledger).checks))
    assert found[name] == 1
    assert not ledger.in_transaction


def test_an_empty_store_balances(memory):
    assert balance(memory).balanced


def test_each_check_has_an_imbalance_here():
    assert IMBALANCES.keys() == CHECKS.keys()


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_finds_its_imbalance_and_no_other_does(ledger, name):
    ledger.execute("PRAGMA foreign_keys=0")
    for change in IMBALANCES[name]:
        ledger.execute(change)

    assert found(ledger) == {name: 1}
    assert not balance(ledger).balanced


@pytest.mark.parametrize(
    ("check", "change"),
    [
        (
            "entity whose events have a gap",
            "DELETE FROM event WHERE id = 'evt_sent'",
        ),
        (
            "entity whose events have a gap",
            "UPDATE event SET version = 3 WHERE id = 'evt_sent'",
        ),
        (
            "event whose decisions are not one for each route",
            "DELETE FROM decision WHERE event = 'evt_withheld'",
        ),
        ("delivered without an accepted attempt", "DELETE FROM attempt"),
        (
            "delivery that was not permitted",
            "UPDATE delivery SET destination = 'stranger' WHERE id = 'dlv_waiting'",
        ),
    ],
)
def test_what_is_missing_is_found_too(ledger, check, change):
    ledger.execute("PRAGMA foreign_keys=0")
    ledger.execute(change)

    assert check in found(ledger)


def test_what_was_held_may_go_once_it_was_decided_anew(ledger):
    ledger.execute(
        "UPDATE decision SET permitted = 0, verdict = 'hold' WHERE event = 'evt_sent'"
    )
    before = found(ledger)
    ledger.execute(
        "INSERT INTO recheck"
        " (delivery, verdict, reason, rules, terms, generation, decided_at)"
        " SELECT seq, 'permit', '', '[]', '{}', 1, 1 FROM delivery"
        " WHERE id = 'dlv_sent'"
    )

    assert before == {"delivery that was not permitted": 1}
    assert found(ledger) == {}


def test_foreign_keys_keep_most_imbalances_from_arising(ledger):
    with pytest.raises(Exception, match="FOREIGN KEY"):
        ledger.execute("DELETE FROM decision WHERE event = 'evt_sent'")


def test_balancing_leaves_the_connection_as_it_was(ledger):
    balance(ledger)

    assert not ledger.in_transaction
