"""The states of one clock, and what takes it from one to the next."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from hub.coordination.clocks.calendars import Calendar
from hub.coordination.clocks.clock import Role, Step, advance, begin
from hub.coordination.clocks.rules import shipped_rules
from tests.coordination.clocks.lives import NEW_YORK, local

RULES = {rule.name: rule for rules in shipped_rules().values() for rule in rules}
CONTACT = RULES["tcm.contact"]
MINUTE = timedelta(minutes=1)


def step(role, at, place=0, name=""):
    return Step(at, role, name or f"{role.name} {at:%m%d %H%M}", at + MINUTE, place)


def started(rule=CONTACT, at=None):
    first = step(Role.START, at or local("03-02"))
    return begin(rule, first, NEW_YORK, Calendar("US"))


def walk(rule, clock, *steps):
    """Return where the clock is in the end, and all changes on the way."""
    changes = []
    for each in steps:
        clock, changed = advance(rule, clock, each)
        changes += changed
    return clock, changes


def test_evidence_in_time_meets_it():
    clock, changes = walk(
        CONTACT, started(), step(Role.EVIDENCE, local("03-04", "23:59"))
    )

    assert (clock.status, changes) == ("met", ["met"])
    assert clock.settled == local("03-04", "23:59")


def test_it_falls_due_with_its_last_day_and_is_missed_with_its_end():
    eve, _ = walk(CONTACT, started(), local("03-03", "23:59"))
    day, _ = walk(CONTACT, started(), local("03-04", "00:00"))
    late, changes = walk(CONTACT, started(), local("03-05", "00:00"))

    assert (eve.status, eve.reminded) == ("running", False)
    assert (day.status, day.reminded) == ("running", True)
    assert (late.status, late.missed, changes) == (
        "missed",
        day.due.instant,
        ["missed"],
    )


def test_evidence_after_that_meets_it_late():
    clock, changes = walk(CONTACT, started(), step(Role.EVIDENCE, local("03-05")))

    assert (clock.status, changes) == ("met_late", ["missed", "met_late"])


def test_evidence_long_after_meets_nothing():
    clock, _ = walk(CONTACT, started(), step(Role.EVIDENCE, local("04-05")))

    assert clock.status == "missed"


def test_two_failed_attempts_are_enough_and_one_is_not():
    first, second = (step(Role.EVIDENCE, local(day), 1) for day in ("03-03", "03-04"))

    once, _ = walk(CONTACT, started(), first)
    twice, _ = walk(CONTACT, started(), first, second)

    assert (once.status, twice.status) == ("running", "met")


def test_the_word_of_a_person_is_enough():
    said = step(Role.EVIDENCE, local("03-03"), len(CONTACT.satisfied_by))

    clock, _ = walk(CONTACT, started(), said)

    assert (clock.status, clock.basis) == ("met", "manual")


def test_what_is_cancelled_is_neither_met_nor_missed():
    clock, changes = walk(
        CONTACT,
        started(),
        step(Role.CANCEL, local("03-03")),
        step(Role.EVIDENCE, local("03-04")),
        local("04-01"),
    )

    assert (clock.status, changes) == ("cancelled", ["cancelled"])


@pytest.mark.parametrize("role", [Role.CANCEL, Role.PAUSE])
def test_what_is_met_or_missed_stays_so(role):
    met, _ = walk(CONTACT, started(), step(Role.EVIDENCE, local("03-03")))
    missed, _ = walk(CONTACT, started(), local("03-06"))

    assert advance(CONTACT, met, step(role, local("03-07"))) == (met, ())
    assert advance(CONTACT, missed, step(role, local("03-07"))) == (missed, ())


def test_what_never_began_is_cancelled_though_it_was_met():
    met, _ = walk(CONTACT, started(), step(Role.EVIDENCE, local("03-03")))

    clock, _ = walk(CONTACT, met, step(Role.REVOKE, local("03-04")))

    assert clock.status == "cancelled"


def test_another_start_begins_again_only_what_was_cancelled():
    again = step(Role.START, local("03-10"))
    cancelled, _ = walk(CONTACT, started(), step(Role.CANCEL, local("03-03")))

    running, changes = walk(CONTACT, cancelled, again)

    assert (running.status, running.started) == ("running", local("03-10"))
    assert changes == ["restarted"]
    assert walk(CONTACT, started(), replace_at(again, local("03-03")))[1] == []


def replace_at(each, at):
    return each._replace(at=at, latest=at + MINUTE)


def test_a_restart_begins_again_whatever_the_state():
    rule = RULES["trc.engagement"]
    met, _ = walk(rule, started(rule), step(Role.EVIDENCE, local("03-05")))

    clock, changes = walk(rule, met, step(Role.RESTART, local("03-10")))

    assert (clock.status, clock.by, changes) == ("running", "", ["restarted"])


def test_a_restart_by_its_own_start_changes_nothing():
    rule = RULES["trc.engagement"]
    clock = started(rule)
    same = step(Role.RESTART, local("03-02"), name=clock.start_id)

    assert walk(rule, clock, same)[1] == []


def test_a_paused_clock_is_not_missed_and_goes_on_with_the_time_that_was_left():
    rule = RULES["de.screening"]
    pause = step(Role.PAUSE, local("03-02", "20:00"))
    resume = step(Role.RESUME, local("03-05", "20:00"))

    paused, _ = walk(rule, started(rule), pause, local("03-05"))
    resumed, changes = walk(rule, started(rule), pause, resume)

    assert (paused.status, paused.due) == ("paused", None)
    assert resumed.due.instant == local("03-06", "10:00")
    assert changes == ["paused", "resumed"]


def test_a_paused_clock_can_be_met():
    rule = RULES["de.screening"]
    pause = step(Role.PAUSE, local("03-02", "20:00"))

    clock, _ = walk(rule, started(rule), pause, step(Role.EVIDENCE, local("03-04")))

    assert clock.status == "met"


def test_to_pause_or_resume_twice_is_to_do_it_once():
    rule = RULES["de.screening"]
    pauses = [step(Role.PAUSE, local("03-02", time)) for time in ("20:00", "21:00")]
    resumes = [step(Role.RESUME, local("03-03", time)) for time in ("02:00", "03:00")]

    clock, changes = walk(rule, started(rule), *pauses, *resumes)

    assert changes == ["paused", "resumed"]
    assert clock.due.instant == local("03-03", "16:00")


def test_what_must_come_first_is_missed_when_it_did_not():
    rule = RULES["de.consent"]
    assessed = step(Role.DEADLINE, local("03-03"))

    without, _ = walk(rule, started(rule), assessed)
    before, _ = walk(rule, started(rule), step(Role.EVIDENCE, local("03-02")), assessed)

    assert (without.status, without.by) == ("missed", assessed.id)
    assert before.status == "met"


def test_medication_is_due_with_the_day_of_the_visit():
    rule = RULES["tcm.medication_reconciliation"]
    visit = step(Role.DEADLINE, local("03-05"))

    clock, changes = walk(rule, started(rule), visit, local("03-05", "12:00"))
    late, _ = walk(rule, clock, local("03-06", "00:00"))

    assert clock.due.instant == local("03-06", "00:00")
    assert (clock.status, late.status) == ("running", "missed")
    assert changes == ["limited"]


def test_a_limit_that_comes_in_a_pause_holds_after_it():
    rule = replace(
        RULES["tcm.medication_reconciliation"],
        pause_on=RULES["de.screening"].pause_on,
        resume_on=RULES["de.screening"].resume_on,
    )

    clock, _ = walk(
        rule,
        started(rule),
        step(Role.PAUSE, local("03-03")),
        step(Role.DEADLINE, local("03-05")),
        step(Role.RESUME, local("03-05", "18:00")),
    )

    assert clock.due.instant == local("03-06", "00:00")


def test_a_period_is_over_when_its_time_is():
    rule = RULES["tcm.period"]

    clock, changes = walk(rule, started(rule), local("04-01", "00:00"))

    assert (clock.status, changes) == ("met", ["met"])
    assert clock.settled == local("04-01", "00:00")


@pytest.mark.parametrize(
    ("name", "at", "counts"),
    [
        ("trc.engagement", local("03-02", "15:00"), False),
        ("trc.engagement", local("03-03", "00:00"), True),
        ("trc.medication_reconciliation", local("03-02", "00:00"), True),
        ("trc.medication_reconciliation", local("03-01", "23:50"), False),
        ("tcm.contact", local("03-02", "09:00"), False),
        ("tcm.contact", local("03-02", "10:30"), True),
        ("de.letter", local("03-01", "00:00"), True),
        ("de.letter", local("02-28", "23:50"), False),
    ],
)
def test_evidence_counts_from_where_the_rule_says(name, at, counts):
    rule = RULES[name]

    clock, _ = walk(rule, started(rule), step(Role.EVIDENCE, at))

    assert (clock.status == "met") is counts


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("fuh.follow_up_7", "03-09"),
        ("fuh.follow_up_30", "04-01"),
        ("fum.follow_up_7", "03-09"),
        ("fua.follow_up_30", "04-01"),
        ("trc.notice_of_admission", "03-04"),
        ("trc.engagement", "04-01"),
        ("readmission.window", "04-01"),
    ],
)
def test_the_last_day_of_each_is_the_one_that_the_source_says(name, last):
    clock = started(RULES[name])

    assert clock.due.date == local(last).date()
