"""Whoever was told of what does not stand was told that too, whatever comes.

Made-up stays arrive, are corrected and taken back, while recipients come and go.
"""

from collections import defaultdict
from datetime import timedelta
from itertools import count

import msgspec
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.model.delivery import DeliveryState
from hub.model.events import CareEvent
from hub.model.facts import EncounterKey, FactKind, Normalised, Subject
from hub.model.identifiers import Identifier
from hub.store import outbox
from hub.store.outbox import Claim
from tests.coordination.scenarios import at, cancel, end, move, start
from tests.coordination.walks import facts as any_facts
from tests.runtime.facts import NOBODY, subscription
from tests.runtime.setting import NOW, put
from tests.store.rows import settled

LATER = NOW + timedelta(days=2)
ONE, TWO = subscription("one", "out"), subscription("two", "far")
#: Without anything that takes something back.
NEWS = frozenset(
    f"encounter.{each}" for each in ("admitted", "transferred", "discharged", "updated")
)
CONFIGURED = (
    (ONE, TWO),
    (ONE._replace(panel=NOBODY.name), TWO),
    (),
    (ONE._replace(events=NEWS),),
    (ONE._replace(destination="far"), TWO._replace(destination="out")),
)
#: What stays are made of, said as it happens and taken back later.
COURSES = (
    [start(at(8)), move(at(9)), cancel(FactKind.START, None, at(30))],
    [start(at(8)), end(at(12)), end(at(13), at(14))],
    [cancel(FactKind.END, at(13), at(30)), cancel(FactKind.END, at(12), at(31))],
    [start(at(8))],
    [move(at(9))],
    [end(at(12))],
    [cancel(FactKind.MOVE, None, at(29))],
    [cancel(FactKind.START, None, at(32))],
)
steps = st.tuples(
    st.sampled_from(COURSES) | st.lists(any_facts, min_size=1, max_size=3),
    st.sampled_from(CONFIGURED),
    st.sets(st.sampled_from(["out", "far"])),
)
#: Each example is about somebody else, so that all can share one store.
_people = count()


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(course=st.lists(steps, max_size=5))
@example(course=[(COURSES[0], CONFIGURED[3], ())]).via("all in one round")
@example(
    course=[
        ([start(at(8)), end(at(12))], CONFIGURED[0], ("out",)),
        ([end(at(13), at(14))], CONFIGURED[2], ()),
        (COURSES[2], CONFIGURED[2], ("out",)),
    ]
).via("what was amended before")
def test_whoever_was_told_of_what_does_not_stand_was_told_that_too(
    make, store, query, course
):
    person = next(_people)
    [(first,)] = query("SELECT coalesce(max(seq), 0) FROM event")
    for place, (facts, configured, sending) in enumerate(course):
        known = {
            b"%d-%d-%d" % (person, place, number): of_person(each, person)
            for number, each in enumerate(facts)
        }
        for body in known:
            put(store.writer, body, control_id=body.decode())
        work(make(reader(known), subscriptions=configured))
        for destination in sending:
            send(store, destination)

        assert unheard(query, first) == []


def of_person(fact, person):
    return replace(
        fact,
        subject=Subject((Identifier("TESTKLINIK", f"{person}", "MR"),)),
        encounter=EncounterKey("TESTKLINIK", "", f"V-{person}"),
    )


def reader(known):
    return lambda body, _profile: Normalised(facts=(known[body],))


def work(pipeline):
    while pipeline.work():
        continue


def send(store, destination):
    while claimed := store.writer.call(outbox.claim, Claim(destination, LATER, 9)):
        told = [settled(each, DeliveryState.DELIVERED) for each in claimed]
        store.writer.call(outbox.settle, told)


def unheard(query, first):
    """Return the events after `first` that do not stand, and who heard only of them."""
    bodies = query(f"SELECT body FROM event WHERE seq > {first}")  # noqa: S608 - ours
    told = [msgspec.json.decode(body, type=CareEvent) for (body,) in bodies]
    told = {event.id: event for event in told}
    heard = defaultdict(set)
    for event, destination in query(
        "SELECT event, destination FROM delivery WHERE state <> 'withdrawn'"
    ):
        heard[event].add(destination)
    return [
        (gone, only)
        for event in told.values()
        if event.correction and event.correction.kind == "retraction"
        for gone in amended(told, event.correction.of)
        if (only := heard[gone] - heard[event.id])
    ]


def amended(told, key):
    """Return an event and what it amends, one by one."""
    found = [key]
    while (before := told[found[-1]].correction) and before.kind == "amendment":
        found.append(before.of)
    return found
