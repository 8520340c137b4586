"""``hub check``."""

import json
import sqlite3
from contextlib import closing


def test_a_right_configuration_is_told(hub, config):
    result = hub("check", "--config", config)

    assert result.exit_code == 0
    assert "The configuration of sample is right." in result.stdout


def test_what_would_run_is_told(hub, tmp_path, monkeypatch):
    monkeypatch.setenv("HUB_LOAD_PLUGINS", "carehub-hl7,carehub-sftp,carehub-webhook")
    path = tmp_path / "whole.toml"
    path.write_text(
        "# A synthetic configuration\n"
        '[sources.nord]\nkind = "mllp-listener"\nport = 0\n'
        '[destinations.out]\nkind = "folder"\nformat = "cloudevents-json"\n'
        'folder = "out"\n'
        '[subscriptions.all]\ndestination = "out"\npanel = "all"\n'
        'events = ["*"]\npurpose = "care_coordination"\n'
    )
    report = json.loads(hub("check", "--config", path, "--json").stdout)
    shown = hub("check", "--config", path).stdout

    assert report["ok"]
    assert report["sources"] == [
        {"name": "nord", "kind": "mllp-listener", "normaliser": "hl7-v2"}
    ]
    assert report["destinations"][0]["format"] == "cloudevents-json"
    assert report["subscriptions"][0]["events"] == ["*"]
    assert "mllp-listener" in shown


def test_all_problems_are_told(hub, tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text('# Synthetic\n[hub]\nnamee = "x"\n[admin]\nport = "y"\n')
    result = hub("check", "--config", path)
    report = json.loads(hub("check", "--config", path, "--json").stdout)

    assert result.exit_code == 1
    assert "hub.namee" in result.stderr
    assert "admin.port" in result.stderr
    assert not report["ok"]
    assert [each["path"] for each in report["problems"]] == ["hub.namee", "admin.port"]


def test_a_part_that_cannot_be_made_is_told(hub, tmp_path, monkeypatch):
    """What `hub run` would stop at, `hub check` finds: here a panel's file."""
    monkeypatch.setenv("HUB_LOAD_PLUGINS", "carehub-hl7,carehub-sftp,carehub-webhook")
    path = tmp_path / "panel.toml"
    path.write_text('# Synthetic\n[panels.payer]\nfile = "none.csv"\n')
    result = hub("check", "--config", path)
    report = json.loads(hub("check", "--config", path, "--json").stdout)

    assert result.exit_code == 1
    assert "panels.payer: [PANEL-001]" in result.stderr
    assert not report["ok"]
    assert [each["path"] for each in report["problems"]] == ["panels.payer"]


def test_a_file_that_is_missing_is_told(hub, tmp_path):
    result = hub("check", "--config", tmp_path / "none.toml")

    assert result.exit_code == 1
    assert result.stderr.startswith("[CONFIG-002]")


def test_a_plugin_that_was_set_aside_is_told(hub, config, monkeypatch):
    monkeypatch.setenv("HUB_LOAD_PLUGINS", "carehub-nothing")
    result = hub("check", "--config", config)

    assert "The plugin carehub-nothing is set aside" in result.stdout


def balanced(path):
    """Take away what the seeded store holds against the rules of bookkeeping."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        of_messages = ("attempt", "delivery", "decision", "event", "fact", "message")
        for table in (*of_messages, "entity"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - fixed names


def test_books_that_balance_are_told(hub, config, seeded):
    balanced(seeded.path)
    result = hub("check", "--books", "--config", config)

    assert result.exit_code == 0
    assert "The books balance." in result.stdout


def test_books_that_do_not_balance_are_told(hub, config, seeded):
    balanced(seeded.path)
    with closing(sqlite3.connect(seeded.path, isolation_level=None)) as connection:
        connection.execute(
            "INSERT INTO message (id, source, control_id, message_type, media_type, "
            "sha256, size, body, received_at, peer, state) "
            "VALUES ('m', 's', '', '', '', x'', 0, x'', 0, '', 'lost')"
        )
    result = hub("check", "--books", "--config", config)
    report = json.loads(hub("check", "--books", "--json", "--config", config).stdout)

    assert result.exit_code == 1
    assert "The books do not balance." in result.stdout
    assert "message in no known state" in result.stdout
    assert report["books"]["checks"]["message in no known state"] == 1
    assert not report["ok"]


def test_books_need_a_store(hub, config, seeded):
    seeded.path.unlink()
    result = hub("check", "--books", "--config", config)

    assert result.exit_code == 1
    assert result.stderr.startswith("[QUERY-001]")
