"""File names are made by the hub and never lead elsewhere."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sdk import Artifact
from hub_sftp.errors import UnsafeNameError
from hub_sftp.names import earlier_parts, file_name, part_name


def named(identifier, suffix=".csv"):
    return file_name(
        Artifact(id=identifier, body=b"", media_type="text/csv", suffix=suffix)
    )


@pytest.mark.parametrize("suffix", ["", ".csv", ".csv.pgp", ".x12"])
def test_the_name_is_id_and_suffix(suffix):
    assert named("payer_a-2026", suffix) == "payer_a-2026" + suffix


@pytest.mark.parametrize(
    "identifier",
    ["", ".", "..", "a/b", "a\\b", "../a", "a\0", "a\n", "a b", "ä", "a" * 200, "a."],
)
def test_an_unsafe_id_is_refused(identifier):
    with pytest.raises(UnsafeNameError):
        named(identifier)


@pytest.mark.parametrize(
    "suffix", ["csv", ".", "..", "./x", "/../x", ".csv\n", ".a.part", ".PART", ".ä"]
)
def test_an_unsafe_suffix_is_refused(suffix):
    with pytest.raises(UnsafeNameError):
        named("a", suffix)


@given(st.text(), st.text())
def test_a_name_is_refused_or_stays_in_its_folder(identifier, suffix):
    try:
        name = named(identifier, suffix)
    except UnsafeNameError:
        return

    assert os.path.normpath(name) == name
    assert "/" not in name
    assert name not in {".", ".."}


def test_a_refusal_does_not_quote_the_name():
    with pytest.raises(UnsafeNameError) as caught:
        named("Kanarienvogel 4711")

    assert "Kanarienvogel" not in str(caught.value)


def test_each_attempt_has_an_incomplete_name_of_its_own():
    assert part_name("a.csv") == "a.csv.part"
    assert list(earlier_parts("a.csv", 3)) == ["a.csv.part", "a.csv.2.part"]
    assert part_name("a.csv", 3) == "a.csv.3.part"
