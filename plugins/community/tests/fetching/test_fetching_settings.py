"""Settings that cannot work are found before anything runs."""

import pytest
from pydantic import ValidationError

import hub_community
from hub_community.fetching.settings import ApiSettings, FolderSettings, HttpSettings

WEB = {"kind": "x", "url": "https://directory.example.org/v3"}


@pytest.mark.parametrize("model", [HttpSettings, ApiSettings])
@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "directory.example.org"},
        {"url": "http://directory.example.org/"},
        {"url": "ftp://directory.example.org/"},
        {"url": "https://169.254.169.254/"},
        {"url": "https://2130706433/"},
        {"url": "https://user:pass@directory.example.org/"},
        {"authorization": "Bearer in-place"},
        {"authorization": "env:NOT_THERE"},
        {"authorization": "env:TWO_LINES"},
        {"authorization": "env:EMPTY"},
        {"authorization_header": "X Key"},
        {"redirect_hosts": ("files.example.org/x",)},
        {"redirect_hosts": ("169.254.169.254",)},
        {"redirect_hosts": ("",)},
        {"interval_hours": 0},
        {"full_days": 0},
        {"max_mebibytes": 1000},
        {"attempts": 0},
        {"ca_file": "none.pem"},
        {"unknown": 1},
    ],
)
def test_what_cannot_work_is_refused(model, wrong, monkeypatch):
    monkeypatch.setenv("TWO_LINES", "Bearer a\r\nX-Other: b")
    monkeypatch.setenv("EMPTY", "")

    with pytest.raises(ValidationError):
        model(**WEB | wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "https://directory.example.org/?key=secret"},
        {"resources": ("planets",)},
        {"requests_per_second": 0},
        {"concurrency": 0},
        {"format": "xml"},
        {"per_page": 0},
    ],
)
def test_an_api_has_settings_of_its_own(wrong):
    with pytest.raises(ValidationError):
        ApiSettings(**WEB | wrong)


@pytest.mark.parametrize(
    "wrong", [{"marker": "../DONE"}, {"marker": ".."}, {"poll_seconds": 0}]
)
def test_a_folder_has_settings_of_its_own(tmp_path, wrong):
    with pytest.raises(ValidationError):
        FolderSettings(**{"kind": "hsds-folder", "folder": tmp_path} | wrong)


def test_a_secret_is_shown_nowhere(monkeypatch):
    monkeypatch.setenv("TOKEN", "Bearer Kanarie")

    made = ApiSettings(**WEB, authorization="env:TOKEN")

    assert "Kanarie" not in repr(made)


def test_the_plugin_offers_three_ways_and_reads_them_as_directories():
    specs = {spec.kind: spec for spec in hub_community.sources()}
    built = specs["hsds-api"].build(ApiSettings(**WEB))

    assert {specs[f"hsds-{way}"].normaliser for way in ("folder", "http", "api")} == {
        "hsds"
    }
    assert callable(built.run)
