"""``hub feeds`` for files: learn a table, and try what it would come to.

All content is synthetic.
"""

import json
from dataclasses import replace
from types import MappingProxyType

import pytest

from hub.registry import Registry
from hub_payer.tables.learning import learn_roster

TABLE = (
    "Mitgliedsnummer;Nachname;Geburtsdatum;Geschlecht\n"
    "0012;Musterfrau;31.12.1961;w\n"
    "0013;Beispiel;31.13.1961;m\n"
    "0014;Muster;28.02.1975;unklar\n"
    "Summe: 4\n"
)


@pytest.fixture(autouse=True)
def _plugins(monkeypatch):
    registry = Registry.discover({"HUB_LOAD_PLUGINS": "carehub-payer"})
    known = dict(registry.normalisers)
    assert known["roster-csv"].learn is learn_roster
    whole = replace(registry, normalisers=MappingProxyType(known))
    monkeypatch.setattr(Registry, "discover", lambda: whole)


@pytest.fixture
def sample(tmp_path):
    path = tmp_path / "october.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


@pytest.fixture
def profile(hub, sample, tmp_path):
    path = tmp_path / "proposal.toml"
    learned = hub(
        *("feeds", "profile", "--learn", "--normaliser", "roster-csv"),
        *("--output", path, sample),
    )
    assert learned.exit_code == 0, learned.output
    return path


def tried(hub, *arguments):
    done = hub("feeds", "try", "--normaliser", "roster-csv", "--json", *arguments)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_table_is_tried_row_by_row(hub, profile, sample):
    found = tried(hub, profile, sample)

    assert [(each["place"], each["outcome"]) for each in found] == [
        (2, "facts"),
        (3, "problem"),
        (4, "facts"),
        (5, "problem"),
    ]
    first, second, third, last = found
    assert first["facts"][0]["record"]["value"] == "0012"
    assert second["problem"]["code"] == "date.invalid"
    assert second["problem"]["detail"] == "birth_date"
    assert second["problem"]["remedy"]
    assert third["warnings"] == [{"code": "sex.unknown"}]
    assert (last["message_type"], last["problem"]["code"]) == (
        "roster totals",
        "trailer.count",
    )


def test_a_table_that_does_not_fit_says_so_once(hub, profile, sample):
    sample.write_text("a;b\n1;2\n", encoding="utf-8")

    [found] = tried(hub, profile, sample)

    assert found["problem"]["code"] == "TABLE-002"


def test_the_values_of_rows_are_shown_where_that_is_asked_for(hub, profile, sample):
    first, *_ = tried(hub, "--fields", profile, sample)

    assert {"path": "family_name", "name": "Nachname", "value": "Musterfrau"} in (
        first["fields"]
    )
