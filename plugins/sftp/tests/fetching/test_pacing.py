"""Downloads give way to whoever waits for the hub's answers."""

import asyncio
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_sftp.fetching.downloading import Downloader
from hub_sftp.fetching.pacing import BUSY_RATE, Brake, Pace
from hub_sftp.fetching.spooling import Job


class Clock:
    """A clock that only sleep moves."""

    def __init__(self):
        self.now = 1000.0

    def sleep(self, seconds):
        assert seconds >= 0
        self.now += seconds


async def told(busy, downloads=1):
    """Return the pace of so many downloads."""
    pace = Pace(lambda: busy)
    async with asyncio.TaskGroup() as group:
        done = asyncio.Event()

        async def download():
            async with pace.kept():
                await done.wait()

        for _ in range(downloads):
            group.create_task(download())
        await asyncio.sleep(0.1)
        rate = pace._page[0]
        done.set()
    return pace, rate


@pytest.mark.parametrize("downloads", [1, 4])
async def test_downloads_share_the_rate_while_somebody_waits(downloads):
    _, rate = await told(busy=True, downloads=downloads)

    assert rate == BUSY_RATE // downloads


async def test_a_download_goes_on_however_many_there_are():
    _, rate = await told(busy=True, downloads=BUSY_RATE * 2)

    assert rate == 1


async def test_they_are_as_fast_as_they_can_while_nobody_waits():
    pace, _ = await told(busy=False)
    clock = Clock()
    brake = Brake(pace.file, lambda: clock.now, clock.sleep)
    brake.took(1 << 30)

    assert clock.now == 1000.0


async def test_nobody_looks_when_nothing_is_downloaded():
    before = asyncio.all_tasks()
    await told(busy=True)
    await asyncio.sleep(0)

    assert asyncio.all_tasks() == before


@given(st.lists(st.integers(1, 1 << 20), min_size=1, max_size=50), st.integers(1, 255))
def test_what_comes_takes_the_time_that_the_pace_demands(sizes, rate):
    pace, clock = Pace(lambda: True), Clock()
    pace._page[0] = rate
    brake = Brake(pace.file, lambda: clock.now, clock.sleep)
    for size in sizes:
        brake.took(size)

    assert clock.now - 1000.0 == pytest.approx(sum(sizes) / (rate * 1e6))


def test_time_that_passed_without_bytes_is_not_caught_up():
    pace, clock = Pace(lambda: True), Clock()
    pace._page[0] = 1
    brake = Brake(pace.file, lambda: clock.now, clock.sleep)
    brake.took(1000)
    clock.now += 60
    before = clock.now
    brake.took(1_000_000)

    assert clock.now - before == pytest.approx(1.0)


async def test_a_process_keeps_the_pace(poller_of, partner, tmp_path, monkeypatch):
    monkeypatch.setattr("hub_sftp.fetching.pacing.BUSY_RATE", 4)
    body = hashlib.shake_256(b"synthetic").digest(3 << 20)
    partner.put("a.csv", body)
    spool = tmp_path / "spool"
    downloader = Downloader(poller_of()._settings, Pace(lambda: True))
    await downloader.start()
    loop = asyncio.get_running_loop()
    started = loop.time()
    job = Job(path="inbox/a.csv", spool=str(spool), offset=0, size=len(body))
    await downloader.fetch(job)
    took = loop.time() - started
    await downloader.close()

    assert spool.read_bytes() == body
    # Slow machines take longer; the last piece is not waited for by anybody.
    assert took >= 0.9 * len(body) / 4e6
