"""The payer plugin keeps the contracts of the hub."""

import pytest

import hub_payer
from hub.testing import RendererContract
from hub_payer.notification import NotificationOptions


class TestNotificationCsv(RendererContract):
    @pytest.fixture
    def spec(self):
        (spec,) = hub_payer.renderers()
        return spec

    @pytest.fixture(params=[",", ";", "|", "\t"], ids=["comma", "semi", "bar", "tab"])
    def options(self, request):
        return NotificationOptions(separator=request.param)


def test_hook_renderers_declares_a_thousand_notices():
    (spec,) = hub_payer.renderers()

    assert (spec.name, spec.max_notices) == ("notification-csv", 1000)
