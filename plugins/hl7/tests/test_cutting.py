"""Several values read at once, and fields that are remembered. All is made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_hl7.wire.cutting import all_deleted, remembered
from hub_hl7.wire.er7 import Message

MSH = r"MSH|^~\&|KIS|KLINIK_TEST|HUB|REGION|20260310||ADT^A01^ADT_A01|0042|P|2.5"
FIELD = st.text('ab"^&~\\E ', max_size=20)
PLACES = {"one": 1, "two": 2, "nine": 9}


def message_with(*fields):
    """Return a message with a segment ZZZ of these fields."""
    return Message("|".join([f"{MSH}\rZZZ", *fields]))


def segment_with(*fields):
    return message_with(*fields).all("ZZZ")[0]


@given(FIELD)
def test_components_read_at_once_are_those_read_one_by_one(raw):
    at_once, singly = (message_with(raw) for _ in range(2))

    found = at_once.all("ZZZ")[0].field(1).stated(**PLACES)

    field = singly.all("ZZZ")[0].field(1)
    values = {name: field.component(number) for name, number in PLACES.items()}
    assert found == {name: value for name, value in values.items() if value != ""}
    assert list(found) == [name for name in PLACES if name in found]
    assert at_once.oddities == singly.oddities


@given(st.lists(FIELD, max_size=10))
def test_fields_read_at_once_are_those_read_one_by_one(raw):
    at_once, singly = (message_with(*raw) for _ in range(2))

    found = at_once.all("ZZZ")[0].stated(**PLACES)

    segment = singly.all("ZZZ")[0]
    values = {name: segment.value(number) for name, number in PLACES.items()}
    assert found == {name: value for name, value in values.items() if value != ""}
    assert at_once.oddities == singly.oddities


@pytest.mark.parametrize(
    ("numbers", "expected"), [((1,), False), ((1, 2), True), ((3, 9), False)]
)
def test_a_field_is_sent_where_there_is_anything_in_it(numbers, expected):
    assert segment_with("", '""', "").any_sent(*numbers) is expected


@pytest.mark.parametrize(("raw", "expected"), [('""~""', True), ('""~a', False)])
def test_a_field_is_deleted_where_all_repetitions_are(raw, expected):
    assert all_deleted(segment_with(raw).repetitions(1)) is expected


def test_a_field_that_comes_again_is_not_read_again():
    asked = []

    @remembered
    def unit(field):
        asked.append(field.raw)
        return field.component(1)

    found = [unit(segment_with(raw).field(1)) for raw in ("INN2^1", "INN2^1", "CHI")]

    assert found == ["INN2", "INN2", "CHI"]
    assert asked == ["INN2^1", "CHI"]


def test_what_is_remembered_depends_on_the_delimiters():
    second = remembered(lambda field: field.component(2))
    other = Message("MSH|$~\\&|KIS\rZZZ|a^b$c")

    assert second(segment_with("a^b$c").field(1)) == "b$c"
    assert second(other.all("ZZZ")[0].field(1)) == "c"


def test_an_odd_escape_is_noted_on_each_message_it_comes_in():
    first = remembered(lambda field: field.component(1))
    messages = [message_with(r"a\b") for _ in range(2)]

    for message in messages:
        first(message.all("ZZZ")[0].field(1))

    assert [message.oddities for message in messages] == [{"escape.unpaired"}] * 2
