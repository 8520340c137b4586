"""Profiles of made-up feeds."""

import pytest

from hub_care.facts_csv import CsvProfile

COLUMNS = {
    "person.identifiers.0.value": "Case",
    "key.value": "Number",
    "recorded": "Said",
    "status": "State",
    "title": "What",
    "due": "Until",
}
DEFAULTS = {
    "kind": "task",
    "person.identifiers.0.system": "CASES",
    "key.system": "CASES",
}


@pytest.fixture
def table():
    """A profile of a table of tasks."""
    return CsvProfile(columns=COLUMNS, defaults=DEFAULTS, time_zone="Europe/Berlin")
