"""Directories in the store: what operators decide, and what they may ask."""

import zlib

import msgspec
import pytest

from hub.model.directory_happenings import DirectoryHappening, message_of, read
from hub.runtime.directory.errors import (
    DirectoryStagingError,
    PackageLostError,
    ReadingHungError,
    StageLostError,
)
from hub.runtime.directory.happenings import NoDirectoryHappeningError, normalise
from hub.runtime.directory.laying import Laying
from hub.runtime.directory.process import _findings
from hub.runtime.directory.reading import _failed
from hub.settings import Settings
from hub.store.acting import Actor
from hub.store.directory import holding, runs
from hub.store.directory.errors import (
    FeedAtWorkError,
    RunNotHeldError,
    UnknownDirectoryError,
    UnknownHeldError,
    UnknownObjectError,
    UnknownRunError,
)
from hub.store.directory.reading import numbers_of
from hub.store.journal import moment
from hub.store.queries import Reader
from hub.store.sqlite import DATABASE_NAME
from tests.runtime.directory.world import opened, package, source, town

WHO = Actor("ines", "operator")


@pytest.fixture(name="folder")
def _folder(tmp_path):
    return tmp_path / "data"


def decided(number, *, approved=True):
    return runs.DecidedRun(number, WHO, "because", 0, approved)


async def test_only_what_waits_is_decided(folder):
    async with opened(folder) as world:
        run = await world.take(package(*town()))

        with pytest.raises(RunNotHeldError):
            world.store.writer.call(runs.decide, decided(run.seq))
        with pytest.raises(UnknownRunError):
            world.store.writer.call(runs.decide, decided(99))
        made = holding.DecidedHeld(9, WHO, "because", 0, approved=True)
        with pytest.raises(UnknownHeldError):
            world.store.writer.call(holding.decide, made)


async def test_contacts_are_not_changed_while_a_run_takes_effect(folder):
    def with_phone(number, **more):
        return package(*town(s1={"phones": [{"number": number}]} | more))

    async with opened(folder) as world:
        await world.take(with_phone("030 111111"))
        key = world.objects()["s1"].key
    async with opened(folder, source(), referred=[key]) as world:
        await world.take(with_phone("030 666666"))
        world.arrive(with_phone("030 666666", alert="x"))
        await world.directories.turn()
        [(seq,)] = world.query("SELECT seq FROM directory_held")
        made = holding.DecidedHeld(seq, WHO, "because", 0, approved=True)

        with pytest.raises(FeedAtWorkError):
            world.store.writer.call(holding.decide, made)


async def test_what_nobody_has_is_not_there(folder):
    async with opened(folder) as world:
        await world.take(package(*town()))
        reader = Reader(folder / DATABASE_NAME).directories

        with pytest.raises(UnknownDirectoryError):
            reader.report("elsewhere", {})
        with pytest.raises(UnknownObjectError):
            reader.object("dir_0")
        with pytest.raises(UnknownRunError):
            reader.diff(99)
        with pytest.raises(UnknownRunError):
            reader.run(99)


async def test_lists_are_answered_by_pages(folder):
    async with opened(folder) as world:
        await world.take(package(*town()))
        await world.take(package(*town(s1={"alert": "x"})))
        reader = Reader(folder / DATABASE_NAME).directories

        first = reader.objects("service", limit=15)
        rest = reader.objects("service", limit=15, cursor=first.next)
        assert len({each.key for each in (*first.items, *rest.items)}) == 20
        assert rest.next is None
        assert [each.id for each in reader.objects("service", name="e s20").items] == [
            "s20"
        ]
        page = reader.runs(limit=1)
        assert [each.run for each in page.items] == [2]
        assert [each.run for each in reader.runs(cursor=page.next).items] == [1]
        part = reader.diff(1, limit=40)
        assert len(part.items + reader.diff(1, cursor=part.next).items) == 44
        [found] = reader.diff(2).items
        assert (found.change, found.id, found.fields) == ("changed", "s1", ["alert"])


async def test_linked_objects_say_whose_word_counts(folder):
    def shelf(feed, assured):
        record = {"name": "Tafel", "phones": [{"number": "030 123456"}]}
        items = town(1, 1, s1=record | {"assured_date": assured, "url": feed})
        items[0]["record"]["name"] = "Tafel e.V."
        return package(*items)

    async with opened(folder, source("one"), source("two")) as world:
        await world.take(shelf("one.example", "2026-01-01"), "one")
        await world.take(shelf("two.example", "2025-01-01"), "two")
        reader = Reader(folder / DATABASE_NAME).directories
        mine = world.objects("service", "one")["s1"].key
        other = world.objects("service", "two")["s1"].key

        found = reader.object(other, "service")

        assert [each.key for each in found.same_as] == [mine]
        assert found.preferred["url"] == mine
        assert found.record["url"] == "two.example"


def test_numbers_are_of_runs_or_of_changes():
    assert numbers_of("17") == ("run", 17)
    assert numbers_of("h5") == ("held", 5)
    with pytest.raises(UnknownRunError):
        numbers_of("x")
    with pytest.raises(UnknownHeldError):
        numbers_of("h٣")


def test_what_is_staged_and_not_there_is_said_so(tmp_path):
    with pytest.raises(StageLostError):
        Laying(None).lay(None, tmp_path / "none", 0)


def test_a_reading_that_takes_too_long_is_said_so():
    found = _findings(b"", -14)

    assert (found.error_code, found.again) == (ReadingHungError.code, True)


@pytest.mark.parametrize(
    ("error", "again"), [(PackageLostError, False), (DirectoryStagingError, True)]
)
def test_what_can_be_read_again_says_so(error, again):
    assert _failed(error()).again is again


def test_a_message_of_the_feed_that_says_nothing_is_a_problem():
    found = normalise(b"{}", Settings())

    assert found.problem.code == NoDirectoryHappeningError.code
    assert read(b"{}") is None


def test_a_happening_is_the_same_message_whenever_it_is_told():
    told = DirectoryHappening(type="feed_stale", at=moment(0), feed="city")

    assert message_of(told) == message_of(told)
    assert read(message_of(told).body) == told


def test_contacts_are_kept_packed_while_they_wait():
    contacts = {"phones": [{"number": "1"}], "email": None}
    body, mark = holding.packed(contacts)

    assert msgspec.json.decode(zlib.decompress(body)) == contacts
    assert mark == holding.packed({"email": None, "phones": [{"number": " 1"}]})[1]
    assert holding.with_contacts({"email": "a", "name": "n"}, contacts) == {
        "name": "n",
        "phones": [{"number": "1"}],
    }
