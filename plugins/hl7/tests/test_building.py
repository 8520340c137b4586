"""Messages are built so that whoever reads them finds the same values.

Everybody in here is made up.
"""

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_hl7.outbound.building import (
    Exact,
    Formatted,
    Line,
    compose,
    write_field,
    write_segment,
)
from hub_hl7.outbound.errors import UnmappableError
from hub_hl7.wire.charset import decode
from hub_hl7.wire.er7 import Message

MSH = Line("MSH", {9: ("ADT", "A01"), 10: "1", 12: "2.5.1", 18: "UNICODE UTF-8"})

#: Any text that UTF-8 can hold, with plenty of what the format itself uses.
TEXTS = st.text(
    st.one_of(
        st.sampled_from('|^~\\&\r\n\x0b\x1c"\t\0.XFE#0D äßŁ王'),
        st.characters(codec="utf-8"),
    ),
    max_size=40,
)
LEAVES = st.one_of(st.none(), TEXTS)


def read(body):
    """Return the message as the hub's own parser reads it."""
    decoded = decode(body, "UNICODE UTF-8", default="UNICODE UTF-8")
    return Message(decoded.text, codec=decoded.codec)


def sent(fields):
    """Return the second segment of a message with `fields` in a Z-segment."""
    return read(compose([MSH, Line("ZZZ", fields)], "utf-8")).segments[1]


@given(LEAVES)
def test_reads_any_leaf_back_to_the_same_value(value):
    assert sent({3: value, 4: "end"}).value(3) == value


@given(st.lists(LEAVES, min_size=1, max_size=5))
def test_reads_any_components_back_to_the_same_values(values):
    field = sent({1: ("first", *values)}).field(1)

    assert [field.component(n + 2) for n in range(len(values))] == values


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_reads_any_subcomponents_back_to_the_same_values(values):
    field = sent({1: ("first", ("one", *values))}).field(1)

    assert [field.component(2, n + 2) for n in range(len(values))] == values


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_reads_any_repetitions_back_to_the_same_values(values):
    found = sent({1: ["first", *values, "last"]}).repetitions(1)

    assert [field.component(1) for field in found] == ["first", *values, "last"]


@given(st.lists(TEXTS, max_size=6))
def test_never_breaks_a_frame_or_a_segment(values):
    body = compose([MSH, Line("ZZZ", {3: [*values]})], "utf-8")

    assert not {b"\x0b", b"\x1c", b"\n"} & {body[n : n + 1] for n in range(len(body))}
    assert body.count(b"\r") <= 2
    assert body.endswith(b"\r")


@given(TEXTS)
def test_agrees_with_python_hl7_on_any_text(value):
    body = compose([MSH, Line("ZZZ", {1: ("x", value), 2: "end"})], "utf-8")

    message = hl7.parse(body.decode())
    raw = message.segment("ZZZ")[1]

    assert str(message.segment("ZZZ")[2]) == "end"
    assert str(raw) == write_field(("x", value))


@pytest.mark.parametrize("codec", ["gb18030", "big5", "euc_kr", "iso2022_jp"])
def test_multi_byte_sets_are_read_back_although_they_contain_delimiters(codec):
    names = {
        "gb18030": "王涼",
        "big5": "許功蓋",
        "euc_kr": "김철수",
        "iso2022_jp": "山田",
    }
    name = names[codec]

    body = compose([MSH, Line("PID", {5: (name, name)})], codec)

    assert Message(body.decode(codec)).segment("PID").value(5, 2) == name


@pytest.mark.parametrize(
    ("content", "written"),
    [
        ("", ""),
        (None, '""'),
        ('""', "\\X2222\\"),
        (("", ""), ""),
        (("a", "", "b", "", ""), "a^^b"),
        (("a", ("", "x", "")), "a^&x"),
        (("a", None), 'a^""'),
        (["a", "", "b", ""], "a~~b"),
        (["", "a"], "~a"),
        ([], ""),
        ("DOMAIN\\user", "DOMAIN\\E\\user"),
        ("\\F\\", "\\E\\F\\E\\"),
        ("a|b^c~d&e\\f", "a\\F\\b\\S\\c\\R\\d\\T\\e\\E\\f"),
        ("one\r\ntwo", "one\\X0D\\\\X0A\\two"),
        ("\x0b\x1c\x7f", "\\X0B\\\\X1C\\\\X7F\\"),
        (Formatted("one\r\ntwo\nthree\rfour"), "one\\.br\\two\\.br\\three\\.br\\four"),
        (Formatted("a\\.br\\b"), "a\\E\\.br\\E\\b"),
    ],
)
def test_writes_a_field(content, written):
    assert write_field(content) == written


def test_numbers_the_fields_of_msh_from_its_separator():
    assert write_segment(MSH) == ("MSH|^~\\&|||||||ADT^A01|1||2.5.1||||||UNICODE UTF-8")


def test_leaves_out_trailing_empty_fields():
    assert write_segment(Line("PV1", {1: "1", 2: "I", 45: ""})) == "PV1|1|I"
    assert write_segment(Line("PV2", {})) == "PV2"


@given(TEXTS)
def test_never_writes_a_question_mark_that_was_not_there(value):
    try:
        written = write_field(value, "latin-1")
    except UnmappableError:
        return

    assert written.encode("latin-1").count(b"?") == value.count("?")


@given(st.text(max_size=20))
def test_what_a_mark_is_transliterated_to_is_escaped_too(value):
    fullwidth = "\uff5c\uff3e\uff06\uff3c\uff5e"

    assert write_field(fullwidth, "ascii") == "\\F\\\\S\\\\T\\\\E\\\\R\\"
    assert "|" not in write_field("".join(c for c in value if c.isascii()), "ascii")


def test_writes_a_formatted_text_in_the_recipients_set():
    text = Formatted("Größe\nŁódź")

    assert write_field(text, "latin-1") == "Größe\\.br\\Lódz"


def test_refuses_to_change_a_number():
    with pytest.raises(UnmappableError, match=r"\[HL7-201\].*PID-3, latin-1"):
        write_segment(Line("PID", {3: (Exact("4711\u20131"),)}), "latin-1")


def test_an_error_does_not_quote_the_value():
    with pytest.raises(UnmappableError) as refused:
        compose([MSH, Line("PID", {5: "王"})], "latin-1")

    assert "王" not in str(refused.value)
    assert refused.value.detail == "PID-5, latin-1"
