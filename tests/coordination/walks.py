"""Walks: facts arrive one by one, and the hub says what happened each time."""

from typing import NamedTuple

from hypothesis import strategies as st

from hub.coordination.announcements import (
    Announced,
    Occasion,
    announce_encounter,
    encounter_payload,
)
from hub.coordination.differences import differences
from hub.coordination.fold import EXPECTED, fold
from hub.model.encounters import Encounter
from hub.model.events import CareEvent, EventSource, EventTimes
from hub.model.facts import FactKind
from tests.coordination.scenarios import (
    DAY,
    PATIENT,
    VISIT,
    WARDS,
    at,
    cancel,
    end,
    expect,
    fact,
    move,
    movement,
    plan,
    start,
    turn,
)

OCCASION = Occasion(
    message="msg_",
    person="p_1",
    subject=PATIENT,
    source=EventSource(feed="klinik"),
    times=EventTimes(received=DAY, emitted=DAY),
    warnings=("charset.fallback",),
)


class Walk(NamedTuple):
    """Where a walk ended, and what was said on the way."""

    encounter: Encounter | None
    announced: Announced
    events: list[CareEvent]

    @property
    def types(self):
        return [event.type.partition(".")[2] for event in self.events]


def walk(facts):
    """Let `facts` arrive in this order, each in a message of its own."""
    before, announced, events = None, Announced(), []
    for count in range(1, len(facts) + 1):
        after = fold(facts[:count])
        announced, told = announce_encounter(
            differences(before, after),
            announced,
            OCCASION._replace(message=f"msg_{count}"),
            "enc_1",
            encounter_payload(after, VISIT, {}),
            after.anomalies,
        )
        events += told
        before = after
    return Walk(before, announced, events)


times = st.integers(0, 48).map(at)
wards = st.sampled_from(sorted(WARDS))
classes = st.sampled_from(["inpatient", "emergency", "outpatient"])
updates = st.builds(
    lambda recorded, details: fact(FactKind.UPDATE, recorded, details=details),
    times,
    st.dictionaries(
        st.sampled_from(["service", "account"]), st.none() | st.text("ab", max_size=1)
    ),
)
facts = st.one_of(
    st.builds(start, times, times, classes, wards),
    st.builds(move, times, times, wards),
    st.builds(end, times, times),
    st.builds(
        cancel,
        st.sampled_from([FactKind.START, FactKind.MOVE, FactKind.END]),
        st.none() | times,
        times,
    ),
    updates,
)
_OTHERS = [FactKind.LEAVE, FactKind.RETURN, FactKind.TRACK, FactKind.PURGE]
_numbers = st.sampled_from(["m1", "m2"])
_actions = st.sampled_from(["insert", "update", "cancel"])
#: What happens beside the course of a stay, and what senders keep under numbers.
rarer_facts = st.one_of(
    st.builds(plan, times, times),
    st.builds(turn, times, classes),
    st.builds(fact, st.sampled_from(_OTHERS), times, times),
    st.builds(expect, st.sampled_from(list(EXPECTED)), times, times),
    st.builds(
        lambda pending, recorded: cancel(
            FactKind.PENDING, None, recorded, pending=pending
        ),
        st.sampled_from(list(EXPECTED)),
        times,
    ),
    st.builds(
        cancel,
        st.sampled_from([FactKind.PLAN, FactKind.LEAVE, FactKind.RETURN]),
        st.none() | times,
        times,
    ),
    st.builds(
        lambda kind, time, recorded, ward, number, action: fact(
            kind,
            time,
            recorded,
            location=WARDS[ward],
            movement=movement(number, action),
        ),
        st.sampled_from([FactKind.START, FactKind.MOVE, FactKind.END]),
        times,
        times,
        wards,
        _numbers,
        _actions,
    ),
)
facts = facts | rarer_facts
many_facts = st.lists(facts, max_size=8)
