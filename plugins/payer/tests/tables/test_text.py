"""Bytes as lines, however they come."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_payer.tables import text
from hub_payer.tables.text import LONGEST_LINE, Lines

CHARSETS = ["utf-8", "cp1252", "utf-16", "latin-1"]


def lines(raw, charset="utf-8"):
    return list(Lines(io.BytesIO(raw), charset))


@given(st.binary(max_size=200), st.sampled_from(CHARSETS), st.integers(1, 9))
def test_cutting_the_bytes_changes_nothing(raw, charset, size):
    class InPieces(io.BytesIO):
        def read(self, wanted=-1):
            return super().read(min(wanted, max(size, 4)))

    pieces = list(Lines(InPieces(raw), charset))

    assert pieces == lines(raw, charset)


@given(st.text(st.characters(codec="cp1252", exclude_characters="\r\n")))
def test_any_character_is_kept(value):
    for charset, codec in (("utf-8", "utf-8"), ("utf-16", "utf-16-le")):
        assert lines(f"{value}\n".encode(codec), charset) == [value]


@pytest.mark.parametrize("extra", [0, 1])
def test_the_limit_of_a_line_holds_at_the_limit(extra):
    raw = b"a" * (LONGEST_LINE + extra)

    first, second = lines(raw + b"\nb\n")

    assert (first is None) == bool(extra)
    assert second == "b"


def test_a_line_without_end_is_left_out():
    assert lines(b"a\n" + b"b" * (3 * LONGEST_LINE)) == ["a", None]


def test_a_line_end_that_two_blocks_share_is_one(monkeypatch):
    monkeypatch.setattr(text, "_BLOCK", 4)

    assert lines(b"abc\r\nd\r\n") == ["abc", "d"]
    assert lines(b"abc\rde\r") == ["abc", "de"]


@pytest.mark.parametrize("raw", [b"\xff", "é".encode("latin-1")])
def test_bytes_without_a_meaning_are_kept_apart(raw):
    [line] = lines(b"a" + raw + b"\n")

    assert line[0] == "a"
    assert "\udc80" <= line[1] <= "\udcff"
