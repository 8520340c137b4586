"""Names are data: any bytes go there and back, and few of them are used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_sftp.fetching.names import (
    as_bytes,
    as_text,
    is_safe,
    is_unfinished,
    numbered,
)

UNSAFE = [
    "", ".", "..", "../x", "/abs", "..\\x", "C:\\x", "a/b", "a\x00b", "a\nb", "a\x1bb",
    "a\x7f", "a\u2028b", "x" * 256, "é" * 128, "x" * 4096,
]  # fmt: skip
SAFE = [
    "a.csv", "-rf", "CON", "a.", "a ", "é.csv", "e\u0301.csv", "A.CSV", "x" * 255,
    "%2e%2e", "~", "C:x",
]  # fmt: skip


@given(st.binary(min_size=1, max_size=60))
def test_the_bytes_of_a_safe_name_come_back(raw):
    name = as_text(raw)

    name.encode()  # can be kept like any text
    if is_safe(name):
        assert as_bytes(name) == raw


def test_a_name_that_is_no_utf_8_comes_back():
    raw = "Müller.csv".encode("latin-1")

    assert is_safe(as_text(raw))
    assert as_bytes(as_text(raw)) == raw


def test_a_name_that_only_looks_like_one_of_these_stays_another():
    mine, other = "\uf7ff".encode(), b"\xff"

    assert as_text(mine) != as_text(other)
    assert [as_bytes(as_text(each)) for each in (mine, other)] == [mine, other]


@pytest.mark.parametrize("name", UNSAFE, ids=range(len(UNSAFE)))
def test_a_name_with_a_path_or_control_characters_is_not_used(name):
    assert not is_safe(name)


@pytest.mark.parametrize("name", SAFE, ids=range(len(SAFE)))
def test_odd_names_are_names(name):
    assert is_safe(name)


@pytest.mark.parametrize(
    "name",
    ["a.csv.tmp", "a.PART", "a.filepart", "a.partial", "a.crdownload", "a~", ".a.csv",
     ".a.csv.tmp", "a.lock"],
)  # fmt: skip
def test_names_of_files_that_are_being_written_are_ignored(name):
    assert is_unfinished(name)


def test_another_name_for_a_file_keeps_its_suffix():
    assert [numbered("a.csv", n) for n in (1, 2, 3)] == ["a.csv", "a.2.csv", "a.3.csv"]
