"""The README says what the code does."""

import re
from pathlib import Path

import pytest

from hub.sdk import Artifact, DestinationSettings
from hub_webhook import errors
from hub_webhook.cloudevents import CloudEvent, CloudEventsOptions
from hub_webhook.settings import WebhookSettings

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
OWN = set(WebhookSettings.model_fields) - set(DestinationSettings.model_fields)
CODES = [each.code for each in vars(errors).values() if getattr(each, "code", "")]


@pytest.fixture
def is_genuine():
    """Return the function that the README offers to receivers."""
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names = {}
    exec(block, names)  # noqa: S102  # our own README
    return names["is_genuine"]


async def test_receivers_can_verify_with_the_code_in_the_readme(
    build, receiver, is_genuine, monkeypatch
):
    secrets = ["whsec_" + "a2tr" * 8, "whsec_" + "a2tr" * 12]
    monkeypatch.setenv("HOOK_SECRET", secrets[0])
    monkeypatch.setenv("HOOK_SECRET_OLD", secrets[1])
    body = b'{"synthetic": true}'
    webhook = build(url=receiver.url, secret_previous="env:HOOK_SECRET_OLD")

    await webhook.send(Artifact(id="evt-1", body=body, media_type="text/plain"))

    headers = receiver.requests[0].headers
    assert all(is_genuine(secret, headers, body) for secret in secrets)
    assert not is_genuine(secrets[0], headers, body + b" ")
    assert not is_genuine("whsec_" + "a2tr" * 16, headers, body)


@pytest.mark.parametrize("name", sorted(OWN | set(CloudEventsOptions.model_fields)))
def test_every_setting_is_in_the_readme(name):
    assert f"`{name}`" in README


@pytest.mark.parametrize("code", CODES)
def test_every_error_is_in_the_readme(code):
    assert f"| {code} |" in README


@pytest.mark.parametrize("name", CloudEvent.__struct_fields__)
def test_every_member_of_a_cloud_event_is_in_the_readme(name):
    assert name == "specversion" or f"`{name}`" in README
