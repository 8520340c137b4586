"""Packages in a folder: taken whole, packed alike, and nothing from outside."""

import asyncio
import io
import os
import zipfile
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.testing import FakeClock, MemoryInbox, SourceContract
from hub_community.fetching import packing
from hub_community.fetching.errors import DirectoryTooLargeError
from hub_community.fetching.folder import Folder, Watch
from hub_community.fetching.settings import FolderSettings
from plugins.community.tests.fetching.turning import (
    HastyClock,
    Snapshot,
    TurnedClock,
    Witnessed,
    failure,
    rounds_of,
)

SERVICES = "id,name\ns1,Kanarienhaus (synthetic)\n"


def settings(folder, **given):
    return FolderSettings(**{"kind": "hsds-folder", "folder": folder} | given)


def described(*names):
    resources = [{"name": name, "path": f"data/{name}.csv"} for name in names]
    return msgspec.json.encode({"resources": resources}).decode()


def package(folder, **tables):
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text)


def archive(text):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        opened.writestr(zipfile.ZipInfo("services.csv"), text)
    return made.getvalue()


def contents(body):
    with zipfile.ZipFile(io.BytesIO(body)) as opened:
        return {name: opened.read(name).decode() for name in opened.namelist()}


class Looks:
    """Looks at a folder again and again, a minute apart."""

    def __init__(self, folder, **given):
        self.watch, self.clock = Watch(settings(folder, **given)), FakeClock()

    def look(self, *, stored=True):
        found = self.watch.look(self.clock.advance(60))
        if found is not None and stored:
            self.watch.taken()
        return found


class TestFolder(SourceContract):
    answer_seconds = 1.0

    @pytest.fixture
    def source(self, tmp_path):
        return Witnessed(Folder(settings(tmp_path), HastyClock()))

    @pytest.fixture
    def samples(self):
        return [archive(SERVICES), archive(SERVICES + "s2,Kanarienhaus two\n")]

    @pytest.fixture
    def canaries(self):
        return ["Kanarienhaus"]

    @pytest.fixture
    def exchange(self, source, tmp_path):
        """Return what puts an archive into the folder, as `mv` does."""

        async def exchange(_, body):
            (tmp_path / "part").write_bytes(body)
            (tmp_path / "part").rename(tmp_path / "directory.zip")
            return await source.taken(body)

        return exchange

    async def test_answers_a_repeated_message_again(self, tmp_path):
        """A package that is put again says that the directory is what it was."""
        clock = TurnedClock()
        source = Folder(settings(tmp_path, poll_seconds=3600), clock)
        body = archive(SERVICES)

        async with rounds_of(source, clock) as rounds:
            for at in range(2):
                path = tmp_path / f"{at}.zip"
                path.write_bytes(body)
                os.utime(path, (at, at))
                for _ in range(2):
                    clock.turn()
                await clock.rested(3 + 2 * at)
            first, second = rounds.inbox.received

        assert first.body == body
        assert Snapshot(second.body).mode == "unchanged"


def test_a_package_is_taken_when_two_looks_see_the_same(tmp_path):
    package(tmp_path, services=SERVICES, locations="id\n")
    looks = Looks(tmp_path)

    first, second, third = looks.look(), looks.look(), looks.look()

    assert first is None
    assert contents(second) == {"services.csv": SERVICES, "locations.csv": "id\n"}
    assert third is None


def test_a_package_that_still_grows_waits(tmp_path):
    looks, seen = Looks(tmp_path), []

    for lines in range(4):
        package(tmp_path, services=SERVICES * (lines + 1))
        seen.append(looks.look())

    assert seen == [None] * 4
    assert looks.look() is not None


def test_a_change_that_leaves_size_and_time_alone_is_seen(tmp_path):
    looks, path = Looks(tmp_path), tmp_path / "services.csv"
    seen = []
    for text in ("id\na\n", "id\nb\n", "id\nb\n"):
        path.write_text(text)
        os.utime(path, (1, 1))
        seen.append(looks.look())

    assert seen[:2] == [None, None]
    assert contents(seen[2]) == {"services.csv": "id\nb\n"}


def test_what_could_not_be_stored_is_taken_again(tmp_path):
    package(tmp_path, services=SERVICES)
    looks = Looks(tmp_path)
    looks.look()

    assert looks.look(stored=False) == looks.look()


def test_a_marker_says_that_a_package_is_complete(tmp_path):
    package(tmp_path, services=SERVICES)
    (tmp_path / "datapackage.json").write_text(described("services", "locations"))
    looks = Looks(tmp_path, marker="DONE")

    before = [looks.look(), looks.look()]
    (tmp_path / "DONE").touch()
    taken = looks.look()

    assert before == [None, None]
    assert sorted(contents(taken)) == ["datapackage.json", "services.csv"]


def test_a_package_waits_for_the_tables_that_it_names_but_not_for_ever(tmp_path):
    package(tmp_path, services=SERVICES)
    (tmp_path / "datapackage.json").write_text(described("services", "locations"))
    looks = Looks(tmp_path, patience_minutes=5)

    waiting = [looks.look() for _ in range(5)]
    late = looks.look()

    assert waiting == [None] * 5
    assert "services.csv" in contents(late)


def test_a_package_is_taken_once_its_last_table_is_there(tmp_path):
    (tmp_path / "data").mkdir()
    package(tmp_path / "data", services=SERVICES)
    (tmp_path / "datapackage.json").write_text(described("services", "locations"))
    looks = Looks(tmp_path)
    for _ in range(3):
        looks.look()

    package(tmp_path / "data", locations="id\n")
    looks.look()

    assert sorted(contents(looks.look())) == [
        "data/locations.csv",
        "data/services.csv",
        "datapackage.json",
    ]


def test_of_several_archives_the_newest_is_the_directory(tmp_path):
    for name, at in (("b.zip", 1), ("a.zip", 3), ("c.zip", 2)):
        (tmp_path / name).write_bytes(archive(f"id\n{name}\n"))
        os.utime(tmp_path / name, (at, at))
    looks = Looks(tmp_path)
    looks.look()

    assert contents(looks.look()) == {"services.csv": "id\na.zip\n"}


def test_nothing_outside_of_the_folder_is_read(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    package(outside, secret="id\nKanarie\n")
    package(inside, services=SERVICES)
    (inside / "secret.csv").symlink_to(outside / "secret.csv")
    (inside / "data").symlink_to(outside)
    (inside / "up.zip").symlink_to(outside / "secret.csv")
    os.mkfifo(inside / "pipe.csv")
    (inside / ".hidden.csv").write_text("id\n")
    (inside / "line\nbreak.csv").write_text("id\n")
    (inside / "notes.txt").write_text("nothing")
    looks = Looks(inside)
    looks.look()

    assert contents(looks.look()) == {"services.csv": SERVICES}


def test_a_file_that_becomes_a_link_between_listing_and_reading_is_not_read(tmp_path):
    package(tmp_path, services=SERVICES)
    found = packing.listed(tmp_path)
    (tmp_path / "services.csv").unlink()
    (tmp_path / "services.csv").symlink_to("/etc/hostname")

    with pytest.raises(packing.ChangedError):
        packing.packed(tmp_path, found, io.BytesIO())


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}\.csv", fullmatch=True),
        st.binary(max_size=50),
        min_size=1,
        max_size=4,
    ),
    st.integers(0, 2_000_000_000),
)
def test_the_same_files_give_the_same_bytes_whenever_they_were_written(
    tmp_path_factory, files, at
):
    made = []
    for order in (list(files), list(reversed(files))):
        folder = tmp_path_factory.mktemp("same")
        for name in order:
            (folder / name).write_bytes(files[name])
            os.utime(folder / name, (at + len(made), at))
        spool = io.BytesIO()
        packing.packed(folder, packing.listed(folder), spool)
        made.append(spool.getvalue())

    assert made[0] == made[1]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"resources": [1, {"path": 2}]}'])
def test_a_description_that_says_nothing_names_nothing(tmp_path, text):
    package(tmp_path, services=SERVICES)
    (tmp_path / "datapackage.json").write_text(text)

    assert packing.missing(tmp_path, packing.listed(tmp_path)) == 0


def test_a_package_above_the_limit_is_not_taken(tmp_path):
    (tmp_path / "services.csv").write_bytes(bytes(1 << 21))
    looks = Looks(tmp_path, max_mebibytes=1)

    with pytest.raises(DirectoryTooLargeError):
        looks.look()


def test_a_thousand_files_are_enough(tmp_path):
    for number in range(1001):
        (tmp_path / f"{number}.csv").touch()

    with pytest.raises(DirectoryTooLargeError):
        packing.listed(tmp_path)


async def test_a_folder_that_is_not_there_is_told_of(tmp_path):
    error = await failure(Folder(settings(tmp_path / "none"), HastyClock()))

    assert (error.code, error.detail) == ("HSDS-031", "ENOENT")


async def test_a_package_that_was_there_before_the_hub_is_put_again(tmp_path):
    package(tmp_path, services=SERVICES)
    inbox = MemoryInbox()
    for _ in range(2):
        source = Folder(settings(tmp_path), HastyClock())
        task = asyncio.create_task(source.run(inbox))
        count = len(inbox.received)
        async with asyncio.timeout(5):
            await inbox.arrivals(count + 1)
        task.cancel()
        await asyncio.wait({task})

    assert len(inbox.messages) == 1
    assert inbox.received[1].body == inbox.received[0].body


def test_waiting_is_counted_from_the_first_look(tmp_path):
    package(tmp_path, services=SERVICES)
    (tmp_path / "datapackage.json").write_text(described("locations"))
    watch, clock = Watch(settings(tmp_path, patience_minutes=60)), FakeClock()
    for _ in range(2):
        assert watch.look(clock.now()) is None

    assert watch.look(clock.now() + timedelta(hours=1)) is not None
