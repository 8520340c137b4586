"""What is told of a transition, and that it adds up whatever the order."""

from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.coordination.clocks.differences import differences
from hub.coordination.clocks.rules import shipped_rules
from hub.coordination.clocks.transition import fold_transition, next_due
from hub.model.taxonomy import EVENT_TYPES
from tests.coordination.clocks.lives import (
    US,
    admitted,
    amended,
    contact,
    discharged,
    happened,
    local,
    taken_back,
    visit,
)

RULES = {rule.name: rule for rules in shipped_rules().values() for rule in rules}
CONTACT = [RULES["tcm.contact"]]
END = discharged(local("03-02"))
CALL = contact(local("03-03"))
UNCALL = happened(
    "contact.attempted", local("03-03"), corrects=CALL.id, correction="retraction"
)
BACK = taken_back(END, "encounter.discharge_cancelled", local("03-03", "12:00"))


def live(*news, rules=CONTACT):
    """Return what is told as events arrive, each with the time at which it does."""
    before, known, told = None, [], []
    for now, *events in news:
        known += events
        after = fold_transition(US, known, now, rules)
        told += differences(before, after, now)
        before = after
    return told


def types(told):
    return " ".join(each.type.replace("transition.", "") for each in told)


#: What arrives when, and what is said of the contact alone.
STORIES = {
    "met in time": (
        [(local("03-02"), END), (local("03-03"), CALL)],
        "opened task.created task.completed milestone_reached closed",
    ),
    "due, missed and met late": (
        [
            (local("03-02"), END),
            (local("03-04"),),
            (local("03-05"),),
            (local("03-06"), contact(local("03-06"))),
        ],
        (
            "opened task.created task.due task.overdue milestone_missed closed "
            "task.completed milestone_reached"
        ),
    ),
    "missed, but it was in time": (
        [(local("03-02"), END), (local("03-06"),), (local("03-07"), CALL)],
        (
            "opened task.created task.overdue milestone_missed closed "
            "task.completed milestone_reached"
        ),
    ),
    "taken back after it was met": (
        [(local("03-02"), END), (local("03-03"), CALL), (local("03-03"), UNCALL)],
        (
            "opened task.created task.completed milestone_reached closed "
            "reopened task.created milestone_reached"
        ),
    ),
    "cancelled and discharged again": (
        [
            (local("03-02"), END),
            (local("03-03", "13:00"), BACK),
            (local("03-04"), discharged(local("03-04"), version=5)),
        ],
        "opened task.created task.cancelled closed reopened task.created",
    ),
    "met, and then the discharge was none": (
        [
            (local("03-02"), END),
            (local("03-03"), CALL),
            (local("03-03", "13:00"), BACK),
        ],
        (
            "opened task.created task.completed milestone_reached closed "
            "task.cancelled milestone_reached"
        ),
    ),
    "the discharge is put off": (
        [
            (local("03-02"), END),
            (
                local("03-03"),
                amended(END, "encounter.end_corrected", local("03-03"), local("03-03")),
            ),
        ],
        "opened task.created task.created",
    ),
    "missed, and then the discharge was later": (
        [
            (local("03-02"), END),
            (local("03-05"),),
            (
                local("03-05"),
                amended(END, "encounter.end_corrected", local("03-04"), local("03-05")),
            ),
        ],
        (
            "opened task.created task.overdue milestone_missed closed "
            "reopened task.created milestone_missed"
        ),
    ),
    "all of it is known at once": (
        [(local("04-01"), END, CALL)],
        "opened task.created task.completed milestone_reached closed",
    ),
    "nobody heard of what was cancelled at once": (
        [(local("04-01"), END, BACK)],
        "opened closed",
    ),
    "the patient goes to a nursing home after all": (
        [
            (local("03-02"), END),
            (
                local("03-03"),
                happened(
                    "encounter.updated",
                    local("03-03"),
                    entity="enc_1",
                    version=4,
                    payload=visit(disposition="03"),
                ),
            ),
        ],
        "opened task.created task.cancelled closed",
    ),
    "nothing new is nothing to tell": (
        [(local("03-02"), END), (local("03-02", "11:00"), END)],
        "opened task.created",
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_a_story_is_told_in_order(story):
    news, expected = STORIES[story]

    assert types(live(*news)) == expected


def test_every_type_that_is_told_exists():
    for news, _ in STORIES.values():
        assert {each.type for each in live(*news)} <= EVENT_TYPES


def test_what_was_told_wrongly_is_corrected_by_name():
    missed = live(*STORIES["missed, but it was in time"][0])
    back = live(*STORIES["taken back after it was met"][0])
    off = live(*STORIES["the discharge is put off"][0])

    assert [each[-3:-1] for each in missed[-2:]] == [
        ("task.overdue", "amendment"),
        ("transition.milestone_missed", "amendment"),
    ]
    assert [each[-3:-1] for each in back[-2:]] == [
        ("task.completed", "retraction"),
        ("transition.milestone_reached", "retraction"),
    ]
    assert (off[-1].corrects, off[-1].fields) == ("task.created", ("due",))


def test_what_is_told_has_its_time_and_its_cause():
    told = live(*STORIES["due, missed and met late"][0])

    named = {each.type: each for each in told}
    assert named["task.created"].occurred == END.at
    assert named["task.created"].by == END.id
    assert named["task.due"].occurred == local("03-04", "00:00")
    assert named["task.overdue"].occurred == local("03-05", "00:00")
    assert named["task.completed"].occurred == local("03-06")
    assert named["task.overdue"].clock == "tcm.contact"


@pytest.mark.parametrize(
    ("news", "expected"),
    [
        ([CALL], "task.completed milestone_reached closed reopened task.created"),
        ([], "task.cancelled task.created"),
    ],
)
def test_another_discharge_asks_for_it_again_and_takes_nothing_back(news, expected):
    again = discharged(local("03-06"), version=5)

    told = live(
        (local("03-02"), END),
        (local("03-03"), *news),
        (local("03-06"), again),
        rules=[RULES["trc.engagement"]],
    )

    assert types(told[2:]) == expected
    assert not any(each.corrects for each in told)


def test_a_retraction_is_no_evidence_of_anything():
    """It says when what it takes back was said to have happened."""
    calls = [
        happened("contact.attempted", local("03-03"), name="one"),
        happened(
            "contact.attempted",
            local("03-03"),
            name="two",
            corrects="one",
            correction="retraction",
        ),
        happened("contact.attempted", local("03-03", "11:00"), name="three"),
    ]

    assert types(live((local("03-03", "12:00"), END, *calls))) == "opened task.created"


def test_a_period_opens_and_closes_and_is_no_task():
    told = live(
        (local("03-02"), END),
        (local("04-02"),),
        rules=[RULES["readmission.window"]],
    )

    assert types(told) == "opened closed"


def test_a_start_that_is_unknown_again_cancels_what_it_created():
    before = fold_transition(US, [END], local("03-02"), CONTACT)

    told = differences(before, None, local("03-03"))

    assert types(told) == "task.cancelled closed"


hours = st.integers(0, 24 * 40).map(lambda each: local("03-02") + timedelta(hours=each))


@st.composite
def events(draw):
    """Draw a person's events around a stay, with corrections of some of them."""
    plain = st.one_of(
        st.builds(contact, hours, st.sampled_from(["attempted", "completed"])),
        st.builds(
            lambda at, kind: happened(kind, at),
            hours,
            st.sampled_from(
                ["medrec.completed", "appointment.completed", "person.deceased"]
            ),
        ),
        st.builds(admitted, hours, st.sampled_from(["enc_1", "enc_2"])),
        st.builds(
            lambda at, version, disposition: discharged(
                at, version=version, payload=visit(disposition=disposition)
            ),
            hours,
            st.integers(3, 9),
            st.sampled_from(["01", "03", "20"]),
        ),
    )
    drawn = draw(st.lists(plain, max_size=6, unique_by=lambda each: each.id))
    for each in list(drawn):
        fate = draw(st.sampled_from(["stands", "stands", "back", "moved"]))
        known = each.known + timedelta(hours=draw(st.integers(1, 48)))
        if fate == "back":
            drawn.append(taken_back(each, "encounter.discharge_cancelled", known))
        elif fate == "moved":
            drawn.append(
                amended(each, "encounter.end_corrected", draw(hours), known),
            )
    unique = {each.id: each for each in drawn}
    return list(unique.values())


@settings(max_examples=200)
@given(events(), hours, st.randoms(use_true_random=False))
def test_the_same_events_in_any_order_give_the_same_transition(found, now, random):
    shuffled = found + found[: len(found) // 2]
    random.shuffle(shuffled)

    for rules in shipped_rules().values():
        assert fold_transition(US, shuffled, now, rules) == fold_transition(
            US, found, now, rules
        )


def ledger(told):
    """Return where each task stands by what was told, and which milestones do."""
    tasks, milestones = {}, {}
    for each in told:
        family, _, name = each.type.partition(".")
        if family == "task" and name != "due":
            assert tasks.get(each.clock) != name or each.corrects
            tasks[each.clock] = name
        elif "milestone" in name:
            standing = milestones.setdefault(each.clock, [])
            if each.corrects:
                standing.remove(each.corrects)
            if each.correction != "retraction":
                standing.append(each.type)
    return tasks, milestones


OPENING = {"transition.opened", "transition.reopened"}
STATES = OPENING | {"transition.closed"}
AS_TOLD = {
    "running": "created",
    "paused": "created",
    "met": "completed",
    "met_late": "completed",
    "missed": "overdue",
    "cancelled": "cancelled",
}


@settings(max_examples=200)
@given(events(), st.integers(0, 2**32))
def test_what_was_told_adds_up_to_what_holds(found, seed):
    """Events arrive in any order, and in between time passes by the timer."""
    random = Random(seed)  # noqa: S311 - the order of arrival
    random.shuffle(found)
    rules = shipped_rules()["tcm"]
    before, now, told = None, local("03-02"), []
    for count in range(1, len(found) + 1):
        now += timedelta(hours=random.randrange(100))
        after = fold_transition(US, found[:count], now, rules)
        told += differences(before, after, now)
        before = after
        wake = next_due(before) if before else None
        if wake and random.random() < 0.5:
            now = wake
            after = fold_transition(US, found[:count], now, rules)
            told += differences(before, after, now)
            before = after

    tasks, _ = ledger(told)
    states = [each.type for each in told if each.type in STATES]
    held = {
        each.name: AS_TOLD[each.status]
        for each in (before.clocks if before else ())
        if each.kind == "task"
    }
    for name, task in tasks.items():
        assert task == held.get(name, "cancelled")
    for name, task in held.items():
        assert tasks.get(name, "cancelled") == task
    assert all(
        (one in OPENING) is not (two in OPENING) for one, two in pairwise(states)
    )
    assert {each.type for each in told} <= EVENT_TYPES


@settings(max_examples=100)
@given(events(), hours)
def test_the_timer_comes_to_an_end(found, now):
    """Folding at the times that it asks for ends, and each lies ahead."""
    rules = shipped_rules()["tcm"]
    for _ in range(60):
        transition = fold_transition(US, found, now, rules)
        wake = next_due(transition) if transition else None
        if wake is None:
            break
        assert wake > now
        now = wake
    else:
        pytest.fail("the timer never rests")
