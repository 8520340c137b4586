"""Staging files: written once, read by portions. All of it is made up."""

import sqlite3

import pytest

from hub.coordination.exchanges.responses import Listing
from hub.model.files import Membership
from hub.store.exchanges.stage import Stage, StagedRow
from hub.store.exchanges.staged import Staged, memberships_of


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a file?#1.sqlite3"


def listings(count):
    return [Listing(n, n, f"M{n}", "date.unreadable", "born") for n in range(1, count)]


def test_what_is_listed_is_read_by_portions_from_a_place_on(path):
    with Stage(path) as stage:
        stage.list(listings(8))
        stage.keep()
    with Staged.open(path) as staged:
        assert staged.problems(0, 3) == listings(8)[:3]
        assert staged.problems(3, 9) == listings(8)[3:]
        assert staged.problems(7, 9) == []
        assert staged.changes(0, 9) == []


def test_a_file_that_is_there_is_written_anew(path):
    for count in (8, 3):
        with Stage(path) as stage:
            stage.list(listings(count))
            stage.keep()
    with Staged.open(path) as staged:
        assert staged.problems(0, 9) == listings(3)


def test_more_rows_than_one_statement_takes_are_written_in_their_order(path):
    rows = [
        StagedRow(
            n, f"M{n}", "set", active=True, digest=b"d", memberships="[]", body=b"1"
        )
        for n in range(1000)
    ]
    with Stage(path) as stage:
        stage.begin()
        stage.put(rows)
        stage.keep()
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT n, number FROM row ORDER BY n").fetchall()
    connection.close()

    assert found == [(n + 1, n) for n in range(1000)]


def test_a_staging_file_that_is_not_there_cannot_be_opened(path):
    with pytest.raises(sqlite3.Error):
        Staged.open(path)

    assert not path.exists()


def test_memberships_are_read_as_they_were_written():
    text = (
        '[{"system":"S","value":"V","patient_id":"","since":null,"until":"2026-01-31"}]'
    )

    [found] = memberships_of(text)
    assert found == Membership(system="S", value="V", until=found.until)
    assert found.until.isoformat() == "2026-01-31"
