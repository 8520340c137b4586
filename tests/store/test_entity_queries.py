"""What the store says of people, encounters, stays and records."""

import pytest

from hub.model.facts import FactKind
from hub.store.query_errors import BadCursorError, NothingKnownError, UnknownIdError
from tests.coordination.scenarios import at
from tests.played import (
    CASE,
    MINUTE,
    NEVER,
    SYSTEM,
    TCM,
    Played,
    a_stay,
    booked,
    cancel_end,
    case_of_two,
    end,
    fact,
    says_of_person,
)


@pytest.fixture
def played(tmp_path):
    return Played(tmp_path / "data")


@pytest.fixture
def stay(played):
    return played.play(*a_stay())


def numbers(played, messages):
    return [int(played.reader.message(each).control_id[1:]) for each in messages]


def test_a_person_is_found_by_an_identifier(stay):
    (found,) = stay.entities.find_persons(SYSTEM, "P1").items

    assert [each.value for each in found.identifiers] == ["P1"]
    assert found.demographics["phone"] == "0"


@pytest.mark.parametrize("pair", [(SYSTEM, "P2"), ("SUED", "P1"), ("", "")])
def test_nobody_has_another_identifier(stay, pair):
    assert stay.entities.find_persons(*pair).items == []


def test_people_are_read_page_by_page(played):
    played.play(*(fact(patient=f"P{n}", visit=f"V{n}") for n in range(5)))
    whole = played.entities.persons()
    found, cursor = [], None
    while True:
        page = played.entities.persons(limit=2, cursor=cursor)
        found += page.items
        cursor = page.next
        if cursor is None:
            break

    assert len(whole.items) == 5
    assert found == whole.items


def test_a_cursor_of_another_list_is_refused(played):
    played.play(fact(), fact(patient="P2", visit="V2"))
    cursor = played.entities.persons(limit=1).next

    with pytest.raises(BadCursorError):
        played.entities.encounters(cursor=cursor)


def test_a_person_has_what_is_theirs(stay):
    person = stay.entities.person(stay.person)

    assert [each.status for each in person.encounters] == ["finished"]
    assert [each.status for each in person.stays] == ["closed"]
    assert [each.kind for each in person.records] == ["appointment"]
    assert person.known_at is None


def test_each_field_says_when_it_was_said_and_by_which_messages(stay):
    phone = stay.entities.person(stay.person).demographics["phone"]

    assert phone.value == "0"
    assert phone.said_at == at(16).earliest
    assert numbers(stay, phone.messages) == [6]


def test_an_entry_that_is_added_to_a_list_names_its_message(played):
    listed = {"add": [{"key": "b", "name": "B"}], "remove": []}
    played.play(
        says_of_person(8, contacts=[{"key": "a", "name": "A"}]),
        says_of_person(9, contacts=listed),
    )
    contacts = played.entities.person(played.person).demographics["contacts"]

    assert [each["key"] for each in contacts.value] == ["a", "b"]
    assert contacts.said_at == at(9).earliest
    assert numbers(played, contacts.messages) == [1, 2]


def test_an_encounter_shows_the_facts_behind_it(stay):
    found = stay.entities.encounter(stay.encounter)

    assert found.status == "finished"
    assert [each.kind for each in found.facts] == [
        "start", "move", "end", "cancel", "end",
    ]  # fmt: skip
    assert [each.stands for each in found.facts] == [True, True, False, True, True]
    assert found.facts[0].message == stay.message(1).id
    assert found.facts[0].received_at == at(8).earliest + MINUTE


def test_each_value_of_an_encounter_names_the_messages_behind_it(stay):
    behind = stay.entities.encounter(stay.encounter).behind

    assert {name: numbers(stay, ids) for name, ids in behind.items()} == {
        "status": [5],
        "start": [1],
        "end": [5],
        "classes.0": [1],
        "locations.0": [1],
        "locations.1": [2],
        "details.discharge": [5],
    }


def test_an_encounter_shows_its_events_and_what_they_correct(stay):
    events = stay.entities.encounter(stay.encounter).events
    told = [(each.type.partition(".")[2], each.correction) for each in events]

    assert told == [
        ("admitted", None),
        ("transferred", None),
        ("discharged", None),
        ("discharge_cancelled", "retraction"),
        ("discharged", None),
    ]
    assert events[3].corrects == events[2].id
    assert numbers(stay, events[3].messages) == [4]


@pytest.mark.parametrize(
    ("number", "status", "version"),
    [
        (1, "in-progress", 1),
        (2, "in-progress", 2),
        (3, "finished", 3),
        (4, "in-progress", 4),
        (5, "finished", 5),
        (7, "finished", 5),
    ],
)
def test_an_encounter_is_shown_as_it_was_known(stay, number, status, version):
    then = stay.heard(number)
    found = stay.entities.encounter(stay.encounter, then)

    assert (found.status, found.version, found.known_at) == (status, version, then)
    assert max(each.received_at for each in found.facts) <= then


def test_a_moment_before_a_message_it_is_not_known(stay):
    moment = stay.heard(3) - (MINUTE / 60)

    assert stay.entities.encounter(stay.encounter, moment).status == "in-progress"


def test_a_message_that_comes_late_is_not_known_before_it_comes(played):
    """It happened at nine, and the hub heard of it at twenty past twelve."""
    played.play(fact(hour=8), end(hour=12), wait=20 * MINUTE)
    played.play(fact(FactKind.MOVE, hour=9))
    noon = at(12).earliest + 2 * MINUTE

    now = played.entities.encounter(played.encounter)
    then = played.entities.encounter(played.encounter, noon)
    assert [each.value.unit for each in now.locations] == ["W8", "W9"]
    assert [each.value.unit for each in then.locations] == ["W8"]


def test_a_person_is_shown_as_they_were_known(stay):
    then = stay.entities.person(stay.person, stay.heard(5))

    assert "phone" not in then.demographics
    assert then.records == []
    assert then.version == 0
    assert [each.status for each in then.encounters] == ["finished"]


def test_a_stay_is_shown_as_it_had_been_told(stay):
    """It opened when things had settled, half an hour after the first message."""
    soon = stay.entities.person(stay.person, stay.heard(1))
    told = [
        stay.entities.person(stay.person, stay.heard(number)).stays[0]
        for number in (3, 4, 5, 7)
    ]
    now = stay.entities.person(stay.person)

    assert soon.stays == []
    # The end that was taken back was told of, and taken back when things settled.
    assert [each.status for each in told] == ["opened", "closed", "opened", "closed"]
    assert [bool(each.period.end) for each in told] == [False, True, False, True]
    assert now.stays == [told[-1]]


@pytest.mark.parametrize("ask", ["person", "encounter"])
def test_before_anything_was_heard_nothing_is_known(stay, ask):
    with pytest.raises(NothingKnownError):
        getattr(stay.entities, ask)(getattr(stay, ask), NEVER)


@pytest.mark.parametrize("ask", ["person", "encounter", "stay", "record", "timeline"])
@pytest.mark.parametrize("key", ["p_none", "enc_none", "nothing", ""])
def test_an_unknown_key_is_unknown(stay, ask, key):
    with pytest.raises(UnknownIdError):
        getattr(stay.entities, ask)(key)


def test_a_key_of_something_else_is_unknown(stay):
    with pytest.raises(UnknownIdError):
        stay.entities.encounter(stay.person)
    with pytest.raises(UnknownIdError):
        stay.entities.person(stay.encounter)


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({}, 3),
        ({"status": "finished"}, 1),
        ({"status": "in-progress"}, 1),
        ({"status": "unknown"}, 1),
        ({"status": "onleave"}, 0),
        ({"person": "p_none"}, 0),
    ],
)
def test_encounters_are_filtered(played, filters, count):
    played.play(
        fact(),
        end(),
        fact(visit="V2", patient="P2"),
        fact(FactKind.UPDATE, visit="V3", patient="P3"),
    )

    assert len(played.entities.encounters(**filters).items) == count


def test_a_stay_shows_its_path_and_what_is_behind_it(stay):
    (listed,) = stay.entities.stays(person=stay.person).items
    found = stay.entities.stay(listed.key)

    assert stay.entities.stays(status="closed").items == [listed]
    assert stay.entities.stays(status="opened").items == []
    assert found.encounters == [stay.encounter]
    assert [step["code"] for step in found.path] == ["inpatient"]
    assert numbers(stay, found.messages) == [1, 2, 3, 4, 5]
    assert [(each.type, each.correction) for each in found.events] == [
        ("stay.opened", None),
        ("stay.closed", None),
        ("stay.closed", "retraction"),
        ("stay.closed", None),
    ]


def test_a_record_shows_its_details_and_what_is_behind_it(played):
    played.play(booked(8), booked(9, "cancelled"))
    (listed,) = played.entities.records(kind="appointment").items
    found = played.entities.record(listed.key)
    then = played.entities.record(listed.key, played.heard(1))

    assert played.entities.records(kind="referral").items == []
    assert played.entities.records(person=played.person).items == [listed]
    assert (found.status, then.status) == ("cancelled", "booked")
    assert [each.type for each in found.events] == [
        "appointment.booked",
        "appointment.cancelled",
    ]
    assert [each.stands for each in found.facts] == [True, True]


def test_contacts_of_a_case_are_shown_each_with_its_own_facts(played):
    played.play(*case_of_two())
    person = played.entities.person(played.person)
    found = [played.entities.encounter(each.key) for each in person.encounters]

    by_status = {each.status: numbers(played, heard(each)) for each in found}
    assert by_status == {"finished": [1, 2], "in-progress": [3, 4]}
    assert len({each.case for each in found}) == 1


def heard(encounter):
    return [each.message for each in encounter.facts]


def test_a_contact_that_had_not_begun_was_not_known(played):
    played.play(*case_of_two())
    person = played.entities.person(played.person)
    then = played.entities.person(played.person, played.heard(2))

    (first,) = then.encounters
    assert len(person.encounters) == 2
    assert (first.status, first.version) == ("finished", 2)
    (second,) = {each.key for each in person.encounters} - {first.key}
    with pytest.raises(NothingKnownError):
        played.entities.encounter(second, played.heard(2))


def test_a_contact_that_was_part_of_another_was_known_as_its_own(played):
    played.play(*case_of_two(), cancel_end(10, hour=22, encounter=CASE))
    then = played.entities.person(played.person, played.heard(4))
    now = played.entities.person(played.person)

    assert {each.status for each in then.encounters} == {"finished", "in-progress"}
    assert {each.status for each in now.encounters} == {"in-progress", "cancelled"}


def test_a_timeline_has_everything_in_the_order_in_which_it_happened(stay):
    items = stay.entities.timeline(stay.person).items
    shown = [(each.at.hour, each.what, each.name) for each in items]

    assert shown == [
        (8, "encounter", "finished"),
        (8, "stay", "closed"),
        (8, "fact", "start"),
        (8, "event", "encounter.admitted"),
        (8, "event", "stay.opened"),
        (10, "fact", "move"),
        (10, "event", "encounter.transferred"),
        (12, "fact", "end"),
        (12, "fact", "cancel"),
        (12, "event", "encounter.discharged"),
        (12, "event", "stay.closed"),
        (12, "event", "encounter.discharge_cancelled"),
        (12, "event", "stay.closed"),
        (15, "fact", "end"),
        (15, "event", "encounter.discharged"),
        (15, "event", "stay.closed"),
        (16, "fact", "person"),
        (16, "event", "person.demographics_changed"),
        (17, "record", "appointment"),
        (17, "fact", "record"),
        (17, "event", "appointment.booked"),
    ]


def test_each_thing_on_a_timeline_names_its_messages(stay):
    items = stay.entities.timeline(stay.person).items

    assert numbers(stay, items[0].messages) == [1, 2, 3, 4, 5]
    assert numbers(stay, items[1].messages) == [1, 2, 3, 4, 5]
    assert all(each.messages for each in items)


def test_a_timeline_keeps_to_its_limit(stay):
    whole = stay.entities.timeline(stay.person)
    latest = stay.entities.timeline(stay.person, limit=3)
    before = stay.entities.timeline(stay.person, before=latest.items[0].at)

    assert latest.items == whole.items[-3:]
    assert latest.earlier == len(whole.items) - 3
    assert before.items == whole.items[:-3]
    assert (whole.earlier, before.earlier) == (0, 0)


def test_a_timeline_is_as_it_was_known(stay):
    items = stay.entities.timeline(stay.person, known_at=stay.heard(2)).items

    assert [(each.what, each.name) for each in items] == [
        ("encounter", "in-progress"),
        ("stay", "opened"),
        ("fact", "start"),
        ("event", "encounter.admitted"),
        ("event", "stay.opened"),
        ("fact", "move"),
        ("event", "encounter.transferred"),
    ]


def test_what_was_said_of_a_case_is_on_the_timeline_of_its_contacts(played):
    played.play(*case_of_two())
    items = played.entities.timeline(played.person).items
    encounters = {each.entity for each in items if each.what == "encounter"}

    assert {each.entity for each in items if each.what == "fact"} == encounters


@pytest.fixture
def followed(tmp_path):
    """A stay that ended at home, with a programme that asks for contacts after it."""
    home = {"discharge": {"disposition": "01"}}
    played = Played(tmp_path / "data", TCM).play(fact(), end(details=home))
    for _ in range(4):
        played.play(wait=24 * 60 * MINUTE)
    return played


def test_a_transition_shows_its_clocks_and_events(followed):
    (listed,) = followed.entities.transitions(person=followed.person).items
    found = followed.entities.transition(listed.key)
    (stay,) = followed.entities.stays().items

    assert (listed.state, listed.stay) == ("open", stay.key)
    assert listed.discharge_at == at(12).earliest
    assert "missed" in [clock["status"] for clock in listed.clocks]
    assert followed.entities.transitions(state="closed").items == []
    assert [found.clocks, listed.version] == [listed.clocks, len(found.events)]
    assert found.events[0].type == "transition.opened"


def test_a_transition_is_shown_as_it_had_been_told(followed):
    soon = at(14).earliest
    (then,) = followed.entities.person(followed.person, soon).transitions
    (now,) = followed.entities.person(followed.person).transitions

    assert {clock["status"] for clock in then.clocks} == {"running"}
    assert "missed" in {clock["status"] for clock in now.clocks}
    assert then.version < now.version
    assert (then.stay, then.discharge_at) == (now.stay, now.discharge_at)


def test_as_told_and_as_stored_a_transition_is_the_same(followed):
    """What is heard later of somebody changes nothing about their transition."""
    before = followed.entities.person(followed.person).transitions
    heard = followed.now
    followed.play(says_of_person(0, phone="1"))

    then = followed.entities.person(followed.person, heard)
    assert "phone" not in then.demographics
    assert then.transitions == before


def test_a_transition_is_on_the_timeline(followed):
    items = followed.entities.timeline(followed.person).items
    found = [each for each in items if each.what == "transition"]

    assert [each.name for each in found] == ["open"]
    assert found[0].messages
    assert "task.overdue" in {each.name for each in items}
