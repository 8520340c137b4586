"""The README says what the code does."""

from pathlib import Path

import pytest

from hub_payer.columns import COLUMNS
from hub_payer.notification import NotificationOptions

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*COLUMNS, *NotificationOptions.model_fields])
def test_every_column_and_option_is_in_the_readme(name):
    assert f"`{name}`" in README


def test_the_readme_lists_the_columns_in_order():
    places = [README.index(f"`{name}`") for name in COLUMNS if name != "EventID"]

    assert places == sorted(places)
