"""Large files are downloaded by a process, which ends with whoever needs it.

All data is synthetic.
"""

import asyncio
import hashlib
import os
from pathlib import Path

import asyncssh
import pytest

from hub.sdk import HubError
from hub_sftp.fetching import downloading
from hub_sftp.fetching.downloading import Downloader
from hub_sftp.fetching.downloading_child import Server
from hub_sftp.fetching.errors import DownloaderFailedError
from hub_sftp.fetching.fetcher import DownloadingFetcher
from hub_sftp.fetching.pacing import Pace
from hub_sftp.fetching.settings import SftpPollerSettings
from hub_sftp.fetching.spooling import Job
from hub_sftp.reading import LARGEST

BODY = hashlib.shake_256(b"synthetic").digest(3 << 19)


@pytest.fixture
def settings(poller_of):
    return poller_of()._settings


@pytest.fixture
async def downloader(settings):
    downloader = Downloader(settings, Pace(lambda: False))
    yield downloader
    await downloader.close()


@pytest.fixture
def job(partner, tmp_path):
    partner.put("a.csv", BODY)

    def make(**changes):
        values = {"path": "inbox/a.csv", "spool": str(tmp_path / "spool")}
        return Job(**{**values, "offset": 0, "size": len(BODY), **changes})

    return make


def body(job):
    return Path(job.spool).read_bytes()


def put(job, data):
    Path(job.spool).write_bytes(data)


def process(pid):
    return Path(f"/proc/{pid}")


async def test_downloads_one_file_after_the_other(downloader, job, tmp_path):
    first, second = job(), job(spool=str(tmp_path / "other"))
    await downloader.fetch(first)
    pid = downloader.pid
    await downloader.fetch(second)

    assert body(first) == body(second) == BODY
    assert downloader.pid == pid


async def test_goes_on_at_the_offset_and_hashes_the_whole(downloader, job, server):
    resumed = job(offset=1 << 20, digests=("sha256", "md5"))
    put(resumed, BODY[: 1 << 20] + b"of an earlier try")

    fetched = await downloader.fetch(resumed)

    assert body(resumed) == BODY
    assert fetched.digests == {
        "sha256": hashlib.sha256(BODY).hexdigest(),
        "md5": hashlib.md5(BODY, usedforsecurity=False).hexdigest(),
    }
    assert server.read < len(BODY)


async def test_a_server_that_does_not_say_its_limits_is_asked_for_less(
    downloader, job, server, monkeypatch
):
    known = asyncssh.sftp.SFTPServerHandler._packet_handlers
    monkeypatch.delitem(known, b"limits@openssh.com")

    await downloader.fetch(job())

    assert body(job()) == BODY
    assert server.largest == 32768


async def test_a_server_is_asked_for_what_it_gives_at_once(downloader, job, server):
    await downloader.fetch(job())

    assert body(job()) == BODY
    assert server.largest == LARGEST


async def test_a_process_can_be_started_before_it_has_work(downloader, job):
    await downloader.start()
    pid = downloader.pid
    await downloader.fetch(job())

    assert downloader.pid == pid
    assert body(job()) == BODY


async def test_a_process_that_died_without_work_is_replaced(downloader, job):
    await downloader.start()
    os.kill(downloader.pid, 9)
    await downloader._process.wait()

    await downloader.fetch(job())

    assert body(job()) == BODY


async def test_a_server_that_hung_up_between_two_files_is_called_again(
    downloader, job, server
):
    await downloader.fetch(job())
    pid = downloader.pid
    (connection,) = server.connections
    connection.abort()
    await connection.wait_closed()

    await downloader.fetch(job(digests=("sha256",)))

    assert body(job()) == BODY
    assert (server.opened, downloader.pid) == (2, pid)


async def test_processes_are_kept_for_a_while(settings, job):
    fetcher = DownloadingFetcher(settings, 2, None, lambda: False)
    await fetcher.prepare([100, len(BODY), 100])
    await fetcher.fetch(job())
    await fetcher.rest(60)
    kept = [each.pid for each in fetcher._all]
    await fetcher.rest(86_400)

    assert sorted(map(bool, kept)) == [False, True]
    assert not any(each.pid for each in fetcher._all)


async def test_an_error_in_the_process_is_raised_here(downloader, job):
    for changes, code in (
        ({"size": len(BODY) + 1}, "FILE-004"),
        ({"path": "inbox/missing.csv"}, "FILE-005"),
        ({"spool": "/proc/missing/spool"}, "FILE-015"),
    ):
        with pytest.raises(HubError) as caught:
            await downloader.fetch(job(**changes))
        assert caught.value.code == code
    again = job()
    await downloader.fetch(again)

    assert body(again) == BODY


async def test_a_process_that_is_killed_fails_and_another_is_started(
    downloader, job, server, gate
):
    server.faults["read"] = gate
    fetching = asyncio.create_task(downloader.fetch(job()))
    await gate.reached.wait()
    os.kill(downloader.pid, 9)
    with pytest.raises(DownloaderFailedError) as caught:
        await fetching
    server.faults.clear()
    await downloader.fetch(job())

    assert caught.value.code == "SFTP-021"
    assert body(job()) == BODY


async def test_a_process_that_says_nothing_is_ended(
    downloader, job, server, gate, monkeypatch
):
    monkeypatch.setattr(downloading, "_SILENT_SECONDS", -44.0)
    server.faults["read"] = gate

    with pytest.raises(DownloaderFailedError):
        await downloader.fetch(job())

    assert downloader.pid == 0


async def test_cancelling_ends_the_process(downloader, job, server, gate):
    server.faults["read"] = gate
    fetching = asyncio.create_task(downloader.fetch(job()))
    await gate.reached.wait()
    pid = downloader.pid
    fetching.cancel()
    await asyncio.wait({fetching})

    assert not process(pid).exists()


async def test_secrets_are_on_no_command_line_and_in_no_environment(
    downloader, settings, job
):
    await downloader.fetch(job())
    secret = settings.private_key.get_secret_value().splitlines()[2].encode()

    folder = process(downloader.pid)
    seen = [(folder / name).read_bytes() for name in ("cmdline", "environ")]
    assert not any(secret in each for each in seen)


async def test_the_process_is_behind_everything_else(downloader, job):
    await downloader.fetch(job())

    assert os.getpriority(os.PRIO_PROCESS, downloader.pid) > 0


async def test_the_process_leaves_processors_to_others(downloader, job):
    await downloader.fetch(job())

    here, there = os.sched_getaffinity(0), os.sched_getaffinity(downloader.pid)
    assert there <= here
    assert len(there) == (len(here) + 1) // 2


def test_the_settings_go_through_the_pipe_and_come_back(settings):
    again = Server.of(settings).settings()

    assert again.private_key == settings.private_key
    assert again.known_hosts == settings.known_hosts
    assert isinstance(settings, SftpPollerSettings)


async def test_several_downloads_are_delivered_in_their_order(
    partner, hub_of, poller_of
):
    hub = hub_of(poller_of(concurrency=3, poll_seconds=600))
    sizes = (2 << 20, 100, 1 << 20, 10)
    for age, size in enumerate(sizes):
        path = partner.put(f"{age}.csv", bytes(size))
        os.utime(path, (1_000_000, 1_000_000 + age))

    async with hub.running():
        await hub.until(lambda: len(hub.desk.delivered) == len(sizes))

    assert [len(each) for each in hub.bodies()] == list(sizes)
