"""The README says what the code does."""

from pathlib import Path

import pytest

from hub_care.facts_csv import CsvProfile
from hub_care.facts_json import JsonProfile
from hub_care.points import INPUTS, Weights

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name", [*CsvProfile.model_fields, *JsonProfile.model_fields, *Weights.model_fields]
)
def test_every_setting_is_in_the_readme(name):
    assert f"`{name}`" in README


@pytest.mark.parametrize("name", INPUTS)
def test_the_points_of_each_input_are_those_of_the_code(name):
    [row] = [line for line in README.splitlines() if line.endswith(f"| `{name}` |")]

    assert float(row.split("|")[2]) == getattr(Weights(), name)
