"""What is told of a stay is as confidential as all that was ever said of it."""

import pytest
from msgspec.structs import replace

from hub.coordination.labels.tables import Site
from hub.model.facts import FactKind
from hub.model.labels import Labels
from tests.runtime.world import World, number, repair, stay

P1, P2 = number("P1"), number("P2")
ADDICTION = {"diagnoses": [{"code": "F10.2", "system": "I10"}]}
HEART = {"diagnoses": [{"code": "I21.0", "system": "I10"}]}


def labels(world):
    found = [(each.type, each.labels.sensitivity) for each in world.events]
    world.close()
    return found


def test_a_label_is_not_lost_where_a_later_message_does_not_repeat_it():
    world = World().tell(
        stay(P1, hour=8, details=ADDICTION),
        stay(P1, hour=9, kind=FactKind.MOVE, details=HEART),
        stay(P1, hour=10, kind=FactKind.END, location=None),
    )

    assert labels(world) == [
        ("encounter.admitted", ("ETH",)),
        ("encounter.transferred", ("ETH",)),
        ("encounter.discharged", ("ETH",)),
    ]


def test_another_stay_of_the_same_person_is_as_confidential_as_itself():
    world = World().tell(
        stay(P1, "V1", hour=8, details=ADDICTION), stay(P1, "V2", hour=9, details=HEART)
    )

    assert labels(world) == [
        ("encounter.admitted", ("ETH",)),
        ("encounter.admitted", ()),
    ]


def test_a_retraction_because_of_a_move_is_as_confidential_as_the_stay():
    moved = repair("move", P2, level="visit", prior_person=(P1,))
    key = stay(P1).encounter
    moved = replace(
        moved, encounter=key, identity=replace(moved.identity, prior_encounter=key)
    )
    world = World().tell(stay(P1, hour=8, details=ADDICTION), moved)

    told = [kind for kind in labels(world) if kind[0].startswith("encounter")]
    assert {each for _, each in told} == {("ETH",)}


def test_what_a_sender_marks_is_kept_beside_what_is_inferred():
    marked = Labels("V", ("VIP",), (), ("PV1-16",))
    world = World().tell(stay(P1, hour=8, details=ADDICTION, labels=marked))
    [event] = world.events
    world.close()

    assert event.labels == Labels(
        "V", ("ETH", "VIP"), (), ("PV1-16", "diagnosis:F102:ETH")
    )


@pytest.mark.parametrize("feed", ["klinik", "another"])
def test_the_messages_of_a_programme_are_marked_by_their_sender(feed):
    world = World(site=Site(senders={feed: ("ETH",)}))
    source = world.tell(stay(P1)).events[0].source.feed
    [(_, found)] = labels(world)

    assert found == (("ETH",) if source == feed else ())
