"""Sources of files, and what goes together with them. All of it is made up."""

import pytest

import hub_hl7
import hub_sftp
from hub.config import ConfigError, load
from hub.registry import Registry
from tests.runtime.exchanges import files_world

CONFIG = """
[sources.roster]
kind = "folder-poller"
folder = "inbox"
normaliser = "{normaliser}"
{own}

[sources.roster.gate]
{gate}

[panels.payer]

[panels.clinic]
file = "clinic.csv"
"""
OTHER = """
[sources.second]
kind = "folder-poller"
folder = "second"
normaliser = "made-up"
gate = { panel = "payer" }
"""
LISTENER = """
[sources.klinik]
kind = "mllp-listener"
port = 0
normaliser = "made-up"
"""


@pytest.fixture(name="problems")
def _problems(tmp_path):
    plugins = {"sftp": hub_sftp, "hl7": hub_hl7, "files": files_world}
    registry = Registry.from_modules(plugins)

    def problems(gate="", own="", normaliser="made-up", more=""):
        path = tmp_path / "hub.toml"
        text = CONFIG.format(gate=gate, own=own, normaliser=normaliser)
        path.write_text(text + more)
        try:
            load(path, registry)
        except ConfigError as error:
            return {each.path: each.message for each in error.problems}
        return {}

    return problems


@pytest.mark.parametrize(
    "gate",
    [
        "",
        'panel = "payer"',
        'expected = "daily 06:00 Europe/Berlin"',
        'expected = "weekly mon 06:00 Europe/Berlin"',
        'expected = "monthly 5 06:00 Europe/Berlin"',
    ],
)
def test_what_goes_together_is_accepted(problems, gate):
    assert problems(gate) == {}


@pytest.mark.parametrize(
    ("gate", "key", "says"),
    [
        ('panel = "payers"', "gate.panel", "there is no panel payers"),
        ('panel = "clinic"', "gate.panel", "has a file of its own"),
        ('expected = "hourly"', "gate.expected", "must be like"),
        ('expected = "immediate"', "gate.expected", "must be like"),
        ('expected = "daily 06:00 Mars"', "gate.expected", "time zone"),
    ],
)
def test_what_makes_no_sense_is_refused(problems, gate, key, says):
    found = problems(gate)

    assert list(found) == [f"sources.roster.{key}"]
    assert says in found[f"sources.roster.{key}"]


def test_a_pattern_must_be_one(problems):
    assert list(problems(own='files = "("')) == ["sources.roster.files"]


def test_files_can_be_messages_themselves(problems):
    assert problems(normaliser="plain") == {}


def test_who_is_on_a_panel_is_in_no_plain_message(problems):
    found = problems('panel = "payer"', normaliser="plain")

    assert list(found) == ["sources.roster.gate.panel"]


def test_what_reads_files_is_for_sources_of_files(problems):
    found = problems(more=LISTENER)

    assert list(found) == ["sources.klinik.normaliser"]


def test_a_panel_is_filled_by_one_source(problems):
    found = problems('panel = "payer"', more=OTHER)

    assert list(found) == ["sources.second.gate.panel"]


def test_no_source_is_called_as_the_feed_that_tells_of_files(problems):
    found = problems(more=OTHER.replace("second", "carehub-exchanges"))

    assert list(found) == ["sources.carehub-exchanges"]
