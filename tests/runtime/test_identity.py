"""Who is who: merges, moves, links, and what is found. Everybody here is made up."""

import itertools

import pytest

from hub.model.facts import EncounterKey, FactKind
from hub.model.identifiers import Identifier
from hub.runtime.routing import Router
from tests.runtime.facts import EVERYONE, OWNERS
from tests.runtime.world import ANNA, BERTA, World, number, person, repair, stay

P1, P2, S7 = number("P1"), number("P2"), number("S7", "SUED")
KVNR = Identifier("http://fhir.de/sid/gkv/kvid-10", "A123456780", "KVNR")


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


def test_after_a_merge_a_discharge_under_the_new_number_is_of_the_same_stay(world):
    world.tell(
        stay(P1),
        repair("merge", P2, [P1]),
        stay(P2, kind=FactKind.END, hour=14, location=None),
    )

    assert world.states == ["processed"] * 3
    assert world.people() == [["P1", "P2"]]
    assert world.types == [
        "encounter.admitted",
        "person.merged",
        "encounter.admitted",
        "encounter.discharged",
    ]
    assert len(world.query(OWNERS)) == 1


def test_a_discharge_that_overtakes_the_merge_waits_for_it(world):
    world.tell(stay(P1), stay(P2, kind=FactKind.END, hour=14, location=None))
    before = list(world.states)
    world.tell(repair("merge", P2, [P1]))

    assert before == ["processed", "parked"]
    waiting = world.query("SELECT seq FROM message WHERE state = 'received'")
    assert waiting == [(2,)]


def test_the_person_is_known_by_the_number_that_goes_on(world):
    world.tell(stay(P1), stay(P2, "V2"), repair("merge", P2, [P1]))

    merged = world.events[2]
    [(key,)] = world.query("SELECT identity FROM identifier WHERE value = 'P2'")
    assert merged.type == "person.merged"
    assert merged.subject.person == key
    assert len(merged.payload["before"]) == 1
    assert len(merged.payload["after"]) == 2


def test_a_merge_of_somebody_unknown_is_known_when_they_are_heard_of(world):
    world.tell(repair("merge", P2, [P1], hour=7), stay(P1))

    assert world.states == ["processed"] * 2
    assert world.people() == [["P1", "P2"]]
    assert [event.subject.person for event in world.events][-1:] == [
        world.query("SELECT identity FROM identifier WHERE value = 'P2'")[0][0]
    ]


def test_numbers_that_are_merged_in_a_circle_are_one_person(world):
    p3 = number("P3")
    world.tell(
        repair("merge", P2, [P1], hour=7),
        repair("merge", p3, [P2], hour=8),
        repair("merge", P1, [p3], hour=9),
    )

    assert world.people() == [["P1", "P2", "P3"]]


def test_what_is_unlinked_later_is_two_people_whatever_came_first(world):
    world.tell(repair("unlink", P1, [P2], hour=13), repair("link", P1, [P2], hour=12))

    assert world.people() == [["P1"], ["P2"]]


def test_a_merge_that_is_undone_takes_back_what_was_told(world):
    world.tell(
        stay(P1),
        stay(P2, "V2"),
        repair("merge", P2, [P1]),
        repair("unlink", P2, [P1], hour=13),
    )

    assert world.people() == [["P1"], ["P2"]]
    told = world.events
    [undone] = [event for event in told if event.type == "person.unlinked"]
    after = told[told.index(undone) + 1 :]
    taken_back = [
        e for e in after if e.correction and e.correction.kind == "retraction"
    ]
    assert [each.type for each in taken_back] == ["encounter.moved"]
    assert after[-1].type == "encounter.admitted"
    assert after[-1].correction is None
    assert after[-1].subject.person != taken_back[0].subject.person


def test_the_same_trusted_number_and_name_are_one_person_at_two_hospitals(world):
    world.tell(stay((P1, KVNR), about=ANNA), stay((S7, KVNR), "V2", about=ANNA))

    assert world.people() == [["A123456780", "P1", "S7"]]
    assert world.types == [
        "encounter.admitted",
        "person.linked",
        "encounter.admitted",
        "encounter.admitted",
    ]


def test_a_trusted_number_of_somebody_with_another_name_is_asked_about(world):
    world.tell(stay((P1, KVNR), about=ANNA), stay((S7, KVNR), "V2", about=BERTA))

    assert world.people() == [["A123456780", "P1"], ["A123456780", "S7"]]
    [link] = world.links()
    assert (link.state, link.rule) == ("candidate", "trusted_id_contradicted")


def test_who_agrees_in_all_is_one_person_without_a_common_number(world):
    world.tell(person(P1, ANNA), person(S7, ANNA))

    assert world.people() == [["P1", "S7"]]


@pytest.mark.parametrize(
    "changed",
    [
        {"names": [{"family": "Musterfrau", "given": "Doris"}]},  # a twin
        {"identity_quality": {"unknown": True}},  # PID-31
        {"birth_date": "1900-01-01"},
    ],
)
def test_who_could_be_somebody_else_is_not_linked(world, changed):
    world.tell(person(P1, ANNA), person(S7, ANNA | changed))

    assert world.people() == [["P1"], ["S7"]]


def test_two_numbers_of_one_hospital_are_never_linked_by_likeness(world):
    world.tell(person(P1, ANNA), person(P2, ANNA))

    assert world.people() == [["P1"], ["P2"]]
    assert [link.state for link in world.links()] == ["candidate"]


def test_who_is_no_longer_alike_is_no_longer_one_person(world):
    world.tell(person(P1, ANNA), person(S7, ANNA), person(S7, BERTA, hour=9))

    assert world.people() == [["P1"], ["S7"]]
    assert "person.unlinked" in world.types


@pytest.mark.parametrize(
    "later",
    [
        {"addresses": [{"street": "Am Markt", "postal_code": "80331"}]},
        {"names": [{"family": "Neumann", "given": "Anna"}]},
    ],
)
def test_who_moves_or_marries_stays_the_same_person(world, later):
    moved = person(S7, ANNA | later, hour=9)
    world.tell(person(P1, ANNA), person(S7, ANNA), moved)
    again = World().tell(moved, person(S7, ANNA), person(P1, ANNA))

    assert world.people() == again.people() == [["P1", "S7"]]
    assert "person.unlinked" not in world.types
    again.close()


def test_a_given_name_of_before_is_no_reason_to_be_the_same_person(world):
    twin = ANNA | {"names": [{"family": "Musterfrau", "given": "Doris"}]}
    world.tell(person(P1, ANNA), person(S7, ANNA), person(S7, twin, hour=9))

    assert world.people() == [["P1"], ["S7"]]


def test_what_somebody_decided_counts_more_than_likeness_and_senders(world):
    world.tell(
        person(P1, ANNA),
        person(S7, ANNA),
        repair("unlink", P1, [S7], hour=9, decided_by="ops"),
        repair("merge", P1, [S7], hour=14),
        person(S7, ANNA | {"sex": "O"}, hour=15),
    )

    assert world.people() == [["P1"], ["S7"]]


def test_a_candidate_that_somebody_confirms_becomes_one_person(world):
    world.tell(
        stay((P1, KVNR), about=ANNA),
        stay((S7, KVNR), "V2", about=BERTA),
        repair("link", S7, [P1], decided_by="ops"),
    )

    assert world.people() == [["A123456780", "P1", "S7"]]
    [linked] = [event for event in world.events if event.type == "person.linked"]
    assert linked.subject.match.state == "manual"


def test_two_likely_links_that_contradict_one_another_are_not_both_made(world):
    other = Identifier(KVNR.system, "B123456782", "KVNR")
    third = number("W3", "WEST")
    world.tell(
        person((P1, KVNR), ANNA),
        person((S7, other), ANNA),
        person(third, ANNA),
    )

    assert len(world.people()) == 2
    assert sorted(link.state for link in world.links()) == ["auto", "auto", "candidate"]


def test_a_visit_that_was_booked_for_the_wrong_patient_goes_to_the_right_one(world):
    visit = EncounterKey("NORD", "", "V1")
    world.tell(
        stay(P1),
        stay(P2, "V2"),
        repair(
            "move",
            P2,
            level="visit",
            encounter=visit,
            prior_person=(P1,),
            prior_encounter=visit,
        ),
        stay(P2, kind=FactKind.END, hour=14, location=None),
    )

    assert world.states == ["processed"] * 4
    assert world.people() == [["P1"], ["P2"]]
    assert {tuple(numbers) for _, numbers in world.stays().values()} == {("P2",)}
    assert world.types == [
        "encounter.admitted",
        "encounter.admitted",
        "encounter.moved",
        "privacy.incident_opened",
        "encounter.admitted",
        "encounter.discharged",
    ]
    first, _, taken_back, incident, again, _ = world.events
    assert taken_back.correction.of == first.id
    assert taken_back.subject.person == first.subject.person
    assert incident.payload == {"events": [first.id], "destinations": []}
    assert again.subject.person != first.subject.person
    assert [
        event.entity.version
        for event in world.events
        if event.entity.key == first.entity.key
    ] == [1, 2, 3, 4, 5]


def test_what_was_said_before_a_visit_was_moved_may_come_later(world):
    visit = EncounterKey("NORD", "", "V1")
    world.tell(
        repair(
            "move",
            P2,
            level="visit",
            encounter=visit,
            prior_person=(P1,),
            prior_encounter=visit,
        ),
        stay(P1),
        stay(P1, kind=FactKind.MOVE, hour=16),
    )

    assert world.states == ["processed", "processed", "parked"]
    assert {tuple(numbers) for _, numbers in world.stays().values()} == {("P2",)}


def test_a_visit_with_a_new_number_is_the_same_visit(world):
    new = EncounterKey("NORD", "", "V9")
    world.tell(
        stay(P1),
        repair(
            "change",
            P1,
            level="visit",
            encounter=new,
            prior_encounter=EncounterKey("NORD", "", "V1"),
        ),
        stay(P1, "V1", FactKind.MOVE, hour=13),
        stay(P1, "V9", FactKind.END, hour=14, location=None),
    )

    assert world.types == [
        "encounter.admitted",
        "encounter.rekeyed",
        "encounter.transferred",
        "encounter.discharged",
    ]


def test_two_visits_that_are_merged_are_one_whatever_is_heard_first():
    first, second = (EncounterKey("NORD", "", value) for value in ("V1", "V2"))
    merge = repair("merge", P1, level="visit", encounter=second, prior_encounter=first)
    facts = (stay(P1, "V1"), stay(P1, "V2", FactKind.MOVE, hour=9), merge)
    ends = set()
    for order in itertools.permutations(facts):
        told = World().tell(*order)
        ends.add(
            told.query(
                "SELECT json_extract(CAST(body AS TEXT), '$.encounter') FROM entity"
                " WHERE kind = 'encounter'"
                " AND json_extract(CAST(body AS TEXT), '$.into') IS NULL"
            )[0]
        )
        told.close()

    assert len(ends) == 1


def test_an_identifier_that_is_moved_leaves_the_other_person_as_they_were(world):
    world.tell(
        person((P1, S7), ANNA),
        stay(P1),
        repair("move", P2, [S7], prior_person=(P1,)),
    )

    assert world.people() == [["P1"], ["P2", "S7"]] or world.people() == [
        ["P1", "S7"],
        ["P2", "S7"],
    ]
    assert "person.identifier_moved" in world.types


def test_who_was_told_of_the_wrong_patient_is_named_in_the_incident():
    visit = EncounterKey("NORD", "", "V1")
    world = World(Router(EVERYONE)).tell(
        stay(P1),
        repair("move", P2, level="visit", encounter=visit, prior_person=(P1,)),
    )

    [incident] = [e for e in world.events if e.type == "privacy.incident_opened"]
    assert incident.payload["destinations"] == ["out"]
    assert world.query(
        "SELECT count(*) FROM delivery WHERE event = ?", incident.id
    ) == [(0,)]
    world.close()


def test_a_record_that_its_sender_deleted_stays(world):
    world.tell(person(P1, ANNA), repair("delete", P1))

    assert world.types == ["person.source_deleted"]
    assert world.people() == [["P1"]]


def test_who_is_like_everybody_is_linked_to_nobody(world):
    crowd = [person(number(f"N{each}"), ANNA) for each in range(40)]
    world.tell(*crowd, person(S7, ANNA), person(number("W1", "WEST"), ANNA))

    assert len(world.people()) > 40
    known = len(world.links())
    world.tell(person((number("E1", "EAST"), KVNR), ANNA))
    world.tell(person((number("M1", "MITTE"), KVNR), ANNA))
    assert ["A123456780", "E1", "M1"] in world.people()
    assert len(world.links()) == known + 1


def test_a_number_that_is_listed_with_many_patients_makes_nobody_one(world):
    shared = number("X0")
    world.tell(person((P1, shared), ANNA), person((P2, shared), BERTA))

    assert [group for group in world.people() if {"P1", "P2"} <= set(group)] == []
    assert {link.state for link in world.links()} == {"candidate"}
    people = world.people()
    world.tell(person((P1, shared), ANNA, hour=9), person((P2, shared), BERTA, hour=10))
    assert world.people() == people


def test_a_patient_who_was_nobody_has_the_name_of_whom_they_are_merged_with(world):
    doe = {
        "names": [{"family": "Doe", "given": "John"}],
        "identity_quality": {"unknown": True},
    }
    world.tell(person(P1, ANNA), person(P2, doe, hour=11), repair("merge", P1, [P2]))
    world.tell(stay(P2, hour=13))

    admitted = world.events[-1]
    assert admitted.payload["person"]["names"] == ANNA["names"]


def test_a_number_that_is_used_for_somebody_else_is_not_linked_by_likeness(world):
    world.tell(person(P1, ANNA), person(S7, BERTA), person(S7, ANNA, hour=9))

    assert world.people() == [["P1"], ["S7"]]
    [asked] = world.links()
    assert (asked.state, asked.reasons) == ("candidate", ("overlaid",))
    warnings = world.query("SELECT warnings FROM message ORDER BY seq")
    assert warnings[-1] == ('["identity.overlaid"]',)


def test_what_moves_is_taken_back_also_by_a_hub_that_remembers_nothing(world):
    world.tell(stay(P1), stay(P2, "V2"), repair("merge", P2, [P1]))
    world.processor.forget()
    world.tell(repair("unlink", P2, [P1], hour=13))

    assert world.types[-3:] == [
        "encounter.moved",
        "privacy.incident_opened",
        "encounter.admitted",
    ]
