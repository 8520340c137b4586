"""Bytes as lines, however they come."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_payer.tables import text
from hub_payer.tables.errors import NotTextError
from hub_payer.tables.text import LONGEST_LINE, Lines

CHARSETS = ["utf-8", "cp1252", "utf-16", "latin-1"]


def lines(raw, charset="utf-8"):
    return list(Lines(io.BytesIO(raw), charset))


class InPieces(io.BytesIO):
    """A file that gives a few bytes at a time."""

    def __init__(self, raw, size):
        super().__init__(raw)
        self._size = size

    def read(self, _wanted=-1):
        return super().read(self._size)


def said(file, charset):
    """Return the lines of a file, or that it is no text."""
    try:
        return list(Lines(file, charset))
    except NotTextError as error:
        return error.code


@given(st.binary(max_size=200), st.sampled_from(CHARSETS), st.integers(1, 9))
def test_cutting_the_bytes_changes_nothing(raw, charset, size):
    assert said(InPieces(raw, size), charset) == said(io.BytesIO(raw), charset)


@pytest.mark.parametrize("size", [1, 4])
def test_what_is_no_text_is_seen_however_it_comes(size):
    raw = b"-----BEGIN PGP MESSAGE-----\n"

    assert said(InPieces(raw, size), "utf-8") == NotTextError.code


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

    before = b"a" * 15  # the start is read as a whole

    assert lines(before + b"\r\nd\r\n") == [before.decode(), "d"]
    assert lines(before + b"\rde\r") == [before.decode(), "de"]


@pytest.mark.parametrize("raw", [b"\xff", "é".encode("latin-1")])
def test_bytes_without_a_meaning_are_kept_apart(raw):
    [line] = lines(b"a" + raw + b"\n")

    assert line[0] == "a"
    assert "\udc80" <= line[1] <= "\udcff"
