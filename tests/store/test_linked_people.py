"""People who have several numbers, as the store shows them. All of it is made up."""

import msgspec
import pytest

from hub.coordination.identity.decisions import OWN_KEYS
from hub.model.facts import EncounterKey, FactKind
from hub.model.identifiers import Identifier
from hub.runtime import index
from hub.store.queries import Reader
from hub.store.query_errors import NothingKnownError, UnknownIdError
from tests.coordination.scenarios import at
from tests.identities import ANNA, KVNR, admits, repairs, says
from tests.played import ALWAYS, CANARY, Played, end

P1, P2 = Identifier("NORD", "P1", "MR"), Identifier("NORD", "P2", "MR")
S7 = Identifier("SUED", "S7", "MR")
PHONED = {"phone": "1", "name": CANARY}
#: A patient who was admitted twice, under two numbers, until that was repaired.
MERGED = (
    admits(P1, "V1", 8, {"phone": "0", "name": CANARY}),
    admits(P2, "V2", 9, PHONED),
    repairs("merge", P2, [P1], 12),
)
ALIKE = (says(P1, ANNA, 8, KVNR), says(S7, ANNA | {"sex": "f"}, 9, KVNR))
VISIT, NEW = (EncounterKey("NORD", "", value) for value in ("V1", "V9"))
REKEYED = (
    admits(P1, "V1", 8),
    end(10, identifiers=(P1,), encounter=VISIT),
    repairs("change", P1, (), 12, level="visit", encounter=NEW, prior_encounter=VISIT),
    admits(P1, "V9", 14, kind=FactKind.MOVE),
)


@pytest.fixture
def played(tmp_path):
    return Played(tmp_path / "data")


def key_of(played, number):
    """Return the key of the identity that a number stands for."""
    (person,) = played.entities.find_persons(number.system, number.value).items
    detail = played.entities.person(person.key)
    return next(
        each.key
        for each in detail.identities
        if each.identifiers[0].value == number.value
    )


def owner(played, number):
    (person,) = played.entities.find_persons(number.system, number.value).items
    return person


def test_two_numbers_of_one_person_are_listed_once(played):
    played.play(*MERGED)
    (listed,) = played.entities.persons().items

    assert listed.key == key_of(played, P2)
    assert listed.identities == [key_of(played, P1), key_of(played, P2)]
    assert {each.value for each in listed.identifiers} == {"P1", "P2"}
    assert listed.demographics["phone"] == "1"


@pytest.mark.parametrize("ask", ["person", "timeline"])
def test_the_key_of_any_number_shows_the_person(played, ask):
    played.play(*MERGED)
    asked = getattr(played.entities, ask)

    assert asked(key_of(played, P1)) == asked(key_of(played, P2))


@pytest.mark.parametrize("number", [P1, P2])
def test_lists_take_the_key_of_any_number(played, number):
    played.play(*MERGED)

    found = played.entities.encounters(person=key_of(played, number)).items
    assert len(found) == 2
    assert {each.person for each in found} == {key_of(played, P2)}


def test_a_person_has_what_was_told_under_each_number(played):
    played.play(*MERGED)
    person = played.entities.person(key_of(played, P1))

    assert person.key == key_of(played, P2)
    assert [each.identifiers[0].value for each in person.identities] == ["P1", "P2"]
    assert [each.demographics["phone"] for each in person.identities] == ["0", "1"]
    assert person.identities[0].since == played.heard(1)
    assert len(person.encounters) == 2


def test_what_else_is_said_of_a_field_is_kept(played):
    played.play(*MERGED)
    person = played.entities.person(key_of(played, P1))

    (other,) = person.alternatives["phone"]
    assert (other.value, other.identity) == ("0", key_of(played, P1))
    assert other.said_at == at(8).earliest
    assert person.demographics["phone"].value == "1"
    assert person.demographics["phone"].messages == [played.message(2).id]
    assert "name" not in person.alternatives


def test_the_word_of_a_trusted_authority_counts_most(played):
    played.play(*ALIKE)
    trusting = Reader(played.path, trust=["NORD"]).entities

    (latest,) = played.entities.persons().items
    (trusted,) = trusting.persons().items
    assert (latest.demographics["sex"], trusted.demographics["sex"]) == ("f", "F")
    assert trusting.person(trusted.key).demographics["sex"].value == "F"


def test_links_name_the_message_behind_them(played):
    played.play(*MERGED)
    (link,) = played.entities.person(key_of(played, P1)).links

    assert (link.basis, link.state, link.rule) == ("repaired", "auto", "merge")
    assert link.message == played.message(3).id
    assert link.said_at == at(12).earliest
    assert {link.one, link.other} == {key_of(played, P1), key_of(played, P2)}
    assert (link.by, link.reason) == ("", "")


def test_before_a_merge_was_heard_of_they_were_two(played):
    played.play(*MERGED)
    first, second = key_of(played, P1), key_of(played, P2)
    then = played.heard(2)

    for key, phone in ((first, "0"), (second, "1")):
        person = played.entities.person(key, then)
        assert person.key == key
        assert [each.key for each in person.identities] == [key]
        assert person.demographics["phone"].value == phone
        assert [each.person for each in person.encounters] == [key]
        assert person.links == []
    timeline = played.entities.timeline(first, known_at=then)
    assert {each.entity for each in timeline.items if each.what == "encounter"} == {
        each.key for each in played.entities.person(first, then).encounters
    }


def test_before_a_number_was_heard_of_nothing_was_known_of_it(played):
    played.play(*MERGED)

    with pytest.raises(NothingKnownError):
        played.entities.person(key_of(played, P2), played.heard(1))


STORIES = {
    "merged": MERGED,
    "rekeyed": REKEYED,
    "merged and undone": (*MERGED, repairs("unlink", P2, [P1], 13)),
    "found to be alike": ALIKE,
    "a number that nobody told of": (repairs("merge", P2, [P1], 7), admits(P1, "V1")),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_what_is_known_for_ever_is_what_is_known_now(played, story):
    played.play(*story)
    entities = played.entities
    keys = [key for each in entities.persons().items for key in each.identities]

    for key in keys:
        for ask in (entities.person, lambda *a: entities.timeline(a[0], known_at=a[1])):
            assert plain(ask(key, ALWAYS)) == plain(ask(key, None))


def plain(value):
    found = msgspec.to_builtins(value)
    found.pop("known_at")
    return found


def test_a_visit_with_a_new_number_has_all_that_was_said_of_it(played):
    played.play(*REKEYED)
    (listed,) = played.entities.encounters().items
    found = played.entities.encounter(listed.key)
    (old,) = found.includes

    assert [each.kind for each in found.facts] == ["start", "end", "move"]
    assert found.identity == key_of(played, P1)
    assert found.into is None
    assert played.entities.encounter(old).into == found.key
    person = played.entities.person(listed.person)
    assert [each.key for each in person.encounters] == [found.key]


def test_before_it_got_another_number_a_visit_was_its_own(played):
    played.play(*REKEYED)
    (listed,) = played.entities.encounters().items
    (old,) = played.entities.encounter(listed.key).includes

    then = played.entities.encounter(old, played.heard(2))
    assert (then.status, then.into, len(then.facts)) == ("finished", None, 2)
    person = played.entities.person(listed.person, played.heard(2))
    assert [each.key for each in person.encounters] == [old]
    with pytest.raises(NothingKnownError):
        played.entities.encounter(listed.key, played.heard(2))


def test_the_hubs_own_keys_are_no_number_of_a_person(played):
    played.play(*MERGED)
    key = key_of(played, P1)
    played.play(repairs("unlink", Identifier(OWN_KEYS, key), [P2], 14))

    person = played.entities.person(key)
    assert [each.value for each in person.identifiers] == ["P1"]
    assert OWN_KEYS == index.OWN_KEYS


def test_only_identities_belong_to_somebody(played):
    played.play(*MERGED)
    encounter = played.entities.encounters().items[0].key

    for key in (encounter, "p_none"):
        with pytest.raises(UnknownIdError):
            played.entities.owners([key])
        with pytest.raises(UnknownIdError):
            played.entities.members(key)
