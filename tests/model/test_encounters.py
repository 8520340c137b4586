from datetime import UTC, datetime, timedelta

import pytest

from hub.model.encounters import (
    INPATIENT_CLASSES,
    ClassSegment,
    Encounter,
    EncounterStatus,
    LocationSegment,
)
from hub.model.identifiers import Code, Location
from hub.model.times import FuzzyTime

MOMENT = datetime(2026, 3, 10, 8, tzinfo=UTC)
SINCE = FuzzyTime("20260310", "day", MOMENT, MOMENT + timedelta(days=1), "2026-03-10")


def of_classes(*codes):
    return Encounter(classes=tuple(ClassSegment(SINCE, Code(code)) for code in codes))


def test_nothing_is_known_of_an_encounter_that_was_not_seen():
    unseen = Encounter()

    assert unseen.status is EncounterStatus.UNKNOWN
    assert (unseen.encounter_class, unseen.location) == (None, None)
    assert not unseen.inpatient


def test_the_newest_class_is_in_force():
    visit = of_classes("emergency", "inpatient")

    assert visit.encounter_class == Code("inpatient")
    assert visit.inpatient
    assert not of_classes("inpatient", "outpatient").inpatient


@pytest.mark.parametrize("code", sorted(INPATIENT_CLASSES))
def test_a_stay_is_an_admission(code):
    assert of_classes(code).inpatient


@pytest.mark.parametrize("code", ["", "emergency", "outpatient", "observation"])
def test_a_visit_is_not(code):
    assert not of_classes(code).inpatient


def test_the_patient_is_where_they_came_last():
    places = [LocationSegment(SINCE, Location(unit=unit)) for unit in ("W1", "W2")]

    assert Encounter(locations=tuple(places)).location == Location(unit="W2")
