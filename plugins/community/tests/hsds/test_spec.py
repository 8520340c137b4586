"""What the plugin declares of the reader."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

import hub_community
import hub_community.hsds
from hub.sdk import HubError
from hub_community.hsds import errors
from hub_community.hsds.profile import HsdsProfile
from hub_community.hsds.row_codes import ROW_CODES
from hub_community.hsds.spec import HSDS

SOURCES = Path(hub_community.hsds.__file__).parent


def test_hook_normalisers_declares_the_reader_of_directories():
    specs = {spec.name: spec for spec in hub_community.normalisers()}

    assert specs["hsds"].directory is HSDS.directory
    assert specs["hsds"].row_codes


def test_a_message_is_never_normalised_but_read_as_a_directory():
    found = HSDS.normalise(b"anything", HsdsProfile())

    assert found.problem is not None
    assert found.problem.code == errors.DirectoryOnlyError.code
    with pytest.raises(errors.DirectoryOnlyError):
        raise HubError.catalogue[found.problem.code]


def test_every_code_that_is_said_is_explained_and_every_one_explained_is_said():
    said = {
        code
        for path in SOURCES.rglob("*.py")
        if path.name != "row_codes.py"
        for code in re.findall(r'"(hsds\.[a-z_0-9]+)"', path.read_text())
    }

    assert said == set(ROW_CODES)


@pytest.mark.parametrize("code", ROW_CODES)
def test_codes_are_explained_in_sentences(code):
    for words in ROW_CODES[code]:
        assert words[0].isupper()
        assert not words.endswith(".")


@pytest.mark.parametrize(
    "wrong",
    [{"time_zone": "Mars/Base"}, {"encoding": "klingon"}, {"country": "Germany"},
     {"dialect": "4.0"}, {"limits": {"objects": 0}}, {"moon": True}],
)  # fmt: skip
def test_a_profile_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValidationError):
        HsdsProfile(**wrong)


def test_a_profile_may_name_zone_and_encoding():
    profile = HsdsProfile(time_zone="Europe/Berlin", encoding="cp1252")

    assert (profile.time_zone, profile.encoding) == ("Europe/Berlin", "cp1252")
