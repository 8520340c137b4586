"""What the plugin declares, and which settings it takes."""

import pytest
from pydantic import ValidationError

import hub_sftp
from hub_sftp.settings import WriterSettings

GIVEN = {
    "kind": "sftp-writer",
    "format": "notification-csv",
    "host": "sftp.payer.example",
    "user": "hub",
    "known_hosts": "known_hosts",
}


def test_hook_destinations_declares_both_kinds():
    specs = {spec.kind: spec for spec in hub_sftp.destinations()}

    assert set(specs) == {"folder", "sftp-writer"}


@pytest.mark.parametrize("spec", [*hub_sftp.destinations()], ids=lambda spec: spec.kind)
def test_every_setting_is_described(spec):
    fields = spec.settings.model_fields.values()

    assert all(field.description for field in fields)


@pytest.mark.parametrize(
    "proof", [{}, {"private_key": "env:MADE_UP", "password": "env:MADE_UP"}]
)
def test_exactly_one_proof_of_identity_is_needed(monkeypatch, proof):
    monkeypatch.setenv("MADE_UP", "made up")

    with pytest.raises(ValidationError, match="exactly one"):
        WriterSettings(**GIVEN, **proof)


def test_a_secret_in_place_is_refused():
    with pytest.raises(ValidationError):
        WriterSettings(**GIVEN, password="in place")


def test_a_secret_is_not_shown(monkeypatch):
    monkeypatch.setenv("MADE_UP", "made up")

    assert "made up" not in repr(WriterSettings(**GIVEN, password="env:MADE_UP"))


def test_relative_paths_start_at_the_folder_of_the_configuration(tmp_path):
    (tmp_path / "id").write_text("made up")
    settings = WriterSettings.model_validate(
        GIVEN | {"private_key": "file:id"}, context={"folder": tmp_path}
    )

    assert settings.known_hosts == tmp_path / "known_hosts"
    assert settings.private_key.get_secret_value() == "made up"
