"""What is mailed and the page it leads to are read together. All of it is made up."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

import hub_community
import hub_hl7
from hub.cli import main
from hub.config import ConfigError, load
from hub.registry import Registry
from tests.docs.pages import ROOT

EXAMPLE = ROOT / "config/examples/referral-page.toml"
OPTIONS = "destinations.food-bank.format_options"


@pytest.fixture(name="registry")
def _registry():
    return Registry.from_modules({"community": hub_community, "hl7": hub_hl7})


@pytest.fixture(name="write")
def _write(tmp_path, monkeypatch):
    monkeypatch.setenv("REFERRAL_LINK_SECRET", "a made-up secret that is long enough")
    path = tmp_path / "hub.toml"

    def write(old="", new=""):
        text = EXAMPLE.read_text(encoding="utf-8")
        assert not old or old in text
        path.write_text(text.replace(old, new, 1) if old else text)
        return path

    return write


def problems(path, registry):
    try:
        load(path, registry)
    except ConfigError as error:
        return error.problems
    return ()


def test_an_invitation_and_its_page_that_agree_are_accepted(write, registry):
    assert problems(write(), registry) == ()


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('page = "https://referrals', 'page = "https://refer', "page"),
        ('party = "food-bank"', 'party = "klinik-nord"', "party"),
        (".parties.food-bank]", ".parties.klinik-nord]", "party"),
        ('\nemail = "office@', '\nemail = "info@', "email"),
    ],
    ids=["page", "party", "party-of-the-page", "email"],
)
def test_an_invitation_to_another_page_is_a_problem(write, registry, old, new, key):
    path = write(old, new)

    [found] = problems(path, registry)

    assert (found.file, found.path) == (str(path), f"{OPTIONS}.{key}")
    assert "sources.referral-page" in found.message or "(referral-page)" in (
        found.message
    )


def test_check_says_so_with_file_and_path(write, monkeypatch):
    monkeypatch.setenv("HUB_LOAD_PLUGINS", "carehub-community,carehub-hl7")
    path = write('party = "food-bank"', 'party = "klinik-nord"')

    found = CliRunner().invoke(main, ["check", "--json", "--config", str(path)])

    [problem] = json.loads(found.output)["problems"]
    assert found.exit_code == 1
    assert (problem["file"], problem["path"]) == (str(path), f"{OPTIONS}.party")
    assert "it has food-bank" in problem["message"]


def test_nothing_is_compared_while_a_source_cannot_be_read(write, registry):
    path = write("port = 8083", 'port = "many"')

    assert [each.path for each in problems(path, registry)] == [
        "sources.referral-page.port"
    ]


def test_a_format_that_cannot_compare_costs_a_problem_and_no_more(write, registry):
    def broken(_options, _sources):
        raise ValueError("a secret")

    spec = registry.renderers["referral-invitation"]
    registry.renderers["referral-invitation"] = replace(spec, agree=broken)

    [found] = problems(write(), registry)

    assert found.path == OPTIONS
    assert found.message == "the plugin's validation raised ValueError"
