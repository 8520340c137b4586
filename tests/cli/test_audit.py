"""``hub audit``. All data here is synthetic."""

import json
import sqlite3
from contextlib import closing

import pytest

from hub.store.audit_checkpoints import CHECKPOINTS_FILE, PUBLIC_FILE, Signer
from tests.played import CANARY
from tests.store.audited import Audited


@pytest.fixture
def audited(tmp_path):
    made = Audited(tmp_path / "data").tell("one", digest="ab").look()
    with closing(sqlite3.connect(made.played.path)) as connection:
        Signer(made.played.folder).sign(connection, 0)
    return made


@pytest.fixture
def config(tmp_path, audited):  # noqa: ARG001 - its data is what there is to see
    path = tmp_path / "hub.toml"
    path.write_text('# A synthetic configuration\n[hub]\ndata_dir = "data"\n')
    return path


def run(hub, *arguments, status=0):
    result = hub("audit", *arguments)
    assert result.exit_code == status, result.output
    return result.output


def change(audited, sql):
    with closing(sqlite3.connect(audited.played.path)) as connection:
        connection.execute(sql)
        connection.commit()


def test_what_is_whole_is_verified(hub, config):
    verdict = json.loads(run(hub, "verify", "--json", "--config", config))

    assert verdict["verified"] is True
    assert verdict["first_bad"] is None
    assert verdict["checkpoints"] == 1


def test_it_is_said_in_words_too(hub, config):
    output = run(hub, "verify", "--config", config)

    assert "verified" in output
    assert "yes" in output


def test_what_was_changed_ends_with_status_one_and_the_record(hub, config, audited):
    change(audited, "UPDATE audit SET actor = 'nobody' WHERE n = 2")
    output = run(hub, "verify", "--config", config, status=1)

    assert "first bad record  2" in output
    assert "not what was written" in output


def test_checkpoints_kept_elsewhere_show_what_was_cut(hub, config, audited, tmp_path):
    folder = audited.played.folder
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes((folder / CHECKPOINTS_FILE).read_bytes())
    (folder / CHECKPOINTS_FILE).unlink()
    change(audited, "DELETE FROM audit WHERE action = 'person.viewed'")

    # Nothing in the folder shows that the last record is gone.
    run(hub, "verify", "--config", config)
    kept = ("--checkpoints", copy, "--public-key", folder / PUBLIC_FILE)
    output = run(hub, "verify", *kept, "--config", config, status=1)
    assert "were cut off" in output


def test_records_are_listed(hub, config):
    output = run(hub, "list", "--recipient", "payer", "--config", config)

    assert "notice.sent" in output
    assert "audit.opened" not in output
    assert "reason" in output


def test_reports_are_by_person(hub, config, audited):
    disclosed = run(hub, "disclosures", audited.person, "--config", config)
    accessed = run(hub, "accesses", audited.person, "--config", config)

    assert "encounter.admitted" in disclosed
    assert "analyst-1" in accessed


@pytest.mark.parametrize("command", ["disclosures", "accesses"])
def test_reports_are_json_too(hub, config, audited, command):
    output = run(hub, command, audited.person, "--json", "--config", config)

    assert len(json.loads(output)) == 1


@pytest.mark.parametrize(("option", "key"), [([], "action"), (["--fhir"], "type")])
def test_all_records_are_exported_by_line(hub, config, option, key):
    output = run(hub, "export", *option, "--config", config)

    lines = [json.loads(line) for line in output.splitlines()]
    assert len(lines) == 4
    assert all(key in line for line in lines)


def test_no_content_is_in_any_of_it(hub, config, audited):
    outputs = [
        run(hub, *words, "--config", config)
        for words in (
            ["list", "--json"],
            ["disclosures", audited.person, "--json"],
            ["accesses", audited.person, "--json"],
            ["export"],
            ["export", "--fhir"],
            ["verify", "--json"],
        )
    ]

    assert CANARY not in "".join(outputs)
