"""The process that checks a file: what it may do, and that the hub survives it."""

import asyncio
import os
import pickle
from pathlib import Path

import pytest

from hub.runtime.exchanges import checking, checking_child
from hub.runtime.exchanges.checking import Checker
from hub.runtime.exchanges.checking_job import Reading
from hub.runtime.exchanges.checking_steps import check
from hub.sdk import Settings
from tests.runtime.exchanges import gate_readers as readers
from tests.runtime.exchanges.gate_readers import heading, job, row, written
from tests.runtime.exchanges.held import changes, make, put_in_force


@pytest.fixture
def folder(tmp_path):
    make(tmp_path)
    return tmp_path


@pytest.fixture
async def checker():
    made = Checker()
    yield made
    await made.close()


def body(*items):
    return written(heading(), row(1, "a"), *items)


async def until(so):
    """Wait until something is so in another process, which rings no bell."""
    async with asyncio.timeout(30):
        while not so():  # noqa: ASYNC110  what is watched has no event
            await asyncio.sleep(0.01)


def is_gone(pid):
    return not Path(f"/proc/{pid}").exists()


async def test_a_process_finds_what_the_same_check_finds_here(folder, checker):
    given = job(folder, body(row(2, "b", bad=("date.unreadable",))))
    found = await checker.check(given)
    staged = changes(found)
    here = check(given)

    assert (found.counts, found.rejected) == (here.counts, here.rejected)
    assert (found.sha256, found.heading) == (here.sha256, here.heading)
    assert staged == changes(here)


async def test_it_gives_way_to_the_hub(folder, checker):
    await checker.check(job(folder, body()))

    behind = os.getpriority(os.PRIO_PROCESS, checker.pid)
    assert behind > os.getpriority(os.PRIO_PROCESS, 0)


async def test_nothing_is_left_but_what_is_staged(folder, checker):
    parts = written(heading(), row(1, "a"))
    given = job(folder, parts + b"---\n" + parts, unwrap=readers.split)
    found = await checker.check(given)

    assert (found.counts.duplicate, found.counts.added) == (1, 1)
    assert not given.scratch.exists()
    assert [each.name for each in given.staging.parent.iterdir()] == ["x_1.sqlite3"]


async def test_what_a_reader_prints_does_no_harm(folder, capfd, checker):
    found = await checker.check(job(folder, body({"print": 1})))

    assert found.counts.added == 1
    assert readers.CANARY not in "".join(capfd.readouterr())


@pytest.mark.parametrize("status", [0, 77])
async def test_a_process_that_dies_leaves_a_file_to_be_checked_again(
    folder, status, checker
):
    dying = job(folder, body({"die": status}))
    other = dying._replace(staging=folder / "staging" / "x_2.sqlite3")
    died = await checker.check(other)
    good = await checker.check(job(folder, body()))

    assert (died.error_code, died.again) == ("EXCH-001", True)
    assert died.changes.count == 0
    assert not (folder / "staging" / "x_2.sqlite3").exists()
    assert (good.error_code, good.counts.added) == ("", 1)


async def test_a_check_that_hangs_is_ended_by_the_system(folder, checker):
    found = await checker.check(job(folder, body({"alarm": 1})))

    assert (found.error_code, found.again) == ("EXCH-005", True)


async def test_a_check_that_is_cancelled_leaves_no_process_and_no_files(
    folder, checker
):
    started = folder / "started"
    given = job(folder, body({"hang": str(started)}))
    task = asyncio.create_task(checker.check(given))
    await until(started.exists)
    pid = checker.pid
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: is_gone(pid))
    again = await checker.check(job(folder, body()))

    assert not given.scratch.exists()
    assert again.counts.added == 1
    assert checker.pid != pid


async def test_a_process_that_is_killed_from_outside_is_like_one_that_died(
    folder, checker
):
    started = folder / "started"
    async with asyncio.TaskGroup() as group:
        task = group.create_task(
            checker.check(job(folder, body({"hang": str(started)})))
        )
        await until(started.exists)
        os.kill(checker.pid, 9)

    assert task.result().error_code == "EXCH-001"


async def test_files_are_checked_one_after_the_other(folder, checker):
    jobs = []
    for name in "ab":
        place = folder / name
        place.mkdir()
        make(place)
        jobs.append(job(place, body()))
    pids = set()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(checker.check(each)) for each in jobs]
        while not all(task.done() for task in tasks):
            pids.add(checker.pid)
            await asyncio.sleep(0.01)
            assert sum(each.scratch.exists() for each in jobs) <= 1

    assert [task.result().counts.added for task in tasks] == [1, 1]
    assert len(pids - {0}) == 1


async def test_a_reader_that_no_other_process_finds_is_told_of(folder, checker):
    found = await checker.check(job(folder, body(), reader=lambda *_: iter(())))

    assert (found.error_code, found.again) == ("EXCH-002", True)


async def test_a_plugin_that_is_not_there_any_more_is_told_of(
    folder, monkeypatch, checker
):
    real = checking._told  # what goes to the process, with the name of a module wrong
    monkeypatch.setattr(
        checking,
        "_told",
        lambda job: real(job).replace(b"gate_readers", b"gate_writers"),
    )
    found = await checker.check(job(folder, body()))

    assert (found.error_code, found.detail) == ("EXCH-002", "ModuleNotFoundError")


async def test_a_folder_that_cannot_be_made_is_not_the_fault_of_the_file(
    folder, checker
):
    blocked = folder / "blocked"
    blocked.write_bytes(b"")
    given = job(folder, body())._replace(staging=blocked / "x" / "y.sqlite3")
    found = await checker.check(given)

    assert (found.error_code, found.again) == ("EXCH-003", True)


async def test_a_process_ends_with_the_hub(folder):
    """What the hub leaves behind must not work on, or fight over files."""
    started = folder / "started"
    told = checking._told(job(folder, body({"hang": str(started)})))
    (folder / "scratch").mkdir()
    (folder / "staging").mkdir()
    path = pickle.dumps(checking.sys.path)
    child = await asyncio.create_subprocess_exec(
        *(checking.sys.executable, "-P", "-c", checking._CODE),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    child.stdin.write(path + told)
    await until(started.exists)
    child.stdin.close()
    async with asyncio.timeout(20):
        status = await child.wait()
    await child.stdout.read()

    assert status == 1


async def test_files_that_are_checked_leave_nothing_to_the_next_one(folder, checker):
    """Each has a process of its own, which what a plugin keeps ends with."""
    first = await checker.check(job(folder, body()))
    pid = checker.pid
    second = await checker.check(job(folder, body()))

    assert (first.counts, first.error_code) == (second.counts, second.error_code)
    assert checker.pid == pid


async def test_what_is_closed_has_no_process_left(folder):
    made = Checker()
    await made.check(job(folder, body()))
    pid = made.pid
    await made.close()
    await made.close()
    await until(lambda: is_gone(pid))

    assert made.pid == 0


def test_a_step_of_a_large_file_may_take_longer():
    assert checking_child.STEP_SECONDS >= 600


MEBIBYTE = 1024  # in KiB


async def test_catalogue_18_memory_does_not_grow_with_the_rows(folder, checker):
    """300,000 rows, ten times as many as before; that were compared with others."""
    first = await checker.check(job(folder, b"30000 0", reader=readers.many))
    put_in_force(folder, first, 1)
    given = job(folder, b"30000 10", reader=readers.many, current=1)
    compared = await checker.check(given)
    large = await checker.check(job(folder, b"300000 0", reader=readers.many))

    assert (compared.counts.changed, compared.counts.unchanged) == (3000, 27_000)
    assert large.counts.added == 300_000
    assert max(compared.grown_kib, large.grown_kib) < 48 * MEBIBYTE
    assert large.grown_kib < first.grown_kib + 24 * MEBIBYTE


async def test_catalogue_18_memory_does_not_grow_with_the_bytes(folder, checker):
    """Of a file of zeros that takes no room on the disk."""
    given = job(folder, b"", reader=readers.large)
    size = 512 * 1024 * 1024
    os.truncate(given.original, size)
    found = await checker.check(given)

    assert found.size == size
    assert [each.body for each in changes(found)] == [str(size).encode()]
    assert found.grown_kib < 32 * MEBIBYTE


def test_how_a_source_is_read_is_taken_from_its_configuration():
    class Spec:
        media_type, read, unwrap = "text/csv", readers.read, readers.split
        directory = None

    class Source:
        normaliser, spec = Spec, Spec
        settings = profile = Settings()

    assert Reading.of(Source) == Reading(
        "text/csv", Settings(), Settings(), readers.read, readers.split
    )
