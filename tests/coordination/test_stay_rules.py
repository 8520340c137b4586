"""Rules about stays: what comes with the hub is sound, what is wrong is refused."""

from importlib.resources import files

import msgspec
import pytest

from hub.coordination.stay_rules import (
    BUNDLED,
    StayRulesError,
    load_high_use,
    load_rules,
    read_high_use,
    read_rules,
)

TEXT = (files("hub.coordination") / "rules" / "us.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_rules_can_be_read_and_are_named(name):
    rules = load_rules(name)

    assert rules.name == name
    assert rules.label == f"{name}@{rules.version}"
    assert rules is load_rules(name)


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_dispositions_are_written_as_they_are_compared(name):
    rules = load_rules(name)
    codes = set().union(
        *(link.dispositions for link in rules.links),
        *msgspec.structs.astuple(rules.discharges),
    )

    assert {rules.disposition(code) for code in codes} == codes


@pytest.mark.parametrize("name", BUNDLED)
def test_a_notice_waits_half_an_hour_an_opening_not_at_all(name):
    rules = load_rules(name)

    assert rules.settle_minutes == {"opening": 0, "closing": 30, "measure": 24 * 60}


DISPOSITIONS = {"7": "07", "07": "07", " 02 ": "02", "069": "06", "ama": "AMA"}


@pytest.mark.parametrize("sent", DISPOSITIONS)
def test_a_disposition_is_compared_by_its_first_digits(sent):
    assert load_rules("de").disposition(sent) == DISPOSITIONS[sent]


def test_a_facility_is_its_own_campus_unless_the_rules_say_otherwise():
    rules = read_rules(TEXT + '\n[campuses]\nNORTH = "TOWN"\n')

    assert rules.campus("NORTH") == "TOWN"
    assert rules.campus("SOUTH") == "SOUTH"


WRONG = {
    "no TOML": "name = ",
    "nothing": "",
    "a name that nobody reads": "colour = 1\n" + TEXT,
    "a wait that is missing": TEXT.replace("measure = 1440\n", ""),
    "a wait that nobody reads": TEXT.replace("measure =", "measures ="),
    "a limit that is missing": TEXT.replace("observation = 72\n", ""),
    "a limit that nobody reads": TEXT.replace("inpatient = 720", "surgery = 720"),
    "a setting that is none": TEXT.replace('"inpatient"]', '"dayroom"]'),
}


@pytest.mark.parametrize("name", WRONG)
def test_rules_that_are_wrong_are_refused(name):
    with pytest.raises(StayRulesError, match="STAY-001"):
        read_rules(WRONG[name])


def test_rules_that_do_not_come_with_the_hub_are_refused():
    with pytest.raises(StayRulesError, match="Name one of us, de"):
        load_rules("fr")


def test_rules_for_high_use_bear_their_version():
    names = [rule.name for rule in load_high_use()]

    assert names == ["four_in_a_year@2026-11", "four_in_a_quarter@2026-11"]


@pytest.mark.parametrize(
    ("count", "days", "rearm_at"), [(4, 90, 4), (4, 90, -1), (4, 0, 1), (0, 90, 0)]
)
def test_a_rule_that_would_be_told_for_ever_is_refused(count, days, rearm_at):
    text = (
        'version = "1"\n[[rules]]\nname = "often"\n'
        f"count = {count}\ndays = {days}\nrearm_at = {rearm_at}\n"
    )

    with pytest.raises(StayRulesError):
        read_high_use(text)
