"""Ids are functions of content, and different content has different ids."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hub.coordination.ids import Keys, batch_id, delivery_id, event_id
from hub.model.facts import EncounterKey
from hub.model.identifiers import Identifier

SECRET = b"s" * 32
keys = Keys(SECRET)
# Few characters, so that parts often differ only in where one ends.
parts = st.text("1:ab\0\ud800", max_size=4)
identifiers = st.builds(Identifier, parts, parts, parts)
encounters = st.tuples(
    parts,
    st.builds(
        EncounterKey,
        parts,
        parts,
        parts,
        st.sampled_from(["visit", "alternate", "account", "person"]),
    ),
)
events = st.tuples(parts, parts, st.integers(0, 99))
deliveries = st.tuples(parts, parts)
batches = st.lists(parts, max_size=4)


@given(events, events)
def test_an_event_id_is_a_function_of_message_entity_and_version(one, other):
    assert (event_id(*one) == event_id(*other)) == (one == other)


@given(deliveries, deliveries)
def test_a_delivery_id_is_a_function_of_event_and_destination(one, other):
    assert (delivery_id(*one) == delivery_id(*other)) == (one == other)


@given(batches, batches)
def test_a_batch_id_is_a_function_of_what_is_in_it_in_order(one, other):
    assert (batch_id(one) == batch_id(other)) == (one == other)


@given(identifiers, identifiers)
def test_a_person_key_is_a_function_of_authority_and_value(one, other):
    """The type is a label on the pair and does not identify."""
    same = (one.system, one.value) == (other.system, other.value)

    assert (keys.person(one) == keys.person(other)) == same


@given(encounters, encounters)
def test_an_encounter_key_is_a_function_of_feed_and_number(one, other):
    assert (keys.encounter(*one) == keys.encounter(*other)) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "bc"), ("ab", "c")),
        (("a", "1:b"), ("a1", ":b")),
        (("", "ab"), ("ab", "")),
        (("1:a", ""), ("", "1:a")),
        (("2:", "x"), ("2", ":x")),
    ],
)
def test_lengths_keep_parts_apart(one, other):
    assert delivery_id(*one) != delivery_id(*other)
    assert keys.person(Identifier(*one)) != keys.person(Identifier(*other))
    assert batch_id(list(one)) != batch_id(list(other))


def test_one_batch_of_two_is_not_another_of_one():
    assert batch_id(["a", "b"]) != batch_id(["ab"]) != batch_id(["a", "b", ""])


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_two_hubs_know_a_person_under_different_keys(one, other):
    assume(one != other)
    patient = Identifier("KLINIK", "0001")

    assert Keys(one).person(patient) != Keys(other).person(patient)


@given(identifiers)
def test_a_key_is_opaque_and_fit_for_a_file_name(identifier):
    key = keys.person(identifier)

    prefix, _, digest = key.partition("_")
    assert prefix == "p"
    assert len(digest) == 32
    assert set(digest) <= set("0123456789abcdef")


def test_kinds_of_ids_are_told_by_their_beginning():
    made = [
        keys.person(Identifier("", "")),
        keys.encounter("", EncounterKey("", "", "")),
        event_id("", "", 0),
        delivery_id("", ""),
        batch_id([]),
    ]

    assert [each.partition("_")[0] for each in made] == [
        "p",
        "enc",
        "evt",
        "dlv",
        "bat",
    ]


def test_ids_lie_where_their_message_lies():
    """They begin with its time of arrival, so that an index is written in one place."""
    early, late = "msg_" + "0" * 11 + "1" + "f" * 20, "msg_" + "0" * 11 + "2" + "0" * 20
    first = [event_id(early, "enc_1", version) for version in range(9)]
    second = [event_id(late, "enc_1", version) for version in range(9)]

    assert max(first) < min(second)
    assert max(delivery_id(each, "payer") for each in first) < min(
        delivery_id(each, "payer") for each in second
    )
    assert {len(each) for each in first + second} == {36}


def test_ids_do_not_change_between_releases():
    """What is made again after an upgrade must have the id of before."""
    time, zeros = "0195a0b1c2d3", "0" * 20
    visit = EncounterKey("KLINIK", "", "V-1")

    assert event_id(f"msg_{time}{zeros}", "enc_1", 1) == (
        "evt_0195a0b1c2d3e933cdb10ee93b8256b7"
    )
    assert delivery_id(f"evt_{time}{zeros}", "payer") == (
        "dlv_0195a0b1c2d3ba442d6dd38b297ccc56"
    )
    assert batch_id(["dlv_1", "dlv_2"]) == "bat_73b71f66739aa591d4dc9f48a43d364a"
    assert keys.person(Identifier("KLINIK", "0001")) == (
        "p_388dd2d7d5fd4fd4d1ab22033c854b5c"
    )
    assert keys.encounter("nord", visit) == "enc_1f79fcae2f481f7aaf444c4488f4133c"
