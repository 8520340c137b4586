"""Which version a message is read as."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_hl7.wire.versions import VERSIONS, nearest_version


@pytest.mark.parametrize("version", VERSIONS)
def test_a_version_of_the_standard_is_itself(version):
    assert nearest_version(version) == version
    assert nearest_version(f" {version}^DEU&Germany&ISO3166 ") == version


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("2.3.2", "2.3.1"), ("2.31", "2.3.1"), ("2.5.9", "2.5.1"), ("2.8.3", "2.8.2"),
        ("2.9.1", "2.9"), ("3.0", "2.9"), ("2.0", "2.1"), ("2.0D", "2.1"), ("2", "2.1"),
        ("v2.4", "2.4"), ("HL7 2.6", "2.6"), ("2,3", "2.3"), ("", "2.5"),
        ("foo", "2.5"), ("20260310", "2.5"), ('""', "2.5"),
    ],
)  # fmt: skip
def test_an_odd_version_is_the_nearest_one_that_is_not_newer(sent, expected):
    assert nearest_version(sent) == expected


def test_only_a_known_version_is_given():
    assert nearest_version("2.9", ["2.3", "2.5"]) == "2.5"
    assert nearest_version("2.1", ["2.3", "2.5"]) == "2.3"


@given(st.text(max_size=20))
def test_any_text_gives_a_version(sent):
    assert nearest_version(sent) in VERSIONS
