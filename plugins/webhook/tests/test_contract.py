"""The webhook plugin keeps the contracts of the hub."""

import pytest

import hub_webhook
from hub.testing import DestinationContract, RendererContract
from hub_webhook.cloudevents import CloudEventsOptions
from hub_webhook.destination import WebhookDestination
from hub_webhook.settings import WebhookSettings


class TestWebhook(DestinationContract):
    @pytest.fixture
    def destination(self, build, receiver):
        return build(url=receiver.url)

    @pytest.fixture
    def received(self, receiver):
        return lambda: receiver.bodies

    @pytest.fixture
    def received_ids(self, receiver):
        return lambda: receiver.ids

    @pytest.fixture
    def unreachable(self, build, unused_url):
        return build(url=unused_url)


class TestCloudEvents(RendererContract):
    @pytest.fixture
    def spec(self):
        (spec,) = hub_webhook.renderers()
        return spec

    @pytest.fixture
    def options(self):
        return CloudEventsOptions()


def test_hook_destinations_declares_the_webhook(settings):
    (spec,) = hub_webhook.destinations()

    assert spec.kind == "webhook"
    assert spec.settings is WebhookSettings
    assert isinstance(spec.build(settings()), WebhookDestination)


def test_hook_renderers_declares_one_notice_per_artifact():
    (spec,) = hub_webhook.renderers()

    assert (spec.name, spec.max_notices) == ("cloudevents-json", 1)
