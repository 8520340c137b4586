"""JSON that readers could take for different things. All of it is made up."""

import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import HubError
from hub_fhir.reading.errors import (
    BadNumberError,
    BadTextError,
    DuplicateKeyError,
    NotJsonError,
    TooDeepError,
)
from hub_fhir.reading.json import DEEPEST, read_json
from hub_fhir.resources.wire import write

CANARY = "zqkanarie"
REFUSED = {
    "duplicate key": (b'{"zqkanarie":1,"zqkanarie":2}', DuplicateKeyError),
    "duplicate key in depth": (b'{"a":[{"b":1,"b":1}]}', DuplicateKeyError),
    "NaN": (b'{"zqkanarie":NaN}', BadNumberError),
    "infinity": (b"[-Infinity]", BadNumberError),
    "integer of 5,000 digits": (b"1" * 5000, BadNumberError),
    "1e999": (b"[1e999]", BadNumberError),
    "1e-999": (b"[1e-999]", BadNumberError),
    "many digits": (b"[0." + b"1" * 100 + b"]", BadNumberError),
    "200,000 levels": (b"[" * 200_000 + b"]" * 200_000, TooDeepError),
    "one level too many": (
        b"[" * (DEEPEST + 2) + b"]" * (DEEPEST + 2),
        TooDeepError,
    ),
    "lone surrogate": (b'{"a":"zqkanarie\\ud800"}', BadTextError),
    "lone surrogate in a key": (b'{"\\udfff":1}', BadTextError),
    "NUL": (b'"zqkanarie\\u0000"', BadTextError),
    "escape character": (b'["\\u001b[31m"]', BadTextError),
    "trailing bytes": (b"{} zqkanarie", NotJsonError),
    "two values": (b"{}{}", NotJsonError),
    "comment": (b'{"a":1 /* zqkanarie */}', NotJsonError),
    "single quotes": (b"{'zqkanarie':1}", NotJsonError),
    "raw control": (b'"zqkanarie\x01"', NotJsonError),
    "trailing comma": (b"[1,]", NotJsonError),
    "leading zero": (b"[01]", NotJsonError),
    "not UTF-8": (b'"\xff zqkanarie"', NotJsonError),
    "encoded surrogate": (b'"\xed\xa0\x80"', NotJsonError),
    "UTF-16": ('{"a":1}'.encode("utf-16"), NotJsonError),
    "nothing": (b"", NotJsonError),
}


@pytest.mark.parametrize(("body", "error"), REFUSED.values(), ids=REFUSED)
def test_refuses_what_readers_disagree_about_and_quotes_nothing(body, error):
    with pytest.raises(error) as caught:
        read_json(body)

    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "tree", "remark"),
    [
        (b'\xef\xbb\xbf{"a":1}', {"a": 1}, "json.byte_order_mark"),
        (b'{"a":null,"b":1}', {"b": 1}, "json.empty_dropped"),
        (b'{"a":"","b":[],"c":{},"d":1}', {"d": 1}, "json.empty_dropped"),
        (b'{"code":" a  b "}', {"code": "a b"}, "code.trimmed"),
    ],
)
def test_puts_in_order_what_is_merely_untidy_and_says_so(body, tree, remark):
    read = read_json(body)

    assert read.tree == tree
    assert read.remarks == (remark,)


def test_keeps_null_in_lists_where_it_holds_a_place():
    read = read_json(b'{"given":[null,"B"],"_given":[{"id":"x"},null]}')

    assert read.tree["given"] == [None, "B"]
    assert not read.remarks


def test_takes_the_deepest_nesting_that_is_allowed():
    body = b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1)

    assert read_json(body).tree


@pytest.mark.parametrize("text", ["1.0", "1.00", "0.10", "-0.0", "12345.678900", "7"])
def test_decimals_keep_their_digits(text):
    body = f'{{"value":{text}}}'.encode()

    assert write(read_json(body).tree) == body


def test_large_decimals_lose_no_digit():
    body = b'{"value":3.14159265358979323846264338327950}'

    assert read_json(body).tree["value"] == Decimal(
        "3.14159265358979323846264338327950"
    )
    assert write(read_json(body).tree) == body


@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_only_catalogued_errors(body):
    with suppress(HubError):
        read_json(body)


_TREES = st.recursive(
    st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1
    ),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4)
        | st.dictionaries(st.sampled_from("abcdefgh"), inner, min_size=1, max_size=4)
    ),
    max_leaves=15,
)


@given(_TREES)
def test_what_is_written_is_read_as_it_was(tree):
    assert read_json(write(tree)).tree == tree
    assert json.loads(write(tree)) == tree
