"""The payer plugin keeps the contracts of the hub."""

import pytest

import hub_payer
from hub.testing import RendererContract
from hub_payer.census import CensusOptions
from hub_payer.notification import NotificationOptions
from hub_payer.x12_services.notification278 import Notification278Options

ENDS = {"us": {"id": "CAREHUB"}, "partner": {"id": "PAYER-A"}}


def renderer(name):
    (spec,) = (each for each in hub_payer.renderers() if each.name == name)
    return spec


class TestNotificationCsv(RendererContract):
    @pytest.fixture
    def spec(self):
        return renderer("notification-csv")

    @pytest.fixture(params=[",", ";", "|", "\t"], ids=["comma", "semi", "bar", "tab"])
    def options(self, request):
        return NotificationOptions(separator=request.param)


class TestOwnColumns(RendererContract):
    @pytest.fixture
    def spec(self):
        return renderer("notification-csv")

    @pytest.fixture(params=["minimal", "german"])
    def options(self, request):
        return NotificationOptions(template=request.param)


class TestCensusCsv(RendererContract):
    @pytest.fixture
    def spec(self):
        return renderer("census-csv")

    @pytest.fixture
    def options(self):
        return CensusOptions()


class TestNotification278(RendererContract):
    @pytest.fixture
    def spec(self):
        return renderer("x12-278n")

    @pytest.fixture(params=["basic", "extended"])
    def options(self, request):
        return Notification278Options(charset=request.param, **ENDS)


def test_hook_renderers_declares_how_many_notices_fit():
    assert {spec.name: spec.max_notices for spec in hub_payer.renderers()} == {
        "notification-csv": 1000,
        "census-csv": 1000,
        "x12-278n": 500,
        "x12-270": 500,
    }


def test_the_options_of_every_format_are_described():
    for spec in hub_payer.renderers():
        assert all(each.description for each in spec.options.model_fields.values())
