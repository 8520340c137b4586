"""The nightly look at everybody. All of them are made up."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
import structlog

from hub.runtime import consistency
from hub.runtime.consistency import (
    Consistency,
    look_at_everybody,
    seconds_until_night,
)
from hub.testing.clock import FakeClock
from tests.runtime.world import ANNA, BERTA, World, number, person, repair

P1, S7 = number("P1"), number("S7", "SUED")
TODAY = date(2026, 3, 20)


@pytest.fixture
def world():
    """Somebody whose two numbers were linked by mistake, and others."""
    world = World().tell(
        person(P1, ANNA),
        person(S7, BERTA),
        repair("link", P1, [S7], decided_by="ops"),
        *(person(number(f"X{each}"), BERTA | {"sex": "O"}) for each in range(5)),
    )
    yield world
    world.close()


@pytest.fixture
def look(world, tmp_path):
    """Return the nightly look at a copy of the world's store."""
    path = tmp_path / "copy.sqlite3"
    with closing(sqlite3.connect(path)) as copy:
        world.connection.backup(copy)
    return Consistency(lambda: sqlite3.connect(path), "UTC", FakeClock())


def test_finds_who_has_two_birth_dates_and_nobody_else(world):
    [found] = look_at_everybody(world.connection, TODAY)

    assert found.error.code == "PERSON-003"
    assert found.person in found.about
    assert len(found.about) == 2


def test_pages_leave_nobody_out(world, monkeypatch):
    monkeypatch.setattr(consistency, "PAGE", 1)

    assert len(list(look_at_everybody(world.connection, TODAY))) == 1


async def test_tells_of_what_it_finds_by_keys_and_codes(look):
    with structlog.testing.capture_logs() as entries:
        found = await look.look()

    [doubted] = [each for each in entries if each["event"] == "person.doubted"]
    [checked] = [each for each in entries if each["event"] == "people.checked"]
    assert dict(found) == {"PERSON-003": 1}
    assert doubted["code"] == "PERSON-003"
    assert checked["people"] == 6
    assert "1961" not in str(entries)
    assert "Musterfrau" not in str(entries)


async def test_goes_on_where_the_store_cannot_be_read(tmp_path):
    empty = Consistency(lambda: sqlite3.connect(tmp_path / "empty"), "UTC")

    with structlog.testing.capture_logs() as entries:
        found = await empty.look()

    assert not found
    assert entries[0]["event"] == "store.unreadable"


class Nights:
    """Makes it night at once, a few times; then waits for ever."""

    def __init__(self, count):
        self._left = count
        self.over = asyncio.Event()

    def __call__(self, *_):
        self._left -= 1
        if self._left < 0:
            self.over.set()
        return 0 if self._left >= 0 else 3600


async def nights(look, monkeypatch, count):
    """Let so many nights pass; return what was logged."""
    night = Nights(count)
    monkeypatch.setattr(consistency, "seconds_until_night", night)
    with structlog.testing.capture_logs() as entries:
        task = asyncio.create_task(look.run())
        async with asyncio.timeout(10):
            await night.over.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return entries


async def test_looks_each_night(look, monkeypatch):
    entries = await nights(look, monkeypatch, 2)

    checked = [each for each in entries if each["event"] == "people.checked"]
    assert [each["log_level"] for each in checked] == ["warning", "warning"]


async def test_a_check_that_fails_is_made_again_the_next_night(look, monkeypatch):
    def fail(*_):
        raise ValueError("made up")

    monkeypatch.setattr(consistency, "findings", fail)
    entries = await nights(look, monkeypatch, 2)

    assert [each["event"] for each in entries] == ["people.unchecked"] * 2


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 1, 12, 1, tzinfo=UTC), 1),
        (datetime(2026, 1, 12, 2, tzinfo=UTC), 24),
        (datetime(2026, 1, 12, 3, tzinfo=UTC), 23),
        (datetime(2026, 3, 28, 12, tzinfo=UTC), 13),  # the clock is put forward
    ],
)
def test_the_night_is_that_of_the_facilities(now, hours):
    zone = ZoneInfo("Europe/Berlin")

    assert seconds_until_night(now, zone) == hours * 3600
