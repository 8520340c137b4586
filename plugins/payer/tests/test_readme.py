"""The README says what the code does."""

from pathlib import Path

import pytest

import hub_payer
from hub_payer.columns import COLUMNS
from hub_payer.further_columns import FURTHER

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*COLUMNS, *FURTHER])
def test_every_column_is_in_the_readme(name):
    assert f"`{name}`" in README


@pytest.mark.parametrize("spec", [*hub_payer.renderers()], ids=lambda spec: spec.name)
def test_every_format_and_its_options_are_in_the_readme(spec):
    assert f"`{spec.name}`" in README
    assert [
        name for name in spec.options.model_fields if f"`{name}`" not in README
    ] == []


def test_the_readme_lists_the_columns_in_order():
    places = [README.index(f"`{name}`") for name in COLUMNS if name != "EventID"]

    assert places == sorted(places)
