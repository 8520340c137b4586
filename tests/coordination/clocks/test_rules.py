"""Rules are data: what ships is valid, and what is not is refused with its place."""

from datetime import date

import pytest

from hub.coordination.clocks.errors import ClockRulesError
from hub.coordination.clocks.rules import data, read_rules, shipped_rules

RULES = [rule for rules in shipped_rules().values() for rule in rules]
HEAD = 'programme = "test"\nversion = "1"\nsource = "made up"\n'
CLOCK = """
[[clocks]]
name = "test.contact"
start_event = "encounter.discharged"
offset = 2
evidence = "a contact"
satisfied_by = ["contact.completed"]
"""


def read(clock=CLOCK, head=HEAD):
    return read_rules("test.toml", head + clock)


def test_every_shipped_clock_has_a_name_of_its_own_a_version_and_a_source():
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.version and rule.source and rule.evidence for rule in RULES)


def test_what_the_domain_asks_for_ships():
    assert set(shipped_rules()) == {
        "entlassmanagement",
        "hedis-fua",
        "hedis-fuh",
        "hedis-fum",
        "hedis-trc",
        "readmission",
        "tcm",
    }


def test_no_disposition_leads_to_two_settings():
    tables = [each for each in data("settings.toml").values() if isinstance(each, dict)]

    for table in tables:
        codes = [code for listed in table["settings"].values() for code in listed]
        assert len(codes) == len(set(codes))


def test_every_setting_that_a_rule_names_is_one():
    tables = [each for each in data("settings.toml").values() if isinstance(each, dict)]
    known = {"unknown"}.union(*(table["settings"] for table in tables))

    for rule in RULES:
        named = [
            *rule.filter.get("to_setting", ()),
            *rule.exclude.get("to_setting", ()),
        ]
        assert set(named) <= known


def test_the_head_of_a_file_holds_for_its_clocks():
    [rule] = read(head=f"{HEAD}effective_from = 2027-01-01\n")

    assert (rule.programme, rule.version, rule.source) == ("test", "1", "made up")
    assert rule.satisfied_by[0].event == "contact.completed"
    assert not rule.in_force(date(2026, 12, 31))
    assert rule.in_force(date(2027, 1, 1))


def test_a_rule_is_in_force_up_to_its_last_day():
    [rule] = read(head=f"{HEAD}effective_to = 2026-12-31\n")

    assert rule.in_force(date(2026, 12, 31))
    assert not rule.in_force(date(2027, 1, 1))


@pytest.mark.parametrize(
    ("clock", "told"),
    [
        ("x = [", "not a TOML file"),
        ("", "not a TOML file"),
        ("clocks = [1]", "not a TOML file"),
        ("clocks = []", "no clocks"),
        (CLOCK + CLOCK, "two with one name"),
        (CLOCK + "reminder_days = 3", "reminder_days"),
        (CLOCK.replace("offset = 2", "offset = -1"), "offset"),
        (CLOCK.replace("offset = 2", 'offset = "2"'), "offset"),
        (CLOCK.replace("offset = 2", ""), "nothing limits it"),
        (CLOCK.replace('"encounter.discharged"', '"encounter.gone"'), "no event"),
        (CLOCK.replace('"encounter.discharged"', "[]"), "nothing starts it"),
        (CLOCK.replace('["contact.completed"]', "[]"), "a task needs evidence"),
        (CLOCK + 'kind = "period"', "a period has none"),
        (CLOCK + 'unit = "weeks"', "unit"),
        (CLOCK + 'calendar = "XX"', "no calendar XX"),
        (CLOCK + "lead_days = 1", "same_day_counts"),
        (CLOCK + 'unit = "minutes"\ncounting = "same_day_counts"', "minutes"),
        (CLOCK + 'pause_on = ["encounter.leave_started"]', "belong together"),
        (CLOCK + 'filter = { ward = ["1"] }', "no filter ward"),
        (CLOCK + 'cancel_on = [{ event = "person.deceased", how = 1 }]', "how"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(clock, told):
    with pytest.raises(ClockRulesError) as caught:
        read(clock)

    assert "test.toml" in str(caught.value)
    assert told in str(caught.value)
