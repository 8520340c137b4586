"""Bad input: each ends in the right state, or waits with a reason; none stops a feed.

Everybody in here is made up.
"""

from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from hub.model.facts import Fact, FactKind, Normalised, Subject
from hub.model.identifiers import Identifier
from hub_hl7.facts.normalise import normalise
from hub_hl7.facts.profile import Hl7Profile
from tests.acceptance.messages import header, joined, pid
from tests.coordination.scenarios import at
from tests.runtime.facts import states
from tests.runtime.setting import NOW, put
from tests.runtime.world import (
    ANNA,
    BERTA,
    World,
    number,
    person,
    repair,
    stay,
)

P1, P2, S7 = number("P1"), number("P2"), number("S7", "SUED")
KVNR = Identifier("http://fhir.de/sid/gkv/kvid-10", "A123456780", "KVNR")
NEWBORN = {
    "names": [{"family": "Musterfrau", "given": "Baby Girl"}],
    "birth_date": "2026-03-10",
    "sex": "F",
    "multiple_birth": True,
    "mother": [{"system": "NORD", "value": "P1"}],
    "addresses": ANNA["addresses"],
}


@pytest.fixture
def world():
    world = World(replays=True)
    yield world
    world.close()


def warnings(world):
    """Return what was noticed of each message."""
    found = world.query("SELECT warnings FROM message ORDER BY seq")
    return [msgspec.json.decode(text) for (text,) in found]


def best(world):
    """Return what is known of each person, by their numbers."""
    return world.picture().known


# What a message lacks, or says of nobody.


def adt(*, patient="P1", control_id="C1", visit="V1"):
    """Return a synthetic admission; `patient` can be any text."""
    start = f"PV1|1|I|INN1^12^1^NORD{'|' * 16}{visit}^^^NORD^VN{'|' * 25}20260310080000"
    lines = [header("ADT^A01", control_id), "EVN|A01|20260314093104"]
    return joined([*lines, pid(patient), start])


def read(body, _profile):
    profile = {"assigning_authority": "NORD", "time_zone": "Europe/Berlin"}
    return normalise(body, Hl7Profile(**profile))


def test_a_message_without_a_number_waits_and_the_next_one_goes_on(make, store, query):
    put(store.writer, adt().replace(b"P1^^^KLINIK_NORD^PI", b""), control_id="C1")
    put(store.writer, adt(control_id="C2"), control_id="C2")

    make(read).work()

    assert states(query) == [("parked", "HL7-101"), ("processed", "")]


def refused_by_the_core(odd):
    """Return a normaliser that reads an odd fact in the first message alone."""
    return lambda body, _profile: Normalised(facts=(odd if body == b"1" else stay(P1),))


@pytest.mark.parametrize(
    "odd",
    [
        Fact(kind=FactKind.PERSON, subject=Subject(()), recorded=at(8)),
        stay(number("\ud800")),
        stay(P1, about={"names": [{"family": "\udcff"}]}),
    ],
    ids=["without a number", "half a character as number", "half a character as name"],
)
def test_what_the_core_cannot_take_waits_and_the_next_message_goes_on(
    make, store, query, odd
):
    for body in (b"1", b"2"):
        put(store.writer, body, control_id=body.decode())

    pipeline = make(refused_by_the_core(odd))
    while pipeline.work():
        continue

    [(first, code), second] = states(query)
    assert first == "parked"
    assert code.startswith("PIPE-")
    assert second == ("processed", "")


@pytest.mark.parametrize("text", ["x" * 10_000, "a\x00b", "\x00", " ", "'; --", "%"])
def test_odd_text_is_kept_as_it_is_and_of_one_person(world, text):
    said = {"names": [{"family": text, "given": text}]}
    world.tell(stay(number(text), about=said), stay(number(text), hour=9))

    assert world.states == ["processed"] * 2
    assert best(world) == {(text,): said}


# Who it could be.


def test_a_placeholder_birth_date_is_no_reason_to_link(world):
    unknown = {"birth_date": "1900-01-01", "sex": "F"}
    world.tell(person(P1, unknown), person(S7, unknown))

    assert world.people() == [["P1"], ["S7"]]
    assert world.links() == []


def test_somebody_unknown_is_nobody_else_until_they_are_merged(world):
    doe = {
        "names": [{"family": "Doe", "given": "Jane"}],
        "sex": "F",
        "identity_quality": {"unknown": True},
    }
    world.tell(person(P1, ANNA), stay(P2, about=doe, hour=9))
    before = world.people()
    world.tell(repair("merge", P1, [P2]))

    assert before == [["P1"], ["P2"]]
    assert world.people() == [["P1", "P2"]]
    assert [whose for _, whose in world.picture().whose.values()] == [("P1", "P2")]


def test_an_unknown_patient_who_is_merged_has_the_name_of_the_known_one(world):
    doe = {
        "names": [{"family": "Doe", "given": "Jane"}],
        "identity_quality": {"unknown": True},
    }
    world.tell(person(P1, ANNA, hour=8), person(P2, doe, hour=9))
    world.tell(repair("merge", P1, [P2]))

    [known] = best(world).values()
    assert known["names"] == ANNA["names"]
    assert "identity_quality" not in known


def test_twins_are_two_people_whatever_else_agrees(world):
    first = ANNA | {"multiple_birth": True, "birth_order": "1"}
    second = ANNA | {"multiple_birth": True, "birth_order": "2"}
    world.tell(person(P1, first), person(S7, second))

    assert world.people() == [["P1"], ["S7"]]


def test_a_newborn_that_is_named_later_stays_who_it_is_and_is_not_its_mother(world):
    named = {"names": [{"family": "Musterfrau", "given": "Clara"}], "birth_order": "1"}
    world.tell(
        person(P1, ANNA),
        stay(P2, about=NEWBORN | {"birth_order": "1"}),
        stay(S7, "V2", about=NEWBORN | {"birth_order": "2"}),
        person(P2, named, hour=20),
    )

    assert world.people() == [["P1"], ["P2"], ["S7"]]
    assert best(world)["P2",]["names"] == named["names"]
    assert world.types[-1] == "person.demographics_changed"
    assert not [link for link in world.links() if link.holds]


def test_a_number_that_is_suddenly_somebody_elses_is_warned_about(world):
    world.tell(stay(P1, about=ANNA), person(P1, BERTA | {"sex": "M"}, hour=9))

    assert warnings(world)[-1]


def test_a_visit_number_of_somebody_else_is_asked_about_and_others_go_on(world):
    world.tell(stay(P1), stay(P2, kind=FactKind.MOVE, hour=9), stay(P2, "V2", hour=10))

    assert world.states == ["processed", "parked", "processed"]
    [(code, of)] = world.query(
        "SELECT error_code, reason FROM message WHERE state = 'parked'"
    )
    assert code == "PIPE-003"
    assert of in world.stays()


# Numbers that are repaired oddly.


def test_a_number_that_is_merged_with_itself_changes_nothing(world):
    world.tell(stay(P1, about=ANNA))
    before = world.picture()
    world.tell(repair("merge", P1, [P1]))

    assert world.states == ["processed"] * 2
    assert world.picture() == before


def test_a_circle_of_merges_over_two_hospitals_is_one_person_and_goes_on(world):
    world.tell(
        stay(P1),
        repair("merge", P2, [P1], hour=9),
        repair("merge", S7, [P2], hour=10),
        repair("merge", P1, [S7], hour=11),
        stay(P2, kind=FactKind.END, hour=12, location=None),
    )

    assert world.people() == [["P1", "P2", "S7"]]
    assert world.states == ["processed"] * 5


def test_a_merge_of_two_unknown_numbers_waits_for_nobody(world):
    world.tell(repair("merge", P1, [P2]), stay(P2, hour=13), stay(P1, "V2", hour=14))

    assert world.people() == [["P1", "P2"]]
    assert world.states == ["processed"] * 3


# Times that are wrong.


def test_a_cancel_that_comes_first_takes_back_what_comes_later(world):
    cancel = stay(
        P1, kind=FactKind.CANCEL, hour=9, cancels=FactKind.START, occurred=at(8)
    )
    world.tell(cancel, stay(P1, hour=8))

    [(visit, _)] = world.picture().whose.values()
    assert visit["status"] == "cancelled"
    assert "encounter.admitted" not in world.types


def test_messages_of_years_ago_that_come_again_change_nothing_that_is_newer(world):
    years = -3650
    world.tell(stay(P1, "V9", about=ANNA, hour=10))
    before = world.picture()
    old = [
        stay(P1, "OLD", recorded=at(8, day=years), occurred=at(8, day=years)),
        stay(
            P1,
            "OLD",
            FactKind.END,
            recorded=at(9, day=years),
            occurred=at(9, day=years),
        ),
        replace(person(P1, BERTA), recorded=at(9, day=years)),
    ]
    world.tell(*old, *old)
    after = world.picture()

    assert after.known == before.known
    assert after.whose.items() >= before.whose.items()
    assert after.whose["NORD//OLD"][0]["status"] == "finished"


def test_a_clock_that_is_days_ahead_is_noticed_and_overruled_by_what_comes_next(world):
    ahead = person(P1, {"sex": "M"})
    heard = at(12, day=7)
    world.tell(
        replace(ahead, recorded=at(8, day=11)),
        # A minute after the first one was heard of, and by a clock that is right.
        replace(person(P1, {"sex": "F"}), recorded=at(12, 1, day=7)),
    )

    assert heard.earliest == NOW + timedelta(days=1)
    assert warnings(world) == [["clock.ahead"], []]
    assert best(world)["P1",]["sex"] == "F"
