"""Care settings: newborns, companions and ghosts are found before the class."""

import msgspec
import pytest

from hub.coordination.care_setting import care_setting, is_birth, setting_of
from hub.coordination.fold import fold
from hub.coordination.stay_rules import load_rules
from hub.model.facts import FactKind
from hub.model.identifiers import Code
from tests.coordination.scenarios import at, cancel, end, fact, plan, start, turn
from tests.coordination.stay_walks import US, coming

DE = load_rules("de")

CLASSES = {
    "emergency": "emergency",
    "observation": "observation",
    "inpatient": "inpatient",
    "short-stay": "inpatient",
    "rehab": "inpatient",
    "outpatient": "outpatient",
    "day-case": "outpatient",
    "home": "outpatient",
    "virtual": "outpatient",
    "preadmit": "planned",
    "other": "ghost",
    "": "unknown",
}


@pytest.mark.parametrize("code", CLASSES)
def test_a_class_has_its_setting(code):
    assert care_setting(fold([start(at(8), code=code)]), US) == CLASSES[code]


def test_a_class_alone_is_never_a_ghost():
    assert setting_of("other") == "outpatient"


DETAILS = {
    "a flag for newborns": ("inpatient", {"newborn": True}, "newborn"),
    "no newborn": ("inpatient", {"newborn": False}, "inpatient"),
    "the type of a newborn": ("inpatient", coming(kind="N"), "newborn"),
    "a companion": ("inpatient", {"companion": True}, "companion"),
    "a newborn companion": ("inpatient", {"companion": True, "newborn": True},
        "companion"),
    "the laboratory": ("outpatient", {"service": "lab"}, "ghost"),
    "the laboratory, coded": ("outpatient", {"service": {"code": "LAB"}}, "ghost"),
    "an original code": ("outpatient", {"service": {"code": "", "original": "LAB"}},
        "ghost"),
    "the laboratory of a ward": ("inpatient", {"service": "LAB"}, "inpatient"),
    "surgery": ("outpatient", {"service": "SUR"}, "outpatient"),
    "a number for a service": ("outpatient", {"service": 7}, "outpatient"),
}  # fmt: skip


@pytest.mark.parametrize("name", DETAILS)
def test_details_decide_before_the_class(name):
    code, details, expected = DETAILS[name]
    encounter = fold([start(at(8), code=code, details=details)])

    assert care_setting(encounter, US) == expected
    kept = msgspec.json.decode(msgspec.json.encode(encounter), type=type(encounter))
    assert care_setting(kept, US) == expected


@pytest.mark.parametrize(("source", "expected"), [("G", "newborn"), ("B", "companion")])
def test_in_germany_the_admit_source_tells_births_and_companions(source, expected):
    encounter = fold([start(at(8), details=coming(source))])

    assert care_setting(encounter, DE) == expected
    assert care_setting(encounter, US) == "inpatient"


COURSES = {
    "a plan is no admission": ([plan(at(8), at(1))], "planned"),
    "a plan that began is one": ([plan(at(8), at(1)), start(at(8))], "inpatient"),
    "a start that was cancelled": (
        [start(at(8)), cancel(FactKind.START, at(8), at(9))],
        "cancelled",
    ),
    "an end without a start": ([end(at(9))], "unknown"),
    "away on leave": ([start(at(8)), fact(FactKind.LEAVE, at(9))], "inpatient"),
    "from the emergency room to a ward": (
        [start(at(8), code="emergency"), turn(at(9), "inpatient")],
        "inpatient",
    ),
    "an admission that was reversed": (
        [start(at(8)), turn(at(9), "observation")],
        "observation",
    ),
}


@pytest.mark.parametrize("name", COURSES)
def test_the_class_in_force_decides(name):
    facts, expected = COURSES[name]

    assert care_setting(fold(facts), US) == expected


BIRTHS = {
    "a mother, born on the day": ({"mother": [{}], "birth_date": "2026-03-10"}, True),
    "a twin, born the day before": (
        {"multiple_birth": True, "birth_date": "2026-03-09"},
        True,
    ),
    "a twin of forty": ({"multiple_birth": True, "birth_date": "1986-03-10"}, False),
    "no mother": ({"birth_date": "2026-03-10"}, False),
    "a month of birth": ({"mother": [{}], "birth_date": "2026-03"}, False),
    "no date of birth": ({"mother": [{}]}, False),
    "a date of birth that was deleted": ({"mother": [{}], "birth_date": None}, False),
}


@pytest.mark.parametrize("name", BIRTHS)
def test_a_birth_has_a_mother_and_is_of_the_day(name):
    demographics, expected = BIRTHS[name]

    assert is_birth(fold([start(at(8))]), demographics) is expected


def test_a_contact_without_a_start_is_no_birth():
    said = {"mother": [{}], "birth_date": "2026-03-10"}

    assert not is_birth(fold([end(at(8))]), said)


def test_an_unmapped_class_is_unknown_whatever_was_sent():
    said = start(at(8))
    unmapped = msgspec.structs.replace(said, encounter_class=Code("", original="XX"))

    assert care_setting(fold([unmapped]), US) == "unknown"
