"""What payloads state, as values of fields. Everything in here is made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import Identifier
from hub_hl7.outbound.building import Exact, write_field
from hub_hl7.outbound.statements import (
    at,
    authority,
    coded,
    entity,
    identified,
    leaf,
    numbers,
    repeated,
    sent,
    tables,
    texts,
    worded,
)

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["code", "value", "text", "x"]), inner)
    ),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("value", "path", "found"),
    [
        ({"a": {"b": 1}}, ("a", "b"), 1),
        ({"a": {"b": None}}, ("a", "b"), None),
        ({"a": None}, ("a", "b"), None),
        ({"a": {}}, ("a", "b"), ""),
        ({}, ("a", "b"), ""),
        ({"a": "text"}, ("a", "b"), ""),
    ],
)
def test_finds_what_is_stated_and_what_is_deleted(value, path, found):
    assert at(value, *path) == found


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        ("x", "x"),
        (0, "0"),
        (2.5, "2.5"),
        (True, "Y"),
        (False, "N"),
        ({"code": "c", "original": "o"}, "c"),
        ({"code": "", "original": "o"}, "o"),
        ({}, ""),
        ([], ""),
    ],
)
def test_a_leaf_is_text_or_nothing(value, written):
    assert leaf(value) == written


def test_a_code_is_sent_as_its_sender_wrote_it():
    assert sent({"code": "home", "original": "01"}) == "01"
    assert sent({"code": "home"}) == "home"
    assert sent("01") == "01"
    assert sent(None) is None


def test_a_coded_value_has_words_and_a_system():
    value = {"code": "c", "text": "words", "system": "s"}

    assert coded(value) == worded(value) == ("c", "words", "s")
    assert coded("c") == "c"
    assert worded("words") == ("", "words")
    assert worded(None) is None
    assert worded("") == ""


def test_a_person_reads_words_where_there_are_any():
    assert texts({"code": "c", "display": "words"}) == "words"
    assert texts({"code": "c"}) == "c"
    assert texts("c") == "c"
    assert texts(None) == ""


@pytest.mark.parametrize(
    ("system", "who"),
    [
        ("KLINIK", "KLINIK"),
        ("urn:oid:1.2.276", ("", "1.2.276", "ISO")),
        ("2.16.840", ("", "2.16.840", "ISO")),
        ("https://example.org/ids", ("", "https://example.org/ids", "URI")),
        ("urn:uuid:0", ("", "urn:uuid:0", "URI")),
        ("", ""),
    ],
)
def test_an_authority_is_a_name_or_universal(system, who):
    assert authority(system) == who


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("4711", "4711^^^^VN"),
        ({"value": "1", "system": "K", "type": "PI"}, "1^^^K^PI"),
        ({"value": "1", "system": "K"}, "1^^^K^VN"),
        ({"value": None}, '""'),
        ({"system": "K"}, ""),
        (None, '""'),
        ("", ""),
    ],
)
def test_an_identifier_is_a_number_and_whose_it_is(value, written):
    assert write_field(identified(value, "VN")) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("4711", "4711^HUB"),
        ({"value": "1", "system": "urn:oid:1.2"}, "1^^1.2^ISO"),
        ({"value": "1"}, "1^HUB"),
        ({}, ""),
        (None, '""'),
    ],
)
def test_an_entity_has_its_authority_beside_it(value, written):
    assert write_field(entity(value, "HUB")) == written


def test_numbers_are_exact_and_told_once():
    one, none = Identifier("K", "1", "MR"), Identifier("K", "")

    (written,) = numbers([one, none, one])

    assert written == ("1", "", "", "K", "MR")
    assert isinstance(written[0], Exact)


def test_takes_the_tables_of_a_list_and_nothing_else():
    assert tables([{"a": 1}, "x", None]) == [{"a": 1}]
    assert tables("x") == tables(None) == tables({"add": []}) == []
    assert repeated([{"a": "1"}], lambda each: each["a"]) == ["1"]
    assert repeated(None, leaf) is None
    assert repeated("", leaf) == []


@given(PLAIN)
def test_anything_in_a_payload_can_be_written(value):
    for read in (leaf, sent, coded, worded, identified, entity):
        write_field(read(value))
    assert isinstance(texts(value), str)
