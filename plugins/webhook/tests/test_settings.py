"""Settings of the webhook. Secrets are made up."""

import base64

import pytest
from pydantic import ValidationError

from hub_webhook.settings import WebhookSettings

OLD_KEY = b"k" * 24
OLD_SECRET = "whsec_" + base64.b64encode(OLD_KEY).decode()


def test_the_current_key_signs_first(settings, monkeypatch):
    monkeypatch.setenv("HOOK_SECRET_OLD", OLD_SECRET)

    made = settings(secret_previous="env:HOOK_SECRET_OLD")

    assert made.keys == [bytes(range(32)), OLD_KEY]


def test_without_a_previous_secret_there_is_one_key(settings):
    assert settings().keys == [bytes(range(32))]


def test_sends_several_requests_at_once_by_default(settings):
    assert (settings().concurrency, settings().timeout_seconds) == (8, 10)


@pytest.mark.parametrize("secret", ["Kanarienvogel4711", "whsec_Kanarienvogel4711"])
def test_a_bad_secret_is_refused_without_being_quoted(settings, monkeypatch, secret):
    monkeypatch.setenv("HOOK_SECRET_BAD", secret)

    with pytest.raises(ValidationError, match=r"sign|base64") as caught:
        settings(secret="env:HOOK_SECRET_BAD")

    assert "Kanarienvogel" not in str(caught.value)


def test_secrets_do_not_show(settings):
    assert base64.b64encode(bytes(range(32))).decode() not in repr(settings())


@pytest.mark.parametrize("content", [None, b"", b"not a certificate"])
def test_a_file_without_certificates_is_refused(settings, tmp_path, content):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ValidationError, match="PEM file of certificates"):
        settings(ca_file=path)


@pytest.mark.parametrize("name", list(WebhookSettings.model_fields))
def test_every_setting_is_described(name):
    assert WebhookSettings.model_fields[name].description
