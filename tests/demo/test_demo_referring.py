from datetime import UTC, datetime

import pytest

from hub.demo.directories import FOOD_BANK
from hub.demo.referring import (
    CATEGORY,
    SITE,
    Hungry,
    choose_hungry,
    number_of,
    referral,
    screenings,
)
from hub.demo.scenario import Scenario

WHEN = datetime(2026, 3, 16, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def hungry():
    return choose_hungry(Scenario.make(28, 3).simulation)


def lines(message):
    return message.body.decode(SITE.codec).rstrip("\r").split("\r")


def test_two_people_of_one_hospital_went_home_hungry(hungry):
    assert len(hungry.people) == 2
    assert hungry.helped != hungry.forgotten
    assert all(site is SITE for each in hungry.people for site, _ in each.numbers)


def test_in_a_region_of_one_nobody_is_hungry():
    found = choose_hungry(Scenario.make(1, 3).simulation)

    assert found == Hungry()
    assert found.people == ()


def test_a_screening_has_three_answers_that_show_the_need(hungry):
    first, second = screenings(hungry.people, WHEN)

    segments = [line.split("|") for line in lines(first)]
    assert [each[0] for each in segments] == ["MSH", "PID", "OBR", *["OBX"] * 3]
    assert segments[0][8] == "ORU^R01^ORU_R01"
    codes = [each[3].partition("^")[0] for each in segments[3:]]
    assert codes == ["88122-7", "88123-5", "88124-3"]
    assert number_of(hungry.helped) in lines(first)[1]
    assert first.control_id != second.control_id


def test_a_referral_names_the_food_bank_by_the_directory_s_number(hungry):
    message = referral(hungry.forgotten, "R-1", WHEN)

    msh, rf1, prd, pid = (line.split("|") for line in lines(message))
    assert msh[8] == "REF^I12^REF_I12"
    assert (rf1[5], rf1[6]) == (CATEGORY, f"R-1^{SITE.authority}")
    assert rf1[7] == rf1[9] == "20260316110000"
    assert prd[10] == f"Region Food Bank^^{FOOD_BANK}^^^city"
    assert number_of(hungry.forgotten) in pid[3]
