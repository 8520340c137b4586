"""Codes that nobody mapped are listed until somebody does."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from click.testing import CliRunner

from hub.cli import main
from hub.store.journal import moment
from hub.store.queries import Reader
from tests.conftest import MINUTE, NOON

MARKS = {
    1: ["department:W7:unknown", "diagnosis:F102:ETH"],
    2: ["department:W7:unknown"],
    3: ["ARV-3:unknown"],
    4: ["sender:otp:ETH"],
}


@pytest.fixture
def reader(seeded):
    """A store in which events have labels."""
    with closing(sqlite3.connect(seeded.path, isolation_level=None)) as connection:
        for seq, marks in MARKS.items():
            [(body,)] = connection.execute(
                "SELECT body FROM event WHERE seq = ?", [seq]
            )
            labels = {"labels": {"derived_by": marks}, "source": {"feed": "klinik"}}
            told = json.dumps(json.loads(body) | labels, separators=(",", ":"))
            connection.execute(
                "UPDATE event SET body = ? WHERE seq = ?", [told.encode(), seq]
            )
    return Reader(seeded.path)


def test_each_code_is_listed_once_the_most_frequent_first(reader):
    found = reader.unmapped(moment(NOON))

    assert [(each.kind, each.code, each.events) for each in found] == [
        ("department", "W7", 2),
        ("ARV-3", "", 1),
    ]
    assert found[0].feed == "klinik"
    assert "[policy.departments]" in found[0].remedy


def test_what_was_told_before_is_not_listed(reader):
    after = moment(NOON + 2 * MINUTE) + timedelta(seconds=1)

    assert [each.kind for each in reader.unmapped(after)] == ["ARV-3"]


def test_the_tables_can_be_read():
    shown = CliRunner().invoke(main, ["labels", "list", "--json"])

    rows = json.loads(shown.output)
    assert {"kind": "disposition", "sensitivity": "PSY", "codes": "65, 93"} in rows
