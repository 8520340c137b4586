"""What is shown of files. All of it is made up."""

import sqlite3
from contextlib import closing

import pytest

from hub.store.exchanges.errors import UnknownExchangeError
from hub.store.queries import Reader
from hub.store.sqlite import DATABASE_NAME
from hub.store.store import Store, call_at_once

ANSWER, OURS, OTHER = "xch_a1", "out_b1", "xch_a2"
HELD = (
    '[{"code": "name.reused", "column": ""}, {"code": "column.unknown", "column": ""}]'
)


def put(connection, key, *, direction="in", state="applied", **times):
    values = {"checked_at": None, "answered_at": None} | times
    connection.execute(
        "INSERT INTO exchange (id, direction, feed, partner, name, path, state, reason,"
        " problems, received_at, checked_at, answered_at)"
        " VALUES (?, ?, 'roster', 'payer', ?, ?, ?, '', ?, 1, ?, ?)",
        (key, direction, f"{key}.csv", key, state, HELD, *values.values()),
    )


@pytest.fixture
def reader(tmp_path):
    with Store(tmp_path, call_at_once):
        pass
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection, connection:
        put(connection, ANSWER, checked_at=70)
        put(connection, OTHER, checked_at=71, state="held")
        put(connection, OURS, direction="out", state="refused", answered_at=70)
        put(connection, "out_b2", direction="out", state="sent")
    return Reader(tmp_path / DATABASE_NAME).exchanges


def test_a_file_of_ours_names_the_file_that_answered_it(reader):
    by = reader.exchange(OURS).answered_by

    assert (by.id, by.name) == (ANSWER, f"{ANSWER}.csv")
    assert reader.exchange("out_b2").answered_by is None
    assert reader.exchange(ANSWER).answered_by is None


@pytest.mark.parametrize(
    ("key", "codes"),
    [(OTHER, ["name.reused", "column.unknown"]), (ANSWER, ["column.unknown"])],
)
def test_what_held_a_file_is_shown_as_long_as_it_is_held(reader, key, codes):
    assert [each.code for each in reader.exchange(key).problems] == codes


def test_the_beginning_of_an_id_is_one_file_or_none(reader):
    assert reader.full_id(OURS) == OURS
    assert reader.full_id("xch_a1") == ANSWER
    for start in ("xch_a", "xch_b", ""):
        with pytest.raises(UnknownExchangeError):
            reader.full_id(start)
