"""What the ``folder`` destination writes, and what it says when it cannot."""

import asyncio
import errno
import hashlib
import os
import stat
import subprocess
import sys
import threading

import pytest

from hub.sdk import HubError, Outcome
from hub_sftp import folder as module
from hub_sftp.folder import Folder
from hub_sftp.settings import FolderSettings

BIG = bytes(range(256)) * 8192
FINAL = "batch-1.csv"
WATCH = """
import hashlib, pathlib, sys
final = pathlib.Path(sys.argv[1])
print("watching", flush=True)
while not final.exists():
    pass
print(hashlib.sha256(final.read_bytes()).hexdigest(), flush=True)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "out"


@pytest.fixture
def folder(path):
    settings = FolderSettings(kind="folder", format="notification-csv", folder=path)
    return Folder(settings)


def names(path):
    return sorted(entry.name for entry in path.iterdir())


async def failed(sending, code, outcome=Outcome.RETRYABLE):
    receipt = await sending

    assert (receipt.outcome, receipt.error_code) == (outcome, code)
    assert code in HubError.catalogue


async def test_a_file_is_written_whole_under_its_final_name(
    folder, path, make_artifact
):
    receipt = await folder.send(make_artifact(BIG))

    assert receipt.outcome is Outcome.ACCEPTED
    assert receipt.evidence == f"stored, {len(BIG)} bytes"
    assert names(path) == [FINAL]
    assert (path / FINAL).read_bytes() == BIG


async def test_a_missing_folder_is_created_for_its_owner_only(
    folder, path, make_artifact
):
    await folder.send(make_artifact())

    modes = [stat.S_IMODE(each.stat().st_mode) for each in (path.parent, path)]
    assert modes == [0o700, 0o700]


async def test_others_may_not_read_the_file(folder, path, make_artifact):
    await folder.send(make_artifact())

    assert not stat.S_IMODE((path / FINAL).stat().st_mode) & 0o007


async def test_another_process_never_reads_a_partial_file(folder, path, make_artifact):
    watching = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WATCH, str(path / FINAL)), stdout=subprocess.PIPE
    )
    await watching.stdout.readline()
    await folder.send(make_artifact(BIG))
    digest, _ = await watching.communicate()

    assert digest.decode().strip() == hashlib.sha256(BIG).hexdigest()


async def test_the_same_artifact_again_is_already_there(folder, path, make_artifact):
    await folder.send(make_artifact())
    before = (path / FINAL).stat().st_ino
    receipt = await folder.send(make_artifact(attempt=2))

    assert receipt.outcome is Outcome.ACCEPTED
    assert receipt.evidence == "already there, 14 bytes"
    assert (path / FINAL).stat().st_ino == before


@pytest.mark.parametrize("there", [b"synthetic bodY", b"short", b""])
async def test_other_bytes_under_the_name_are_kept(folder, path, make_artifact, there):
    path.mkdir(parents=True)
    (path / FINAL).write_bytes(there)

    await failed(folder.send(make_artifact()), "FOLDER-005", Outcome.PERMANENT)
    assert (path / FINAL).read_bytes() == there


@pytest.mark.parametrize("make", ["mkdir", "symlink", "pipe"])
async def test_something_else_under_the_name_is_kept(folder, path, make_artifact, make):
    path.mkdir(parents=True)
    if make == "mkdir":
        (path / FINAL).mkdir()
    elif make == "symlink":
        (path / FINAL).symlink_to(path / "elsewhere")
    else:
        os.mkfifo(path / FINAL)

    await failed(folder.send(make_artifact()), "FOLDER-005", Outcome.PERMANENT)
    assert names(path) == [FINAL]


async def test_a_leftover_is_written_over(folder, path, make_artifact):
    path.mkdir(parents=True)
    (path / f"{FINAL}.part").write_bytes(bytes(9999))

    await folder.send(make_artifact())

    assert names(path) == [FINAL]
    assert (path / FINAL).read_bytes() == b"synthetic body"


async def test_a_link_under_the_temporary_name_is_not_followed(
    folder, path, make_artifact, tmp_path
):
    path.mkdir(parents=True)
    victim = tmp_path / "victim"
    victim.write_bytes(b"untouched")
    (path / f"{FINAL}.part").symlink_to(victim)

    await folder.send(make_artifact())

    assert victim.read_bytes() == b"untouched"
    assert not (path / FINAL).is_symlink()


@pytest.mark.parametrize("below", ["", "deeper"])
async def test_a_file_in_the_place_of_the_folder_is_tried_again(
    path, make_artifact, below
):
    path.parent.mkdir()
    path.touch()
    settings = FolderSettings(kind="folder", format="f", folder=path / below)

    await failed(Folder(settings).send(make_artifact()), "FOLDER-001")


@pytest.mark.parametrize("step", ["open", "write", "fsync", "rename"])
@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "FOLDER-002"),
        (errno.EDQUOT, "FOLDER-002"),
        (errno.EROFS, "FOLDER-003"),
        (errno.EACCES, "FOLDER-003"),
        (errno.EIO, "FOLDER-004"),
    ],
)
async def test_trouble_of_the_file_system_is_tried_again_and_leaves_nothing(
    folder, path, make_artifact, monkeypatch, step, number, code
):
    path.mkdir(parents=True)

    def fail(*_args, **_options):
        raise OSError(number, "synthetic")

    with monkeypatch.context() as fault:
        fault.setattr(module.os, step, fail)
        await failed(folder.send(make_artifact()), code)

    assert names(path) == []
    assert (await folder.send(make_artifact())).outcome is Outcome.ACCEPTED


async def test_a_write_that_stops_short_goes_on(
    folder, path, make_artifact, monkeypatch
):
    write = os.write
    monkeypatch.setattr(module.os, "write", lambda file, rest: write(file, rest[:1000]))

    await folder.send(make_artifact(BIG[:9999]))

    assert (path / FINAL).read_bytes() == BIG[:9999]


async def test_a_file_that_is_too_short_afterwards_is_tried_again(
    folder, path, make_artifact, monkeypatch
):
    monkeypatch.setattr(module.os, "write", lambda _file, rest: len(rest))

    await failed(folder.send(make_artifact()), "FOLDER-004")
    assert names(path) == []


async def test_a_name_with_a_path_in_it_is_refused(folder, path, make_artifact):
    sending = folder.send(make_artifact(suffix="/../x.csv"))

    await failed(sending, "SFTP-018", Outcome.PERMANENT)
    assert not path.exists()


async def test_a_send_after_a_cancelled_one_waits_for_its_thread(
    folder, path, make_artifact, monkeypatch
):
    """Two threads at the same file could give the final name to half of it."""
    fsync, at_work, go_on = os.fsync, threading.Event(), threading.Event()

    def slow(file):
        at_work.set()
        go_on.wait(5)
        fsync(file)

    path.mkdir(parents=True)
    monkeypatch.setattr(module.os, "fsync", slow)
    first = asyncio.create_task(folder.send(make_artifact(BIG)))
    await asyncio.to_thread(at_work.wait, 5)
    first.cancel()
    await asyncio.wait({first})
    second = asyncio.create_task(folder.send(make_artifact(BIG, attempt=2)))
    await asyncio.sleep(0)
    go_on.set()
    receipt = await second

    assert first.cancelled()
    assert receipt.evidence == f"already there, {len(BIG)} bytes"
    assert names(path) == [FINAL]
