"""A zip that is a whole package stays one, whatever else it came in. Made up."""

import gzip
import io
import zipfile

import pytest

from hub.config.tables import SourceConfig
from hub.runtime.exchanges.checking_job import Reading
from hub.sdk import HubError, NormaliserSpec
from hub.settings import Settings
from hub_sftp import sources
from hub_sftp.containers import unwrap, unwrap_package

TABLES = {"services.csv": "id,name\ns1,Pantry\n", "locations.csv": "id,name\nl1,Hall\n"}


def package():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, body in TABLES.items():
            archive.writestr(zipfile.ZipInfo(name), body)
    return made.getvalue()


@pytest.mark.parametrize("containers", [(), ("zip",)])
def test_a_zip_is_one_message(wrapped, place, settings, containers):
    path = wrapped(package())

    assert list(unwrap_package(path, place, settings(*containers))) == [path]


@pytest.mark.parametrize("containers", [("gz",), ("gz", "zip")])
def test_a_zip_in_another_container_is_unwrapped_of_that(
    wrapped, place, settings, containers
):
    path = wrapped(gzip.compress(package()))
    (found,) = unwrap_package(path, place, settings(*containers))

    assert found.read_bytes() == package()


def test_what_is_no_data_is_still_refused(wrapped, place, settings):
    path = wrapped(b"%PDF-1.7 made up")

    with pytest.raises(HubError) as caught:
        unwrap_package(path, place, settings())

    assert caught.value.code == "CONTAINER-008"


@pytest.mark.parametrize("directory", [True, False])
def test_only_sources_of_directories_keep_a_zip(directory):
    def read(*_):
        return iter(())

    normaliser = NormaliserSpec(
        name="made-up",
        media_type="x",
        profile=Settings,
        normalise=lambda _body, _profile: None,
        summary="Made up.",
        directory=read if directory else None,
    )

    for spec in sources():
        table = spec.settings.model_construct()
        source = SourceConfig("made-up", spec, table, normaliser, Settings())

        expected = unwrap_package if directory else unwrap
        assert Reading.of(source).unwrap is expected
