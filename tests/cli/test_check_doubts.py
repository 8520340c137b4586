"""`hub check` asks about subscriptions that are hardly meant. All of it is made up."""

import json

import pytest

from tests.acceptance.process import feed, folder, subscription, write_config


@pytest.fixture
def doubted(tmp_path):
    """A configuration whose filter lets nothing through, and a repetition of it."""
    where = {"class": []}
    tables = [
        subscription("out", "one", where=where),
        subscription("out", "two", where=where),
    ]
    out = folder(tmp_path / "out")
    return write_config(tmp_path / "hub.toml", feed(), out, *tables)


@pytest.fixture
def checked(hub, doubted, monkeypatch):
    """Return what checks that configuration, with the plugins that it needs."""
    plugins = "carehub-hl7,carehub-sftp,carehub-webhook"
    monkeypatch.setenv("HUB_LOAD_PLUGINS", plugins)
    return lambda *more: hub("check", *more, "--config", doubted)


def test_a_doubt_is_a_warning_and_no_problem(checked):
    told = checked("--json")

    report = json.loads(told.output)
    assert (told.exit_code, report["ok"], report["problems"]) == (0, True, [])
    assert [each["path"] for each in report["warnings"]] == [
        "subscriptions.one.where.class",
        "subscriptions.two.where.class",
        "subscriptions.two",
    ]


def test_a_warning_is_shown_to_people_too(checked):
    told = checked()

    assert "Warning: subscriptions.one.where.class: is an empty list" in told.output


def test_what_a_format_has_no_form_for_is_asked_about(hub, tmp_path, monkeypatch):
    named = ["referral.accepted", "referral.conflict"]
    tables = [
        subscription("rri", events=named),
        subscription("rri", "family", events=["referral.*"], panel="members"),
        "[panels.members]",
        folder(tmp_path / "rri", name="rri", format="hl7-rri"),
    ]
    config = write_config(tmp_path / "hub.toml", feed(), *tables)
    monkeypatch.setenv("HUB_LOAD_PLUGINS", "carehub-hl7,carehub-sftp")

    told = hub("check", "--json", "--config", config)

    assert json.loads(told.output)["warnings"] == [
        {
            "path": "subscriptions.rri.events",
            "message": "hl7-rri has no form for referral.conflict;"
            " it is told to nobody",
        }
    ]
