"""A store of a former release lists its referrals once it is brought up to date."""

import sqlite3
from contextlib import closing

from hub.store.migrate import upgrade
from tests.stores import of_release

BODY = (
    b'{"kind":"referral","details":{"state":"accepted","category":{"code":"stress"},'
    b'"requester":{"party":"clinic"},"performer":{"org":{"identifiers":'
    b'[{"system":"REG","value":"7"}]}}}}'
)


def test_referrals_of_before_are_found(tmp_path, monkeypatch):
    """Synthetic: a referral that a hospital sent before there was a list of them."""
    file = of_release("0007", tmp_path, monkeypatch)
    rows = [
        ("rec_1", "referral", "p_1", 1, BODY, "p_1"),
        ("rec_2", "referral", "p_1", 0, b"null", "p_1"),
        ("rec_3", "task", "p_1", 1, b"{}", "p_1"),
    ]
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executemany("INSERT INTO entity VALUES (?, ?, ?, ?, ?, ?)", rows)
        connection.execute(
            "INSERT INTO fact (message, place, entity, body) VALUES (1, 0, ?, ?)",
            ("rec_1", b'{"details":{"via":"klinik"}}'),
        )

    upgrade(tmp_path)

    with closing(sqlite3.connect(file)) as connection:
        found = connection.execute("SELECT * FROM referral ORDER BY key").fetchall()
        sides = connection.execute("SELECT key, named FROM referral_side").fetchall()
    named = ["feed klinik", "org REG:7", "party clinic"]
    assert sorted(sides) == [("rec_1", each) for each in named]
    assert found == [
        ("rec_1", "open", "accepted", "stress", "", "", "", 0),
        ("rec_2", "open", "", "", "", "", "", 0),
    ]
