"""``hub check --people``. Everybody in it is made up."""

import json
import sqlite3
from contextlib import closing

import pytest

from hub.store.sqlite import DATABASE_NAME
from tests.runtime.world import ANNA, BERTA, World, number, person, repair

P1, S7 = number("P1"), number("S7", "SUED")


@pytest.fixture
def told(tmp_path):
    """Return what tells facts to a store, and gives the configuration of a hub."""

    def tell(*facts):
        (tmp_path / "data").mkdir()
        world = World().tell(*facts)
        with closing(sqlite3.connect(tmp_path / "data" / DATABASE_NAME)) as store:
            world.connection.backup(store)
        world.close()
        config = tmp_path / "hub.toml"
        config.write_text(
            '# A synthetic configuration\n[hub]\nname = "sample"\ndata_dir = "data"\n'
            "[admin]\nport = 0\n"
        )
        return config

    return tell


def test_people_who_cannot_be_one_are_told_with_what_to_do(hub, told):
    config = told(
        person(P1, ANNA),
        person(S7, BERTA),
        repair("link", P1, [S7], decided_by="ops"),
    )
    shown = hub("check", "--people", "--config", config)
    report = json.loads(hub("check", "--people", "--json", "--config", config).stdout)

    [found] = report["people"]
    assert shown.exit_code == 1
    assert "1 times what is known of a person contradicts itself." in shown.stdout
    assert "PERSON-003: A person has two birth dates." in shown.stdout
    assert found["code"] == "PERSON-003"
    assert found["person"] in found["about"]
    assert not report["ok"]
    assert "1961" not in shown.stdout
    assert "Musterfrau" not in shown.stdout


def test_people_who_can_be_told(hub, told):
    config = told(person(P1, ANNA), person(S7, BERTA))
    shown = hub("check", "--people", "--config", config)

    assert shown.exit_code == 0
    assert "Nothing that is known of a person contradicts itself." in shown.stdout


def test_nobody_is_looked_at_unasked(hub, told):
    config = told(person(P1, ANNA))
    report = json.loads(hub("check", "--json", "--config", config).stdout)

    assert "people" not in report
