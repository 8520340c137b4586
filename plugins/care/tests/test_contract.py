"""The care plugin keeps the contracts of the hub."""

import pytest

import hub_care
from hub.testing import NormaliserContract, ScorerContract
from hub_care.facts_json import JsonProfile
from hub_care.points import Weights
from plugins.care.tests.samples import SAMPLES, TABLE


def declared(hook, name):
    return next(spec for spec in hook() if spec.name == name)


class TestFactsJson(NormaliserContract):
    @pytest.fixture
    def spec(self):
        return declared(hub_care.normalisers, "facts-json")

    @pytest.fixture
    def profile(self):
        return JsonProfile()

    @pytest.fixture
    def samples(self):
        return SAMPLES


class TestFactsCsv(NormaliserContract):
    @pytest.fixture
    def spec(self):
        return declared(hub_care.normalisers, "facts-csv")

    @pytest.fixture
    def profile(self, table):
        return table

    @pytest.fixture
    def samples(self):
        return [TABLE]


class TestUtilisationPoints(ScorerContract):
    @pytest.fixture
    def spec(self):
        return declared(hub_care.scorers, "utilisation-points")

    @pytest.fixture
    def settings(self):
        return Weights()


def test_hook_sources_declares_a_feed_without_transport():
    (spec,) = hub_care.sources()

    assert (spec.kind, spec.normaliser) == ("facts-api", "facts-json")


def test_hook_normalisers_declares_both_forms_with_their_checks():
    specs = list(hub_care.normalisers())

    assert [spec.name for spec in specs] == ["facts-json", "facts-csv"]
    assert all(spec.validate for spec in specs)


def test_hook_scorers_declares_an_example():
    (spec,) = hub_care.scorers()

    assert (spec.name, spec.scale) == ("utilisation-points", "0-100")
