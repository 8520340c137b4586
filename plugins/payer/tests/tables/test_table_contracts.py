"""The normalisers of tables keep the contracts of the hub."""

import pytest

import hub_payer
from hub.testing import FileNormaliserContract
from plugins.payer.tests.tables.tables import (
    ACKS,
    COLUMNS,
    GAPS,
    ROSTER,
    ack_profile,
    gap_profile,
    profile,
)


def normaliser(name):
    (spec,) = (each for each in hub_payer.normalisers() if each.name == name)
    return spec


class TestRosterCsv(FileNormaliserContract):
    @pytest.fixture
    def spec(self):
        return normaliser("roster-csv")

    @pytest.fixture
    def profile(self):
        return profile(trailer=r"Total: (?P<count>\d+)", trailer_required=False)

    @pytest.fixture
    def files(self):
        return [ROSTER.encode(), f"{ROSTER}Total: 3\n".encode()]


class TestRosterOfFixedWidth(FileNormaliserContract):
    @pytest.fixture
    def spec(self):
        return normaliser("roster-csv")

    @pytest.fixture
    def profile(self):
        places = {"member_id": (1, 7), "family_name": (8, 19), "since": (20, 29)}
        return profile(columns={}, positions=places, count_bytes=True)

    @pytest.fixture
    def files(self):
        return [
            "0012345Müller     2026-01-01\n0012346Muster      2026-02-01\n".encode()
        ]


class TestRosterWithoutHeader(FileNormaliserContract):
    @pytest.fixture
    def spec(self):
        return normaliser("roster-csv")

    @pytest.fixture
    def profile(self):
        places = {name: place for place, name in enumerate(COLUMNS, 1)}
        return profile(columns=places, header=False, charset="cp1252")

    @pytest.fixture
    def files(self):
        return [ROSTER.partition("\n")[2].replace("Anna", "Änne").encode("cp1252")]


class TestCareGapCsv(FileNormaliserContract):
    @pytest.fixture
    def spec(self):
        return normaliser("caregap-csv")

    @pytest.fixture
    def profile(self):
        return gap_profile()

    @pytest.fixture
    def files(self):
        return [GAPS.encode()]


class TestAckCsv(FileNormaliserContract):
    @pytest.fixture
    def spec(self):
        return normaliser("ack-csv")

    @pytest.fixture
    def profile(self):
        return ack_profile()

    @pytest.fixture
    def files(self):
        return [ACKS.encode()]


@pytest.mark.parametrize("name", ["roster-csv", "caregap-csv", "ack-csv"])
def test_each_code_says_what_it_means_and_what_to_do(name):
    for meaning, remedy in normaliser(name).row_codes.values():
        assert meaning
        assert remedy
        assert not (meaning + remedy).endswith(".")
