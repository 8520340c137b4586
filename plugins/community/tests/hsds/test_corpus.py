"""Directories that nobody here wrote: each is read, or refused with a reason.

Nothing of the corpus is in this repository; without it these tests are skipped.
"""

import os
from collections import Counter
from pathlib import Path

import pytest

from hub.sdk import HubError
from plugins.community.tests.hsds.making import reading, zipped

ROOT = Path(__file__).parents[4]
CORPUS = Path(os.environ.get("CAREHUB_CORPUS", ROOT.parent / "shared/corpus")) / "hsds"
#: Folders whose tables belong together.
PACKAGES = (
    "codeforamerica__ohana-api/data/sample-csv",
    "openreferral__hsds-transformer/examples/florida_data",
    "openreferral__hsds-transformer/spec/fixtures/base_transformer/output/data",
    "openreferral__hsds-transformer/spec/fixtures/custom/ilao/input",
    "openreferral__hsds-transformer/spec/fixtures/custom/ilao/output",
    "openreferral__specification/examples/csv",
)

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(
        not CORPUS.is_dir(),
        reason=f"there is no corpus at {CORPUS}; set CAREHUB_CORPUS to where it is",
    ),
]


def outcome(body):
    """Return the reading of a body, or the code of why there is none."""
    try:
        return reading(body)
    except HubError as error:
        return error.code


@pytest.fixture(scope="module")
def outcomes():
    return {
        path.relative_to(CORPUS).as_posix(): outcome(path.read_bytes())
        for path in sorted(CORPUS.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def packages():
    made = {}
    for name in PACKAGES:
        tables = {
            path.stem: path.read_bytes() for path in (CORPUS / name).glob("*.csv")
        }
        made[name] = outcome(zipped(tables))
    return made


def table(outcomes):
    """Return what became of each file, for whoever looks at a failure."""
    return "\n".join(
        f"{name[-60:]:<60} {found if isinstance(found, str) else shown(found)}"
        for name, found in outcomes.items()
    )


def shown(found):
    kinds = Counter(each.type for each in found.objects)
    return f"{found.heading.version} {dict(kinds)} {dict(found.codes)}"


def test_every_file_is_read_or_refused_with_a_reason(outcomes):
    for found in outcomes.values():
        if isinstance(found, str):
            assert found in HubError.catalogue, table(outcomes)
        else:
            assert found.objects or found.codes["hsds.empty"], table(outcomes)


def test_most_that_holds_objects_is_read(outcomes):
    read = [found for found in outcomes.values() if not isinstance(found, str)]

    assert len(read) >= 65, table(outcomes)


def test_every_example_of_the_specification_has_its_version(outcomes):
    for name, found in outcomes.items():
        if (
            "/examples/" in name
            and "specification" in name
            and not isinstance(found, str)
        ):
            assert found.heading.version == "3.0", name


def test_every_package_gives_services_with_organizations(packages):
    for name, found in packages.items():
        assert not isinstance(found, str), (name, found)
        kinds = Counter(each.type for each in found.objects)
        assert kinds["service"], (name, kinds)
        assert kinds["organization"], (name, kinds)


def test_tables_and_api_of_the_specification_give_the_same_service(outcomes, packages):
    folder = "openreferral__specification/examples"
    (of_tables,) = [
        each.record
        for each in packages[f"{folder}/csv"].objects
        if each.type == "service"
    ]
    (of_api,) = [
        each.record
        for each in outcomes[f"{folder}/service_full.json"].objects
        if each.type == "service"
    ]
    # The tables of the example leave these out, or tie them to ids that are not there.
    apart = {"attributes", "contacts", "service_at_locations", "phones", "schedules"}

    assert {k: v for k, v in of_tables.items() if k not in apart} == {
        k: v for k, v in of_api.items() if k not in apart
    }


def test_no_secret_address_is_left_in_a_package(packages):
    for found in packages.values():
        for each in found.objects:
            if each.restricted:
                assert not {
                    "addresses",
                    "latitude",
                    "longitude",
                    "transportation",
                } & set(each.record)
