"""The README says which settings tables have."""

from pathlib import Path

import pytest

from hub_payer.tables import acks, caregap, roster

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SETTINGS = sorted(
    {
        name
        for kind in (roster.RosterProfile, caregap.CareGapProfile, acks.AckProfile)
        for name in kind.model_fields
    }
)


@pytest.mark.parametrize("name", [*SETTINGS, "roster-csv", "caregap-csv", "ack-csv"])
def test_every_setting_is_in_the_readme(name):
    assert f"`{name}`" in README


@pytest.mark.parametrize(
    ("kind", "elsewhere"),
    [
        (roster.RosterProfile, ()),
        (caregap.CareGapProfile, (*roster.PERSON_COLUMNS, "patient_id")),
        (acks.AckProfile, ()),
    ],
)
def test_every_column_is_in_the_description_of_its_profile(kind, elsewhere):
    missing = {name for name in kind.known if f"`{name}`" not in kind.__doc__}

    assert missing <= set(elsewhere)
