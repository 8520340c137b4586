from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.coordination.people import Person, learn, was_known_as
from hub.model.facts import Subject
from hub.model.identifiers import Code, Identifier

MR = Identifier("KLINIK", "0001", "MR")
INSURED = Identifier("KASSE", "A123", "KVNR")


def said(**demographics):
    return Subject((MR,), demographics)


def told(*statements):
    """Return the person after statements, each a pair of a time and a subject."""
    person = Person()
    for recorded, subject in statements:
        person, _ = learn(person, subject, recorded)
    return person


entries = st.lists(
    st.fixed_dictionaries({"key": st.sampled_from("ab"), "role": st.text("xy")}),
    max_size=2,
)
additions = st.fixed_dictionaries({"add": entries, "remove": entries})
values = (
    additions
    | st.none()
    | st.text("xy", max_size=2)
    | st.lists(st.integers(0, 2), max_size=2)
)
subjects = st.dictionaries(st.sampled_from(["name", "sex", "address"]), values).map(
    lambda demographics: Subject((MR,), demographics)
)
statements = st.tuples(st.integers(0, 3).map(float), subjects)


@given(st.lists(statements, max_size=4))
def test_no_order_of_arrival_changes_what_is_known(heard):
    pictures = [told(*order).demographics() for order in permutations(heard)]

    assert all(picture == pictures[0] for picture in pictures)


@given(st.lists(statements, max_size=6), st.data())
def test_hearing_it_again_changes_nothing(heard, data):
    person = told(*heard)
    again = data.draw(st.sampled_from(heard)) if heard else (0.0, Subject(()))

    after, changed = learn(person, again[1], again[0])

    assert (after, changed) == (person, ())


@given(st.lists(statements, max_size=6), statements)
def test_a_person_means_the_same_after_the_store(heard, then):
    person = told(*heard)
    kept = msgspec.json.decode(msgspec.json.encode(person), type=Person)

    assert kept == person
    assert learn(kept, then[1], then[0]) == learn(person, then[1], then[0])


@pytest.mark.parametrize("value", [("a", "b"), Code("M"), {"parts": ("a",)}])
def test_a_value_that_is_said_again_after_a_restart_is_no_change(value):
    """In the store it is plain data; what a normaliser returns may be anything."""
    person = told((1.0, said(name=value)))
    kept = msgspec.json.decode(msgspec.json.encode(person), type=Person)

    _, changed = learn(kept, said(name=value), 2.0)

    assert changed == ()


def test_the_newest_statement_wins_however_late_the_others_come():
    person = told((2.0, said(name="new")), (1.0, said(name="old", sex="f")))

    assert person.demographics() == {"name": "new", "sex": "f"}


def test_none_deletes_until_something_newer_is_said():
    person = told((1.0, said(name="x")), (2.0, said(name=None)))

    assert person.demographics() == {}
    assert told((2.0, said(name=None)), (1.0, said(name="x"))).demographics() == {}
    again, _ = learn(person, said(name="y"), 3.0)
    assert again.demographics() == {"name": "y"}


def test_no_statement_leaves_a_field_alone():
    person, changed = learn(told((1.0, said(name="x"))), said(sex="f"), 2.0)

    assert person.demographics() == {"name": "x", "sex": "f"}
    assert changed == ("sex",)


def test_only_what_is_seen_to_change_is_said_to_change():
    before = told((1.0, said(name="x", sex="f", city="z")))

    _, changed = learn(before, said(name="x", sex=None, city="y", old=None), 2.0)

    assert changed == ("city", "sex")


def test_an_older_statement_changes_nothing():
    before = told((2.0, said(name="x")))

    assert learn(before, said(name="y"), 1.0) == (before, ())


def test_identifiers_gather_each_once():
    person, _ = learn(Person(), Subject((MR, MR)), 1.0)
    person, _ = learn(person, Subject((INSURED, MR)), 2.0)

    assert person.identifiers == (MR, INSURED)


ANNE = {"key": "1", "name": "Anne"}
BERT = {"key": "2", "name": "Bert"}
CARL = {"key": "2", "name": "Carl"}


def changed(add=(), remove=()):
    return said(contacts={"add": list(add), "remove": list(remove)})


@pytest.mark.parametrize(
    ("heard", "contacts"),
    [
        ([(1, said(contacts=[ANNE])), (2, changed([BERT]))], [ANNE, BERT]),
        ([(1, said(contacts=[ANNE, BERT])), (2, changed([CARL]))], [ANNE, CARL]),
        ([(1, said(contacts=[ANNE, BERT])), (2, changed(remove=[BERT]))], [ANNE]),
        ([(1, changed([BERT])), (2, said(contacts=[ANNE]))], [ANNE]),
        ([(1, changed([ANNE])), (2, changed([BERT]))], [ANNE, BERT]),
    ],
)
def test_a_list_that_is_changed_by_entries_is_known_whole(heard, contacts):
    assert told(*heard).demographics()["contacts"] == contacts
    assert told(*heard[::-1]).demographics()["contacts"] == contacts


def test_a_changed_entry_is_a_change_of_its_list():
    person = told((1, said(contacts=[ANNE])))

    assert learn(person, changed([BERT]), 2)[1] == ("contacts",)


def test_when_a_record_was_touched_is_no_news():
    person = told((1, said(sex="F", last_updated="1")))

    assert learn(person, said(last_updated="2"), 2)[1] == ()


addresses = st.lists(st.sampled_from(["a", "b", "c"]), max_size=1) | st.none()
moves = st.lists(st.tuples(st.integers(0, 3).map(float), addresses), max_size=5)


@given(moves, st.randoms())
def test_what_was_true_before_is_remembered_in_any_order(heard, random):
    told_in_order = told(*((at, said(addresses=value)) for at, value in heard))
    random.shuffle(heard)
    shuffled = told(*((at, said(addresses=value)) for at, value in heard * 2))

    assert shuffled == told_in_order
    now = told_in_order.demographics().get("addresses")
    kept = [each.value for each in told_in_order.former.get("addresses", ())]
    said_once = {tuple(value) for _, value in heard if value}
    assert {tuple(each) for each in kept} == said_once - {tuple(now or ())}
    assert len(kept) == len({tuple(each) for each in kept})


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ({}, True),
        ({"names": [{"family": "Neu"}], "birth_date": "1961-04-07"}, True),
        ({"names": [{"family": "Alt"}]}, True),
        ({"names": [{"family": "Fremd"}]}, False),
        ({"names": [{"family": "Neu"}, {"family": "Fremd"}]}, False),
        ({"birth_date": "1975-11-30"}, False),
        ({"sex": "F"}, True),
    ],
)
def test_somebody_is_known_as_what_they_are_or_were_called(said, known):
    before = {"names": [{"family": "Alt"}], "birth_date": "1961-04-07"}
    person, _ = learn(Person(), Subject((), before), 1.0)
    person, _ = learn(person, Subject((), {"names": [{"family": "Neu"}]}), 2.0)

    assert was_known_as(person, said) is known
