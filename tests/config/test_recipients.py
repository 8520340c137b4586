"""Contracts with recipients, and under whose rules the hub stands."""

import pytest

from hub.config import ConfigError, load
from hub.config.policy import PolicyTable
from hub.coordination.policy.rulesets import shipped
from hub.coordination.recipients import PURPOSES, Recipient
from hub.registry import Registry
from hub.runtime.wiring import contracts, recipients
from hub.runtime.workings import router_of

DESTINATION = """
[destinations.payer-a]
kind = "webhook"
format = "cloudevents-json"
url = "http://127.0.0.1:9/"
secret = "env:MADE_UP_SECRET"
"""
CONTRACT = """
[recipients.payer-a]
sector = "payer"
jurisdiction = "US-NY"
purposes = ["payment", "care_coordination"]
sensitivity = ["PSY"]
template = "payer"
mask_facility = true
states_redaction = true
classes = ["plans"]
"""
OWN = """
jurisdiction = "US"
version = "5"

[labels.PSY]
default = "never"
"""


@pytest.fixture(scope="module")
def registry():
    return Registry.discover({"HUB_LOAD_PLUGINS": "carehub-webhook"})


@pytest.fixture
def read(tmp_path, monkeypatch, registry):
    monkeypatch.setenv("MADE_UP_SECRET", "whsec_bWFkZS11cC1zZWNyZXQtb2YtYS10ZXN0")

    def read(text):
        path = tmp_path / "hub.toml"
        path.write_text(DESTINATION + text)
        return load(path, registry)

    return read


@pytest.fixture
def problems(read):
    def problems(text):
        with pytest.raises(ConfigError) as caught:
            read(text)
        return {
            problem.path: f"{problem.message}|{problem.suggestion}"
            for problem in caught.value.problems
        }

    return problems


def test_a_contract_is_read_as_it_is_written(read):
    assert recipients(read(CONTRACT)) == {
        "payer-a": Recipient(
            name="payer-a",
            sector="payer",
            jurisdiction="US-NY",
            purposes=frozenset({"payment", "care_coordination"}),
            sensitivity=frozenset({"PSY"}),
            template="payer",
            masks_facility=True,
            states_redaction=True,
            classes=frozenset({"plans"}),
            contracted=True,
        )
    }


def test_a_contract_that_says_only_the_sector_allows_every_purpose(read):
    found = recipients(read('[recipients.payer-a]\nsector = "community"'))

    assert found["payer-a"].purposes == PURPOSES
    assert found["payer-a"].contracted


def test_a_destination_without_a_contract_has_none_written_down(read):
    assert recipients(read("")) == {}


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        (
            "payer-a]",
            "payer-b]",
            "recipients.payer-b",
            "no destination payer-b|payer-a",
        ),
        ('"payer"\nj', '"prayer"\nj', "recipients.payer-a.sector", "|payer"),
        ("US-NY", "US-NZ", "recipients.payer-a.jurisdiction", "no jurisdiction US-NZ"),
        ('"payment"', '"paymet"', "recipients.payer-a.purposes.0", "paymet|payment"),
        (
            '"payment"',
            '"marketing"',
            "recipients.payer-a.purposes.0",
            "marketing is no",
        ),
        ('"PSY"', '"psy"', "recipients.payer-a.sensitivity.0", "in capitals"),
        ('"payer"\nm', '"payers"\nm', "recipients.payer-a.template", "|payer"),
        ("mask_facility", "mask_facilty", "recipients.payer-a.mask_facilty", "|mask_f"),
        ("classes = [", 'contact = "c"\nclasses = [', "recipients.payer-a", "patient"),
    ],
)
def test_says_what_is_wrong_with_a_contract(problems, old, new, path, words):
    found = problems(CONTRACT.replace(old, new))

    assert words in found[path]


def test_a_hub_is_in_the_united_states_unless_it_says_otherwise(read):
    config = read("")

    assert config.policy == PolicyTable()
    assert config.policy.regime().home == "US"
    assert config.export()["policy"]["jurisdiction"] == "US"


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ('jurisdiction = "DE-BX"', "policy.jurisdiction", "no jurisdiction DE-BX"),
        ('jurisdiction = ""', "policy.jurisdiction", "at least 2"),
        ('places = { NORD = "XX" }', "policy.places.NORD", "no jurisdiction XX"),
        ('rules = ["gone.toml"]', "policy.rules.0", "cannot be read"),
        ('jurisdicton = "DE"', "policy.jurisdicton", "|jurisdiction"),
    ],
)
def test_says_what_is_wrong_with_the_policy(problems, text, path, words):
    assert words in problems(f"[policy]\n{text}")[path]


def test_says_what_is_wrong_in_a_file_of_own_rules(problems, tmp_path):
    (tmp_path / "own.toml").write_text(OWN.replace("never", "perhaps"))

    found = problems('[policy]\nrules = ["own.toml"]')

    assert "perhaps" in found["policy.rules.0"]


def test_files_of_own_rules_override_those_of_the_hub(read, tmp_path):
    (tmp_path / "own.toml").write_text(OWN)

    config = read('[policy]\nrules = ["own.toml"]\nplaces = { NORD = "DE" }')

    assert router_of(config)
    overridden = config.policy.regime()._book["US"]
    assert overridden.labels["PSY"].default == "never"
    assert shipped()["US"].labels["PSY"].default == "consent"


def test_what_decisions_rest_on_changes_with_the_contracts_and_own_rules(
    read, tmp_path
):
    own = tmp_path / "own.toml"
    own.write_text(OWN)
    policy = '[policy]\nrules = ["own.toml"]\n'

    first = contracts(read(policy))
    contracted = contracts(read(policy + CONTRACT))
    own.write_text(OWN.replace("never", "consent"))
    ruled = contracts(read(policy))

    assert len({first, contracted, ruled}) == 3
