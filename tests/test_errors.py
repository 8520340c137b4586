"""The catalogue: every error has a code, a remedy and a recovery."""

import importlib
import pkgutil
import re

import pytest

import hub
from hub.errors import HubError, Recovery


def every_module():
    found = pkgutil.walk_packages(hub.__path__, "hub.")
    return [each.name for each in found if not each.name.endswith("migrations.env")]


for name in every_module():
    importlib.import_module(name)
CATALOGUE = {
    code: error
    for code, error in HubError.catalogue.items()
    if error.__module__.partition(".")[0] == "hub"
}


@pytest.fixture
def declared():
    """Declare an error, and take it out of the catalogue afterwards."""
    before = dict(HubError.catalogue)

    def declare(name="MadeUpError", **given):
        body = {
            "code": "MADEUP-001",
            "summary": "Something happened",
            "remedy": "Do something",
            "recovery": Recovery.RETRY,
        }
        return type(name, (HubError,), body | given)

    yield declare
    HubError.catalogue.clear()
    HubError.catalogue.update(before)


def test_an_error_says_its_code_what_happened_and_what_to_do(declared):
    error = declared()

    assert str(error()) == "[MADEUP-001] Something happened. Do something."
    assert str(error("disk 2")) == (
        "[MADEUP-001] Something happened: disk 2. Do something."
    )
    assert error("disk 2").detail == "disk 2"


def test_a_declared_error_is_in_the_catalogue(declared):
    error = declared()

    assert HubError.catalogue["MADEUP-001"] is error


@pytest.mark.parametrize(
    "code", ["", "MADEUP", "madeup-001", "MADEUP-1", "M-001", "X-01"]
)
def test_a_malformed_code_is_refused(declared, code):
    with pytest.raises(TypeError, match="malformed error code"):
        declared(code=code)


@pytest.mark.parametrize("lacking", ["summary", "remedy"])
def test_an_error_that_says_too_little_is_refused(declared, lacking):
    with pytest.raises(TypeError, match="a summary and a remedy are needed"):
        declared(**{lacking: ""})


def test_a_code_belongs_to_one_error(declared):
    declared()

    with pytest.raises(TypeError, match="MADEUP-001 is MadeUpError"):
        declared("AnotherError")


def test_a_module_may_be_loaded_again(declared):
    declared()

    assert declared().code == "MADEUP-001"


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_an_error_of_the_hub_is_told_in_sentences_without_their_full_stop(code):
    error = CATALOGUE[code]

    for sentence in (error.summary, error.remedy):
        assert sentence == sentence.strip()
        assert not sentence[0].islower()
        assert not sentence.endswith(".")
    assert error.recovery in Recovery
    assert error.__doc__
    assert error.__name__.endswith("Error")


def test_a_prefix_belongs_to_one_package():
    owners = {}
    for code, error in CATALOGUE.items():
        package = ".".join(error.__module__.split(".")[:2])
        owners.setdefault(re.sub(r"-\d+", "", code), set()).add(package)

    assert {prefix: found for prefix, found in owners.items() if len(found) > 1} == {}
