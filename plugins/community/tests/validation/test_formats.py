"""Formats, against another implementation of their standards; all texts are made up."""

import re

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_community.validation.formats import is_email, is_moment, is_uri, is_uuid

TESTS = {"uuid": is_uuid, "email": is_email, "uri": is_uri, "date-time": is_moment}
ORACLE = {
    name: jsonschema_rs.validator_for({"format": name}, validate_formats=True)
    for name in TESTS
}
PIECES = {
    "uuid": ["0a1B2c3d", "-", "4e5f", "0123456789ab", "g", "{", "\n"],
    "email": [
        "a", "b.c", "@", ".", "x y", "-", "[127.0.0.1]", "[IPv6:::1]", "_", "é",
        "\\", "+", "a" * 60, "9",
    ],
    "uri": [
        "http", "a", ":", "//", "/", "?", "#", "@", "[::1]", "[v1.x]", "[", "]", "%20",
        "%zz", " ", "é", "8", "..", "|", "+", "-",
    ],
    "date-time": [
        "2024", "-", "02", "29", "30", "T", "t", " ", "23", "59", "60", ":", ".1", ".",
        "Z", "z", "+01:00", "-23:59", "+24:00", "0000", "2023", "00",
    ],
}  # fmt: skip
WHOLE = {
    "uuid": ["ac148810-d857-441c-9679-408f346de14b", ""],
    "email": ["a.b@c.d", "a@[IPv6:1::2]", "a@[1.2.3.256]"],
    "uri": ["http://u:p@h:80/p;x?q#f", "urn:a:b", "mailto:a@b", "//h", "http://[::1%1]"],
    "date-time": [
        "2024-02-29T00:00:00Z", "2023-02-29T00:00:00Z", "0000-02-29T00:00:00Z",
        "2024-12-31T15:59:60-08:00", "2024-12-31T23:58:60Z", "2024-06-30T23:59:60.5Z",
        "2024-01-01T00:00:00+00:60", "2024-01-01T00:00:00-00:00",
        "0000-01-01T00:00:00+01:00",
    ],
}  # fmt: skip

#: The other reader takes any character for a digit; so much has to be right for it.
SHAPE = re.compile(r"\d{4}-\d\d-\d\d.\d\d:\d\d:\d\d(\.\d+)?([zZ]|[+-]\d\d:\d\d)")


def agreed(name, text):
    """Return both verdicts of what the other reader can judge."""
    judged = name != "date-time" or SHAPE.fullmatch(text)
    return TESTS[name](text), bool(judged and ORACLE[name].is_valid(text))


@pytest.mark.parametrize("name", TESTS)
@given(data=st.data())
def test_a_text_is_of_a_format_where_another_reader_says_so(name, data):
    pieces = st.lists(st.sampled_from(PIECES[name]), max_size=14).map("".join)
    text = data.draw(pieces | st.sampled_from(WHOLE[name]))

    mine, other = agreed(name, text)

    assert mine is other


@pytest.mark.parametrize("name", TESTS)
@given(data=st.data())
def test_one_letter_changes_both_verdicts_alike(name, data):
    whole = data.draw(st.sampled_from(WHOLE[name]))
    place = data.draw(st.integers(0, len(whole)))
    letter = data.draw(st.sampled_from("".join(PIECES[name])) | st.just(""))
    text = whole[:place] + letter + whole[place + 1 :]

    mine, other = agreed(name, text)

    assert mine is other


@pytest.mark.parametrize("text", ["Jo Doe <jo@example.org>", "<jo@example.org>"])
def test_a_mailbox_with_a_name_is_no_address(text):
    assert not is_email(text)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ('"a b"@c.d', True),
        ('""@c.d', True),
        ('"a\\"b"@c.d', True),
        ('"a"b"@c.d', False),
        ('"a@c.d', False),
        ('"a\tb"@c.d', False),
    ],
)
def test_quotes_are_read_as_rfc_5321_has_them(text, valid):
    assert is_email(text) is valid


def test_a_domain_is_not_decoded():
    """Another reader refuses this, since no name has this as its ASCII form."""
    assert is_email("jo@xn--a")


def test_long_texts_are_judged_at_once():
    for test in TESTS.values():
        assert not test("a:" + "[" * 100_000)
        assert not test("a" * 100_000 + "@")
